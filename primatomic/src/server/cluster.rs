//! The settings of a cluster: where NATS, PostgreSQL and the object store are.

use std::path::PathBuf;

use clap::Args;
use storage::event_log::jetstream::JetStreamOptions;
use storage::nats::{NatsCredentials, NatsOptions};
use storage::objects::s3::S3Options;

use crate::failure::Failure;
use crate::server::numbers::narrow;

/// Where the stores of a cluster are. Without any of them the stores are embedded.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterOptions {
    /// Address of a NATS server of the cluster; several are separated by commas
    #[arg(
        long,
        env = "PRIMATOMIC_NATS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub nats: Vec<String>,
    /// Credentials file for NATS [default: none]
    #[arg(long, env = "PRIMATOMIC_NATS_CREDENTIALS", value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,
    /// User for NATS, with --nats-password, where there is no credentials file
    #[arg(
        long,
        env = "PRIMATOMIC_NATS_USER",
        value_name = "NAME",
        requires = "nats_password",
        conflicts_with = "nats_credentials"
    )]
    pub nats_user: Option<String>,
    /// Password of the user for NATS; prefer the environment
    #[arg(
        long,
        env = "PRIMATOMIC_NATS_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true,
        requires = "nats_user"
    )]
    pub nats_password: Option<String>,
    /// Monitoring page of a NATS server, where its durability is checked; all servers, separated
    /// by commas
    #[arg(
        long,
        env = "PRIMATOMIC_NATS_MONITORS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub nats_monitors: Vec<String>,
    /// Begins the names of all streams and subjects
    #[arg(long, env = "PRIMATOMIC_NATS_PREFIX", value_name = "NAME",
          default_value_t = NatsOptions::default().prefix)]
    pub nats_prefix: String,
    /// Streams that logs are spread over; can't be changed later
    #[arg(long, env = "PRIMATOMIC_NATS_SHARDS", value_name = "N",
          default_value_t = JetStreamOptions::default().shards)]
    pub nats_shards: u16,
    /// Copies of every event in NATS
    #[arg(long, env = "PRIMATOMIC_NATS_REPLICAS", value_name = "N",
          default_value_t = narrow(JetStreamOptions::default().replicas))]
    pub nats_replicas: u8,
    /// Start although acknowledged events could be lost by a power cut
    #[arg(long, env = "PRIMATOMIC_ALLOW_UNSAFE_DURABILITY")]
    pub allow_unsafe_durability: bool,
    /// Address of the PostgreSQL database; holds a password, so prefer the environment
    #[arg(
        long,
        env = "PRIMATOMIC_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// Bucket for components, snapshots and the archive; the key is found where the AWS SDK looks,
    /// such as AWS_ACCESS_KEY_ID
    #[arg(long, env = "PRIMATOMIC_S3_BUCKET", value_name = "BUCKET")]
    pub s3_bucket: Option<String>,
    /// Begins the keys of all objects [default: none]
    #[arg(long, env = "PRIMATOMIC_S3_PREFIX", value_name = "PATH")]
    pub s3_prefix: Option<String>,
    /// Region of the bucket [default: where the AWS SDK looks]
    #[arg(long, env = "PRIMATOMIC_S3_REGION", value_name = "REGION")]
    pub s3_region: Option<String>,
    /// Address of an object store that is not Amazon's
    #[arg(long, env = "PRIMATOMIC_S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// Name the bucket in the path and not in the host name
    #[arg(long, env = "PRIMATOMIC_S3_PATH_STYLE")]
    pub s3_path_style: bool,
}

/// All that a cluster takes.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub event_log: JetStreamOptions,
    pub database_url: String,
    pub objects: S3Options,
}

impl ClusterOptions {
    /// The stores of a cluster, or `None` for embedded ones. Some of the stores without the others
    /// are an error.
    pub(crate) fn cluster(&self) -> Result<Option<Cluster>, Failure> {
        let (Some(database_url), Some(bucket), false) =
            (&self.database_url, &self.s3_bucket, self.nats.is_empty())
        else {
            return self.embedded();
        };
        let nats = NatsOptions {
            servers: self.nats.clone(),
            credentials: self.nats_login(),
            prefix: self.nats_prefix.clone(),
        };
        let event_log = JetStreamOptions {
            nats,
            shards: self.nats_shards,
            replicas: self.nats_replicas.into(),
            monitors: self.nats_monitors.clone(),
            allow_unsafe_durability: self.allow_unsafe_durability,
        };
        let mut objects = S3Options::new(bucket);
        objects.prefix = self.s3_prefix.clone().unwrap_or_default();
        objects.region.clone_from(&self.s3_region);
        objects.endpoint.clone_from(&self.s3_endpoint);
        objects.path_style = self.s3_path_style;
        Ok(Some(Cluster {
            event_log,
            database_url: database_url.clone(),
            objects,
        }))
    }

    fn nats_login(&self) -> NatsCredentials {
        if let Some(path) = &self.nats_credentials {
            return NatsCredentials::File(path.clone());
        }
        match (&self.nats_user, &self.nats_password) {
            (Some(user), Some(password)) => NatsCredentials::Password {
                user: user.clone(),
                password: password.clone(),
            },
            _ => NatsCredentials::None,
        }
    }

    fn embedded(&self) -> Result<Option<Cluster>, Failure> {
        let stores = [
            ("--nats", !self.nats.is_empty()),
            ("--database-url", self.database_url.is_some()),
            ("--s3-bucket", self.s3_bucket.is_some()),
        ];
        let names = |given: bool| -> Vec<&str> {
            let stores = stores.iter().filter(|(_, is_given)| *is_given == given);
            stores.map(|(name, _)| *name).collect()
        };
        if names(true).is_empty() {
            return Ok(None);
        }
        Err(Failure::Usage(format!(
            "a cluster takes NATS, PostgreSQL and an object store: {} is given, and {} is missing",
            names(true).join(" and "),
            names(false).join(" and ")
        )))
    }
}

//! The settings of the server: flags, each with an environment variable and a default.
//!
//! `docs/configuration.md` lists them in one table; a test writes it and compares it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use archiver::ArchiverOptions;
use clap::{Args, ValueEnum};
use control_plane::{Options as ApiOptions, PriceList, Stripe, StripeOptions};
use storage::event_log::appender::AppenderOptions;
use worker::WorkerOptions;
use worker::engine::MachineLimits;

use crate::failure::Failure;
use crate::output::JsonOption;
use crate::server::cluster::ClusterOptions;
use crate::server::numbers::{Bytes, millis, narrow};
use crate::server::quota_options::QuotaOptions;

/// The data directory.
#[derive(Args, Clone, Debug)]
pub(crate) struct DirectoryOption {
    /// Directory that holds everything that persists
    #[arg(
        long,
        env = "PRIMATOMIC_DATA",
        value_name = "DIRECTORY",
        default_value = "data"
    )]
    pub data: PathBuf,
}

/// Where the data lies.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataOptions {
    #[command(flatten)]
    pub directory: DirectoryOption,
    /// Address of the PostgreSQL database of a cluster, in place of the directory; holds a password,
    /// so prefer the environment
    #[arg(
        long,
        env = "PRIMATOMIC_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    #[command(flatten)]
    _json: JsonOption,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Embedded stores belong to one process, so on them the only role is `all`. On the stores of a cluster
(NATS, PostgreSQL and an object store; see the flags below) any number of processes run each role.

Examples:
  primatomic serve all --data /var/lib/primatomic --listen 0.0.0.0:8080
  primatomic serve control-plane --nats nats://n1:4222,nats://n2:4222,nats://n3:4222 ...
  primatomic serve worker --nats nats://n1:4222,nats://n2:4222,nats://n3:4222 ...")]
pub(crate) struct ServeOptions {
    /// The role to run
    #[arg(value_enum)]
    pub role: Role,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Every role in one process
    All,
    /// The HTTP API
    ControlPlane,
    /// Folds and queries views
    Worker,
    /// Moves events from the hot log to the archive
    Archiver,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere
    Auto,
    Text,
    Json,
}

/// Everything that `dev` and `serve` share.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServerOptions {
    #[command(flatten)]
    pub directory: DirectoryOption,
    /// Address of the HTTP API; port 0 takes a free one
    #[arg(
        long,
        env = "PRIMATOMIC_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,
    /// Address of /metrics, /health/live and /health/ready of this process, which must not be
    /// reachable from outside [default: off]
    #[arg(long, env = "PRIMATOMIC_INTERNAL_LISTEN", value_name = "ADDRESS")]
    pub internal_listen: Option<SocketAddr>,
    /// Address under which people reach the server, for links in mails [default: the address of
    /// the HTTP API]
    #[arg(long, env = "PRIMATOMIC_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// What is logged, such as `info` or `warn,worker=debug`
    #[arg(
        long,
        env = "PRIMATOMIC_LOG",
        value_name = "FILTER",
        default_value = "info,sea_orm_migration=warn"
    )]
    pub log: String,
    /// How log lines look
    #[arg(
        long,
        env = "PRIMATOMIC_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value = "auto"
    )]
    pub log_format: LogFormat,
    /// Seconds for which a process that was told to stop says that it is not ready and still takes
    /// requests [default: 2 for the role control-plane, else 0]
    #[arg(long, env = "PRIMATOMIC_DRAIN_SECS", value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(..=3600))]
    pub drain_secs: Option<u64>,
    /// Seconds that a stop waits for requests that are under way
    #[arg(long, env = "PRIMATOMIC_SHUTDOWN_TIMEOUT_SECS", value_name = "SECONDS",
          default_value_t = ApiOptions::default().shutdown_timeout.as_secs(),
          value_parser = clap::value_parser!(u64).range(..=3600))]
    pub shutdown_timeout_secs: u64,
    /// Seconds for which a tenant can be restored after its owner had it deleted
    #[arg(long, env = "PRIMATOMIC_DELETION_GRACE_SECS", value_name = "SECONDS",
          default_value_t = ApiOptions::default().deletion_grace.as_secs(),
          value_parser = clap::value_parser!(u64).range(..=31_536_000))]
    pub deletion_grace_secs: u64,
    /// File with what use costs; the guide to billing shows one. With it, a tenant stops at the end of
    /// the free tier [default: nothing costs anything, and nothing stops]
    #[arg(long, env = "PRIMATOMIC_PRICES", value_name = "FILE", value_parser = read_prices)]
    pub prices: Option<PriceList>,
    /// Let webhooks of tenants lead to addresses of private networks, too
    #[arg(long, env = "PRIMATOMIC_ALLOW_PRIVATE_WEBHOOKS")]
    pub allow_private_webhooks: bool,
    /// File with the seconds by which the clock goes ahead of the machine's, for development
    #[arg(long, env = "PRIMATOMIC_DEV_CLOCK", value_name = "FILE", hide = true)]
    pub dev_clock: Option<PathBuf>,
    #[command(flatten)]
    pub stripe: StripeArguments,
    #[command(flatten)]
    pub mail: MailOptions,
    #[command(flatten)]
    pub requests: RequestOptions,
    #[command(flatten)]
    pub quotas: QuotaOptions,
    #[command(flatten)]
    pub events: EventOptions,
    #[command(flatten)]
    pub archive: ArchiveOptions,
    #[command(flatten)]
    pub views: ViewOptions,
    #[command(flatten)]
    pub cluster: ClusterOptions,
}

/// Who takes payments.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Payments")]
pub(crate) struct StripeArguments {
    /// Secret key of Stripe, of test or live mode; it needs --prices too, so prefer the environment
    /// [default: none; nobody can subscribe]
    #[arg(
        long,
        env = "PRIMATOMIC_STRIPE_SECRET_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub stripe_secret_key: Option<String>,
    /// What Stripe signs webhooks with, as `primatomic billing setup` says; several are separated by
    /// commas
    #[arg(
        long,
        env = "PRIMATOMIC_STRIPE_WEBHOOK_SECRETS",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub stripe_webhook_secrets: Vec<String>,
    /// Let Stripe add taxes to invoices: its account must be set up for that
    #[arg(long, env = "PRIMATOMIC_STRIPE_TAX")]
    pub stripe_tax: bool,
    /// Address of another server that stands in for Stripe [default: Stripe's]
    #[arg(long, env = "PRIMATOMIC_STRIPE_URL", value_name = "URL")]
    pub stripe_url: Option<String>,
}

impl StripeArguments {
    /// The connection to Stripe, if there is a key.
    pub(crate) fn stripe(&self) -> Result<Option<Stripe>, Failure> {
        let Some(secret_key) = &self.stripe_secret_key else {
            return Ok(None);
        };
        let stripe = Stripe::new(StripeOptions {
            secret_key: secret_key.clone(),
            url: self.stripe_url.clone(),
            automatic_tax: self.stripe_tax,
            webhook_secrets: self.stripe_webhook_secrets.clone(),
        });
        stripe
            .map(Some)
            .map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// How mails are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Mail")]
pub(crate) struct MailOptions {
    /// SMTP server for mails: smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS, which only a server
    /// on the loopback address may lack; holds a password, so prefer the environment [default: none;
    /// mails become files in DIRECTORY/mail, which `primatomic mail` reads]
    #[arg(
        long,
        env = "PRIMATOMIC_SMTP_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub smtp_url: Option<String>,
    /// Sender of mails, such as `Acme <no-reply@acme.example>`; an SMTP server needs one
    #[arg(long, env = "PRIMATOMIC_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
}

/// Limits on requests.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits on requests")]
pub(crate) struct RequestOptions {
    /// Requests per second of a tenant, shared by all its keys; 0 lifts the limit
    #[arg(long, env = "PRIMATOMIC_RATE_LIMIT", value_name = "N",
          default_value_t = ApiOptions::default().tenant_rate.per_second)]
    pub rate_limit: u32,
    /// Requests that a tenant may send at once after a pause
    #[arg(long, env = "PRIMATOMIC_RATE_BURST", value_name = "N",
          default_value_t = ApiOptions::default().tenant_rate.burst,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_burst: u32,
    /// Requests per second of an address to the operations of authentication; 0 lifts the limit
    #[arg(long, env = "PRIMATOMIC_AUTH_RATE_LIMIT", value_name = "N",
          default_value_t = ApiOptions::default().auth_rate.per_second)]
    pub auth_rate_limit: u32,
    /// Address of a proxy whose X-Forwarded-For is believed; several are separated by commas
    #[arg(
        long,
        env = "PRIMATOMIC_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,
    /// Connections at a time; more wait
    #[arg(long, env = "PRIMATOMIC_CONNECTIONS_MAX", value_name = "N",
          default_value_t = narrow(ApiOptions::default().connections_max),
          value_parser = clap::value_parser!(u32).range(1..))]
    pub connections_max: u32,
    /// Live tails at a time
    #[arg(long, env = "PRIMATOMIC_STREAMS_MAX", value_name = "N",
          default_value_t = narrow(ApiOptions::default().streams_max))]
    pub streams_max: u32,
    /// Memory for large request bodies, all together
    #[arg(long, env = "PRIMATOMIC_BODY_MEMORY", value_name = "BYTES",
          default_value_t = Bytes(ApiOptions::default().body_memory_bytes as u64))]
    pub body_memory: Bytes,
}

/// Limits on events.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Events")]
pub(crate) struct EventOptions {
    /// Seconds for which an Idempotency-Key is remembered
    #[arg(long, env = "PRIMATOMIC_IDEMPOTENCY_WINDOW_SECS", value_name = "SECONDS",
          default_value_t = AppenderOptions::default().key_window.as_secs())]
    pub idempotency_window_secs: u64,
    /// Size that the event log may grow to; appends then fail as on a full disk [default: what the
    /// disk holds]
    #[arg(long, env = "PRIMATOMIC_EVENT_LOG_BYTES_MAX", value_name = "BYTES")]
    pub event_log_bytes_max: Option<Bytes>,
}

/// When events are archived.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Archive")]
pub(crate) struct ArchiveOptions {
    /// Events at which a segment of the archive is cut
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_SEGMENT_EVENTS", value_name = "N",
          default_value_t = ArchiverOptions::default().segment_events,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub archive_segment_events: u64,
    /// Seconds after which a segment is cut although it has fewer events
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_SEGMENT_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().segment_age.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub archive_segment_secs: u64,
    /// Seconds that archived events of logs with the retention `archive` stay in the hot log; at
    /// least as long as an Idempotency-Key is remembered
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_HOT_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().hot.as_secs())]
    pub archive_hot_secs: u64,
    /// Seconds within which the bytes of a deleted log are gone from the archive
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_ERASE_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().erase.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub archive_erase_secs: u64,
    /// Small blocks of a log that are merged into a larger one
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_MERGED_BLOCKS", value_name = "N",
          default_value_t = ArchiverOptions::default().merged_blocks,
          value_parser = clap::value_parser!(u32).range(2..=256))]
    pub archive_merged_blocks: u32,
    /// Seconds between two rounds of merging, erasing and removing
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_TIDY_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().tidy.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub archive_tidy_secs: u64,
    /// Seconds that an object of the archive outlives the last reference to it
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_GRACE_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().grace.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub archive_grace_secs: u64,
    /// Seconds within which a segment must be recorded once it is cut; what is six times as old and
    /// was not, is waste
    #[arg(long, env = "PRIMATOMIC_ARCHIVE_RECORD_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().record_within.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub archive_record_secs: u64,
    /// Seconds between two backups of the catalog and of what is not archived yet
    #[arg(long, env = "PRIMATOMIC_BACKUP_SECS", value_name = "SECONDS",
          default_value_t = ArchiverOptions::default().backup.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub backup_secs: u64,
    /// Backups that are kept
    #[arg(long, env = "PRIMATOMIC_BACKUPS_KEPT", value_name = "N",
          default_value_t = narrow(ArchiverOptions::default().backups_kept),
          value_parser = clap::value_parser!(u16).range(1..))]
    pub backups_kept: u16,
}

/// Limits on views.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Views")]
pub(crate) struct ViewOptions {
    /// Linear memory of one view
    #[arg(long, env = "PRIMATOMIC_VIEW_MEMORY", value_name = "BYTES",
          default_value_t = Bytes(MachineLimits::default().memory_bytes))]
    pub view_memory: Bytes,
    /// CPU time that a view may use to fold one batch of events
    #[arg(long, env = "PRIMATOMIC_VIEW_FOLD_CPU_MS", value_name = "MS",
          default_value_t = millis(MachineLimits::default().fold_cpu),
          value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub view_fold_cpu_ms: u64,
    /// CPU time that a view may use to answer one query
    #[arg(long, env = "PRIMATOMIC_VIEW_QUERY_CPU_MS", value_name = "MS",
          default_value_t = millis(MachineLimits::default().query_cpu),
          value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub view_query_cpu_ms: u64,
    /// Size of one answer of a view
    #[arg(long, env = "PRIMATOMIC_VIEW_RESULT_BYTES", value_name = "BYTES",
          default_value_t = Bytes(MachineLimits::default().result_bytes))]
    pub view_result_bytes: Bytes,
    /// Size of one snapshot of a view
    #[arg(long, env = "PRIMATOMIC_VIEW_SNAPSHOT_BYTES", value_name = "BYTES",
          default_value_t = Bytes(MachineLimits::default().snapshot_bytes))]
    pub view_snapshot_bytes: Bytes,
    /// Linear memory of all views that are in memory; beyond it the longest unasked go
    #[arg(long, env = "PRIMATOMIC_VIEWS_MEMORY", value_name = "BYTES",
          default_value_t = Bytes(WorkerOptions::default().memory_bytes))]
    pub views_memory: Bytes,
    /// Views in memory at a time; each reserves address space
    #[arg(long, env = "PRIMATOMIC_VIEWS_IN_MEMORY_MAX", value_name = "N",
          default_value_t = WorkerOptions::default().instances_max,
          value_parser = clap::value_parser!(u32).range(1..=16_000))]
    pub views_in_memory_max: u32,
    /// Seconds after which a view that nobody asks leaves memory
    #[arg(long, env = "PRIMATOMIC_VIEW_IDLE_SECS", value_name = "SECONDS",
          default_value_t = WorkerOptions::default().idle.as_secs())]
    pub view_idle_secs: u64,
}

/// Reads a price list, which is TOML.
pub(super) fn read_prices(path: &str) -> Result<PriceList, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| error.to_string())
}

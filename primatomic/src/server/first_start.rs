//! What `dev` makes on its first start: the tenant `dev`, its key, the log `demo`.
//!
//! Every step looks first whether it was done, so a start that was interrupted is completed by the
//! next one, and a key file that was lost is replaced.

use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::{Catalog, Context, NewKey, NewLog, Refusal, Retention};
use protocol::api_key::ApiKey;
use protocol::{ErrorCode, Name, RequestId, TenantId, UserId};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::profile::write_private;
use crate::server::lock::DataDirectory;
use crate::server::node::Node;
use crate::server::welcome::{DEMO_LOG, write_examples};

const SHORT_NAME: &str = "dev";

/// Nobody can log in with it: the tenant is made without a password.
const OWNER_EMAIL: &str = "dev@primatomic.invalid";

/// How often the tenant is tried to be made, and how long to wait in between.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Makes what is missing. Returns a link that opens the console as the owner, once.
pub(crate) async fn prepare(node: &Node, data: &DataDirectory) -> Result<String, Failure> {
    write_examples(data)?;
    let catalog = &node.stores.catalog;
    let (tenant, owner) = match find(catalog).await? {
        Some(found) => found,
        None => create(node, data).await?,
    };
    let access = Access {
        tenant,
        actor: Actor::User(owner),
        role: Role::Owner,
        logs: None,
        secret: None,
    };
    if !has_valid_key(catalog, data, tenant).await? {
        let key = ApiKey::generate();
        let new = NewKey {
            name: "dev-key".to_owned(),
            role: Role::Owner,
            logs: None,
            expires_at: None,
            sha256: sha256(key.expose()),
        };
        let made = catalog.create_key(&access, context(&access), new).await;
        made.map_err(Failure::other)?;
        write_key(data, &key)?;
    }
    create_demo_log(catalog, &access).await?;
    Ok(node.control_plane()?.login_link(tenant, owner))
}

async fn find(catalog: &Catalog) -> Result<Option<(TenantId, UserId)>, Failure> {
    let Some(user) = catalog.user_by_email(OWNER_EMAIL).await? else {
        return Ok(None);
    };
    let memberships = catalog.memberships(user.id).await?;
    Ok(memberships
        .iter()
        .find(|membership| membership.short_name == SHORT_NAME)
        .map(|membership| (membership.tenant, user.id)))
}

async fn create(node: &Node, data: &DataDirectory) -> Result<(TenantId, UserId), Failure> {
    let mut attempts = 0;
    let key = loop {
        let made = node
            .control_plane()?
            .create_tenant_with_owner(SHORT_NAME, OWNER_EMAIL, None)
            .await;
        match made {
            Ok((_, key)) => break key,
            // One that is being deleted gives its name away in a moment.
            Err(failure) if failure.code == ErrorCode::NameTaken && attempts < ATTEMPTS => {
                attempts += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(failure) => {
                return Err(Failure::Other(format!(
                    "the tenant {SHORT_NAME} can't be made: {}",
                    failure.message
                )));
            }
        }
    };
    write_key(data, &key)?;
    find(&node.stores.catalog)
        .await?
        .ok_or_else(|| Failure::Other(format!("the tenant {SHORT_NAME} is gone again")))
}

/// Whether the key file holds a key that opens the tenant.
async fn has_valid_key(
    catalog: &Catalog,
    data: &DataDirectory,
    tenant: TenantId,
) -> Result<bool, Failure> {
    let Ok(text) = std::fs::read_to_string(data.join("dev-key")) else {
        return Ok(false);
    };
    let found = catalog.authenticate(sha256(text.trim())).await?;
    Ok(found.is_some_and(|it| it.access.tenant == tenant))
}

async fn create_demo_log(catalog: &Catalog, access: &Access) -> Result<(), Failure> {
    let name: Name = DEMO_LOG.parse().map_err(Failure::other)?;
    let log = NewLog {
        name,
        description: Some("A log to play with".to_owned()),
        retention: Retention::KeepHot,
    };
    match catalog.create_log(access, context(access), log).await {
        Ok(_) | Err(Refusal::LogNameTaken) => Ok(()),
        Err(error) => Err(Failure::other(error)),
    }
}

fn write_key(data: &DataDirectory, key: &ApiKey) -> Result<(), Failure> {
    let path = data.join("dev-key");
    write_private(&path, format!("{}\n", key.expose()).as_bytes())
        .map_err(|error| Failure::file("write", &path, error))
}

fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn context(access: &Access) -> Context {
    Context {
        actor: access.actor,
        request_id: RequestId::generate(),
    }
}

//! API keys. The secret itself is never here: a key is known by its SHA-256.
//!
//! A key never does more than its maker. Its role and logs are within those of its maker, and a key
//! that another key made ends with that one, when it is revoked or expires.

mod revoke;
mod rotate;

use protocol::{KeyId, LogId, Timestamp, UserId};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QuerySelect};
use uuid::Uuid;

pub(super) use self::revoke::revoke;
use super::column::{from_time, plain, to_actor, to_logs, to_time, to_word};
use super::entity::{insert, key, key_use, log, one, set, values};
use super::event::{ControlEvent, KeyCreated};
use super::limits::within;
use super::lock::Lock;
use super::page::List;
use super::permissions::own_role;
use super::quota::Counted;
use super::record::Change;
use super::secret::person_behind;
use super::{Catalog, CatalogError, Context, Page, Paged, Refusal, scope};
use crate::access::{Access, Actor, Role};

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub name: String,
    pub role: Role,
    /// The logs that it is limited to; `None` for all.
    pub logs: Option<Vec<LogId>>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    /// When it got its present secret, if that is not its first.
    pub rotated_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Written now and then, so it may be a minute behind.
    pub last_used_at: Option<Timestamp>,
}

/// What a key is created from.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    pub logs: Option<Vec<LogId>>,
    pub expires_at: Option<Timestamp>,
    pub sha256: [u8; 32],
}

impl Catalog {
    /// Creates a key that may do no more than its maker.
    pub async fn create_key(
        &self,
        access: &Access,
        context: Context,
        new: NewKey,
    ) -> Result<Key, Refusal> {
        let limits = self.limits();
        within("the name of the key", new.name.len(), limits.text_bytes)?;
        let named = new.logs.as_ref().map_or(0, Vec::len);
        within("the list of logs", named, limits.logs_per_key)?;
        check_ceiling(access, &new)?;
        let new = &new;
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            check_role(own_role(&change, access).await?, new.role)?;
            check_logs(change.sql(), access, new.logs.as_deref()).await?;
            let refused = |limit, used| Refusal::KeyLimitReached { limit, used };
            self.check_quota(change.sql(), access.tenant, (Counted::Keys, 1), refused)
                .await?;
            let expires_at = check_end(change.sql(), context.actor, new.expires_at).await?;
            let person = maker_of_secret(&change, access).await?;
            let key = Key {
                id: KeyId::generate(),
                name: plain(new.name.clone()),
                role: new.role,
                logs: new.logs.clone(),
                created_by: context.actor,
                created_at: change.at(),
                rotated_at: None,
                expires_at,
                last_used_at: None,
            };
            let event = ControlEvent::KeyCreated(KeyCreated {
                key: key.id,
                name: key.name.clone(),
                role: key.role,
                logs: key.logs.clone(),
                expires_at: key.expires_at,
                sha256: new.sha256,
                person,
            });
            change.record(access.tenant, context, event).await?;
            change.commit(key).await
        })
        .await
    }

    /// The keys that the holder may see, newest first: an admin of the whole tenant all, everyone else its
    /// own.
    pub async fn keys(&self, access: &Access, page: Page) -> Result<Paged<Key>, CatalogError> {
        let list = List::new("keys", access.tenant, b"");
        let order = (key::Column::Id, Order::Desc);
        let rows = list.read(self.readers(), &page, scope::keys(access), order, |row| {
            row.id
        });
        let rows = rows.await?;
        let uses = key_use::Entity::find()
            .filter(key_use::Column::KeyId.is_in(rows.items.iter().map(|row| row.id)))
            .all(self.readers())
            .await?;
        rows.try_map(|row| {
            let used = uses.iter().find(|it| it.key_id == row.id);
            to_key(row, used.map(|it| to_time(it.last_used_at)))
        })
    }

    /// Writes down when keys were used. Times only move forward.
    pub async fn note_key_use(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), CatalogError> {
        if uses.is_empty() {
            return Ok(());
        }
        // In one order, so that two nodes never deadlock.
        let mut uses = uses.to_vec();
        uses.sort_unstable();
        let uses = &uses;
        self.change(Lock::KeyUses, move |change| async move {
            for (id, at) in uses {
                note(change.sql(), *id, *at).await?;
            }
            change.commit(()).await
        })
        .await
    }
}

async fn note(sql: &impl ConnectionTrait, id: KeyId, at: Timestamp) -> Result<(), CatalogError> {
    let used = key_use::Entity::find_by_id(id.0).one(sql).await?;
    let at = from_time(at);
    match used {
        Some(used) if used.last_used_at >= at => {}
        Some(_) => {
            let of_key = key_use::Column::KeyId.eq(id.0);
            set::<key_use::Entity>(sql, key_use::Column::LastUsedAt, at, of_key).await?;
        }
        None => {
            // A key that was revoked meanwhile leaves no row behind, and none is revoked before the
            // row is there.
            let key = key::Entity::find_by_id(id.0).lock(LockType::KeyShare);
            if key.one(sql).await?.is_some() {
                let row = key_use::ActiveModel {
                    key_id: sea_orm::Set(id.0),
                    last_used_at: sea_orm::Set(at),
                };
                insert(sql, row).await?;
            }
        }
    }
    Ok(())
}

fn check_ceiling(access: &Access, new: &NewKey) -> Result<(), Refusal> {
    check_role(access.role, new.role)?;
    if access.logs.is_some() && new.logs.is_none() {
        return Err(Refusal::LogsBeyondMaker);
    }
    Ok(())
}

fn check_role(own: Role, wanted: Role) -> Result<(), Refusal> {
    if wanted > own {
        return Err(Refusal::RoleAboveMaker { wanted, own });
    }
    Ok(())
}

/// Who is to be behind a secret that a key gives. Where a person does, the event says so by itself.
async fn maker_of_secret(change: &Change, access: &Access) -> Result<Option<UserId>, CatalogError> {
    match access.actor {
        Actor::ApiKey(_) => person_behind(change.sql(), change.at(), access).await,
        Actor::User(_) | Actor::System => Ok(None),
    }
}

/// Every named log must be one that the maker may reach.
async fn check_logs(
    sql: &impl ConnectionTrait,
    access: &Access,
    logs: Option<&[LogId]>,
) -> Result<(), Refusal> {
    let Some(logs) = logs else {
        return Ok(());
    };
    let named = log::Column::Id.is_in(logs.iter().map(|log| log.0));
    let known = scope::logs(access).filter(named);
    let known: Vec<Uuid> = values(sql, known, log::Column::Id).await?;
    if logs.iter().any(|log| !known.contains(&log.0)) {
        return Err(Refusal::LogNotFound);
    }
    Ok(())
}

/// When a new key ends: a key that another key makes does not outlive that one.
async fn check_end(
    sql: &impl ConnectionTrait,
    maker: Actor,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Refusal> {
    let Actor::ApiKey(maker) = maker else {
        return Ok(wanted);
    };
    let maker = one(sql, key::Entity::find_by_id(maker.0)).await?;
    let end = maker.and_then(|maker| maker.expires_at).map(to_time);
    match (wanted, end) {
        (Some(wanted), Some(end)) if wanted > end => Err(Refusal::OutlivesMaker(end)),
        (wanted, end) => Ok(wanted.or(end)),
    }
}

fn to_key(row: key::Model, last_used_at: Option<Timestamp>) -> Result<Key, CatalogError> {
    Ok(Key {
        id: KeyId(row.id),
        name: row.name,
        role: to_word(&row.role)?,
        logs: to_logs(row.logs.as_ref())?,
        created_by: to_actor(&row.created_by_kind, row.created_by_id)?,
        created_at: to_time(row.created_at),
        rotated_at: row.rotated_at.map(to_time),
        expires_at: row.expires_at.map(to_time),
        last_used_at,
    })
}

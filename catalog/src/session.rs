//! Sessions, and who a token belongs to.
//!
//! A session is an operational row: it is never more than what its user or key may do right now.
//! So every lookup reads the membership or the key again, and a session ends with it.

use std::sync::Arc;

use protocol::{KeyId, LogId, Rate, SessionId, TenantId, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::column::{
    from_actor, from_logs, from_time, plain, to_actor, to_digest, to_logs, to_time, to_word,
};
use super::entity::{delete, insert, one, session, tenant, user, values};
use super::event::PEOPLE;
use super::limits::within;
use super::lock::Lock;
use super::model::Quotas;
use super::page::List;
use super::secret;
use super::tenant::to_rate;
use super::{Catalog, CatalogError, Page, Paged, Refusal, permissions};
use crate::access::{Access, Actor, Role};

/// Expired sessions that are removed when one is created.
const EXPIRED_REMOVED: u64 = 100;

/// What a session is created from.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub token_sha256: [u8; 32],
    pub tenant: TenantId,
    pub actor: Actor,
    /// The most that the session may do; later it is never more than the actor's own role.
    pub role: Role,
    pub logs: Option<Vec<LogId>>,
    pub expires_at: Timestamp,
    /// The hash of the password that opened it, where one did: a password that was changed meanwhile
    /// opens nothing.
    pub password_hash: Option<String>,
    /// The SHA-256 of the secret that it is exchanged for, where it is for a key's: it ends with that.
    pub secret: Option<[u8; 32]>,
    pub origin: Origin,
}

/// By what people recognise a session that they opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address that it was opened from, or its network.
    pub network: Option<String>,
    /// What it was opened with, by its own account.
    pub user_agent: Option<String>,
}

/// A session that somebody opened by logging in, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub token_sha256: [u8; 32],
    pub tenant: TenantId,
    pub short_name: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub origin: Origin,
}

/// The holder of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The SHA-256 of the token: how to ask again.
    pub token_sha256: [u8; 32],
    /// A token that was exchanged for a key's secret acts as the key.
    pub access: Access,
    /// When the token stops working; `None` for a key without an end.
    pub expires_at: Option<Timestamp>,
    /// The tenant's own request rate.
    pub rate: Option<Rate>,
    /// The tenant's quotas.
    pub quotas: Quotas,
    /// When the tenant is going to be deleted; it is closed until then.
    pub delete_at: Option<Timestamp>,
}

impl Catalog {
    /// Stores a session. When its user or key has too many already, the oldest ends.
    pub async fn create_session(&self, new: NewSession) -> Result<(), Refusal> {
        let named = new.logs.as_ref().map_or(0, Vec::len);
        within("the list of logs", named, self.limits().logs_per_key)?;
        let new = &new;
        self.change(Lock::Tenant(new.tenant), move |change| async move {
            let sql = change.sql();
            check_password(sql, new).await?;
            let (actor_kind, actor_id) = from_actor(new.actor);
            let row = session::ActiveModel {
                token_sha256: Set(new.token_sha256.to_vec()),
                tenant_id: Set(new.tenant.0),
                actor_kind: Set(actor_kind),
                actor_id: Set(actor_id),
                role: Set(new.role.to_string()),
                logs: Set(from_logs(new.logs.as_deref())?),
                created_at: Set(from_time(change.at())),
                expires_at: Set(from_time(new.expires_at)),
                secret_sha256: Set(new.secret.map(Vec::from)),
                id: Set(SessionId::generate().0),
                network: Set(new.origin.network.clone().map(plain)),
                user_agent: Set(new.origin.user_agent.clone().map(plain)),
            };
            insert(sql, row).await.map_err(CatalogError::from)?;
            let expired = session::Entity::find()
                .filter(session::Column::ExpiresAt.lte(from_time(change.at())))
                .order_by_asc(session::Column::ExpiresAt)
                .limit(EXPIRED_REMOVED);
            remove(sql, expired).await?;
            let surplus = session::Entity::find()
                .filter(session::Column::ActorId.eq(actor_id))
                .order_by_desc(session::Column::CreatedAt)
                .offset(self.limits().sessions_per_actor)
                .limit(EXPIRED_REMOVED);
            remove(sql, surplus).await?;
            change.commit(()).await
        })
        .await
    }

    /// Ends a session; says whether there was one.
    pub async fn delete_session(&self, token_sha256: [u8; 32]) -> Result<bool, CatalogError> {
        self.change(Lock::Session(token_sha256), move |change| async move {
            let of_token = session::Column::TokenSha256.eq(token_sha256.to_vec());
            let deleted = delete::<session::Entity>(change.sql(), of_token).await?;
            change.commit(deleted > 0).await
        })
        .await
    }

    /// The sessions that a person opened, in whichever tenant, newest first.
    pub async fn sessions_of(
        &self,
        user: UserId,
        page: Page,
    ) -> Result<Paged<Session>, CatalogError> {
        let list = List::new("sessions", PEOPLE, user.as_bytes());
        let open = session::Entity::find()
            .filter(of_person(user))
            .filter(session::Column::ExpiresAt.gt(from_time(self.now())));
        let order = (session::Column::Id, Order::Desc);
        let rows = list.read(self.readers(), &page, open, order, |row| row.id);
        let Paged { items, next_cursor } = rows.await?;
        let tenants = tenant::Entity::find()
            .filter(tenant::Column::Id.is_in(items.iter().map(|row| row.tenant_id)))
            .all(self.readers())
            .await?;
        // A session ends with its tenant, and one that is ending is not worth a line.
        let sessions = items.into_iter().filter_map(|row| {
            let tenant = tenants.iter().find(|it| it.id == row.tenant_id)?;
            Some(to_session(row, tenant.short_name.clone()))
        });
        Ok(Paged {
            items: sessions.collect::<Result<_, _>>()?,
            next_cursor,
        })
    }

    /// Ends a session that a person opened; says whether there was one.
    pub async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, CatalogError> {
        let found = session::Entity::find()
            .filter(of_person(user))
            .filter(session::Column::Id.eq(id.0));
        match one(self.readers(), found).await? {
            Some(row) => self.delete_session(to_digest(row.token_sha256)?).await,
            None => Ok(false),
        }
    }

    /// The holder of a session's or key's token. `None` if it is unknown, expired or revoked, or if
    /// the membership or key behind a session is gone.
    pub async fn authenticate(
        &self,
        token_sha256: [u8; 32],
    ) -> Result<Option<Authenticated>, CatalogError> {
        let found = match self.holder_of_session(token_sha256).await? {
            Some(found) => Some(found),
            None => self.holder_of_key(token_sha256).await?,
        };
        let Some((access, expires_at)) = found else {
            return Ok(None);
        };
        let row = tenant::Entity::find_by_id(access.tenant.0);
        let Some(row) = one(self.readers(), row).await? else {
            return Ok(None);
        };
        Ok(Some(Authenticated {
            token_sha256,
            access,
            expires_at,
            rate: to_rate(&row),
            quotas: self.quotas_of(&row)?,
            delete_at: row.delete_at.map(to_time),
        }))
    }

    async fn holder_of_session(
        &self,
        token_sha256: [u8; 32],
    ) -> Result<Option<(Access, Option<Timestamp>)>, CatalogError> {
        let row = session::Entity::find_by_id(token_sha256.to_vec())
            .filter(session::Column::ExpiresAt.gt(from_time(self.now())));
        let Some(row) = one(self.readers(), row).await? else {
            return Ok(None);
        };
        let mut access = Access {
            tenant: TenantId(row.tenant_id),
            actor: to_actor(&row.actor_kind, row.actor_id)?,
            role: to_word(&row.role)?,
            logs: None,
            secret: row.secret_sha256.map(to_digest).transpose()?,
        };
        let Some(own) = permissions::of(self.readers(), self.now(), &access).await? else {
            return Ok(None);
        };
        let session_ends = to_time(row.expires_at);
        let ends = own
            .expires_at
            .map_or(session_ends, |key| key.min(session_ends));
        access.role = access.role.min(own.role);
        access.logs = narrower(to_logs(row.logs.as_ref())?, own.logs).map(Arc::from);
        Ok(Some((access, Some(ends))))
    }

    async fn holder_of_key(
        &self,
        sha256: [u8; 32],
    ) -> Result<Option<(Access, Option<Timestamp>)>, CatalogError> {
        let Some(secret) = secret::working(self.readers(), self.now(), sha256).await? else {
            return Ok(None);
        };
        let Some(own) = permissions::of_secret(self.now(), &secret)? else {
            return Ok(None);
        };
        let access = Access {
            tenant: TenantId(secret.key.tenant_id),
            actor: Actor::ApiKey(KeyId(secret.key.id)),
            role: own.role,
            logs: own.logs.map(Arc::from),
            secret: Some(sha256),
        };
        Ok(Some((access, own.expires_at)))
    }
}

fn to_session(row: session::Model, short_name: String) -> Result<Session, CatalogError> {
    Ok(Session {
        id: SessionId(row.id),
        token_sha256: to_digest(row.token_sha256)?,
        tenant: TenantId(row.tenant_id),
        short_name,
        created_at: to_time(row.created_at),
        expires_at: to_time(row.expires_at),
        origin: Origin {
            network: row.network,
            user_agent: row.user_agent,
        },
    })
}

/// A change of the password waits for the session, and then ends it; or the session waits for the
/// change, and does not come about.
async fn check_password(sql: &impl ConnectionTrait, new: &NewSession) -> Result<(), Refusal> {
    let (Some(expected), Actor::User(id)) = (&new.password_hash, new.actor) else {
        return Ok(());
    };
    let user = one(sql, user::Entity::find_by_id(id.0).lock(LockType::Share)).await?;
    if user.is_some_and(|user| user.password_hash == *expected) {
        return Ok(());
    }
    Err(Refusal::PasswordChanged)
}

/// Ends the sessions of a person or a key: all of them, or those of one tenant.
pub(super) async fn end_sessions(
    sql: &impl ConnectionTrait,
    actor: Actor,
    tenant: Option<TenantId>,
) -> Result<(), CatalogError> {
    let (kind, id) = from_actor(actor);
    let sessions = Condition::all()
        .add(session::Column::ActorKind.eq(kind))
        .add(session::Column::ActorId.eq(id))
        .add_option(tenant.map(|tenant| session::Column::TenantId.eq(tenant.0)));
    delete::<session::Entity>(sql, sessions).await?;
    Ok(())
}

/// Ends the sessions of a person but the one with the token `kept`.
pub(super) async fn end_other_sessions(
    sql: &impl ConnectionTrait,
    user: UserId,
    kept: [u8; 32],
) -> Result<(), CatalogError> {
    let others = session::Column::TokenSha256.ne(kept.to_vec());
    delete::<session::Entity>(sql, of_person(user).add(others)).await?;
    Ok(())
}

fn of_person(user: UserId) -> Condition {
    let (kind, id) = from_actor(Actor::User(user));
    Condition::all()
        .add(session::Column::ActorKind.eq(kind))
        .add(session::Column::ActorId.eq(id))
}

/// The logs in both of two limits.
fn narrower(one: Option<Vec<LogId>>, other: Option<Vec<LogId>>) -> Option<Vec<LogId>> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.retain(|log| other.contains(log));
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

async fn remove(
    sql: &impl ConnectionTrait,
    sessions: sea_orm::Select<session::Entity>,
) -> Result<(), CatalogError> {
    let tokens: Vec<Vec<u8>> = values(sql, sessions, session::Column::TokenSha256).await?;
    if !tokens.is_empty() {
        let of_tokens = session::Column::TokenSha256.is_in(tokens);
        delete::<session::Entity>(sql, of_tokens).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_limits_leave_what_is_in_both() {
        let [a, b, c] = std::array::from_fn(|_| LogId::generate());
        assert_eq!(narrower(None, None), None);
        assert_eq!(narrower(Some(vec![a]), None), Some(vec![a]));
        assert_eq!(narrower(None, Some(vec![a])), Some(vec![a]));
        assert_eq!(narrower(Some(vec![a, b]), Some(vec![b, c])), Some(vec![b]));
        assert_eq!(narrower(Some(vec![a]), Some(vec![c])), Some(vec![]));
    }
}

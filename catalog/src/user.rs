//! People: their addresses, the verification of these, and where they are members.

use protocol::{RequestId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::column::{from_time, to_time, to_word};
use super::email::Email;
use super::entity::{email_verification, membership, one, tenant, user};
use super::event::{ControlEvent, MailedToken, PEOPLE};
use super::lock::Lock;
use super::{Catalog, CatalogError, Context, Refusal};
use crate::access::Role;

/// Memberships of one person that are listed.
const MEMBERSHIPS_MAX: u64 = 1_000;

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// As it was typed, without spaces around it and with the domain in lower case.
    pub email: String,
    pub password_hash: String,
    pub email_verified: bool,
    pub created_at: Timestamp,
}

/// The hash stays out of logs.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("email", &self.email)
            .field("email_verified", &self.email_verified)
            .finish_non_exhaustive()
    }
}

/// What a person is in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub tenant: TenantId,
    pub short_name: String,
    pub role: Role,
}

impl Catalog {
    /// The person with an address, whatever its case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, CatalogError> {
        let Ok(email) = Email::normalise(email) else {
            return Ok(None);
        };
        let row = user::Entity::find().filter(user::Column::EmailKey.eq(email.key()));
        let row = one(self.readers(), row).await?;
        Ok(row.map(to_user))
    }

    /// A person; `None` once they are deleted.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, CatalogError> {
        let row = one(self.readers(), user::Entity::find_by_id(id.0)).await?;
        Ok(row.map(to_user))
    }

    /// The tenants that a person is a member of, by their short names.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, CatalogError> {
        let rows: Vec<membership::Model> = membership::Entity::find()
            .filter(membership::Column::UserId.eq(user.0))
            .limit(MEMBERSHIPS_MAX)
            .all(self.readers())
            .await?;
        let tenants = tenant::Entity::find()
            .filter(tenant::Column::Id.is_in(rows.iter().map(|row| row.tenant_id)))
            .order_by_asc(tenant::Column::ShortName)
            .all(self.readers())
            .await?;
        let memberships = tenants.into_iter().filter_map(|tenant| {
            let row = rows.iter().find(|row| row.tenant_id == tenant.id)?;
            Some(to_word(&row.role).map(|role| Membership {
                tenant: TenantId(tenant.id),
                short_name: tenant.short_name,
                role,
            }))
        });
        memberships.collect()
    }

    /// Records that a mail with a verification token goes to a person. The few tokens asked for
    /// last all work, since mails overtake each other.
    ///
    /// # Errors
    /// When the change can't be recorded. An unknown person is no error: there is nothing to do.
    pub async fn request_email_verification(
        &self,
        request_id: RequestId,
        user: UserId,
        token_sha256: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), CatalogError> {
        self.change(Lock::People, move |mut change| async move {
            let person = one(change.sql(), user::Entity::find_by_id(user.0)).await?;
            if person.is_none() {
                return Ok(());
            }
            let context = Context::user(user, request_id);
            let event = ControlEvent::EmailVerificationRequested(MailedToken {
                user,
                token_sha256,
                expires_at,
            });
            change.record(PEOPLE, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// Verifies the address of the person who holds a token. The token, and others of the same
    /// person, are used up.
    pub async fn verify_email(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
    ) -> Result<UserId, Refusal> {
        self.change(Lock::People, move |mut change| async move {
            let token = email_verification::Entity::find_by_id(token_sha256.to_vec())
                .filter(email_verification::Column::ExpiresAt.gt(from_time(change.at())));
            let token = one(change.sql(), token).await?;
            let user = UserId(token.ok_or(Refusal::VerificationUnknown)?.user_id);
            let context = Context::user(user, request_id);
            let event = ControlEvent::EmailVerified { user };
            change.record(PEOPLE, context, event).await?;
            change.commit(user).await
        })
        .await
    }
}

fn to_user(row: user::Model) -> User {
    User {
        id: UserId(row.id),
        email: row.email,
        password_hash: row.password_hash,
        email_verified: row.email_verified,
        created_at: to_time(row.created_at),
    }
}

//! People: their addresses, the verification of these, and where they are members.

use protocol::{RequestId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::column::{from_time, plain, to_word};
use super::entity::{email_verification, membership, tenant, user};
use super::event::{ControlEvent, PEOPLE};
use super::limits::within;
use super::turn::Turn;
use super::{Catalog, CatalogError, Context};
use crate::access::{Actor, Role};

/// The longest address that mail can be sent to.
const EMAIL_BYTES_MAX: usize = 254;

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

/// Why an address was not verified.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VerifyEmailError {
    #[error("this link is unknown, used or expired; ask for a new one")]
    Unknown,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// An address in the form that is stored.
pub(super) struct Email(String);

impl Email {
    pub(super) fn normalise(text: &str) -> Result<Self, CatalogError> {
        let text = plain(text.trim().to_owned());
        within("the address", text.len(), EMAIL_BYTES_MAX)?;
        let text = match text.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
            None => text,
        };
        Ok(Self(text))
    }

    /// What addresses are compared by: no mail provider tells two people apart by case.
    pub(super) fn key(&self) -> String {
        self.0.to_lowercase()
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Catalog {
    /// The person with an address, whatever its case.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, CatalogError> {
        let Ok(email) = Email::normalise(email) else {
            return Ok(None);
        };
        let row = user::Entity::find()
            .filter(user::Column::EmailKey.eq(email.key()))
            .one(self.readers())
            .await?;
        Ok(row.map(|row| User {
            id: UserId(row.id),
            email: row.email,
            password_hash: row.password_hash,
            email_verified: row.email_verified,
        }))
    }

    /// The tenants that a person is a member of, by their short names.
    ///
    /// # Errors
    /// When the catalog can't be read.
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
        let mut memberships = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            if let Some(row) = rows.iter().find(|row| row.tenant_id == tenant.id) {
                memberships.push(Membership {
                    tenant: TenantId(tenant.id),
                    short_name: tenant.short_name,
                    role: to_word(&row.role)?,
                });
            }
        }
        Ok(memberships)
    }

    /// Remembers that a mail with a verification token goes to a person. The few tokens asked for
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
        self.change(Turn::People, move |mut change| async move {
            if user::Entity::find_by_id(user.0)
                .one(change.sql())
                .await?
                .is_none()
            {
                return Ok(());
            }
            let context = Context {
                actor: Actor::User(user),
                request_id,
            };
            let event = ControlEvent::EmailVerificationRequested {
                user,
                token_sha256,
                expires_at,
            };
            change.record(PEOPLE, context, event).await?;
            change.commit().await
        })
        .await
    }

    /// Verifies the address of the person who holds a token. The token, and others of the same
    /// person, are used up.
    ///
    /// # Errors
    /// When the token is unknown, used or expired.
    pub async fn verify_email(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
    ) -> Result<UserId, VerifyEmailError> {
        self.change(Turn::People, move |mut change| async move {
            let verification = email_verification::Entity::find_by_id(token_sha256.to_vec())
                .filter(email_verification::Column::ExpiresAt.gt(from_time(change.at())))
                .one(change.sql())
                .await
                .map_err(CatalogError::from)?
                .ok_or(VerifyEmailError::Unknown)?;
            let user = UserId(verification.user_id);
            let context = Context {
                actor: Actor::User(user),
                request_id,
            };
            let event = ControlEvent::EmailVerified { user };
            change
                .record(PEOPLE, context, event)
                .await
                .map_err(CatalogError::from)?;
            change.commit().await?;
            Ok(user)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_is_compared_without_case() {
        let email = Email::normalise(" Ada.Lovelace@Example.COM\n").unwrap();
        assert_eq!(email.key(), "ada.lovelace@example.com");
        assert_eq!(email.into_text(), "Ada.Lovelace@example.com");
        assert!(Email::normalise(&"a".repeat(255)).is_err());
    }
}

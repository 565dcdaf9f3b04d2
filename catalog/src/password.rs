//! New passwords: by a link, whose token is known by its SHA-256 alone, or by whoever knows the old one.

use protocol::{RequestId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::column::from_time;
use super::entity::{one, password_reset, user};
use super::event::{ControlEvent, MailedToken, PEOPLE};
use super::lock::Lock;
use super::second_factor::forget_wrong_codes;
use super::session::{end_other_sessions, end_sessions};
use super::{Catalog, CatalogError, Context, Refusal, User};
use crate::access::Actor;

impl Catalog {
    /// Records that a mail with a token for a new password goes to a person. How often that
    /// happens is the caller's to bound.
    pub async fn request_password_reset(
        &self,
        request_id: RequestId,
        user: UserId,
        token_sha256: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), CatalogError> {
        self.change(Lock::People, move |mut change| async move {
            let context = Context::user(user, request_id);
            let event = ControlEvent::PasswordResetRequested(MailedToken {
                user,
                token_sha256,
                expires_at,
            });
            change.record(PEOPLE, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// The address whose password a token sets right now; `None` when it is unknown, used or expired.
    pub async fn password_reset_email(
        &self,
        token_sha256: [u8; 32],
    ) -> Result<Option<String>, CatalogError> {
        let Some(row) = find(self.readers(), token_sha256, self.now()).await? else {
            return Ok(None);
        };
        let person = user::Entity::find_by_id(row.user_id);
        let person = one(self.readers(), person).await?;
        Ok(person.map(|person| person.email))
    }

    /// Sets the password of the person who holds a token, and ends all of their sessions. The
    /// token, and others of the same person, are used up. The address is verified then, because
    /// its mail had the token.
    pub async fn reset_password(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
        password_hash: String,
    ) -> Result<UserId, Refusal> {
        let password_hash = &password_hash;
        self.change(Lock::People, move |mut change| async move {
            let row = find(change.sql(), token_sha256, change.at()).await?;
            let user = UserId(row.ok_or(Refusal::ResetUnknown)?.user_id);
            let person = one(change.sql(), user::Entity::find_by_id(user.0)).await?;
            let person = person.ok_or(Refusal::ResetUnknown)?;
            let context = Context::user(user, request_id);
            let changed = ControlEvent::PasswordChanged {
                user,
                password_hash: password_hash.clone(),
            };
            change.record(PEOPLE, context, changed).await?;
            if !person.email_verified {
                let verified = ControlEvent::EmailVerified { user };
                change.record(PEOPLE, context, verified).await?;
            }
            end_sessions(change.sql(), Actor::User(user), None).await?;
            forget_wrong_codes(change.sql(), user).await?;
            change.commit(user).await
        })
        .await
    }

    /// Sets the password of a person who gave the present one, and ends all of their sessions but the
    /// one with the token `kept`.
    pub async fn change_password(
        &self,
        request_id: RequestId,
        proven: &User,
        password_hash: String,
        kept: [u8; 32],
    ) -> Result<(), Refusal> {
        let password_hash = &password_hash;
        self.change(Lock::People, move |mut change| async move {
            let person = one(change.sql(), user::Entity::find_by_id(proven.id.0)).await?;
            if person.is_none_or(|it| it.password_hash != proven.password_hash) {
                return Err(Refusal::PasswordChanged);
            }
            let event = ControlEvent::PasswordChanged {
                user: proven.id,
                password_hash: password_hash.clone(),
            };
            let context = Context::user(proven.id, request_id);
            change.record(PEOPLE, context, event).await?;
            end_other_sessions(change.sql(), proven.id, kept).await?;
            forget_wrong_codes(change.sql(), proven.id).await?;
            change.commit(()).await
        })
        .await
    }
}

async fn find(
    sql: &impl ConnectionTrait,
    token_sha256: [u8; 32],
    now: Timestamp,
) -> Result<Option<password_reset::Model>, CatalogError> {
    let found = password_reset::Entity::find_by_id(token_sha256.to_vec())
        .filter(password_reset::Column::ExpiresAt.gt(from_time(now)));
    one(sql, found).await
}

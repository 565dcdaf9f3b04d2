//! People.

use protocol::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait};

use super::ReadModel;
use crate::email::Email;
use crate::entity::user::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::UserRegistered;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn register_user(&self, new: &UserRegistered) -> Result<(), ChangeError> {
        let row = ActiveModel {
            id: Set(new.user.0),
            email: Set(new.email.clone()),
            email_key: Set(Email::normalise(&new.email)?.key()),
            password_hash: Set(new.password_hash.clone()),
            email_verified: Set(new.email_verified),
            created_at: Set(self.at()),
        };
        self.insert(row).await
    }

    pub(super) async fn verify_email(&self, user: UserId) -> Result<(), ChangeError> {
        self.set::<Entity>(Column::EmailVerified, true, Column::Id.eq(user.0))
            .await?;
        self.delete_verifications(user).await
    }

    pub(super) async fn set_password(
        &self,
        user: UserId,
        password_hash: &str,
    ) -> Result<(), ChangeError> {
        self.set::<Entity>(Column::PasswordHash, password_hash, Column::Id.eq(user.0))
            .await?;
        self.delete_resets(user).await
    }

    pub(super) async fn delete_user(&self, user: UserId) -> Result<(), ChangeError> {
        self.delete_verifications(user).await?;
        self.delete_resets(user).await?;
        self.delete::<Entity>(Column::Id.eq(user.0)).await
    }
}

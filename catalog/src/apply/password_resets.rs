//! Tokens that set a new password.

use protocol::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};

use super::ReadModel;
use crate::column::from_time;
use crate::entity::password_reset::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::MailedToken;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// Opens a reset. Expired ones of the same person go.
    pub(super) async fn open_reset(&self, token: &MailedToken) -> Result<(), ChangeError> {
        let rows = Condition::all()
            .add(Column::UserId.eq(token.user.0))
            .add(Column::ExpiresAt.lte(self.at()));
        self.delete::<Entity>(rows).await?;
        let row = ActiveModel {
            token_sha256: Set(token.token_sha256.to_vec()),
            user_id: Set(token.user.0),
            expires_at: Set(from_time(token.expires_at)),
        };
        self.insert(row).await
    }

    pub(super) async fn delete_resets(&self, user: UserId) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::UserId.eq(user.0)).await
    }
}

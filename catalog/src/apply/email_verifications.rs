//! Tokens that verify the address of a person.

use protocol::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait};

use super::ReadModel;
use crate::column::{from_time, from_u64};
use crate::entity::email_verification::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::MailedToken;

/// Verifications of one person that are open at a time.
const OPEN_MAX: u64 = 5;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// Opens a verification and closes the oldest of the same person when there are too many.
    pub(super) async fn open_verification(&self, token: &MailedToken) -> Result<(), ChangeError> {
        let row = ActiveModel {
            token_sha256: Set(token.token_sha256.to_vec()),
            user_id: Set(token.user.0),
            sequence: Set(from_u64(self.recorded.sequence)),
            expires_at: Set(from_time(token.expires_at)),
        };
        self.insert(row).await?;
        let of_person = Column::UserId.eq(token.user.0);
        self.keep_newest::<Entity>(of_person, Column::Sequence, OPEN_MAX)
            .await
    }

    pub(super) async fn delete_verifications(&self, user: UserId) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::UserId.eq(user.0)).await
    }
}

//! Passwords, and the links that set a new one.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::super::column::{corrupt, from_time};
use super::super::entity::{password_reset, user};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::PasswordResetRequested {
            user,
            token_sha256,
            expires_at,
        } => {
            password_reset::Entity::delete_many()
                .filter(password_reset::Column::UserId.eq(user.0))
                .filter(password_reset::Column::ExpiresAt.lte(from_time(recorded.at)))
                .exec(sql)
                .await?;
            let row = password_reset::ActiveModel {
                token_sha256: Set(token_sha256.to_vec()),
                user_id: Set(user.0),
                expires_at: Set(from_time(*expires_at)),
            };
            password_reset::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
        }
        ControlEvent::PasswordChanged {
            user,
            password_hash,
        } => {
            user::Entity::update_many()
                .col_expr(
                    user::Column::PasswordHash,
                    Expr::value(password_hash.as_str()),
                )
                .filter(user::Column::Id.eq(user.0))
                .exec(sql)
                .await?;
            password_reset::Entity::delete_many()
                .filter(password_reset::Column::UserId.eq(user.0))
                .exec(sql)
                .await?;
        }
        other => return Err(corrupt(format!("{} is about no password", other.kind())).into()),
    }
    Ok(())
}

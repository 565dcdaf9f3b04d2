//! Read model: links that set a new password and were not used.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_resets")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) token_sha256: Vec<u8>,
    pub(crate) user_id: Uuid,
    pub(crate) expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

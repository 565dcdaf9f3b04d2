//! Read model: people.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) password_hash: String,
    pub(crate) email_verified: bool,
    pub(crate) created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

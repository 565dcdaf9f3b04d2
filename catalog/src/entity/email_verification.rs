//! Read model: verifications that were asked for and not done.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_verifications")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) token_sha256: Vec<u8>,
    pub(crate) user_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

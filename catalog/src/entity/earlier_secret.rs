//! Read model: secrets that keys had before they were rotated, and that still work.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earlier_secrets")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) sha256: Vec<u8>,
    pub(crate) key_id: Uuid,
    /// That of the rotation among the tenant's control events.
    pub(crate) sequence: i64,
    pub(crate) expires_at: i64,
    /// The person who gave it.
    pub(crate) user_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}

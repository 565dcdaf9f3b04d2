//! Read model: API keys.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) logs: Option<Json>,
    pub(crate) created_by_kind: String,
    pub(crate) created_by_id: Option<Uuid>,
    pub(crate) created_at: i64,
    pub(crate) rotated_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) sha256: Vec<u8>,
    /// The person behind the key: who gave it its secret, or who is behind the key that did.
    pub(crate) user_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}

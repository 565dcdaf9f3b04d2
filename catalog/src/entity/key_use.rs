//! Operational: when keys were last used.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_uses")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) key_id: Uuid,
    pub(crate) last_used_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

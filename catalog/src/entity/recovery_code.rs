//! Operational: codes that stand in for a second factor that was lost, each once.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "recovery_codes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) code_sha256: Vec<u8>,
    pub(crate) user_id: Uuid,
    pub(crate) created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

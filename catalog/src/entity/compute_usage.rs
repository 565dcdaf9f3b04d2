//! Operational: CPU time spent by versions, and how far their folding is billed.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "compute_usage")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) compute_us: i64,
    /// The newest event whose folding was counted.
    #[serde(default)]
    pub(crate) folded_through: i64,
}

impl ActiveModelBehavior for ActiveModel {}

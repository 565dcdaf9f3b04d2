//! Operational: CPU time spent by versions.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "compute_usage")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) compute_us: i64,
}

impl ActiveModelBehavior for ActiveModel {}

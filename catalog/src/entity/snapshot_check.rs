//! Operational: how the verification of snapshots of a version went.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "snapshot_checks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version_id: Uuid,
    pub(crate) verified: bool,
    pub(crate) off_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: how many bytes of events of each log are in the archive, as far as they are metered.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "storage_levels")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) log_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) bytes: i64,
    /// The newest sequence that is metered.
    pub(crate) through: i64,
    /// When the log was deleted. The row stays until what was not archived is metered, too.
    pub(crate) deleted_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: what people see of the deletion of a log or a view, until a while after it is done.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "deletion_jobs")]
pub(crate) struct Model {
    /// That of the row in `deletions`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) log_id: Uuid,
    pub(crate) log_name: String,
    /// Null when the log itself was deleted.
    pub(crate) view_id: Option<Uuid>,
    pub(crate) view_name: Option<String>,
    pub(crate) requested_at: i64,
    pub(crate) step: String,
    /// Since when.
    pub(crate) step_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

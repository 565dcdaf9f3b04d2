//! Operational: the records of the ledger of use. They are added and never changed.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "usage_records")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) sequence: i64,
    pub(crate) hour: i64,
    pub(crate) meter: String,
    /// Nil where no log is meant.
    pub(crate) log_id: Uuid,
    /// Nil where no view is meant.
    pub(crate) view_id: Uuid,
    pub(crate) amount: i64,
    pub(crate) level: i64,
    pub(crate) recorded_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

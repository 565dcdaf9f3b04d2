//! Operational: what was used in hours that are not over, or were not when it was recorded.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "usage_open")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hour: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) meter: String,
    /// Nil where no log is meant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) log_id: Uuid,
    /// Nil where no view is meant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) view_id: Uuid,
    pub(crate) amount: i64,
    pub(crate) level: i64,
}

impl ActiveModelBehavior for ActiveModel {}

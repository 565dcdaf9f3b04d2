//! Operational: batches of CPU time that were counted.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "compute_batches")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) worker: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) epoch: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) counter: i64,
    pub(crate) recorded_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: what tenants did in the last days, by minute and node.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) minute: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) node: Uuid,
    pub(crate) events: i64,
    pub(crate) appends: i64,
    pub(crate) queries: i64,
    pub(crate) failed_queries: i64,
    pub(crate) append_latencies: Vec<u8>,
    pub(crate) query_latencies: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}

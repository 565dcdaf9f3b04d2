//! Operational: of which shares of their free tier the people of a tenant were told.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "usage_notices")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    /// The first hour of the month.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) month: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) percent: i32,
}

impl ActiveModelBehavior for ActiveModel {}

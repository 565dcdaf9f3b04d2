//! Operational: what each month costs a tenant.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "billing_months")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    /// The first hour of the month.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) month: i64,
    /// How often it was written.
    pub(crate) version: i64,
    pub(crate) status: String,
    /// Whether the outbox is known to agree with what the provider has.
    pub(crate) settled: bool,
    /// When something is to be done about it.
    pub(crate) due_at: Option<i64>,
    pub(crate) bill: Json,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: units that are reported to the payment provider.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "billing_outbox")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) meter: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hour: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) part: i64,
    /// The first hour of the month whose bill they are on.
    pub(crate) month: i64,
    pub(crate) customer: String,
    pub(crate) units: i64,
    /// Of the use, in seconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    /// When it was sent for the first time.
    pub(crate) attempted_at: Option<i64>,
    /// When it is sent next.
    pub(crate) due_at: i64,
    pub(crate) error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

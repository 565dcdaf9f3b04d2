//! Operational: what the payment provider told us of.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "billing_webhooks")]
pub(crate) struct Model {
    /// The provider's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) kind: String,
    /// The provider's id of what it is about.
    pub(crate) object: String,
    pub(crate) received_at: i64,
    pub(crate) attempts: i32,
    /// When it is worked on next; none once it was.
    pub(crate) due_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: compiled components in the object store.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artifacts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) digest: Vec<u8>,
    pub(crate) sha256: Vec<u8>,
    pub(crate) bytes: i64,
    /// The component that it was compiled from; none in rows that are older than the column.
    pub(crate) component: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}

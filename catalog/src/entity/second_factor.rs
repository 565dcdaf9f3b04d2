//! Operational: the second factor of people who set one up, or began to.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "second_factors")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    pub(crate) secret: Vec<u8>,
    /// Whether a login needs it.
    pub(crate) confirmed: bool,
    /// The time step of the newest code that was accepted.
    pub(crate) last_step: i64,
    /// Wrong codes since the last right one, or since the password was set.
    pub(crate) wrong_codes: i64,
    pub(crate) created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

//! Operational: sessions.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) token_sha256: Vec<u8>,
    pub(crate) tenant_id: Uuid,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) role: String,
    pub(crate) logs: Option<Json>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    /// The secret of the key that it was exchanged for; none for people.
    pub(crate) secret_sha256: Option<Vec<u8>>,
    /// What it is called where its token must not stand.
    pub(crate) id: Uuid,
    /// Where whoever opened it came from.
    pub(crate) network: Option<String>,
    /// What they opened it with, by its own account.
    pub(crate) user_agent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

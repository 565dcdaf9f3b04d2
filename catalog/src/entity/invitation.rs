//! Read model: invitations that were made and neither accepted nor revoked.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) role: String,
    pub(crate) token_sha256: Vec<u8>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    /// Of the token in the mail; none in those from before there were two tokens.
    pub(crate) mailed_sha256: Option<Vec<u8>>,
    /// Who made it.
    pub(crate) invited_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}

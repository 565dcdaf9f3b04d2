//! How much the catalog holds for one owner. Operators may change every figure.

use super::CatalogError;
use super::model::Quotas;

/// The most components, names and rows that the catalog keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogLimits {
    /// What a tenant may have for which no operator set anything else.
    pub quotas: Quotas,
    pub views_per_log: u64,
    /// Beyond it, the oldest version that is neither live nor being built is removed.
    pub versions_per_view: u64,
    /// Invitations that a tenant sends within 24 hours: each is a mail to someone who did not ask.
    pub invitations_per_day: u64,
    /// Logs that one key may be limited to.
    pub logs_per_key: usize,
    /// Beyond it, the oldest session of the same user or key ends.
    pub sessions_per_actor: u64,
    /// Bytes of names of keys, of short names, of content types.
    pub text_bytes: usize,
    pub description_bytes: usize,
    /// Bytes of the configuration of a version.
    pub config_bytes: usize,
    /// Bytes of what a component says about itself.
    pub report_bytes: usize,
    /// Bytes of the message of a halt; a longer one is cut.
    pub halt_message_bytes: usize,
    /// Control events that one page of the audit log looks at.
    pub audit_events_scanned: u64,
    /// Size of the database file of the embedded catalog.
    pub database_bytes: u64,
}

impl Default for CatalogLimits {
    fn default() -> Self {
        Self {
            quotas: Quotas::default(),
            views_per_log: 100,
            versions_per_view: 1_000,
            invitations_per_day: 500,
            logs_per_key: 1_000,
            sessions_per_actor: 1_000,
            text_bytes: 128,
            description_bytes: 4 << 10,
            config_bytes: 16 << 10,
            report_bytes: 16 << 10,
            halt_message_bytes: 1 << 10,
            audit_events_scanned: 10_000,
            database_bytes: 1 << 40,
        }
    }
}

/// Refuses a text above its limit.
pub(super) fn within(what: &'static str, bytes: usize, limit: usize) -> Result<(), CatalogError> {
    if bytes > limit {
        return Err(CatalogError::TooLong { what, limit });
    }
    Ok(())
}

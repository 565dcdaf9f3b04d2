//! The rows of the catalog's tables, one module for each table. Columns hold plain values;
//! [`super::column`] turns them into the words of the domain and back.

pub(super) mod archive_block;
pub(super) mod archive_id;
pub(super) mod archive_segment;
pub(super) mod archive_shard;
pub(super) mod artifact;
pub(super) mod compute_batch;
pub(super) mod compute_usage;
pub(super) mod control_event;
pub(super) mod deletion;
pub(super) mod earlier_secret;
pub(super) mod email_verification;
pub(super) mod invitation;
pub(super) mod key;
pub(super) mod key_use;
pub(super) mod log;
pub(super) mod membership;
pub(super) mod password_reset;
pub(super) mod session;
pub(super) mod snapshot;
pub(super) mod snapshot_check;
pub(super) mod stored_bytes;
pub(super) mod tenant;
pub(super) mod tenant_deletion;
pub(super) mod user;
pub(super) mod version;
pub(super) mod view;

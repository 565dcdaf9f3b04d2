//! What events, rows and operations have in common: small values with a stored form. Imports no
//! other module of the catalog.

mod billing;
mod quotas;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};
use uuid::Uuid;

pub use self::billing::{
    Adjustment, Bill, BillStatus, BillingAccount, Invoice, MeterBill, Standing, Subscription,
    SubscriptionStatus,
};
pub use self::quotas::{QuotaOverrides, Quotas};

/// What becomes of a log's frames in the hot log once they are archived.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Retention {
    /// They stay.
    #[default]
    KeepHot,
    /// They are trimmed.
    Archive,
}

/// The state of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum VersionState {
    Building,
    Live,
    Retired,
    Failed,
}

/// What is done next in a deletion, in this order.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DeletionStep {
    /// Waiting for its time; it can be cancelled.
    Scheduled,
    /// Removing the tenant's logs and views from the catalog, and at last the tenant itself. A
    /// subscription that is paid for is to be ended before this step is.
    Logs,
    /// Erasing its control events and everything that was noted of it.
    Records,
    /// Removing frames from the event log, and components and snapshots from the object store.
    Bytes,
    /// Writing the archive's segments again without its blocks.
    Archive,
    /// Waiting for the backups from before to go.
    Backups,
    Done,
}

/// Names the deletion of a log or a view, and the removal of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeletionId(pub Uuid);

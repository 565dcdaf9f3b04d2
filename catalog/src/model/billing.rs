//! What a tenant has with the payment provider, and what a month costs it.

use protocol::Timestamp;
use protocol::meter::Hour;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// What a tenant has with the payment provider. What nobody chose or did yet is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingAccount {
    /// The provider's id of the customer.
    pub customer: Option<String>,
    /// Three letters, such as `usd`; chosen with the first checkout.
    pub currency: Option<String>,
    /// The provider's id of the checkout that is open, or was the last one.
    pub checkout: Option<String>,
    /// The newest subscription.
    pub subscription: Option<Subscription>,
    /// The provider's id of a dispute that is not decided.
    pub dispute: Option<String>,
    /// What a month may cost before tax, in the currency's smallest unit.
    pub cap_cents: Option<u64>,
    /// Where the tenant's own server is told how much is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// What people were told last.
    #[serde(skip_serializing_if = "Standing::is_free")]
    pub told: Standing,
}

/// How a tenant stands with us.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// It never subscribed.
    #[default]
    Free,
    Active,
    /// It is subscribed, and that ends.
    Ending,
    /// A payment failed, and is tried again.
    PastDue,
    /// Payments failed, and are not tried again.
    Unpaid,
    /// The subscription ended.
    Cancelled,
    /// A payment is disputed.
    Disputed,
}

/// A subscription, as the provider said it was when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub status: SubscriptionStatus,
    /// Since when it has the status.
    pub since: Timestamp,
    /// When it ends, where that is decided.
    pub ends_at: Option<Timestamp>,
    /// When it began, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SubscriptionStatus {
    Active,
    /// A payment failed, and is tried again.
    PastDue,
    /// Payments failed, and are not tried again.
    Unpaid,
    /// It ended.
    Cancelled,
}

impl Standing {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_free(&self) -> bool {
        *self == Self::Free
    }
}

impl BillingAccount {
    /// Whether use is reported to a subscription.
    #[must_use]
    pub fn is_subscribed(&self) -> bool {
        let live = |it: &Subscription| it.status != SubscriptionStatus::Cancelled;
        self.subscription.as_ref().is_some_and(live)
    }

    /// Whether what is used in an hour is reported to a subscription: an hour that was not over when it
    /// began, and was when it ended.
    #[must_use]
    pub fn was_subscribed(&self, hour: Hour) -> bool {
        let Some(it) = &self.subscription else {
            return false;
        };
        let end = hour.next().start();
        let has_begun = it.began_at.is_none_or(|began_at| began_at < end);
        let is_live = self.is_subscribed() || it.ends_at.is_some_and(|ends_at| end <= ends_at);
        has_begun && is_live
    }

    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.dispute.is_some() {
            return Standing::Disputed;
        }
        let Some(it) = &self.subscription else {
            return Standing::Free;
        };
        match it.status {
            SubscriptionStatus::Active if it.ends_at.is_some() => Standing::Ending,
            SubscriptionStatus::Active => Standing::Active,
            SubscriptionStatus::PastDue => Standing::PastDue,
            SubscriptionStatus::Unpaid => Standing::Unpaid,
            SubscriptionStatus::Cancelled => Standing::Cancelled,
        }
    }
}

/// How far the bill of a month is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BillStatus {
    /// The month is not over, or not everything of it is a record.
    Open,
    /// It is known what is billed, and the invoice waits for the provider to have it all.
    Closed,
    /// What the provider has differs from what is billed: people have to look.
    Stopped,
    /// The invoice is final, or there is none.
    Invoiced,
}

/// What a month costs a tenant, so far. The meters are those that are billed, in the order of the
/// invoice's lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    pub currency: String,
    pub storage: MeterBill,
    pub compute: MeterBill,
    pub data_out: MeterBill,
    /// Hours before this one are counted.
    pub through: Hour,
    /// The newest record of the ledger that is counted.
    pub sequence: u64,
    /// What was added to the month, or taken from it, and why.
    pub adjustments: Vec<Adjustment>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The newest record of the ledger that was there then: what was billed is what it says.
    pub closed_sequence: Option<u64>,
    pub invoice: Option<Invoice>,
    /// Why it is not invoiced yet, where that is not just time.
    pub problem: Option<String>,
}

/// One meter of a month.
///
/// What is beyond the free tier, with what is carried over, makes whole units. Each of them is either
/// reported to the provider or written off; what is left over is carried to the next month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterBill {
    /// What is used, in the unit of the meter.
    #[serde(with = "as_text")]
    pub used: u128,
    /// What was used when the month was closed.
    #[serde(with = "as_text")]
    pub used_at_close: u128,
    /// What other months carried over and what adjustments are, in the unit of the meter.
    #[serde(with = "as_text")]
    pub carried: i128,
    /// Units in the outbox, sent or not.
    pub reported: u64,
    /// Units that nobody pays: used before there was a subscription, or beyond the cap.
    pub written_off: u64,
}

/// What was added to a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    pub meter: protocol::meter::Meter,
    /// In the unit of the meter.
    #[serde(with = "as_text")]
    pub amount: i128,
    pub reason: String,
    pub at: Timestamp,
}

/// The invoice of a month, as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: String,
    /// The provider's word: `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: String,
    /// Before tax, in the currency's smallest unit.
    pub subtotal_cents: i64,
}

/// Whole numbers that are too large for JSON.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        number: &impl Display,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

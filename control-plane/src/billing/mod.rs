//! Money: prices, the free tier, and what stops a tenant that has used up what it may.
//!
//! Use comes from the ledger of the catalog, prices from the configuration.

pub(crate) mod bills;
pub(crate) mod month;
pub(crate) mod notices;
pub(crate) mod payments;
pub(crate) mod plan;
pub(crate) mod price;
#[cfg(test)]
mod simulation;
pub(crate) mod spending;
pub(crate) mod stripe;

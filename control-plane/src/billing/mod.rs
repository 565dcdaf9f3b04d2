//! Money: prices, the free tier, and what stops a tenant that has used up what it may.
//!
//! Nothing here asks anybody: use comes from the ledger of the catalog, prices from the configuration.

pub(crate) mod plan;
pub(crate) mod price;
pub(crate) mod spending;

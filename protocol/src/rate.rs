//! Rates of requests.

use serde::{Deserialize, Serialize};

/// A token bucket: tokens that flow in each second, and how many it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    /// 0 lifts the limit.
    pub per_second: u32,
    pub burst: u32,
}

impl Rate {
    /// No limit at all.
    pub const UNLIMITED: Self = Self {
        per_second: 0,
        burst: 0,
    };

    #[must_use]
    pub const fn is_unlimited(self) -> bool {
        self.per_second == 0
    }
}

//! The free tier, and what of a month's use is billed.

use protocol::Timestamp;
use protocol::meter::{Meter, Month};

use super::price::{UnitPrice, unit};

/// Units of each billed meter, in the order of [`BILLED`].
pub(crate) type Units = [u64; 3];

/// How much of a meter is free in a month, in the unit of the meter: 10 GB held for the month, 16
/// minutes, 1 GB.
pub(crate) fn free(meter: Meter, month: Month) -> u128 {
    match meter {
        Meter::Storage => 10_000_000_000 * u128::from(month.seconds()),
        Meter::Compute => 16 * 60 * 1_000_000_000,
        Meter::DataOut => 1_000_000_000,
        // It is never billed.
        Meter::Compile => u128::MAX,
    }
}

/// Whole units beyond the free tier, and the rest, which is carried over to the next month.
pub(crate) fn billable(meter: Meter, month: Month, used: u128, carried: u128) -> (u64, u128) {
    let beyond = used
        .saturating_sub(free(meter, month))
        .saturating_add(carried);
    let unit = unit(meter);
    let units = u64::try_from(beyond / unit).unwrap_or(u64::MAX);
    (units, beyond % unit)
}

/// What is used at the end of a month, if use goes on as it did until now.
pub(crate) fn forecast(used: u128, month: Month, until: Timestamp) -> u128 {
    let over = until.duration_since(month.first().start()).as_secs();
    used.saturating_mul(month.seconds().into()) / u128::from(over.max(1))
}

/// How many of further units may be billed beside those that are, so that all lines together cost no
/// more than the cap. The meters are filled in their order.
pub(crate) fn within(
    prices: [UnitPrice; 3],
    billed: Units,
    mut more: Units,
    cap: Option<u64>,
) -> Units {
    let Some(cap) = cap else {
        return more;
    };
    let mut lines = costs(prices, billed);
    for line in 0..more.len() {
        let others: u64 = lines.iter().sum::<u64>() - lines[line];
        let most = prices[line].affordable(cap.saturating_sub(others));
        more[line] = more[line].min(most.saturating_sub(billed[line]));
        lines[line] = prices[line].cost(billed[line] + more[line]);
    }
    more
}

/// What units cost: one line of the invoice for each meter, in cents.
pub(crate) fn costs(prices: [UnitPrice; 3], units: Units) -> [u64; 3] {
    std::array::from_fn(|line| prices[line].cost(units[line]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month() -> Month {
        "2026-11".parse().unwrap()
    }

    #[test]
    fn only_what_is_beyond_the_free_tier_is_billed() {
        let free = free(Meter::DataOut, month());
        assert_eq!(billable(Meter::DataOut, month(), 0, 0), (0, 0));
        assert_eq!(billable(Meter::DataOut, month(), free, 0), (0, 0));
        assert_eq!(
            billable(Meter::DataOut, month(), free + 2_500_000, 0),
            (2, 500_000)
        );
        // The rest of one month is billed in another one, once it is a unit.
        assert_eq!(billable(Meter::DataOut, month(), 0, 500_000), (0, 500_000));
        assert_eq!(
            billable(Meter::DataOut, month(), free + 500_000, 500_000),
            (1, 0)
        );
        let ten_gb = 10_000_000_000 * 30 * 86_400;
        assert_eq!(
            billable(Meter::Storage, month(), ten_gb + 3_600_000_000, 0),
            (1, 0)
        );
        assert_eq!(billable(Meter::Compile, month(), u128::MAX, 0), (0, 0));
    }
}

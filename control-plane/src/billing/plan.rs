//! The free tier, and what of a month's use is billed.

use catalog::MeterBill;
use protocol::Timestamp;
use protocol::meter::{Meter, Month};

use super::price::{BILLED, UnitPrice, unit};
use super::spending::Share;

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

/// Whole units beyond the free tier, with what other months carried over.
pub(crate) fn units(used: [u128; 3], carried: [i128; 3], month: Month) -> Units {
    std::array::from_fn(|line| {
        let meter = BILLED[line];
        let beyond = used[line].saturating_sub(free(meter, month));
        let beyond = i128::try_from(beyond).unwrap_or(i128::MAX);
        let units = beyond.saturating_add(carried[line]).max(0).unsigned_abs() / unit(meter);
        u64::try_from(units).unwrap_or(u64::MAX)
    })
}

/// Whole units of a month that somebody pays: those that are not written off.
pub(crate) fn billed(used: [u128; 3], meters: [MeterBill; 3], month: Month) -> Units {
    let mut units = units(used, meters.map(|it| it.carried), month);
    for (units, meter) in units.iter_mut().zip(meters) {
        *units = units.saturating_sub(meter.written_off);
    }
    units
}

/// The largest share that any meter has of what is free of it.
pub(crate) fn share_of_free_tier(used: [u128; 3], month: Month) -> Share {
    let shares = BILLED.into_iter().zip(used);
    let shares = shares.map(|(meter, used)| Share::of(used, free(meter, month)));
    shares.max().unwrap_or_default()
}

/// What units cost as a share of the cap.
pub(crate) fn share_of_cap(prices: [UnitPrice; 3], units: Units, cap: u64) -> Share {
    let cost = costs(prices, units)
        .into_iter()
        .fold(0, u64::saturating_add);
    Share::of(cost.into(), cap.into())
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
        let free = BILLED.map(|meter| free(meter, month()));
        let of = |more: [u128; 3], carried: [i128; 3]| {
            let used = std::array::from_fn(|line| free[line] + more[line]);
            units(used, carried, month())
        };
        assert_eq!(units([0; 3], [0; 3], month()), [0; 3]);
        assert_eq!(of([0; 3], [0; 3]), [0; 3]);
        let ten_gb = 10_000_000_000 * 30 * 86_400;
        assert_eq!(free[0], ten_gb);
        assert_eq!(of([3_600_000_000, 999_999, 2_500_000], [0; 3]), [1, 0, 2]);
        // The rest of one month is billed in another one, once it is a unit; a credit is taken off.
        assert_eq!(of([0, 999_999, 500_000], [0, 1, 500_000]), [0, 1, 1]);
        assert_eq!(of([0, 0, 2_500_000], [0, 0, -2_000_000]), [0; 3]);
    }

    #[test]
    fn the_meter_that_is_nearest_to_its_end_counts() {
        let free = free(Meter::DataOut, month());
        assert_eq!(share_of_free_tier([0, 0, free / 2], month()), Share(500));
        let cent: UnitPrice = "1".parse().unwrap();
        assert_eq!(share_of_cap([cent; 3], [1, 2, 5], 10), Share(800));
    }
}

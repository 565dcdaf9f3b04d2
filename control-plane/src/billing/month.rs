//! How the bill of a month grows with what is used.
//!
//! Pure: what is read and written is told by the caller. A bill is a function of the use so far and of
//! what was reported and written off before, so it does not matter how often, or by which node, it is
//! worked on.

use std::collections::BTreeMap;

use catalog::{Bill, MeterBill, Usage};
use protocol::meter::{Hour, Meter, Month};

use super::plan::{Units, free, within};
use super::price::{BILLED, UnitPrice, unit};

/// What a month is billed by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub month: Month,
    pub prices: [UnitPrice; 3],
    /// In cents, before tax.
    pub cap: Option<u64>,
    /// Whether anybody pays.
    pub subscribed: bool,
}

/// A bill of nothing, with what the month before carries over.
pub(crate) fn new(currency: &str, from: Hour, sequence: u64, carried: [i128; 3]) -> Bill {
    let [storage, compute, data_out] = carried.map(|carried| MeterBill {
        carried,
        ..MeterBill::default()
    });
    Bill {
        currency: currency.to_owned(),
        storage,
        compute,
        data_out,
        through: from,
        sequence,
        adjustments: Vec::new(),
        closed_at: None,
        closed_sequence: None,
        invoice: None,
        problem: None,
    }
}

/// Units that are in the outbox.
pub(crate) fn reported(bill: &Bill) -> Units {
    bill.meters().map(|it| it.reported)
}

/// What is beyond the free tier, with what is carried over: in the unit of the meter.
fn beyond(meter: Meter, month: Month, it: &MeterBill) -> i128 {
    let beyond = it.used.saturating_sub(free(meter, month));
    i128::try_from(beyond)
        .unwrap_or(i128::MAX)
        .saturating_add(it.carried)
}

/// What is neither reported nor written off: less than a unit, or less than nothing where a credit is
/// left over. The next month begins with it.
pub(crate) fn rest(bill: &Bill, month: Month) -> [i128; 3] {
    let meters = bill.meters();
    std::array::from_fn(|line| {
        let (meter, it) = (BILLED[line], meters[line]);
        let done = u128::from(it.reported) + u128::from(it.written_off);
        let done = i128::try_from(done * unit(meter)).unwrap_or(i128::MAX);
        beyond(meter, month, it) - done
    })
}

/// Takes in what is used until now. The units that are to be reported: all that are new, but for those
/// that the cap does not let or nobody pays, which are written off.
pub(crate) fn advance(bill: &mut Bill, used: [u128; 3], terms: &Terms) -> Units {
    for (meter, used) in BILLED.into_iter().zip(used) {
        if let Some(it) = bill.meter(meter) {
            it.used = used;
        }
    }
    let rest = rest(bill, terms.month);
    let new: Units = std::array::from_fn(|line| {
        let rest = u128::try_from(rest[line]).unwrap_or(0);
        u64::try_from(rest / unit(BILLED[line])).unwrap_or(u64::MAX)
    });
    let granted = if terms.subscribed {
        within(terms.prices, reported(bill), new, terms.cap)
    } else {
        Units::default()
    };
    for (line, meter) in BILLED.into_iter().enumerate() {
        if let Some(it) = bill.meter(meter) {
            it.reported += granted[line];
            it.written_off += new[line] - granted[line];
        }
    }
    granted
}

/// Use of a month by the end of each of its hours.
pub(crate) struct Hours {
    /// Of each meter, what is used in an hour.
    by_hour: [BTreeMap<Hour, u128>; 3],
}

impl Hours {
    pub(crate) fn new(usage: &Usage, to: Hour) -> Self {
        Self {
            by_hour: BILLED.map(|meter| usage.by_hour(meter, to.start())),
        }
    }

    /// What is used before an hour begins.
    pub(crate) fn before(&self, hour: Hour) -> [u128; 3] {
        self.by_hour
            .each_ref()
            .map(|it| it.range(..hour).map(|(_, used)| used).sum())
    }
}

/// What late use of a month that is closed makes: for each meter what more is beyond its free tier now
/// than when it was last counted.
pub(crate) fn late(bill: &mut Bill, used: [u128; 3], month: Month) -> [i128; 3] {
    std::array::from_fn(|line| {
        let meter = BILLED[line];
        let Some(it) = bill.meter(meter) else {
            return 0;
        };
        let before = beyond(meter, month, it);
        it.used = used[line];
        beyond(meter, month, it) - before
    })
}

/// Takes off what late use is beyond the cap of its own month: that is written off there.
pub(crate) fn cap_late(bill: &mut Bill, more: &mut [i128; 3], prices: [UnitPrice; 3], cap: u64) {
    let units: Units = std::array::from_fn(|line| {
        let more = u128::try_from(more[line]).unwrap_or(0);
        u64::try_from(more / unit(BILLED[line])).unwrap_or(u64::MAX)
    });
    let granted = within(prices, reported(bill), units, Some(cap));
    for (line, meter) in BILLED.into_iter().enumerate() {
        let beyond = units[line] - granted[line];
        if let Some(it) = bill.meter(meter) {
            it.written_off += beyond;
        }
        let beyond = u128::from(beyond) * unit(meter);
        more[line] -= i128::try_from(beyond).unwrap_or(i128::MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::billing::plan::costs;

    fn terms(cap: Option<u64>) -> Terms {
        Terms {
            month: "2026-11".parse().unwrap(),
            prices: ["0.01", "0.002", "1.5"].map(|it| it.parse().unwrap()),
            cap,
            subscribed: true,
        }
    }

    fn used(beyond: [u128; 3]) -> [u128; 3] {
        let month = terms(None).month;
        std::array::from_fn(|line| free(BILLED[line], month) + beyond[line])
    }

    #[test]
    fn units_are_reported_once_and_the_rest_is_carried() {
        let terms = terms(None);
        let mut bill = new("usd", Hour(0), 0, [0; 3]);
        assert_eq!(advance(&mut bill, [0; 3], &terms), [0; 3]);
        let half = used([1_800_000_000, 2_500_000, 999_999]);
        assert_eq!(advance(&mut bill, half, &terms), [0, 2, 0]);
        assert_eq!(advance(&mut bill, half, &terms), [0; 3]);
        let more = used([3_600_000_000, 3_000_000, 1_000_001]);
        assert_eq!(advance(&mut bill, more, &terms), [1, 1, 1]);
        assert_eq!(rest(&bill, terms.month), [0, 0, 1]);
        let mut next = new("usd", Hour(0), 0, [0, 0, 1]);
        let used = used([0, 0, 999_999]);
        assert_eq!(advance(&mut next, used, &terms), [0, 0, 1]);
    }

    #[test]
    fn late_use_is_within_the_cap_of_its_own_month() {
        let mut bill = new("usd", Hour(0), 0, [0; 3]);
        bill.data_out.reported = 8;
        let mut more = [0, 0, 5_500_000];
        // A unit is 1.5 cents, and 10 of them are 15.
        cap_late(&mut bill, &mut more, terms(None).prices, 15);
        assert_eq!((more, bill.data_out.written_off), ([0, 0, 2_500_000], 3));
        // A credit stays.
        let mut less = [0, 0, -4_000_000];
        cap_late(&mut bill, &mut less, terms(None).prices, 0);
        assert_eq!(less, [0, 0, -4_000_000]);
    }

    #[test]
    fn what_nobody_pays_is_written_off_for_good() {
        let mut terms = terms(None);
        terms.subscribed = false;
        let mut bill = new("usd", Hour(0), 0, [0; 3]);
        assert_eq!(
            advance(&mut bill, used([0, 0, 5_000_000]), &terms),
            [0, 0, 0]
        );
        assert_eq!(bill.data_out.written_off, 5);
        terms.subscribed = true;
        assert_eq!(
            advance(&mut bill, used([0, 0, 7_000_000]), &terms),
            [0, 0, 2]
        );
        // A cap that is raised bills nothing of what was beyond it.
        terms.cap = Some(3);
        assert_eq!(
            advance(&mut bill, used([0, 0, 9_000_000]), &terms),
            [0, 0, 0]
        );
        terms.cap = Some(6);
        assert_eq!(
            advance(&mut bill, used([0, 0, 10_000_000]), &terms),
            [0, 0, 1]
        );
    }

    #[test]
    fn a_credit_that_is_too_large_is_left_over() {
        let terms = terms(None);
        let mut bill = new("usd", Hour(0), 0, [0, 0, -5_000_000]);
        assert_eq!(advance(&mut bill, used([0, 0, 2_000_000]), &terms), [0; 3]);
        assert_eq!(rest(&bill, terms.month)[2], -3_000_000);
    }

    #[test]
    fn late_use_counts_as_far_as_it_is_beyond_the_free_tier() {
        let month = terms(None).month;
        let mut bill = new("usd", Hour(0), 0, [0; 3]);
        let before = free(Meter::DataOut, month) - 10;
        bill.data_out.used = before;
        assert_eq!(late(&mut bill, [0, 0, before + 15], month), [0, 0, 5]);
        assert_eq!(late(&mut bill, [0, 0, before + 20], month), [0, 0, 5]);
    }

    proptest! {
        /// However often it is advanced: reported, written off and the rest are what was used, and the
        /// lines never cost more than the cap.
        #[test]
        fn nothing_is_lost_and_the_cap_is_never_exceeded(
            steps in prop::collection::vec(prop::array::uniform3(0_u128..20_000_000_000), 1..8),
            cap in prop::option::of(0_u64..200),
        ) {
            let terms = terms(cap);
            let mut bill = new("usd", Hour(0), 0, [0; 3]);
            let mut total = [0_u128; 3];
            let mut sent = [0_u64; 3];
            for step in steps {
                for line in 0..3 {
                    total[line] += step[line];
                }
                let more = advance(&mut bill, used(total), &terms);
                for line in 0..3 {
                    sent[line] += more[line];
                }
                let cost: u64 = costs(terms.prices, sent).iter().sum();
                prop_assert!(cap.is_none_or(|cap| cost <= cap));
            }
            prop_assert_eq!(reported(&bill), sent);
            let rest = rest(&bill, terms.month);
            for (line, it) in bill.meters().into_iter().enumerate() {
                let units = u128::from(it.reported + it.written_off);
                let unit = unit(BILLED[line]);
                let left = u128::try_from(rest[line]).unwrap();
                prop_assert!(left < unit);
                prop_assert_eq!(units * unit + left, total[line]);
            }
        }
    }
}

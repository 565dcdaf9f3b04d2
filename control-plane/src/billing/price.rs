//! Prices, and what use costs.
//!
//! Use is billed in whole units: MB-hours, milliseconds and MB, where a megabyte is 10⁶ bytes. A price is
//! that of one unit, in parts of the currency's smallest unit (a cent) that are as fine as Stripe's
//! `unit_amount_decimal`: 12 decimal places. So a price is a whole number, and nothing here is a float.

use std::fmt;
use std::str::FromStr;

use protocol::meter::{Meter, Month};
use serde::{Deserialize, Deserializer};

/// Parts of a cent.
const SCALE: u128 = 1_000_000_000_000;

/// The meters that are billed, in the order of the lines of an invoice.
pub(crate) const BILLED: [Meter; 3] = [Meter::Storage, Meter::Compute, Meter::DataOut];

/// How much of a meter is one billed unit.
pub(crate) const fn unit(meter: Meter) -> u128 {
    match meter {
        Meter::Storage => 1_000_000 * 3_600,
        Meter::Compute | Meter::Compile => 1_000_000,
        Meter::DataOut => 1_000_000,
    }
}

/// What one unit costs, in 10⁻¹² cents. Written as decimal cents, such as `0.0025`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnitPrice(u64);

impl UnitPrice {
    /// What units cost in whole cents: rounded once, half up, as Stripe rounds an invoice's line.
    pub(crate) fn cost(self, units: u64) -> u64 {
        let exact = u128::from(self.0) * u128::from(units);
        u64::try_from((exact + SCALE / 2) / SCALE).unwrap_or(u64::MAX)
    }

    /// How many units cost no more than so many cents.
    pub(crate) fn affordable(self, cents: u64) -> u64 {
        if self.0 == 0 {
            return u64::MAX;
        }
        let below = (u128::from(cents) + 1) * SCALE - SCALE / 2;
        u64::try_from((below - 1) / u128::from(self.0)).unwrap_or(u64::MAX)
    }
}

/// A text that is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a price is a number of cents with at most 12 decimal places, such as \"0.0025\"")]
pub(crate) struct PriceError;

impl FromStr for UnitPrice {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 12 {
            return Err(PriceError);
        }
        let parts = format!("{whole}{fraction:0<12}");
        parts.parse().map(Self).map_err(|_| PriceError)
    }
}

/// Decimal cents, as Stripe's `unit_amount_decimal` takes them.
impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = u128::from(self.0);
        let text = format!("{}.{:012}", parts / SCALE, parts % SCALE);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The prices of a currency since a month.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// The first month that they are valid in.
    #[serde(deserialize_with = "month")]
    pub(crate) from: Month,
    /// Three letters, such as `usd`.
    pub(crate) currency: String,
    storage_mb_hour: UnitPrice,
    compute_ms: UnitPrice,
    data_out_mb: UnitPrice,
}

fn month<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Prices {
    /// What one unit of each billed meter costs.
    pub(crate) fn of_units(&self) -> [UnitPrice; 3] {
        [self.storage_mb_hour, self.compute_ms, self.data_out_mb]
    }
}

/// All prices there ever were: a month keeps the price that was valid in it. New tenants have the
/// currency of the first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Listed")]
pub struct PriceList(Vec<Prices>);

/// A price list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    prices: Vec<Prices>,
}

/// Why a list of prices can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceListError {
    #[error("there is no price; add one under [[prices]]")]
    Empty,
    #[error("the currency `{0}` is not three lower-case letters, such as usd")]
    Currency(String),
    #[error("there are two prices in {currency} from {from} on")]
    Twice { currency: String, from: Month },
}

impl TryFrom<Listed> for PriceList {
    type Error = PriceListError;

    fn try_from(Listed { prices }: Listed) -> Result<Self, PriceListError> {
        if prices.is_empty() {
            return Err(PriceListError::Empty);
        }
        for (index, it) in prices.iter().enumerate() {
            let letters = it.currency.bytes().all(|byte| byte.is_ascii_lowercase());
            if it.currency.len() != 3 || !letters {
                return Err(PriceListError::Currency(it.currency.clone()));
            }
            let same = |other: &Prices| (&other.currency, other.from) == (&it.currency, it.from);
            if prices[..index].iter().any(same) {
                return Err(PriceListError::Twice {
                    currency: it.currency.clone(),
                    from: it.from,
                });
            }
        }
        Ok(Self(prices))
    }
}

impl PriceList {
    /// The currency of tenants that have chosen none.
    pub(crate) fn currency(&self) -> &str {
        self.0.first().map_or("usd", |it| &it.currency)
    }

    pub(crate) fn all(&self) -> &[Prices] {
        &self.0
    }

    /// Whether anything costs something in a month.
    pub(crate) fn bills(&self, month: Month) -> bool {
        self.at(self.currency(), month).is_some()
    }

    /// The prices of a currency that are valid in a month.
    pub(crate) fn at(&self, currency: &str, month: Month) -> Option<&Prices> {
        let known = self.0.iter();
        let valid = known.filter(|it| it.currency == currency && it.from <= month);
        valid.max_by_key(|it| it.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> UnitPrice {
        text.parse().unwrap()
    }

    #[test]
    fn a_price_is_read_and_written_without_loss() {
        for text in ["0", "1", "0.0025", "12.000000000001", "0.5"] {
            assert_eq!(price(text).to_string(), text);
        }
        assert_eq!(price("0.50"), price("0.5"));
        for text in [
            "",
            ".5",
            "1.",
            "-1",
            "+1",
            "1e3",
            "0.0000000000001",
            "99999999999",
        ] {
            assert_eq!(text.parse::<UnitPrice>(), Err(PriceError), "{text}");
        }
    }

    #[test]
    fn a_cost_is_rounded_once_and_half_up() {
        assert_eq!(price("0.0025").cost(199), 0);
        assert_eq!(price("0.0025").cost(200), 1);
        assert_eq!(price("0.0025").cost(599), 1);
        assert_eq!(price("0.0025").cost(600), 2);
        assert_eq!(price("0").cost(u64::MAX), 0);
        assert_eq!(price("1000000").cost(u64::MAX), u64::MAX);
        for (text, cents) in [("0.0025", 0), ("0.0025", 1), ("3", 7), ("0.7", 1_000_000)] {
            let most = price(text).affordable(cents);
            assert!(price(text).cost(most) <= cents, "{text}");
            assert!(price(text).cost(most + 1) > cents, "{text}");
        }
        assert_eq!(price("0").affordable(0), u64::MAX);
    }

    #[test]
    fn a_month_keeps_the_price_that_was_valid_in_it() {
        let entry = |from: &str, currency: &str, compute| Prices {
            from: from.parse().unwrap(),
            currency: currency.to_owned(),
            storage_mb_hour: price("0.1"),
            compute_ms: price(compute),
            data_out_mb: price("0.1"),
        };
        let prices = vec![
            entry("2026-12", "usd", "2"),
            entry("2026-01", "usd", "1"),
            entry("2026-11", "eur", "9"),
        ];
        let list = PriceList::try_from(Listed { prices }).unwrap();
        assert_eq!(list.currency(), "usd");
        let at = |currency, month: &str| {
            let found = list.at(currency, month.parse().unwrap());
            found.map(|it| it.compute_ms.to_string())
        };
        assert_eq!(at("usd", "2025-12"), None);
        assert_eq!(at("usd", "2026-11").as_deref(), Some("1"));
        assert_eq!(at("usd", "2026-12").as_deref(), Some("2"));
        assert_eq!(at("eur", "2027-01").as_deref(), Some("9"));
        assert_eq!(at("chf", "2027-01"), None);
    }

    #[test]
    fn a_list_says_what_is_wrong_with_it() {
        let entry = |from: &str, currency: &str| Prices {
            from: from.parse().unwrap(),
            currency: currency.to_owned(),
            storage_mb_hour: price("1"),
            compute_ms: price("1"),
            data_out_mb: price("1"),
        };
        let error = |prices| {
            PriceList::try_from(Listed { prices })
                .unwrap_err()
                .to_string()
        };
        assert!(error(vec![]).contains("[[prices]]"));
        assert!(error(vec![entry("2026-11", "USD")]).contains("`USD`"));
        let twice = vec![entry("2026-11", "usd"), entry("2026-11", "usd")];
        assert_eq!(error(twice), "there are two prices in usd from 2026-11 on");
    }
}

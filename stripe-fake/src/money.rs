//! Amounts in cents, and prices that are fractions of a cent.

/// A price is kept in units of 10⁻¹² cents.
const PARTS: u128 = 1_000_000_000_000;

/// A price such as `0.000012`; `None` if it is none or below zero.
fn parts(price: &str) -> Option<u128> {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    let whole: u128 = whole.parse().ok()?;
    let fraction: u128 = format!("{fraction:0<12}").parse().ok()?;
    whole.checked_mul(PARTS)?.checked_add(fraction)
}

/// What a quantity costs, in whole cents: half a cent is rounded up, once for the whole line.
pub(crate) fn amount(quantity: u64, unit_amount_decimal: &str) -> u64 {
    let parts = parts(unit_amount_decimal).unwrap_or(0);
    let exact = u128::from(quantity).saturating_mul(parts);
    u64::try_from(exact.saturating_add(PARTS / 2) / PARTS).unwrap_or(u64::MAX)
}

/// What a unit costs, for people: a price in cents, in whole units of the currency.
pub(crate) fn shown_price(price: &str, currency: &str) -> String {
    let parts = parts(price).unwrap_or(0);
    let whole = parts / (100 * PARTS);
    let fraction = format!("{:014}", parts % (100 * PARTS));
    // A price is written with two digits at least.
    let digits = fraction.trim_end_matches('0').len().max(2);
    format!(
        "{whole}.{} {}",
        &fraction[..digits],
        currency.to_uppercase()
    )
}

/// An amount for people.
pub(crate) fn shown(cents: u64, currency: &str) -> String {
    let (whole, fraction) = (cents / 100, cents % 100);
    format!("{whole}.{fraction:02} {}", currency.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_is_rounded_up() {
        assert_eq!(amount(1, "0.5"), 1);
        assert_eq!(amount(1, "0.499999999999"), 0);
        assert_eq!(amount(3, "0.5"), 2);
        assert_eq!(amount(7, "12"), 84);
        assert_eq!(amount(0, "12"), 0);
        assert_eq!(amount(1_000_000_000_000, "0.000000000001"), 1);
        assert_eq!(amount(u64::MAX, "1"), u64::MAX);
    }

    #[test]
    fn amounts_are_shown_with_their_currency() {
        assert_eq!(shown(1_205, "usd"), "12.05 USD");
        assert_eq!(shown_price("0.5", "usd"), "0.005 USD");
        assert_eq!(shown_price("1205", "eur"), "12.05 EUR");
        assert_eq!(shown_price("200", "usd"), "2.00 USD");
        assert_eq!(shown_price("0.000000000001", "usd"), "0.00000000000001 USD");
    }
}

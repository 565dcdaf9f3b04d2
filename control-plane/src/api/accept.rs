//! Choosing a representation by the `Accept` header (RFC 9110 §12.5.1).

use std::cmp::Reverse;

use poem::Request;
use poem::http::header::ACCEPT;
use protocol::ErrorCode;

use crate::errors::Failure;

/// The index of the offer that the request likes best; `what` is what the offers are forms of.
pub(super) fn negotiate(request: &Request, offers: &[&str], what: &str) -> Result<usize, Failure> {
    let accept = request.headers().get(ACCEPT);
    let accept = accept.map(|value| value.to_str().unwrap_or_default());
    choose(accept, offers).ok_or_else(|| {
        let message = format!("{what} as {}", offers.join(", "));
        Failure::new(ErrorCode::NotAcceptable, message)
    })
}

/// The index of the offer that the client likes best; of equals, the one that is offered first.
/// `None` when it takes none of them.
fn choose(accept: Option<&str>, offers: &[&str]) -> Option<usize> {
    let accept = accept.filter(|text| !text.trim().is_empty());
    let accept = accept.unwrap_or("*/*");
    let qualities = offers.iter().map(|offer| quality(accept, offer));
    let taken = qualities.enumerate().filter(|(_, quality)| *quality > 0);
    let best = taken.min_by_key(|(_, quality)| Reverse(*quality))?;
    Some(best.0)
}

/// How much the client likes a media type, in thousandths. The most specific range decides.
fn quality(accept: &str, offer: &str) -> u32 {
    let mut found = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let specificity = match parts.next().unwrap_or_default() {
            name if name.eq_ignore_ascii_case(offer) => 3,
            "*/*" => 1,
            name => {
                let group = name.strip_suffix("/*").unwrap_or_default();
                let matches = offer
                    .split_once('/')
                    .is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(group));
                if matches { 2 } else { 0 }
            }
        };
        if specificity > found.0 {
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            found = (specificity, weight.map_or(1_000, thousandths));
        }
    }
    found.1
}

/// `0.5` is 500; what is not a weight counts as 0.
fn thousandths(weight: &str) -> u32 {
    let weight: f32 = weight.trim().parse().unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number lies between 0 and 1000"
    )]
    let thousandths = (weight.clamp(0.0, 1.0) * 1_000.0) as u32;
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERS: &[&str] = &[
        "application/json",
        "application/x-ndjson",
        "text/event-stream",
    ];

    #[test]
    fn the_liked_one_is_chosen_and_else_the_first() {
        assert_eq!(choose(None, OFFERS), Some(0));
        assert_eq!(choose(Some("*/*"), OFFERS), Some(0));
        assert_eq!(choose(Some("application/*"), OFFERS), Some(0));
        assert_eq!(choose(Some("text/event-stream"), OFFERS), Some(2));
        assert_eq!(choose(Some("Application/X-NDJSON"), OFFERS), Some(1));
        let weighted = "application/json;q=0.2, application/x-ndjson;q=0.8";
        assert_eq!(choose(Some(weighted), OFFERS), Some(1));
        assert_eq!(
            choose(Some("*/*;q=0.1, application/json;q=0"), OFFERS),
            Some(1)
        );
        assert_eq!(choose(Some("text/html"), OFFERS), None);
        assert_eq!(choose(Some("application/json;q=x"), OFFERS), None);
        assert_eq!(choose(Some(";;,,q="), OFFERS), None);
    }
}

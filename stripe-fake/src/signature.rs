//! Signatures of webhooks: HMAC-SHA256 over the time and the body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header `Stripe-Signature` with a signature by each secret.
pub(crate) fn header<'a>(secrets: impl Iterator<Item = &'a str>, time: u64, body: &str) -> String {
    let message = format!("{time}.{body}");
    // A key may have any length.
    let keys = secrets.filter_map(|it| Hmac::<Sha256>::new_from_slice(it.as_bytes()).ok());
    keys.fold(format!("t={time}"), |header, key| {
        let signature = key.chain_update(&message).finalize().into_bytes();
        format!("{header},v1={}", hex::encode(signature))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '5.{}' | openssl dgst -sha256 -hmac one`.
    const BY_ONE: &str = "0d3b7f6841e67cc0cc10d58d75790bb668f6e3a55723922dcd515ea8ac111ca3";

    #[test]
    fn each_secret_signs() {
        let header = header(["one", "two"].into_iter(), 5, "{}");
        assert!(header.starts_with(&format!("t=5,v1={BY_ONE},v1=")));
        assert_eq!(header.matches(",v1=").count(), 2);
    }
}

//! Signatures of webhooks: HMAC-SHA256 over the time and the body.

use sha2::{Digest as _, Sha256};

const BLOCK_BYTES: usize = 64;

/// The header `Stripe-Signature` with a signature by each secret.
pub(crate) fn header<'a>(secrets: impl Iterator<Item = &'a str>, time: u64, body: &str) -> String {
    let message = format!("{time}.{body}");
    secrets.fold(format!("t={time}"), |header, secret| {
        let signature = hmac(secret.as_bytes(), message.as_bytes());
        format!("{header},v1={}", hex::encode(signature))
    })
}

/// RFC 2104. Secrets are shorter than a block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; BLOCK_BYTES];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            hex::encode(hmac(b"Jefe", b"what do ya want for nothing?")),
            expected
        );
    }

    #[test]
    fn each_secret_signs() {
        let header = header(["one", "two"].into_iter(), 5, "{}");
        assert!(header.starts_with("t=5,v1="));
        assert_eq!(header.matches(",v1=").count(), 2);
    }
}

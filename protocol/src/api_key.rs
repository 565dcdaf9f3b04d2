//! The text of API keys: `pk_live_`, 32 random characters, and a checksum of 6.
//!
//! The checksum is the CRC32C of everything before it, in base 62. It lets a client, or a scanner
//! of leaked secrets, tell a mistyped or made-up key from a real one without asking the server.
//! The server stores nothing but the SHA-256 of a key.

use std::fmt;

use rand::RngExt as _;

const PREFIX: &str = "pk_live_";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An API key as its owner holds it. Its `Debug` shows the prefix alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// The text is not an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API key: one begins with {PREFIX} and ends with a checksum; was it cut off?")]
pub struct InvalidApiKey;

impl ApiKey {
    /// A new random key of 190 bits.
    pub fn generate() -> Self {
        let mut rng = rand::rng();
        let mut text = String::from(PREFIX);
        for _ in 0..RANDOM_CHARS {
            text.push(char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let random = text.strip_prefix(PREFIX).ok_or(InvalidApiKey)?;
        if random.len() != RANDOM_CHARS + CHECKSUM_CHARS || !random.is_ascii() {
            return Err(InvalidApiKey);
        }
        let (body, found) = text.split_at(text.len() - CHECKSUM_CHARS);
        if checksum(body) != found {
            return Err(InvalidApiKey);
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}…")
    }
}

fn checksum(body: &str) -> String {
    let mut value = crc32c::crc32c(body.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[value % ALPHABET.len()];
        value /= ALPHABET.len();
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_recognised_and_a_mistyped_one_is_not() {
        let key = ApiKey::generate();
        assert_eq!(ApiKey::parse(key.expose()), Ok(key.clone()));
        assert_ne!(key, ApiKey::generate());
        let text = key.expose();
        for position in 0..text.len() {
            let mut typo = text.to_owned().into_bytes();
            typo[position] = if typo[position] == b'x' { b'y' } else { b'x' };
            assert!(ApiKey::parse(std::str::from_utf8(&typo).unwrap()).is_err());
        }
        assert!(ApiKey::parse(&text[..text.len() - 1]).is_err());
        assert!(ApiKey::parse("").is_err());
        assert!(ApiKey::parse(&format!("{PREFIX}{}", "é".repeat(19))).is_err());
    }

    #[test]
    fn a_key_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", ApiKey::generate()), "pk_live_…");
    }
}

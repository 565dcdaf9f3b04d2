//! Numbers on the command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Powers of 1024 that have a letter.
const UNITS: [(u32, char); 3] = [(30, 'G'), (20, 'M'), (10, 'K')];

/// A number of bytes, written with K, M or G for powers of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit =
            |(_, letter): &&(u32, char)| text.ends_with([*letter, letter.to_ascii_lowercase()]);
        let (digits, shift) = match UNITS.iter().find(unit) {
            Some((shift, _)) => (&text[..text.len() - 1], *shift),
            None => (text, 0),
        };
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(1 << shift))
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| "a size is a whole number of bytes, or one with K, M or G".to_owned())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS
            .iter()
            .find(|(shift, _)| self.0.is_multiple_of(1 << shift))
        {
            Some((shift, letter)) => write!(f, "{}{letter}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A default, as narrow as its flag.
pub(crate) fn narrow<T: TryFrom<usize> + Default>(number: usize) -> T {
    T::try_from(number).unwrap_or_default()
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        let bytes = |text: &str| text.parse::<Bytes>().map(|it| it.0);
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("64k"), Ok(64 << 10));
        assert_eq!(bytes("256M"), Ok(256 << 20));
        assert_eq!(bytes("1G"), Ok(1 << 30));
        for text in ["", "M", "-1", "1.5G", "0", "99999999999999G", "1é"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        for text in ["4097", "64K", "256M", "1024G"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
    }
}

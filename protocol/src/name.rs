//! Names of logs and views.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::NAME_BYTES_MAX;

/// The name of a log or a view: 1 to 128 of `A-Z a-z 0-9 . _ -`, and never shaped like a UUID, so
/// that a path segment is either a name or an id and never both.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("a name has 1 to {NAME_BYTES_MAX} characters")]
    Length,
    #[error("a name consists of the characters A-Z, a-z, 0-9, '.', '_' and '-'")]
    Character,
    #[error("a name is not shaped like a UUID, because a UUID in its place means an id")]
    Uuid,
    #[error("'.' and '..' are not names, because URLs give them another meaning")]
    Dots,
}

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        if text.is_empty() || text.len() > NAME_BYTES_MAX {
            return Err(InvalidName::Length);
        }
        if !text.bytes().all(is_of_name) {
            return Err(InvalidName::Character);
        }
        if text == "." || text == ".." {
            return Err(InvalidName::Dots);
        }
        if Uuid::try_parse(&text).is_ok() {
            return Err(InvalidName::Uuid);
        }
        Ok(Self(text))
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.to_owned().try_into()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

/// What names begin with; all names begin with the empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamePrefix(String);

impl NamePrefix {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first text behind all names with this prefix, by their bytes; `None` behind all names.
    pub fn end(&self) -> Option<String> {
        let last = self.0.chars().next_back()?;
        let behind = char::from_u32(u32::from(last) + 1)?;
        let before = &self.0[..self.0.len() - last.len_utf8()];
        Some(format!("{before}{behind}"))
    }
}

impl FromStr for NamePrefix {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.len() > NAME_BYTES_MAX {
            return Err(InvalidName::Length);
        }
        if !text.bytes().all(is_of_name) {
            return Err(InvalidName::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_behind_all_names_that_begin_with_it() {
        let end = |text: &str| text.parse::<NamePrefix>().unwrap().end();
        assert_eq!(end(""), None);
        assert_eq!(end("a_"), Some("a`".to_owned()));
        assert_eq!(end("az"), Some("a{".to_owned()));
        assert_eq!("a%".parse::<NamePrefix>(), Err(InvalidName::Character));
        assert_eq!(
            "a".repeat(129).parse::<NamePrefix>(),
            Err(InvalidName::Length)
        );
    }

    #[test]
    fn names_are_checked() {
        assert!("customer-acme_usage.v2".parse::<Name>().is_ok());
        assert_eq!("".parse::<Name>(), Err(InvalidName::Length));
        assert_eq!("a".repeat(129).parse::<Name>(), Err(InvalidName::Length));
        assert_eq!("a b".parse::<Name>(), Err(InvalidName::Character));
        assert_eq!("café".parse::<Name>(), Err(InvalidName::Character));
        assert_eq!("..".parse::<Name>(), Err(InvalidName::Dots));
        let uuid = "550e8400-e29b-41d4-a716-446655440000";
        assert_eq!(uuid.parse::<Name>(), Err(InvalidName::Uuid));
        assert_eq!(
            uuid.replace('-', "").parse::<Name>(),
            Err(InvalidName::Uuid)
        );
    }
}

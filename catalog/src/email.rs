//! Mail addresses, in the form that is stored and the one that is compared.

use crate::CatalogError;
use crate::column::plain;
use crate::limits::within;

/// The longest address that mail can be sent to.
const EMAIL_BYTES_MAX: usize = 254;

/// An address in the form that is stored.
pub(super) struct Email(String);

impl Email {
    pub(super) fn normalise(text: &str) -> Result<Self, CatalogError> {
        let text = plain(text.trim().to_owned());
        within("the address", text.len(), EMAIL_BYTES_MAX)?;
        let text = match text.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
            None => text,
        };
        Ok(Self(text))
    }

    /// What addresses are compared by: no mail provider tells two people apart by case.
    pub(super) fn key(&self) -> String {
        self.0.to_lowercase()
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_is_compared_without_case() {
        let email = Email::normalise(" Ada.Lovelace@Example.COM\n").unwrap();
        assert_eq!(email.key(), "ada.lovelace@example.com");
        assert_eq!(email.into_text(), "Ada.Lovelace@example.com");
        assert!(Email::normalise(&"a".repeat(255)).is_err());
    }
}

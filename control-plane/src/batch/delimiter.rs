//! Raw bytes, split at a delimiter that the request names.

use super::{Batch, BatchError, Packer};

/// Delimiters that are longer than this are mistakes.
const DELIMITER_BYTES_MAX: usize = 16;

/// What stands between two events: 1 to 16 bytes of any value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delimiter(Vec<u8>);

impl Delimiter {
    /// # Errors
    /// When there are no bytes or too many.
    pub(crate) fn new(bytes: Vec<u8>) -> Result<Self, BatchError> {
        if bytes.is_empty() {
            return Err(BatchError::InvalidDelimiter(
                "the delimiter is empty; give it percent-encoded, such as delimiter=%0A for a \
                 line feed",
            ));
        }
        if bytes.len() > DELIMITER_BYTES_MAX {
            return Err(BatchError::InvalidDelimiter(
                "the delimiter has more than 16 bytes",
            ));
        }
        Ok(Self(bytes))
    }

    /// The delimiter in a query string, with any bytes: `delimiter=%FF` is one byte, although it
    /// is not text.
    ///
    /// # Errors
    /// When the parameter is empty, too long, given twice or badly percent-encoded.
    pub(crate) fn from_query(query: &str) -> Result<Option<Self>, BatchError> {
        let mut found = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name == "delimiter").then_some(value)
        });
        let Some(value) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(BatchError::InvalidDelimiter(
                "the delimiter is given more than once",
            ));
        }
        let bytes = percent_decode(value).ok_or(BatchError::InvalidDelimiter(
            "the delimiter is not percent-encoded correctly",
        ))?;
        Self::new(bytes).map(Some)
    }
}

/// Decodes `%XX` and the `+` of forms.
fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let mut value = [0; 1];
                hex::decode_to_slice(digits, &mut value).ok()?;
                value[0]
            }
            other => other,
        });
    }
    Some(decoded)
}

/// Splits at every delimiter, from left to right. A piece between two delimiters may be empty and
/// is then an event without bytes; the empty piece behind a delimiter that ends the body is none.
pub(super) fn split(body: &[u8], delimiter: &Delimiter) -> Result<Batch, BatchError> {
    let mut packer = Packer::new(body.len());
    let mut start = 0;
    for at in memchr::memmem::find_iter(body, &delimiter.0) {
        packer.push(&body[start..at])?;
        start = at + delimiter.0.len();
    }
    if start < body.len() {
        packer.push(&body[start..])?;
    }
    packer.finish()
}

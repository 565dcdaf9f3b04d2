//! The suite that every implementation of [`ObjectStore`](super::ObjectStore) passes.
//!
//! Each check makes keys of its own, so one store serves all of them, in any order and at the same
//! time. A check says what was expected and what was found; it does not panic, so that it may also
//! be run against a bucket by an operator.

mod listing;
mod putting;
mod reading;

use bytes::Bytes;

pub use self::listing::{
    lists_are_ordered_and_go_on_page_by_page, lists_go_on_after_any_key, prefixes_end_anywhere,
};
pub use self::putting::{
    a_deleted_object_can_be_put_again, an_object_is_put_once, every_allowed_character_is_stored,
    racing_large_puts_have_one_winner, racing_puts_have_one_winner,
};
pub use self::reading::{
    a_healthy_store_says_so, a_missing_object_is_not_found, an_empty_object_is_an_object,
    large_objects_come_back_whole, ranges_lie_within_the_object,
};

use super::{ObjectError, ObjectKey, Put, SharedObjects};

/// What a store does otherwise than it should.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Violation(String);

impl From<ObjectError> for Violation {
    fn from(error: ObjectError) -> Self {
        Self(format!("an operation failed: {error}"))
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation(otherwise()))
    }
}

fn ensure_equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    wanted: T,
) -> Result<(), Violation> {
    ensure(found == wanted, || {
        format!("{what}: expected {wanted:?}, found {found:?}")
    })
}

/// Like [`ensure_equal`], for bytes that nobody wants to see.
fn ensure_bytes(what: &str, found: &[u8], wanted: &[u8]) -> Result<(), Violation> {
    ensure(found == wanted, || {
        let same = found
            .iter()
            .zip(wanted)
            .take_while(|(one, other)| one == other);
        format!(
            "{what}: {} bytes instead of {}, of which the first {} are right",
            found.len(),
            wanted.len(),
            same.count()
        )
    })
}

fn ensure_not_found<T: std::fmt::Debug>(
    what: &str,
    outcome: &Result<T, ObjectError>,
) -> Result<(), Violation> {
    let not_found = matches!(outcome, Err(ObjectError::NotFound(_)));
    ensure(not_found, || {
        format!("{what} without the object gave {outcome:?}")
    })
}

/// A place for the keys of one check.
struct Place(String);

impl Place {
    fn new() -> Self {
        let name: u128 = rand::random();
        Self(format!("conformance/{name:032x}/"))
    }

    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey(format!("{}{name}", self.0))
    }

    /// The names of listed keys, without the place.
    async fn list(
        &self,
        objects: &SharedObjects,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, Violation> {
        let (prefix, after) = (self.key(prefix), after.map(|after| self.key(after)));
        let listed = objects.list(prefix.as_str(), after.as_ref(), limit).await?;
        let name = |key: &ObjectKey| key.as_str().strip_prefix(&self.0).map(str::to_owned);
        let names = listed.iter().map(|object| name(&object.key));
        let strange = || Violation(format!("keys of another prefix are listed: {listed:?}"));
        names.collect::<Option<_>>().ok_or_else(strange)
    }
}

/// Bytes that are nowhere the same for long, so that a piece in a wrong place is noticed.
fn pattern(length: usize, seed: u64) -> Bytes {
    let word = |index: u64| {
        (index ^ seed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8) as u64).flat_map(word).collect();
    bytes.truncate(length);
    bytes.into()
}

async fn put_new(
    objects: &SharedObjects,
    key: &ObjectKey,
    bytes: impl Into<Bytes>,
) -> Result<(), Violation> {
    let put = objects.put_if_absent(key, bytes.into()).await?;
    ensure_equal("a put of a new object", put, Put::Created)
}

//! The suite that every implementation of [`ObjectStore`](storage::objects::ObjectStore) passes.
//!
//! Each check makes keys of its own, so one store serves all of them, in any order and at the same
//! time.

mod listing;
mod putting;
mod reading;

use bytes::Bytes;
use storage::objects::{ObjectError, ObjectKey, Put, SharedObjects};

pub(crate) use self::listing::{
    lists_are_ordered_and_go_on_page_by_page, lists_go_on_after_any_key, prefixes_end_anywhere,
};
pub(crate) use self::putting::{
    a_deleted_object_can_be_put_again, an_object_is_put_once, every_allowed_character_is_stored,
    racing_large_puts_have_one_winner, racing_puts_have_one_winner,
};
pub(crate) use self::reading::{
    a_healthy_store_says_so, a_missing_object_is_not_found, an_empty_object_is_an_object,
    large_objects_come_back_whole, ranges_lie_within_the_object,
};

/// What a store does otherwise than it should.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Violation(String);

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

/// The prefix of one check's keys.
struct Folder(String);

impl Folder {
    fn new() -> Self {
        let name: u128 = rand::random();
        Self(format!("conformance/{name:032x}/"))
    }

    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::parse(&format!("{}{name}", self.0)).unwrap()
    }

    /// The names of listed keys, without the folder.
    async fn list(
        &self,
        objects: &SharedObjects,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, Violation> {
        let (prefix, after) = (format!("{}{prefix}", self.0), after.map(|it| self.key(it)));
        let listed = objects.list(&prefix, after.as_ref(), limit).await?;
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

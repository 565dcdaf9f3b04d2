//! Objects come back as they were, whole or in part, or not at all.

use super::{
    Folder, Violation, ensure, ensure_bytes, ensure_equal, ensure_not_found, pattern, put_new,
};
use storage::objects::{ObjectError, Put, SharedObjects};

/// Whatever is asked about an object that was never there says so; removing it succeeds.
pub(crate) async fn a_missing_object_is_not_found(objects: SharedObjects) -> Result<(), Violation> {
    let folder = Folder::new();
    put_new(&objects, &folder.key("folder/object"), "bytes").await?;
    for name in ["missing", "folder", "folder/object/below", "folder/objec"] {
        let key = folder.key(name);
        ensure_not_found("a get", &objects.get(&key).await)?;
        ensure_not_found("a range", &objects.get_range(&key, 0..1).await)?;
        ensure_not_found("an empty range", &objects.get_range(&key, 0..0).await)?;
    }
    for name in ["missing", "folder/object/below"] {
        objects.delete(&folder.key(name)).await?;
    }
    let listed = folder.list(&objects, "missing", None, 10).await?;
    ensure_equal("keys listed", listed, Vec::new())
}

/// An object without bytes exists like any other.
pub(crate) async fn an_empty_object_is_an_object(objects: SharedObjects) -> Result<(), Violation> {
    let folder = Folder::new();
    let key = folder.key("empty");
    put_new(&objects, &key, "").await?;
    let put = objects.put_if_absent(&key, "more".into()).await?;
    ensure_equal("a put of an object that exists", put, Put::Existed)?;
    ensure_bytes("the object", &objects.get(&key).await?, b"")?;
    ensure_bytes("its range", &objects.get_range(&key, 0..0).await?, b"")?;
    ensure_refused(&objects.get_range(&key, 0..1).await)?;
    let listed = objects.list(key.as_str(), None, 10).await?;
    let sizes: Vec<_> = listed.iter().map(|object| object.bytes).collect();
    ensure_equal("its listed size", sizes, vec![0])
}

/// A range gives exactly its bytes, and one that reaches beyond the object is refused.
pub(crate) async fn ranges_lie_within_the_object(objects: SharedObjects) -> Result<(), Violation> {
    let key = Folder::new().key("object");
    let bytes = pattern(1_000, 1);
    put_new(&objects, &key, bytes.clone()).await?;
    for range in [
        0..1_000,
        0..1,
        999..1_000,
        100..900,
        0..0,
        500..500,
        1_000..1_000,
    ] {
        let found = objects.get_range(&key, range.start..range.end).await?;
        let start = usize::try_from(range.start).unwrap_or(usize::MAX);
        let end = usize::try_from(range.end).unwrap_or(usize::MAX);
        ensure_bytes(&format!("{range:?}"), &found, &bytes[start..end])?;
    }
    for (start, end) in [
        (0, 1_001),
        (999, 1_001),
        (1_000, 1_001),
        (2_000, 3_000),
        (1_001, 1_001),
    ] {
        ensure_refused(&objects.get_range(&key, start..end).await)?;
    }
    ensure_refused(
        &objects
            .get_range(&key, std::ops::Range { start: 5, end: 4 })
            .await,
    )
}

fn ensure_refused<T: std::fmt::Debug>(outcome: &Result<T, ObjectError>) -> Result<(), Violation> {
    let refused = matches!(outcome, Err(ObjectError::Unavailable(_)));
    ensure(refused, || {
        format!("a range outside of the object gave {outcome:?}")
    })
}

/// An object of so many bytes comes back with all of them, whole and across any border at which a
/// store may have divided it, and stays as it is when it is put again.
pub(crate) async fn large_objects_come_back_whole(
    objects: SharedObjects,
    length: usize,
) -> Result<(), Violation> {
    let folder = Folder::new();
    let key = folder.key("large");
    let bytes = pattern(length, 2);
    put_new(&objects, &key, bytes.clone()).await?;
    ensure_bytes("the object", &objects.get(&key).await?, &bytes)?;
    for (start, end) in [
        (0, length),
        (0, length / 2),
        (length / 3, length),
        (length / 4, length / 4 * 3),
        (length - 1, length),
    ] {
        let found = objects.get_range(&key, start as u64..end as u64).await?;
        ensure_bytes(&format!("{start}..{end}"), &found, &bytes[start..end])?;
    }
    let put = objects.put_if_absent(&key, pattern(length, 3)).await?;
    ensure_equal("a put of an object that exists", put, Put::Existed)?;
    let put = objects.put_if_absent(&key, "small".into()).await?;
    ensure_equal("a small put of an object that exists", put, Put::Existed)?;
    ensure_bytes("the object", &objects.get(&key).await?, &bytes)?;
    let listed = objects.list(key.as_str(), None, 10).await?;
    let sizes: Vec<_> = listed.iter().map(|object| object.bytes).collect();
    ensure_equal("its listed size", sizes, vec![length as u64])?;
    Ok(objects.delete(&key).await?)
}

/// A store that works is healthy, and its check leaves nothing in a list.
pub(crate) async fn a_healthy_store_says_so(objects: SharedObjects) -> Result<(), Violation> {
    let unhealthy = |reason| Violation(format!("the store is not healthy: {reason}"));
    objects.health().await.map_err(unhealthy)?;
    objects.health().await.map_err(unhealthy)?;
    let listed = objects.list(".", None, 10).await?;
    ensure_equal("objects of the check", listed, Vec::new())
}

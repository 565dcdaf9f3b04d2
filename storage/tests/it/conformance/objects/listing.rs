//! The order of keys, and windows of them.

use super::{Folder, Violation, ensure, ensure_equal, put_new};
use storage::objects::SharedObjects;

/// Names whose order is not that of a file system: `-` and `.` sort before `/`, and `_` after
/// digits.
const NAMES: [&str; 10] = [
    "a-1", "a.1", "a/1", "a/2", "a/b/c", "a0", "a_1", "b", "b-", "c/d",
];

async fn filled(objects: &SharedObjects) -> Result<Folder, Violation> {
    let folder = Folder::new();
    for name in NAMES.iter().rev() {
        put_new(objects, &folder.key(name), *name).await?;
    }
    Ok(folder)
}

/// Pages of any size, each going on after the last key of the one before, give all keys in order.
pub(crate) async fn lists_are_ordered_and_go_on_page_by_page(
    objects: SharedObjects,
) -> Result<(), Violation> {
    let folder = filled(&objects).await?;
    for limit in [1, 2, 3, NAMES.len(), 5_000] {
        let mut all: Vec<String> = Vec::new();
        loop {
            let after = all.last().map(String::as_str);
            let page = folder.list(&objects, "", after, limit).await?;
            ensure(page.len() <= limit, || {
                format!("a page of {limit} has {} keys", page.len())
            })?;
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        ensure_equal("all pages", all, NAMES.map(str::to_owned).to_vec())?;
    }
    let none = folder.list(&objects, "", None, 0).await?;
    ensure_equal("a page of nothing", none, Vec::new())?;
    let sizes = objects.list(&folder.0, None, 100).await?;
    let sizes: Vec<_> = sizes.iter().map(|object| object.bytes).collect();
    let wanted = NAMES.map(|name| name.len() as u64).to_vec();
    ensure_equal("the listed sizes", sizes, wanted)
}

/// A list may go on after a key that does not exist, or that has the prefix no longer.
pub(crate) async fn lists_go_on_after_any_key(objects: SharedObjects) -> Result<(), Violation> {
    let folder = filled(&objects).await?;
    for after in [
        "0", "a", "a-1", "a/1", "a/1/x", "a/b", "a/z", "a1", "b", "b0", "c", "d",
    ] {
        let listed = folder.list(&objects, "", Some(after), 100).await?;
        let wanted = NAMES.iter().filter(|name| **name > after);
        let wanted = wanted.map(|name| (*name).to_owned()).collect();
        ensure_equal(&format!("after {after}"), listed, wanted)?;
    }
    for (after, wanted) in [("0", 3), ("a/1", 2), ("b", 0)] {
        let listed = folder.list(&objects, "a/", Some(after), 100).await?;
        ensure_equal(&format!("in a/ after {after}"), listed.len(), wanted)?;
    }
    Ok(())
}

/// A prefix need not be a path: it may end within a name.
pub(crate) async fn prefixes_end_anywhere(objects: SharedObjects) -> Result<(), Violation> {
    let folder = filled(&objects).await?;
    for prefix in [
        "", "a", "a/", "a/b", "a/b/c", "a/b/c/", "a-", "b", "c/", "x",
    ] {
        let listed = folder.list(&objects, prefix, None, 100).await?;
        let wanted = NAMES.iter().filter(|name| name.starts_with(prefix));
        let wanted = wanted.map(|name| (*name).to_owned()).collect();
        ensure_equal(&format!("the prefix {prefix:?}"), listed, wanted)?;
    }
    Ok(())
}

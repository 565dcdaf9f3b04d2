//! Listing keys, page by page.

use super::{Fault, S3};
use crate::objects::{ObjectKey, ObjectMeta};

/// How many keys S3 lists at once.
const PAGE_MAX: usize = 1_000;

impl S3 {
    pub(super) async fn list_keys(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, Fault> {
        let own = &self.options().prefix;
        let mut after = after.map(|key| self.name(key.as_str()));
        let mut found = Vec::new();
        while found.len() < limit {
            let page = i32::try_from(PAGE_MAX.min(limit - found.len())).unwrap_or(i32::MAX);
            let list = self.client().list_objects_v2().bucket(self.bucket());
            let list = list.prefix(self.name(prefix)).max_keys(page);
            let list = list.set_start_after(after.take()).send();
            let listed = self.request(list).await?;
            for object in listed.contents() {
                let key = object.key().and_then(|name| name.strip_prefix(own));
                if let Some(key) = key.and_then(ObjectKey::parse) {
                    let bytes = object.size().map(u64::try_from);
                    let unknown = || Fault::other(format!("the server lists {key} without a size"));
                    found.push(ObjectMeta {
                        bytes: bytes.and_then(Result::ok).ok_or_else(unknown)?,
                        key,
                    });
                }
            }
            let last = listed.contents().last().and_then(|object| object.key());
            match last {
                Some(last) if listed.is_truncated() == Some(true) => after = Some(last.to_owned()),
                _ => break,
            }
        }
        Ok(found)
    }
}

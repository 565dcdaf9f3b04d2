//! Whose archive it is: an object names the catalog that knows of the segments.
//!
//! Garbage collection removes segments that the catalog does not know. On the object store of another
//! catalog, such as that of a cluster which was restored from a bucket that is still in use, this would
//! be everything. So the first archiver on an object store writes down whose it is, and every archiver
//! looks before it does anything.

use bytes::Bytes;
use catalog::{Catalog, CatalogError};
use storage::objects::{ObjectError, ObjectKey, ObjectStore};

/// Why an archiver leaves an object store alone.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error(
        "the object store holds the archive of another catalog ({0}). Two clusters can't share one: \
         give this one a bucket or prefix of its own, or restore from a copy"
    )]
    Another(String),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Makes sure that the archive is the catalog's; it becomes so if it has no owner.
pub(crate) async fn check(objects: &dyn ObjectStore, catalog: &Catalog) -> Result<(), OwnerError> {
    let own = catalog.archive_id().await?;
    let owner = match read(objects).await? {
        Some(owner) => owner,
        None => {
            let key = ObjectKey::archive_owner();
            let bytes = Bytes::from(own.to_string());
            objects.put_if_absent(&key, bytes).await?;
            read(objects).await?.unwrap_or_default()
        }
    };
    if owner == own.to_string() {
        Ok(())
    } else {
        Err(OwnerError::Another(owner))
    }
}

/// Makes the archive the catalog's, whatever owner it had.
pub(crate) async fn take_over(
    objects: &dyn ObjectStore,
    catalog: &Catalog,
) -> Result<(), OwnerError> {
    objects.delete(&ObjectKey::archive_owner()).await?;
    check(objects, catalog).await
}

/// The catalog whose archive it is, if it is any's.
pub(crate) async fn read(objects: &dyn ObjectStore) -> Result<Option<String>, ObjectError> {
    match objects.get(&ObjectKey::archive_owner()).await {
        Ok(owner) => Ok(Some(String::from_utf8_lossy(&owner).into_owned())),
        Err(ObjectError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

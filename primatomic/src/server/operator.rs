//! The catalog as the commands of operators use it: one in a data directory, or that of a cluster.

use std::sync::Arc;

use catalog::clock::SystemClock;
use catalog::{Catalog, PostgresOptions};

use crate::failure::Failure;
use crate::server::block_on;
use crate::server::lock::DataDirectory;
use crate::server::options::DataOptions;
use crate::server::stores::CATALOG_FILE;

/// Who else may use the data directory meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Alone,
    BesideServers,
}

/// Opens the catalog, works on it, and closes it.
pub(super) fn with_catalog(
    options: &DataOptions,
    sharing: Use,
    work: impl AsyncFnOnce(&Catalog) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (data, clock) = (&options.directory.data, Arc::new(SystemClock));
    let path = data.join(CATALOG_FILE);
    if options.database_url.is_none() && !path.exists() {
        return Err(Failure::Other(format!(
            "there is no catalog in {}; name the data directory of a server with --data, or the \
             database of a cluster with --database-url",
            data.display()
        )));
    }
    let _lock = match (sharing, &options.database_url) {
        (Use::Alone, None) => Some(DataDirectory::open(data)?),
        _ => None,
    };
    block_on(async {
        let catalog = match &options.database_url {
            Some(url) => Catalog::open_postgres(url, &PostgresOptions::default(), clock).await?,
            None => Catalog::open_sqlite(&path, clock).await?,
        };
        let done = work(&catalog).await;
        catalog.close().await;
        done
    })
}

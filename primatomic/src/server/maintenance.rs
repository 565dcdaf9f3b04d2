//! Commands that work on the catalog: on one in a data directory while no server runs on it, or on
//! that of a cluster, whose nodes wait meanwhile with what changes it.

use std::sync::Arc;

use catalog::clock::SystemClock;
use catalog::{Catalog, PostgresOptions};
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, table};
use crate::server::lock::DataDirectory;
use crate::server::options::DataOptions;
use crate::server::stores::CATALOG_FILE;

/// Brings the catalog up to date.
pub(crate) fn migrate(options: &DataOptions, output: Output) -> Result<(), Failure> {
    with_catalog(options, async |catalog| {
        // Opening migrated it; what is left to do is to say so.
        let pending = catalog
            .pending_migrations()
            .await
            .map_err(Failure::other)?
            .len();
        output.value(&json!({"pending": pending}), |_| {
            "The catalog is up to date.".to_owned()
        })
    })
}

/// Derives the catalog's tables again and says whether they came out equal.
pub(crate) fn rebuild_catalog(options: &DataOptions, output: Output) -> Result<(), Failure> {
    with_catalog(options, async |catalog| {
        let report = catalog.rebuild().await.map_err(Failure::other)?;
        let tables: Vec<_> = report
            .tables
            .iter()
            .map(|it| {
                json!({
                    "table": it.table,
                    "rows_before": it.rows_before,
                    "rows_after": it.rows_after,
                    "unfounded": it.unfounded,
                    "missing": it.missing,
                })
            })
            .collect();
        let value = json!({"events": report.events, "equal": report.equal(), "tables": tables});
        output.value(&value, |_| {
            let rows: Vec<_> = report
                .tables
                .iter()
                .map(|it| {
                    [
                        it.table.to_owned(),
                        it.rows_before.to_string(),
                        it.rows_after.to_string(),
                        if it.equal() { "equal" } else { "CHANGED" }.to_owned(),
                    ]
                })
                .collect();
            let rows = table(["TABLE", "BEFORE", "AFTER", ""], &rows);
            format!("Applied {} control events.\n\n{rows}", report.events)
        })
    })
}

fn with_catalog(
    options: &DataOptions,
    work: impl AsyncFnOnce(&Catalog) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::other)?;
    let clock = Arc::new(SystemClock);
    if let Some(url) = &options.database_url {
        return runtime.block_on(async {
            let opened = Catalog::open_postgres(url, &PostgresOptions::default(), clock).await;
            with(opened.map_err(Failure::other)?, work).await
        });
    }
    let path = options.data.join(CATALOG_FILE);
    if !path.exists() {
        return Err(Failure::Other(format!(
            "there is no catalog in {}; name the data directory of a server with --data, or the \
             database of a cluster with --database-url",
            options.data.display()
        )));
    }
    let _data = DataDirectory::open(&options.data)?;
    runtime.block_on(async {
        let opened = Catalog::open_sqlite(&path, clock).await;
        with(opened.map_err(Failure::other)?, work).await
    })
}

async fn with(
    catalog: Catalog,
    work: impl AsyncFnOnce(&Catalog) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let done = work(&catalog).await;
    catalog.close().await;
    done
}

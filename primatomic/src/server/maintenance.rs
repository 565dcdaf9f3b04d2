//! Commands that work on the catalog: on one in a data directory while no server runs on it, or on
//! that of a cluster, whose nodes wait meanwhile with what changes it.

use catalog::TableReport;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, table};
use crate::server::operator::{Use, with_catalog};
use crate::server::options::DataOptions;

/// Brings the catalog up to date.
pub(crate) fn migrate(options: &DataOptions, output: Output) -> Result<(), Failure> {
    with_catalog(options, Use::Alone, async |catalog| {
        // Opening migrated it; what is left to do is to say so.
        let pending = catalog.pending_migrations().await?.len();
        output.value(&json!({"pending": pending}), |_| {
            "The catalog is up to date.".to_owned()
        })
    })
}

/// Derives the catalog's tables again and says whether they came out equal.
pub(crate) fn rebuild_catalog(options: &DataOptions, output: Output) -> Result<(), Failure> {
    with_catalog(options, Use::Alone, async |catalog| {
        let report = catalog.rebuild().await?;
        let (events, tables) = (report.events, &report.tables);
        let value = json!({"events": events, "equal": report.equal(), "tables": tables});
        output.value(&value, |_| {
            let row = |it: &TableReport| {
                let verdict = if it.equal() { "equal" } else { "CHANGED" };
                let (before, after) = (it.rows_before.to_string(), it.rows_after.to_string());
                [it.table.to_owned(), before, after, verdict.to_owned()]
            };
            let rows: Vec<_> = tables.iter().map(row).collect();
            let rows = table(["TABLE", "BEFORE", "AFTER", ""], &rows);
            format!("Applied {events} control events.\n\n{rows}")
        })
    })
}

//! What the command tells while it runs, on standard error; results go to standard output.

use std::io::Write;

/// Writes a line. A closed standard error is no reason to stop a benchmark.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

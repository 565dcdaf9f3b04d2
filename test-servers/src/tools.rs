//! Where the programs are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

const MISSING: &str = "run `make servers`, which installs it";

/// A program in the virtual environment that `install.sh` makes.
pub(crate) fn installed(program: &str) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/servers/bin");
    let path = root.join(program);
    path.canonicalize()
        .with_context(|| format!("{program} is not at {}; {MISSING}", path.display()))
}

/// A program of this workspace, which lies beside the one that runs, or beside its directory when
/// that is a test.
pub(crate) fn built(program: &str) -> Result<PathBuf> {
    let own = env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
        .with_context(|| {
            format!("{program} is not built; run `cargo build --workspace --all-features --bins`")
        })
}

/// A program of PostgreSQL: Debian keeps the server's outside of the search path.
pub(crate) fn postgres(program: &str) -> Result<PathBuf> {
    let debian = Path::new("/usr/lib/postgresql");
    let mut versions: Vec<PathBuf> = debian
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .rev()
        .chain(env::split_paths(&path))
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
        .with_context(|| format!("{program} of PostgreSQL is not installed; {MISSING}"))
}

//! Keeps the tables of `docs/configuration.md` equal to the flags.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, CommandFactory as _};

use crate::arguments::Arguments;

const BEGIN: &str = "<!-- begin: written by the test the_configuration_page_lists_every_flag -->";
const END: &str = "<!-- end -->";

/// With `UPDATE=1` the page is written anew.
#[test]
fn the_configuration_page_lists_every_flag() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let written = format!("{before}{BEGIN}\n\n{}\n{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &written).unwrap();
        return;
    }
    assert_eq!(page, written, "run this test with UPDATE=1");
}

fn table() -> String {
    let command = Arguments::command();
    let serve = command.find_subcommand("serve").unwrap();
    let mut table =
        "| flag | environment | default | what it sets |\n|---|---|---|---|\n".to_owned();
    let shown = |it: &&Arg| it.get_env().is_some() && !it.is_hide_set();
    for flag in serve.get_arguments().filter(shown) {
        writeln!(table, "{}", row(flag)).unwrap();
    }
    table
}

fn row(flag: &Arg) -> String {
    let default = flag
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "| `--{}` | `{}` | {default} | {} |",
        flag.get_long().unwrap(),
        flag.get_env().unwrap().to_string_lossy(),
        flag.get_help().unwrap()
    )
}

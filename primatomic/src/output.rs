//! What goes to the terminal: results to standard output, everything else to standard error.
//!
//! With `--json` every result is JSON and so is the error. Colours and progress appear only where
//! the stream is a terminal, and never with `NO_COLOR`.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// `--json`, for which `wants_json` looks on every command line.
#[derive(Args, Clone, Debug)]
pub(crate) struct JsonOption {
    /// Print the result as JSON
    #[arg(id = "json", long = "json")]
    _json: bool,
}

/// How a command talks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub json: bool,
}

impl Output {
    /// Writes bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(Failure::Output)
    }

    pub(crate) fn line(self, text: impl Display) -> Result<(), Failure> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// Writes a value: as one line of JSON with `--json`, else as `human` words it.
    pub(crate) fn value<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json {
            return self.line(serde_json::to_string(value).map_err(Failure::other)?);
        }
        match human(value) {
            text if text.is_empty() => Ok(()),
            text => self.line(text),
        }
    }

    /// Tells a person what goes on; says nothing with `--json`.
    pub(crate) fn note(self, text: impl Display) {
        if !self.json {
            // Whether anyone reads the note makes no difference to the command.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    pub(crate) fn failure(self, failure: &Failure) {
        if failure.exit_code() == 0 {
            return;
        }
        let mut stderr = io::stderr().lock();
        let _ = if self.json {
            writeln!(stderr, "{}", failure.to_json())
        } else if coloured(stderr.is_terminal()) {
            writeln!(stderr, "\x1b[1;31merror:\x1b[0m {failure}")
        } else {
            writeln!(stderr, "error: {failure}")
        };
    }

    /// A progress bar on standard error; hidden unless that is a terminal.
    pub(crate) fn progress(self, length: Option<u64>, unit: Unit) -> ProgressBar {
        let shown = io::stderr().is_terminal() && !self.json;
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(length, target);
        let template = match (length.is_some(), unit) {
            (true, Unit::Bytes) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}",
            (true, Unit::Events) => "{bar:30} {human_pos}/{human_len} events {per_sec} {eta} {msg}",
            (false, Unit::Bytes) => "{spinner} {bytes} {bytes_per_sec} {msg}",
            (false, Unit::Events) => "{spinner} {human_pos} events {per_sec} {msg}",
            (_, Unit::Wait) => "{spinner} {msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if shown {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }
}

/// What a progress bar counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Bytes,
    Events,
    Wait,
}

/// Whether a stream gets colours.
pub(crate) fn coloured(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Rows in aligned columns below their titles.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = titles.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let titles = titles.map(str::to_owned);
    let lines: Vec<String> = std::iter::once(&titles)
        .chain(rows)
        .map(|row| {
            let cells = row.iter().zip(widths);
            let line: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            line.join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// Pairs of a label and a value, aligned; those without a value are left out.
pub(crate) fn fields(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let width = pairs.iter().map(|(label, _)| label.len()).max();
    let width = width.unwrap_or_default();
    let lines: Vec<_> = pairs
        .iter()
        .map(|(label, value)| format!("{label:width$}  {value}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let rows = [
            ["a".to_owned(), "1".to_owned()],
            ["longer".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["NAME", "EVENTS"], &rows),
            "NAME    EVENTS\na       1\nlonger"
        );
        assert_eq!(
            fields(&[("log", "a".to_owned()), ("events", "2".to_owned())]),
            "log     a\nevents  2"
        );
    }
}

//! The file that a fake is started again from: what it began with, then a line of JSON for each change.
//!
//! A line is in the file before its change is answered. It is handed to the system and not forced onto
//! the disk: it outlives the process, however that ends, and not a machine that loses its power.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::changes::Change;
use crate::state::Start;

/// Each line but the first.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The fake's time.
    pub(crate) at: u64,
    pub(crate) change: Change,
    /// The id of the object that a request was answered with. Another one in a replay shows that the
    /// file is none of this program's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// A journal that is written on.
pub(crate) struct Journal {
    /// `None` after a line could not be written, and at the end.
    file: Option<File>,
    /// The time of the last line.
    pub(crate) written_at: u64,
}

impl Journal {
    /// Opens a journal, or begins one with `start` where there is none. Returns what the fake began
    /// with and what has happened since.
    ///
    /// A last line without its end was being written when the fake ended. It was never answered, and is
    /// taken off.
    ///
    /// # Errors
    /// When the file can't be used, another fake uses it, or a line is broken, which the error names.
    pub(crate) fn open(path: &Path, start: Start) -> Result<(Self, Start, Vec<Line>)> {
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let mut file = options.open(path).map_err(|error| unusable(path, &error))?;
        file.try_lock()
            .map_err(|error| unusable(path, &error.into()))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|it| *it == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
        let mut texts = bytes[..whole].split_inclusive(|it| *it == b'\n');
        let Some(first) = texts.next() else {
            let mut journal = Self {
                file: Some(file),
                written_at: start.now,
            };
            journal.write(&start);
            return Ok((journal, start, Vec::new()));
        };
        let start: Start = read(path, 1, first)?;
        let mut lines: Vec<Line> = Vec::new();
        let mut written_at = start.now;
        for (text, number) in texts.zip(2..) {
            let line: Line = read(path, number, text)?;
            if line.at < written_at {
                return Err(broken(path, number, "it is earlier than the one before"));
            }
            written_at = line.at;
            lines.push(line);
        }
        let file = Some(file);
        Ok((Self { file, written_at }, start, lines))
    }

    pub(crate) fn append(&mut self, line: &Line) {
        self.written_at = line.at;
        self.write(line);
    }

    /// # Panics
    /// When the line can't be written, and ever after: a change that would be forgotten is not answered.
    fn write(&mut self, line: &impl Serialize) {
        let mut text = serde_json::to_vec(line).expect("a line has strings for keys");
        text.push(b'\n');
        let file = self.file.as_mut().expect("the journal is still open");
        if let Err(error) = file.write_all(&text) {
            self.file = None;
            panic!("the journal can't be written: {error}");
        }
    }

    /// Lets another fake have the file.
    pub(crate) fn close(&mut self) {
        if let Some(file) = self.file.take() {
            // A process that is being started may still have the file, and with it the lock.
            let _ = file.unlock();
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path, number: usize, text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| {
        let problem = error.to_string().replace(" at line 1 ", " at ");
        broken(path, number, &problem)
    })
}

/// A line that can't be read, or that can't have happened.
pub(crate) fn broken(path: &Path, number: usize, problem: &str) -> Error {
    let message = format!(
        "line {number} of the journal {} can't be replayed: {problem}. Without the file, the fake \
         starts with nothing.",
        path.display(),
    );
    Error::new(ErrorKind::InvalidData, message)
}

fn unusable(path: &Path, error: &Error) -> Error {
    let message = format!("the journal {} can't be used: {error}", path.display());
    Error::new(error.kind(), message)
}

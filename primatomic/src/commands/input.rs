//! Bytes that a command sends: from a flag, a file or standard input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;

/// A configuration travels in the address of the request.
pub(crate) const CONFIG_BYTES_MAX: usize = 8 << 10;

/// Where the bytes come from.
#[derive(Args, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct InputOptions {
    /// The bytes themselves
    #[arg(long, short, value_name = "TEXT")]
    pub data: Option<String>,
    /// File that holds the bytes; `-` is standard input
    #[arg(long, short, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl InputOptions {
    pub(crate) fn is_given(&self) -> bool {
        self.data.is_some() || self.file.is_some()
    }

    /// Reads the bytes, from standard input if nothing else was named; fails once there are more
    /// than `bytes_max`, without reading on.
    pub(crate) fn read(&self, bytes_max: usize) -> Result<Vec<u8>, Failure> {
        match (&self.data, &self.file) {
            (Some(data), _) => check(data.clone().into_bytes(), bytes_max),
            (None, Some(path)) if path != Path::new("-") => read_file(path, bytes_max),
            (None, _) => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .take(bytes_max as u64 + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| Failure::Other(format!("can't read the input: {error}")))?;
                check(bytes, bytes_max)
            }
        }
    }
}

/// Opens a file for reading, or standard input if it is `-`; and says how long the file is.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::new(std::io::stdin())), None));
    }
    let file = File::open(path).map_err(|error| Failure::file("open", path, error))?;
    let length = file.metadata().ok().map(|it| it.len());
    Ok((Box::new(BufReader::with_capacity(1 << 20, file)), length))
}

/// Reads a file of at most `bytes_max`.
pub(crate) fn read_file(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file("read", path, error))?;
    check(bytes, bytes_max)
}

fn check(bytes: Vec<u8>, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    if bytes.len() > bytes_max {
        return Err(Failure::Usage(format!(
            "the input is larger than {bytes_max} bytes, which is the most that this call takes"
        )));
    }
    Ok(bytes)
}

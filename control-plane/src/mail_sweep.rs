//! Removing mails to people who are gone from a mailbox directory. Mails that went to a server are in
//! nobody's hands any more.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// The header that names who a mail is to.
const TO: &str = "To: ";

/// Lines that the head of a mail has at most.
const HEAD_LINES_MAX: usize = 100;

/// The mails in a directory, with the address that each is to.
///
/// # Errors
/// When the directory can't be read.
pub(crate) fn recipients(directory: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut mails = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if let Some(address) = recipient(&path)? {
            mails.push((path, address));
        }
    }
    Ok(mails)
}

fn recipient(path: &Path) -> io::Result<Option<String>> {
    if path.extension().is_none_or(|extension| extension != "eml") {
        return Ok(None);
    }
    for line in BufReader::new(File::open(path)?)
        .lines()
        .take(HEAD_LINES_MAX)
    {
        let line = line?;
        if let Some(address) = line.strip_prefix(TO) {
            let address = address.trim().trim_matches(['<', '>']);
            return Ok(Some(address.to_owned()));
        }
        if line.is_empty() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipient_stands_in_the_head() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write(
            "a.eml",
            "From: x@y.z\r\nTo: ada@example.org\r\n\r\nTo: nobody\r\n",
        );
        write("b.eml", "From: x@y.z\r\n\r\nTo: nobody\r\n");
        write("c.txt", "To: ada@example.org\r\n");
        let found = recipients(directory.path()).unwrap();
        let path = directory.path().join("a.eml");
        assert_eq!(found, [(path, "ada@example.org".to_owned())]);
    }
}

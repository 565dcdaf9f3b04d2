//! What a mailbox directory holds, for removing mails on behalf of tenants and to people who are gone.
//! Mails that went to a server are in nobody's hands any more.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use protocol::TenantId;

use super::TENANT;

/// The header that names who a mail is to.
const TO: &str = "To";

/// Lines that the head of a mail has at most.
const HEAD_LINES_MAX: usize = 100;

/// A mail in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub path: PathBuf,
    /// The address.
    pub to: String,
    /// The tenant that it is about, if it is about one.
    pub tenant: Option<TenantId>,
}

/// The mails in a directory.
pub(crate) fn mails(directory: &Path) -> io::Result<Vec<Kept>> {
    let mut mails = Vec::new();
    for entry in fs::read_dir(directory)? {
        mails.extend(read(entry?.path())?);
    }
    Ok(mails)
}

fn read(path: PathBuf) -> io::Result<Option<Kept>> {
    if path.extension().is_none_or(|extension| extension != "eml") {
        return Ok(None);
    }
    let (mut to, mut tenant) = (None, None);
    let lines = BufReader::new(File::open(&path)?).lines();
    for line in lines.take(HEAD_LINES_MAX) {
        let line = line?;
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((TO, address)) => to = Some(address.trim().trim_matches(['<', '>']).to_owned()),
            Some((TENANT, id)) => tenant = id.trim().parse().ok(),
            _ => {}
        }
    }
    Ok(to.map(|to| Kept { path, to, tenant }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipient_and_the_tenant_stand_in_the_head() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        let tenant = TenantId::generate();
        write(
            "a.eml",
            &format!(
                "From: x@y.z\r\n{TENANT}: {tenant}\r\nTo: ada@example.org\r\n\r\nTo: nobody\r\n"
            ),
        );
        write("b.eml", "From: x@y.z\r\n\r\nTo: nobody\r\n");
        write("c.txt", "To: ada@example.org\r\n");
        write("d.eml", "To: grace@example.org\r\n\r\n");
        let mut found = mails(directory.path()).unwrap();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let kept = |name: &str, to: &str, tenant| Kept {
            path: directory.path().join(name),
            to: to.to_owned(),
            tenant,
        };
        let ada = kept("a.eml", "ada@example.org", Some(tenant));
        assert_eq!(found, [ada, kept("d.eml", "grace@example.org", None)]);
    }
}

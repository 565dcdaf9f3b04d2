//! `mail`: reads the mailbox of a server that has no SMTP server, such as `dev`.
//!
//! It looks at files of the data directory and asks no server. It understands the messages that
//! the server writes, not every message that there is.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{JsonOption, Output, table};

/// Mails that are read; the newest ones.
const MAILS_MAX: usize = 1_000;

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List mails, newest first
    List(MailboxOptions),
    /// Show a mail
    Show(OneMail),
    /// Print the link of a mail, and nothing else
    #[command(after_help = "\
Example:
  primatomic invite accept \"$(primatomic mail link --to grace@example.org)\"")]
    Link(OneMail),
}

#[derive(Args, Debug)]
pub(crate) struct MailboxOptions {
    /// Data directory of the server
    #[arg(
        long,
        env = "PRIMATOMIC_DATA",
        value_name = "DIRECTORY",
        default_value = "data"
    )]
    data: PathBuf,
    /// Only mails to this address
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    _json: JsonOption,
}

#[derive(Args, Debug)]
pub(crate) struct OneMail {
    /// Id from the list [default: the newest mail]
    id: Option<String>,
    #[command(flatten)]
    mailbox: MailboxOptions,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Mail {
    id: String,
    to: String,
    subject: String,
    date: String,
    text: String,
    /// The first link of the text.
    link: Option<String>,
}

pub(crate) fn run(command: MailCommand, output: Output) -> Result<(), Failure> {
    match command {
        MailCommand::List(mailbox) => {
            let mails = read(&mailbox)?;
            let rows: Vec<_> = mails
                .iter()
                .cloned()
                .map(|mail| [mail.date, mail.to, mail.subject, mail.id])
                .collect();
            output.value(&mails, |_| table(["DATE", "TO", "SUBJECT", "ID"], &rows))
        }
        MailCommand::Show(one) => {
            let mail = find(&one)?;
            output.value(&mail, |mail| {
                format!(
                    "To: {}\nDate: {}\nSubject: {}\n\n{}",
                    mail.to,
                    mail.date,
                    mail.subject,
                    mail.text.trim_end()
                )
            })
        }
        MailCommand::Link(one) => {
            let mail = find(&one)?;
            let Some(link) = mail.link else {
                return Err(Failure::Other(format!("mail {} has no link", mail.id)));
            };
            output.value(&link, Clone::clone)
        }
    }
}

fn find(one: &OneMail) -> Result<Mail, Failure> {
    let mut mails = read(&one.mailbox)?.into_iter();
    let found = match &one.id {
        Some(id) => mails.find(|mail| mail.id == *id),
        None => mails.next(),
    };
    found.ok_or_else(|| {
        Failure::Other(format!(
            "there is no such mail in {}; `primatomic mail list` shows them",
            one.mailbox.data.join("mail").display()
        ))
    })
}

/// The mails of a mailbox, newest first.
fn read(mailbox: &MailboxOptions) -> Result<Vec<Mail>, Failure> {
    let directory = mailbox.data.join("mail");
    let failed = |error| Failure::file("read", &directory, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if path.extension().is_some_and(|it| it == "eml") {
            let written = entry.metadata().and_then(|it| it.modified());
            files.push((written.unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    files.sort();
    let newest = files.iter().rev().take(MAILS_MAX);
    let mut mails = Vec::new();
    for (_, path) in newest {
        let mail = parse(path)?;
        let is_asked_for = |to: &String| mail.to.eq_ignore_ascii_case(to);
        if mailbox.to.as_ref().is_none_or(is_asked_for) {
            mails.push(mail);
        }
    }
    Ok(mails)
}

fn parse(path: &Path) -> Result<Mail, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, error))?;
    let message = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let (head, body) = message.split_once("\n\n").unwrap_or((&message, ""));
    // A header goes on in lines that begin with a blank.
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(it, _)| it.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    let encoding = header("Content-Transfer-Encoding").unwrap_or_default();
    let text = match encoding.to_ascii_lowercase().as_str() {
        "quoted-printable" => String::from_utf8_lossy(&quoted_printable(body)).into_owned(),
        _ => body.to_owned(),
    };
    let link = text
        .split_whitespace()
        .find(|word| word.starts_with("http://") || word.starts_with("https://"));
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Mail {
        id: id.into_owned(),
        to: header("To").unwrap_or_default(),
        subject: header("Subject").unwrap_or_default(),
        date: header("Date").unwrap_or_default(),
        link: link.map(str::to_owned),
        text,
    })
}

/// Decodes `=3D` and lines that end with `=`, as in RFC 2045.
fn quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\n", "");
    let mut decoded = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, byte) {
            (b'=', Some(byte)) => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_whatever_its_encoding() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("7.eml");
        let head = "To: ada@example.org\r\nSubject: You are invited\r\n to acme\r\nDate: today\r\n";
        for (encoding, body) in [
            (
                "quoted-printable",
                "Open =\r\nhttp://x/?token=3Dpi_=\r\n1 f=C3=BCr 1 =3D 1\r\n",
            ),
            ("8bit", "Open http://x/?token=pi_1 für 1 = 1\r\n"),
        ] {
            let message = format!("{head}Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
            std::fs::write(&path, message).unwrap();
            let mail = parse(&path).unwrap();
            assert_eq!(mail.text, "Open http://x/?token=pi_1 für 1 = 1\n");
            assert_eq!(mail.link.as_deref(), Some("http://x/?token=pi_1"));
            assert_eq!(
                (mail.to.as_str(), mail.subject.as_str(), mail.id.as_str()),
                ("ada@example.org", "You are invited to acme", "7")
            );
        }
        assert_eq!(quoted_printable("a=zz=4"), b"a=zz=4");
    }
}

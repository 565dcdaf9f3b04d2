//! Mail to people. In development every message becomes a file in the mailbox directory.

use std::path::PathBuf;

use lettre::message::Mailbox as Address;
use lettre::message::header::ContentType;
use lettre::{FileTransport, Message, Transport};

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct Mailbox {
    directory: PathBuf,
    sender: Address,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address can't receive mail: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("the message can't be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mailbox can't be written: {0}")]
    Transport(#[from] lettre::transport::file::Error),
    #[error("the mailbox can't be made: {0}")]
    Directory(#[from] std::io::Error),
}

impl Mailbox {
    /// Writes each message to a file of its own, `<directory>/<id>.eml`.
    ///
    /// # Errors
    /// When the directory can't be made.
    pub fn directory(directory: impl Into<PathBuf>) -> Result<Self, MailError> {
        let directory = directory.into();
        std::fs::create_dir_all(&directory)?;
        Ok(Self {
            directory,
            sender: "Primatomic <no-reply@primatomic.invalid>".parse()?,
        })
    }

    /// Where the messages stay, if they do.
    pub(crate) fn kept_in(&self) -> Option<&std::path::Path> {
        Some(&self.directory)
    }

    /// Sends the mail that asks the owner of an address to prove it.
    ///
    /// # Errors
    /// When it was not written.
    pub async fn send_verification(&self, to: &str, link: &str) -> Result<(), MailError> {
        let message = Message::builder()
            .from(self.sender.clone())
            .to(to.parse()?)
            .subject("Verify your address for Primatomic")
            .header(ContentType::TEXT_PLAIN)
            .body(format!(
                "Welcome to Primatomic.\n\nOpen this link to verify your address:\n\n{link}\n\n\
                 It works once, for 24 hours. If you did not sign up, ignore this mail.\n"
            ))?;
        let transport = FileTransport::new(&self.directory);
        tokio::task::spawn_blocking(move || transport.send(&message))
            .await
            .map_err(|error| MailError::Directory(std::io::Error::other(error)))??;
        Ok(())
    }
}

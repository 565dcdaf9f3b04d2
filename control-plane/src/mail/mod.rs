//! Mail to people: where it goes, and how a message becomes MIME.
//!
//! In development every message becomes a file in the mailbox directory; in production it goes to
//! an SMTP server. Messages hold secrets, so they wait in memory alone ([`mailer`]) and what is in
//! them is never logged.

pub(crate) mod directory;
pub(crate) mod mailer;
mod message;

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox as Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::{
    AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message as MimeMessage,
    Tokio1Executor,
};
use uuid::Uuid;

pub(crate) use mailer::Mailer;
pub(crate) use message::Message;

/// How long an SMTP server may take for one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a server may take for one message, all steps together.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// The sender, unless the operator names one.
pub const DEFAULT_SENDER: &str = "Primatomic <no-reply@primatomic.invalid>";

/// The header that names the tenant that a mail is about.
pub(crate) const TENANT: &str = "Primatomic-Tenant";

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct Mailbox {
    route: Route,
    sender: Address,
}

// lettre keeps the password of the server out of its debug output.
#[derive(Clone, Debug)]
enum Route {
    Directory(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// Why a mailbox can't be used, or a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address can't send or receive mail: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("the message can't be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mailbox can't be written: {0}")]
    File(#[from] lettre::transport::file::Error),
    #[error("the mailbox can't be made: {0}")]
    Directory(#[from] std::io::Error),
    #[error("{0}; an SMTP server is named like smtps://user:password@smtp.example.com")]
    SmtpUrl(&'static str),
    #[error("the SMTP server did not take the message: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("the SMTP server did not take the message in time")]
    Timeout,
}

impl MailError {
    /// Whether the same message may be taken later.
    fn is_transient(&self) -> bool {
        match self {
            Self::Address(_) | Self::Message(_) | Self::SmtpUrl(_) => false,
            Self::Smtp(error) => !error.is_permanent(),
            Self::File(_) | Self::Directory(_) | Self::Timeout => true,
        }
    }
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
            route: Route::Directory(directory),
            sender: DEFAULT_SENDER.parse()?,
        })
    }

    /// Sends each message to an SMTP server: `smtps://` is TLS from the first byte, `smtp://`
    /// begins TLS with STARTTLS and goes no further without. Only a server on the loopback address
    /// is spoken to in plain text.
    ///
    /// # Errors
    /// When the address of the server or the sender can't be read.
    pub fn smtp(url: &str, sender: &str) -> Result<Self, MailError> {
        let url = with_tls(url)?;
        // The error could quote the password.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| MailError::SmtpUrl("the address of the SMTP server can't be read"))?;
        Ok(Self {
            route: Route::Smtp(builder.timeout(Some(STEP_TIMEOUT)).build()),
            sender: sender.parse()?,
        })
    }

    /// Where the messages stay, if they do.
    pub(crate) fn kept_in(&self) -> Option<&std::path::Path> {
        match &self.route {
            Route::Directory(path) => Some(path),
            Route::Smtp(_) => None,
        }
    }

    fn mime_message(&self, mail: &Message) -> Result<MimeMessage, MailError> {
        let id = format!("<{}@{}>", Uuid::now_v7(), self.sender.email.domain());
        let mut message = MimeMessage::builder()
            .message_id(Some(id))
            .from(self.sender.clone())
            .to(mail.to.parse()?)
            .subject(mail.subject.clone())
            .header(ContentType::TEXT_PLAIN);
        if let Some(tenant) = mail.tenant {
            let name = HeaderName::new_from_ascii_str(TENANT);
            message = message.raw_header(HeaderValue::new(name, tenant.to_string()));
        }
        Ok(message.body(mail.text.clone())?)
    }

    /// Sends one message, in bounded time.
    async fn deliver(&self, message: MimeMessage) -> Result<(), MailError> {
        match &self.route {
            Route::Directory(path) => {
                let transport = AsyncFileTransport::<Tokio1Executor>::new(path);
                transport.send(message).await?;
            }
            Route::Smtp(transport) => {
                tokio::time::timeout(DELIVERY_TIMEOUT, transport.send(message))
                    .await
                    .map_err(|_| MailError::Timeout)??;
            }
        }
        Ok(())
    }
}

/// The address of an SMTP server with the word that makes the library insist on TLS.
fn with_tls(url: &str) -> Result<String, MailError> {
    let parsed: http::Uri = url
        .parse()
        .map_err(|_| MailError::SmtpUrl("the address of the SMTP server can't be read"))?;
    let host = parsed.host().unwrap_or_default();
    if host.is_empty() || parsed.query().is_some() {
        return Err(MailError::SmtpUrl(
            "the address of the SMTP server needs a host and has no parameters",
        ));
    }
    match parsed.scheme_str() {
        Some("smtps") => Ok(url.to_owned()),
        Some("smtp") if is_loopback(host) => Ok(url.to_owned()),
        Some("smtp") => Ok(format!("{url}?tls=required")),
        _ => Err(MailError::SmtpUrl(
            "the address of the SMTP server begins with smtps:// or smtp://",
        )),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_left_out_on_the_loopback_address_alone() {
        for (url, expected) in [
            ("smtps://u:p@smtp.example.com", ""),
            ("smtp://127.0.0.1:2525", ""),
            ("smtp://[::1]:2525", ""),
            ("smtp://localhost", ""),
            ("smtp://u:p@smtp.example.com:587", "?tls=required"),
            ("smtp://127.0.0.1.example.com", "?tls=required"),
            ("smtp://192.0.2.1", "?tls=required"),
        ] {
            assert_eq!(with_tls(url).unwrap(), format!("{url}{expected}"));
        }
    }

    #[tokio::test]
    async fn what_is_no_smtp_server_is_refused_without_its_password() {
        for url in [
            "",
            "smtp.example.com",
            "http://u:hidden@smtp.example.com",
            "smtp://u:hidden@smtp.example.com?tls=opportunistic",
            "smtps://",
        ] {
            let error = Mailbox::smtp(url, DEFAULT_SENDER).unwrap_err();
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
        assert!(Mailbox::smtp("smtp://127.0.0.1", "nobody").is_err());
        let mailbox = Mailbox::smtp("smtps://u:hidden@smtp.example.com", DEFAULT_SENDER);
        assert!(!format!("{:?}", mailbox.unwrap()).contains("hidden"));
    }
}

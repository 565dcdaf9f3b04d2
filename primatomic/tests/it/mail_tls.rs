//! Messages to a mail server that speaks TLS: they reach one whose certificate is trusted, and
//! nothing of them reaches another.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::{directory, log, spawn_with, url_of};

const TIMEOUT: Duration = Duration::from_secs(30);

/// What one connection came to.
type Transcript = Result<Vec<String>, String>;

/// A mail server with a certificate for `localhost` that it signed itself.
struct MailServer {
    url: String,
    /// The certificate, as a file for programs that are to trust it.
    certificate: String,
    transcripts: mpsc::Receiver<Transcript>,
}

impl MailServer {
    fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, transcripts) = mpsc::channel();
        // It ends when nobody wants to know of another connection.
        thread::spawn(move || {
            for stream in listener.incoming() {
                if sender.send(session(&config, stream.unwrap())).is_err() {
                    return;
                }
            }
        });
        Self {
            url: format!("smtps://ada:a-mail-password@localhost:{port}"),
            certificate: cert.pem(),
            transcripts,
        }
    }

    fn transcript(&self) -> Transcript {
        self.transcripts
            .recv_timeout(TIMEOUT)
            .expect("a connection")
    }
}

/// The lines that a client said, or why there is no TLS between it and us.
fn session(config: &Arc<ServerConfig>, mut stream: TcpStream) -> Transcript {
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut tls = ServerConnection::new(Arc::clone(config)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).map_err(|it| it.to_string())?;
    }
    let mut lines = BufReader::new(StreamOwned::new(tls, stream));
    let mut said = Vec::new();
    let mut is_message = false;
    let mut reply = "220 test ESMTP";
    loop {
        if !reply.is_empty() {
            let reply = format!("{reply}\r\n");
            let written = lines.get_mut().write_all(reply.as_bytes());
            written.map_err(|it| it.to_string())?;
        }
        let mut line = String::new();
        // A client that does not trust the certificate says so after our side of the handshake.
        let read = lines.read_line(&mut line).map_err(|it| it.to_string())?;
        let line = line.trim_end().to_owned();
        if read == 0 || line == "QUIT" {
            return Ok(said);
        }
        reply = match line.split(' ').next().unwrap_or_default() {
            "." => "250 taken",
            _ if is_message => "",
            "EHLO" => "250-test\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => "354 end with a dot",
            _ => "250 go on",
        };
        is_message = (is_message || line == "DATA") && line != ".";
        said.push(line);
    }
}

fn start(directory: &Path, smtp: &MailServer, trusted: &Path) -> Child {
    spawn_with(
        directory,
        &["dev"],
        &["--mail-from", "Primatomic <no-reply@example.org>"],
        &[
            ("PRIMATOMIC_SMTP_URL", &smtp.url),
            ("SSL_CERT_FILE", trusted.to_str().unwrap()),
        ],
    )
}

/// Signs somebody up, so that a message is sent.
fn sign_up(url: &str) {
    let body =
        r#"{"owner_email":"ada@example.org","owner_password":"correct horse","short_name":"ada"}"#;
    let client = reqwest::blocking::Client::new();
    let request = client.post(format!("{url}/tenants")).body(body);
    let request = request.header("Content-Type", "application/json");
    assert_eq!(request.send().unwrap().status(), 201);
}

fn stop(mut server: Child) {
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_message_reaches_a_mail_server_over_tls() {
    let (directory, smtp) = (directory(), MailServer::start());
    let trusted = directory.path().join("trusted.pem");
    std::fs::write(&trusted, &smtp.certificate).unwrap();
    let mut server = start(directory.path(), &smtp, &trusted);
    sign_up(&url_of(&mut server));
    let said = smtp.transcript();
    stop(server);
    let said = said.unwrap().join("\n");
    assert!(said.contains("RCPT TO:<ada@example.org>"), "{said}");
    assert!(said.contains("Verify your address"), "{said}");
    assert!(!log(directory.path()).contains("a-mail-password"));
}

#[test]
fn a_mail_server_with_a_certificate_of_another_is_told_nothing() {
    let (directory, smtp) = (directory(), MailServer::start());
    let trusted = directory.path().join("trusted.pem");
    std::fs::write(&trusted, MailServer::start().certificate).unwrap();
    let mut server = start(directory.path(), &smtp, &trusted);
    sign_up(&url_of(&mut server));
    let said = smtp.transcript();
    stop(server);
    assert!(said.is_err(), "{said:?}");
    assert!(!log(directory.path()).contains("a-mail-password"));
}

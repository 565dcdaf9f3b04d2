//! Mails that go to an SMTP server, whatever it does with them.

use std::time::{Duration, Instant};

use control_plane::{DEFAULT_SENDER, Mailbox};
use serde_json::json;

use crate::server::{Server, link_token, unlimited};
use crate::smtp::{Answer, SmtpServer};

async fn server(smtp: &SmtpServer) -> Server {
    let mailbox = Mailbox::smtp(&smtp.url, DEFAULT_SENDER).unwrap();
    Server::with_mailbox(unlimited(), mailbox).await
}

async fn sign_up(server: &Server, name: &str) -> Duration {
    let started = Instant::now();
    let body = json!({
        "owner_email": format!("{name}@example.org"),
        "owner_password": "correct horse",
        "short_name": name,
    });
    let anyone = server.anonymous();
    anyone.post_json("/tenants", body).await.expect(201);
    started.elapsed()
}

#[tokio::test]
async fn a_mail_reaches_the_server_with_a_link_that_works() {
    let smtp = SmtpServer::start(&[]).await;
    let server = server(&smtp).await;
    sign_up(&server, "acme").await;
    let [mail] = &smtp.taken(1).await[..] else {
        panic!("one mail");
    };
    assert_eq!(mail.sender, "MAIL FROM:<no-reply@primatomic.invalid>");
    assert_eq!(mail.recipient, "RCPT TO:<acme@example.org>");
    for header in ["Message-ID: <", "Date: ", "Subject: Verify your address"] {
        assert!(mail.text.contains(header), "{header}: {}", mail.text);
    }
    let token = link_token(&mail.text, "verify").unwrap();
    let anyone = server.anonymous();
    anyone
        .post_json("/auth/verify-email", json!({ "token": token }))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_sent_again() {
    let smtp = SmtpServer::start(&[Answer::Refuse("451 try again later")]).await;
    let server = server(&smtp).await;
    sign_up(&server, "acme").await;
    assert_eq!(smtp.taken(1).await.len(), 1);
    assert_eq!(smtp.connections(), 2);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_not() {
    let smtp = SmtpServer::start(&[Answer::Refuse("550 nobody here")]).await;
    let server = server(&smtp).await;
    sign_up(&server, "acme").await;
    sign_up(&server, "other").await;
    let taken = smtp.taken(1).await;
    assert_eq!(taken[0].recipient, "RCPT TO:<other@example.org>");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(smtp.connections(), 2);
}

#[tokio::test]
async fn no_request_waits_for_a_mail_server() {
    let smtp = SmtpServer::start(&[Answer::Stall; 8]).await;
    let server = server(&smtp).await;
    for name in ["a", "b", "c", "d", "e"] {
        let took = sign_up(&server, name).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    // Nor one that is not there.
    let away = Mailbox::smtp("smtp://127.0.0.1:9", DEFAULT_SENDER).unwrap();
    let server = Server::with_mailbox(unlimited(), away).await;
    let took = sign_up(&server, "acme").await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

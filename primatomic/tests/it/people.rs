//! People in a terminal: signing up, inviting, roles, forgotten passwords, and the mails between.

use std::path::Path;
use std::process::{Command, Output};

use catalog::clock::{Clock as _, SystemClock};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::harness::{Server, directory, finish, program, text};

const PASSWORD: &str = "correct horse\n";

/// Someone with a configuration of their own and no API key.
struct Person<'a> {
    server: &'a Server,
    name: &'static str,
}

impl Person<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .current_dir(&self.server.directory)
            .env("PRIMATOMIC_URL", &self.server.url)
            .env(
                "PRIMATOMIC_CONFIG",
                self.server.directory.join(format!("{}.toml", self.name)),
            );
        command
    }

    fn try_run(&self, arguments: &[&str], input: &str) -> Output {
        finish(self.command(arguments), input.as_bytes())
    }

    fn run(&self, arguments: &[&str], input: &str) -> String {
        let output = self.try_run(arguments, input);
        let message = text(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {message}");
        text(&output.stdout)
    }

    fn json(&self, arguments: &[&str], input: &str) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.run(&arguments, input)).unwrap()
    }
}

/// The newest link that was mailed to an address, as the command prints it.
fn link(server: &Server, to: &str, page: &str) -> String {
    for _ in 0..500 {
        let output = finish(server.command(&["mail", "link", "--to", to]), b"");
        let link = text(&output.stdout);
        if output.status.success() && link.contains(&format!("/{page}?token=")) {
            return link.trim_end().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("no mail to {to}");
}

fn sign_up(server: &Server, name: &str) {
    let client = reqwest::blocking::Client::new();
    let post = |path: &str, body: Value| {
        let answer = client.post(format!("{}{path}", server.url)).json(&body);
        let answer = answer.send().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().unwrap());
    };
    let email = format!("{name}@example.org");
    let body = json!({
        "owner_email": email, "owner_password": PASSWORD.trim_end(), "short_name": name
    });
    post("/tenants", body);
    let link = link(server, &email, "verify");
    let (_, token) = link.split_once("token=").unwrap();
    post("/auth/verify-email", json!({ "token": token }));
}

#[test]
fn people_are_invited_get_roles_and_leave() {
    let directory = directory();
    let server = Server::start(directory.path());
    let server = &server;
    let [ada, grace] = ["ada", "grace"].map(|name| Person { server, name });
    sign_up(server, "ada");
    let wrong = ada.try_run(&["login", "--email", "ada@example.org"], "wrong one\n");
    assert_eq!(wrong.status.code(), Some(3));
    let login = ada.run(&["login", "--email", "ada@example.org"], PASSWORD);
    assert!(login.contains("as tenant ada"), "{login}");

    let sent = ada.json(
        &["invite", "send", "grace@example.org", "--role", "member"],
        "",
    );
    assert!(
        sent["invite_url"]
            .as_str()
            .unwrap()
            .starts_with(&server.url)
    );
    let listed = ada.run(&["invite", "list"], "");
    assert!(listed.contains("grace@example.org  member"), "{listed}");
    let accept = link(server, "grace@example.org", "invite");
    assert_ne!(sent["invite_url"], accept.as_str());
    let accepted = grace.run(&["invite", "accept", &accept], PASSWORD);
    assert!(
        accepted.contains("primatomic login --email grace@example.org --tenant ada"),
        "{accepted}"
    );
    let login = ["login", "--email", "grace@example.org", "--tenant", "ada"];
    grace.run(&login, PASSWORD);
    grace.run(&["log", "create", "orders"], "");

    let role = ["member", "role", "grace@example.org", "read-only"];
    assert_eq!(
        ada.run(&role, ""),
        "grace@example.org has the role read-only now.\n"
    );
    let refused = grace.try_run(&["log", "create", "more"], "");
    assert_eq!(refused.status.code(), Some(3));
    let members = grace.json(&["member", "list"], "");
    assert_eq!(members[1]["role"], "read-only");
    let unconfirmed = ada.try_run(&["member", "remove", "grace@example.org"], "");
    assert_eq!(unconfirmed.status.code(), Some(2));
    let removed = ada.json(&["member", "remove", "grace@example.org", "--yes"], "");
    assert_eq!(removed["success"], true);
    let gone = grace.try_run(&["log", "list"], "");
    assert_eq!(gone.status.code(), Some(3));

    ada.run(&["invite", "send", "grace@example.org"], "");
    ada.run(&["invite", "revoke", "grace@example.org"], "");
    assert_eq!(ada.json(&["invite", "list"], ""), json!([]));
    let late = link(server, "grace@example.org", "invite");
    let late = grace.try_run(&["invite", "accept", &late], PASSWORD);
    assert_eq!(late.status.code(), Some(1));

    // What the inviter passes on does not verify the address.
    let sent = ada.json(&["invite", "send", "bob@example.org"], "");
    let url = sent["invite_url"].as_str().unwrap();
    let bob = Person {
        server,
        name: "bob",
    };
    let accepted = bob.run(&["invite", "accept", url], PASSWORD);
    assert!(accepted.contains("Open the link in the mail"), "{accepted}");
    let login = ["login", "--email", "bob@example.org"];
    let refused = text(&bob.try_run(&login, PASSWORD).stderr);
    assert!(refused.contains("email_not_verified"), "{refused}");
}

#[test]
fn sessions_are_listed_and_ended() {
    let directory = directory();
    let server = Server::start(directory.path());
    let server = &server;
    let [laptop, phone] = ["laptop", "phone"].map(|name| Person { server, name });
    sign_up(server, "ada");
    let login = ["login", "--email", "ada@example.org"];
    for device in [&laptop, &phone] {
        device.run(&login, PASSWORD);
    }
    let shown = laptop.run(&["session", "list"], "");
    assert!(shown.contains("this one"), "{shown}");
    let sessions = laptop.json(&["session", "list"], "");
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    let newest = sessions[0]["id"].as_str().unwrap();
    laptop.run(&["session", "end", newest], "");
    let ended = phone.try_run(&["session", "list"], "");
    assert_eq!(ended.status.code(), Some(3));
    let gone = laptop.try_run(&["session", "end", newest], "");
    assert_eq!(gone.status.code(), Some(4));
}

/// What an authenticator shows now (RFC 6238).
fn code(secret: &str) -> String {
    let seconds = SystemClock.now().as_micros() / 1_000_000;
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0x0f);
    let bytes: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000
    )
}

#[test]
fn a_login_asks_for_the_code_of_a_second_factor() {
    let directory = directory();
    let server = Server::start(directory.path());
    let server = &server;
    let ada = Person {
        server,
        name: "ada",
    };
    sign_up(server, "ada");
    let http = reqwest::blocking::Client::new();
    let post = |path: &str, token: &str, body: Value| -> Value {
        let call = http.post(format!("{}{path}", server.url)).json(&body);
        let answer = call.bearer_auth(token).send().unwrap();
        serde_json::from_str(&answer.text().unwrap()).unwrap()
    };
    let text_of = |answer: &Value, field: &str| answer[field].as_str().unwrap().to_owned();
    let password = PASSWORD.trim_end();
    let login = json!({ "email": "ada@example.org", "password": password });
    let token = text_of(&post("/auth/login", "", login), "access_token");
    let begin = json!({ "current_password": password });
    let begun = post("/account/second-factor", &token, begin);
    let confirm = json!({ "code": code(&text_of(&begun, "secret")) });
    let confirmed = post("/account/second-factor/confirm", &token, confirm);
    let codes = confirmed["recovery_codes"].as_array().unwrap();
    let [first, second] = [0, 1].map(|number: usize| codes[number].as_str().unwrap());

    let login = ["login", "--email", "ada@example.org"];
    let wrong = ada.try_run(&login, &format!("{PASSWORD}000000\n"));
    assert_eq!(wrong.status.code(), Some(3));
    ada.run(&login, &format!("{PASSWORD}{first}\n"));
    let with_code = [&login[..], &["--code", second]].concat();
    ada.run(&with_code, PASSWORD);
    let again = ada.try_run(&with_code, PASSWORD);
    assert!(text(&again.stderr).contains("invalid_credentials"));
}

#[test]
fn a_forgotten_password_is_set_again() {
    let directory = directory();
    let server = Server::start(directory.path());
    let server = &server;
    let ada = Person {
        server,
        name: "ada",
    };
    sign_up(server, "ada");
    let login = ["login", "--email", "ada@example.org"];
    ada.run(&login, PASSWORD);
    ada.run(&["password", "forgot", "ada@example.org"], "");
    let reset = link(server, "ada@example.org", "reset-password");
    let common = ada.try_run(&["password", "reset", &reset], "password123\n");
    assert!(text(&common.stderr).contains("(400, common_password)"));
    ada.run(&["password", "reset", &reset], "battery staple\n");
    let ended = ada.try_run(&["log", "list"], "");
    assert_eq!(ended.status.code(), Some(3));
    assert_eq!(ada.try_run(&login, PASSWORD).status.code(), Some(3));
    ada.run(&login, "battery staple\n");
}

#[test]
fn the_mailbox_is_read() {
    let directory = directory();
    let server = Server::start(directory.path());
    let server = &server;
    sign_up(server, "ada");
    let mails = server.json(&["mail", "list"]);
    assert_eq!(mails.as_array().unwrap().len(), 1);
    assert_eq!(mails[0]["to"], "ada@example.org");
    let id = mails[0]["id"].as_str().unwrap();
    let shown = server.run(&["mail", "show", id]);
    assert!(shown.contains("Subject: Verify your address"), "{shown}");
    assert!(
        shown.contains(mails[0]["link"].as_str().unwrap()),
        "{shown}"
    );
    let data = Path::new("data").join("mail").join(format!("{id}.eml"));
    assert!(server.directory.join(data).exists());
    let none = ["mail", "show", "--to", "nobody@example.org"];
    let output = finish(server.command(&none), b"");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_smtp_server_that_can_t_be_one_stops_the_start_and_shows_no_password() {
    for (url, from) in [
        ("http://user:hidden@smtp.example.com", Some("a@b.example")),
        ("smtps://user:hidden@smtp.example.com", None),
        ("smtps://user:hidden@smtp.example.com", Some("nobody")),
    ] {
        let directory = directory();
        let mut command = program();
        command
            .args(["dev", "--listen", "127.0.0.1:0"])
            .current_dir(directory.path())
            .env("PRIMATOMIC_SMTP_URL", url);
        if let Some(from) = from {
            command.env("PRIMATOMIC_MAIL_FROM", from);
        }
        let output = finish(command, b"");
        assert_eq!(output.status.code(), Some(2));
        let message = text(&output.stderr);
        assert!(!message.contains("hidden"), "{message}");
    }
}

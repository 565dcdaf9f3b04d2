//! A tenant that leaves its mark wherever a tenant can leave one.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(120);
const PASSWORD: &str = "correct horse battery";

/// More than the events that make a view worth saving when its worker stops.
pub(super) const EVENTS: usize = 1_500;

pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What stands where in a log and its views.
pub(super) struct Filling<'a> {
    pub(super) log: &'a str,
    pub(super) retention: &'a str,
    /// In the log's description, and as the name and in the configuration of a view.
    pub(super) names: &'a str,
    /// In the events.
    pub(super) events: &'a str,
    /// In the view's component.
    pub(super) component: &'a str,
}

/// An event that bears a text.
pub(super) fn event(text: &str) -> Value {
    json!({
        "type": "api.call", "endpoint": "/v1/generate", "tokens_in": 1, "tokens_out": 2,
        "model": text
    })
}

/// A tenant whose every name and content is one text, which stands nowhere else.
pub(super) struct Tenant {
    http: Client,
    pub(super) mark: String,
    token: String,
}

impl Tenant {
    /// Signs up, verifies the address by the mail in the mailbox, and logs in.
    pub(super) fn sign_up(url: &str, data: &Path, mark: &str) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let email = format!("{mark}@example.org");
        let post = |path: &str, body: &Value| -> Value {
            let answer = http.post(format!("{url}{path}")).json(body).send().unwrap();
            let status = answer.status();
            let text = answer.text().unwrap();
            assert!(status.is_success(), "{path}: {status} {text}");
            serde_json::from_str(&text).unwrap()
        };
        let new = json!({ "owner_email": email, "owner_password": PASSWORD, "short_name": mark });
        post("/tenants", &new);
        let mut token = None;
        until("the mail comes", || {
            token = mailed_token(&data.join("mail"), &email);
            token.is_some()
        });
        post("/auth/verify-email", &json!({ "token": token }));
        let login = post(
            "/auth/login",
            &json!({ "email": email, "password": PASSWORD }),
        );
        Self {
            http,
            mark: mark.to_owned(),
            token: login["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// Becomes a member of another tenant as well.
    pub(super) fn accept(&self, url: &str, invitation: &str) {
        let email = format!("{}@example.org", self.mark);
        let body = json!({ "email": email, "password": PASSWORD });
        let accept = format!("/invitations/{invitation}/accept");
        self.call(url, Method::POST, &accept, &body);
    }

    /// Who speaks for a tenant that is there already.
    pub(super) fn with_key(key: &str) -> Self {
        Self {
            http: Client::builder().no_proxy().build().unwrap(),
            mark: String::new(),
            token: key.to_owned(),
        }
    }

    /// Asks; the status and the body.
    pub(super) fn send(
        &self,
        url: &str,
        method: Method,
        path: &str,
        body: impl Into<reqwest::blocking::Body>,
    ) -> (u16, Value) {
        let request = self.http.request(method, format!("{url}{path}"));
        let request = request.bearer_auth(&self.token).body(body);
        let answer = request.header("content-type", "application/json").send();
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(super) fn call(&self, url: &str, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(url, method, path, body.to_string());
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// A key and a log whose every name and content bear the mark.
    pub(super) fn leave_marks(&self, url: &str, retention: &str, shared: &[u8]) {
        let mark = &self.mark;
        let key = json!({ "name": format!("key of {mark}"), "role": "admin" });
        self.call(url, Method::POST, "/keys", &key);
        let filling = Filling {
            log: &format!("{mark}-{retention}"),
            retention,
            names: mark,
            events: mark,
            component: mark,
        };
        self.fill(url, &filling, shared);
    }

    /// A log with views of a component of its own and of one that others have too, which have folded
    /// everything.
    pub(super) fn fill(&self, url: &str, filling: &Filling<'_>, shared: &[u8]) {
        let (log, names) = (filling.log, filling.names);
        let new = json!({
            "name": log,
            "description": format!("About {names}"),
            "retention": filling.retention,
        });
        self.call(url, Method::POST, "/logs", &new);
        let events = vec![event(filling.events); EVENTS];
        let append = format!("/logs/{log}/append_batch");
        self.call(url, Method::POST, &append, &json!(events));
        let own = with_section(shared, filling.component);
        let upload = format!("/logs/{log}/views/{names}?config={names}");
        let (status, answer) = self.send(url, Method::POST, &upload, own);
        assert_eq!(status, 201, "{answer}");
        let upload = format!("/logs/{log}/views/shared");
        let (status, answer) = self.send(url, Method::POST, &upload, shared.to_vec());
        assert_eq!(status, 201, "{answer}");
        for view in [names, "shared"] {
            self.ask(url, &format!("/logs/{log}/views/{view}"), EVENTS);
        }
    }

    /// Invites somebody by mail; the token of the invitation.
    pub(super) fn invite(&self, url: &str, email: &str) -> String {
        let body = json!({ "email": email });
        let sent = self.call(url, Method::POST, "/tenants/me/invitations", &body);
        sent["token"].as_str().unwrap().to_owned()
    }

    /// What a view answers once it has folded so many events.
    pub(super) fn ask(&self, url: &str, view: &str, after: usize) -> Value {
        let query = format!("{view}/query?after={after}");
        let (status, answer) = self.send(url, Method::POST, &query, "");
        assert_eq!(status, 200, "{query}: {answer}");
        answer
    }

    /// Has itself deleted at once; where its progress is to be seen.
    pub(super) fn delete(&self, url: &str) -> String {
        let body = json!({ "short_name": self.mark, "immediately": true });
        let job = self.call(url, Method::DELETE, "/tenants/me", &body);
        job["link"].as_str().unwrap().to_owned()
    }

    /// Deletes something on a server that may end at any moment; nothing when no answer came.
    pub(super) fn try_delete(&self, url: &str, path: &str, body: &Value) -> Option<String> {
        let request = self.http.delete(format!("{url}{path}")).json(body);
        let answer = request.bearer_auth(&self.token).send().ok()?;
        let job: Value = answer.json().ok()?;
        Some(job["link"].as_str()?.to_owned())
    }

    /// Deletes a log or a view; where its progress is to be seen.
    pub(super) fn remove(&self, url: &str, path: &str) -> String {
        let job = self.call(url, Method::DELETE, path, &Value::Null);
        assert_eq!(job["success"], true, "{job}");
        job["link"].as_str().unwrap().to_owned()
    }

    /// Waits until the deletion of a log or a view is done.
    pub(super) fn until_done(&self, url: &str, link: &str) {
        until("a deletion is done", || {
            self.call(url, Method::GET, link, &Value::Null)["step"] == "done"
        });
    }
}

/// Logs in without naming a tenant; what comes back.
pub(super) fn log_in(url: &str, email: &str) -> Value {
    let http = Client::builder().no_proxy().build().unwrap();
    let login = json!({ "email": email, "password": PASSWORD });
    let answer = http.post(format!("{url}/auth/login")).json(&login).send();
    answer.unwrap().json().unwrap()
}

/// Where a deletion stands; nothing while nobody answers.
pub(super) fn step(url: &str, link: &str) -> Option<String> {
    let http = Client::builder().no_proxy().build().unwrap();
    let job: Value = http.get(format!("{url}{link}")).send().ok()?.json().ok()?;
    Some(job["step"].as_str()?.to_owned())
}

/// The token in the link of a mail to an address.
fn mailed_token(mailbox: &Path, email: &str) -> Option<String> {
    let mails = std::fs::read_dir(mailbox).ok()?;
    for mail in mails {
        let text = std::fs::read_to_string(mail.ok()?.path()).ok()?;
        // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
        let text = text.replace("=\r\n", "").replace("=3D", "=");
        if text.contains(email)
            && let Some((_, token)) = text.split_once("token=")
        {
            return token.split_whitespace().next().map(str::to_owned);
        }
    }
    None
}

/// A component with a section more that holds a text.
fn with_section(component: &[u8], text: &str) -> Vec<u8> {
    let name = b"note";
    let mut component = component.to_vec();
    let length = u8::try_from(1 + name.len() + text.len()).unwrap();
    assert!(length < 0x80, "longer than one byte of LEB128");
    component.extend([0, length, u8::try_from(name.len()).unwrap()]);
    component.extend(name);
    component.extend(text.as_bytes());
    component
}

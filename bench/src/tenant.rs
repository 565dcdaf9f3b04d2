//! A tenant besides the one that a development server begins with.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::Endpoint;

/// How long the verification mail may take.
const MAIL_TIMEOUT: Duration = Duration::from_secs(10);
const MAIL_POLL: Duration = Duration::from_millis(10);
/// What stands before the token in the mail.
const LINK: &str = "verify?token=";

#[derive(Deserialize)]
struct Session {
    access_token: String,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

/// Signs a tenant up as a person would, with the mail that the server leaves in its data directory,
/// and returns an endpoint with an API key of that tenant.
pub(crate) async fn sign_up(server: SocketAddr, data: &Path, name: &str) -> Result<Endpoint> {
    let nobody = Endpoint::new(server, "");
    let email = format!("{name}@example.org");
    let password = "a benchmark has no secrets";
    let tenant = json!({
        "owner_email": email,
        "owner_password": password,
        "short_name": name,
    });
    post::<Value>(&nobody, "/tenants", &tenant).await?;
    let token = mailed_token(&data.join("mail"), &email).await?;
    post::<Value>(&nobody, "/auth/verify-email", &json!({ "token": token })).await?;
    let login = json!({ "email": email, "password": password });
    let session: Session = post(&nobody, "/auth/login", &login).await?;
    let owner = Endpoint::new(server, &session.access_token);
    let key: Key = post(&owner, "/keys", &json!({ "name": "bench" })).await?;
    Ok(Endpoint::new(server, &key.key))
}

async fn post<T: DeserializeOwned>(endpoint: &Endpoint, path: &str, body: &Value) -> Result<T> {
    let mut api = endpoint.connect().await?;
    let posted = api.json(&endpoint.post(path, body)).await;
    posted.with_context(|| format!("can't POST {path}"))
}

/// The token in the mail to an address, once it is there.
async fn mailed_token(mails: &Path, email: &str) -> Result<String> {
    let deadline = Instant::now() + MAIL_TIMEOUT;
    while Instant::now() < deadline {
        for mail in std::fs::read_dir(mails).context("can't read the server's mail")? {
            let text = std::fs::read_to_string(mail?.path()).context("can't read a mail")?;
            if let Some(token) = token_in(&text, email) {
                return Ok(token);
            }
        }
        tokio::time::sleep(MAIL_POLL).await;
    }
    bail!("the server sent no mail to {email}")
}

/// The token in a complete mail to an address.
fn token_in(mail: &str, email: &str) -> Option<String> {
    if !mail.contains(email) {
        return None;
    }
    // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once(LINK)?;
    let (token, _) = rest.split_once("\r\n")?;
    Some(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_folded_mail_is_found() {
        let mail = "To: a@example.org\r\n\r\nOpen http://x/verify?token=3Dabc=\r\ndef\r\n\r\nBye";
        assert_eq!(token_in(mail, "a@example.org").as_deref(), Some("abcdef"));
        assert_eq!(token_in(mail, "b@example.org"), None);
        assert_eq!(token_in(&mail[..50], "a@example.org"), None);
    }
}

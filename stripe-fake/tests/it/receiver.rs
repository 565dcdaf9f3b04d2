//! A receiver of webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hmac::{Hmac, KeyInit as _, Mac as _};
use parking_lot::Mutex;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoResponse as _, Request, Response, Server};
use serde_json::Value;
use sha2::Sha256;

use crate::api::Api;

/// A webhook as it came.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    /// Of the address that it was sent to.
    pub(crate) path: String,
    /// The header `Stripe-Signature`.
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Webhook {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What the event is about, such as `invoice.paid`.
    pub(crate) fn kind(&self) -> String {
        self.event()["type"].as_str().unwrap().to_owned()
    }

    /// Whether it is signed with this secret at this time, as Stripe documents it.
    pub(crate) fn is_signed(&self, secret: &str, time: u64) -> bool {
        let mut key = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        key.update(format!("{time}.{}", self.body).as_bytes());
        let signature = format!("v1={}", hex::encode(key.finalize().into_bytes()));
        let mut parts = self.signature.split(',');
        parts.next() == Some(&*format!("t={time}")) && parts.any(|it| it == signature)
    }

    /// How many signatures it has.
    pub(crate) fn signatures(&self) -> usize {
        self.signature.matches(",v1=").count()
    }
}

/// Takes webhooks, or refuses them.
pub(crate) struct Receiver {
    pub(crate) url: String,
    taking: Taking,
    _serving: tokio::task::JoinSet<std::io::Result<()>>,
}

#[derive(Clone, Default)]
struct Taking {
    refuses: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<Webhook>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0");
        let acceptor = listener.into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let taking = Taking::default();
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(Server::new_with_acceptor(acceptor).run(taking.clone()));
        Self {
            url: format!("http://{address}"),
            taking,
            _serving: serving,
        }
    }

    /// From now on every webhook is refused, or none.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.taking.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Has the events of these types sent to a path of this receiver. Returns the endpoint.
    pub(crate) async fn listen(&self, api: &Api, path: &str, kinds: &[&str]) -> Value {
        let url = &self.url;
        let kinds = kinds.iter().map(|it| format!("&enabled_events[]={it}"));
        let endpoint = format!("url={url}{path}{}", kinds.collect::<String>());
        api.post("/v1/webhook_endpoints", &endpoint).await
    }

    /// All that came, taken or refused, in that order.
    pub(crate) fn asked(&self) -> Vec<Webhook> {
        self.taking.asked.lock().clone()
    }
}

impl Endpoint for Taking {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let webhook = Webhook {
            path: request.uri().path().to_owned(),
            signature: request.header("Stripe-Signature").unwrap().to_owned(),
            body: request.take_body().into_string().await?,
        };
        self.asked.lock().push(webhook);
        let refuses = self.refuses.load(Ordering::SeqCst);
        let status = if refuses { 500 } else { 200 };
        Ok(poem::http::StatusCode::from_u16(status)
            .unwrap()
            .into_response())
    }
}

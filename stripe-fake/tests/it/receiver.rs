//! A receiver of webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoResponse as _, Request, Response, Server};
use serde_json::Value;

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

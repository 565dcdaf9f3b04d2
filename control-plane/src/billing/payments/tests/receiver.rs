//! What receives webhooks in the simulation.

use std::sync::Arc;

use catalog::Catalog;
use catalog::clock::{Clock as _, ManualClock};
use parking_lot::Mutex;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use protocol::Timestamp;
use stripe_fake::Fake;
use tokio::task::JoinSet;

use crate::billing::stripe::verify;

/// What receives webhooks; all nodes together.
pub(super) struct Receiver {
    pub catalog: Mutex<Catalog>,
    pub clock: Arc<ManualClock>,
    pub secrets: Mutex<Vec<String>>,
    pub fake: Mutex<Option<Fake>>,
    /// By how much our clock goes otherwise than Stripe's, in seconds.
    pub skew: Mutex<i64>,
    pub is_down: Mutex<bool>,
}

impl Receiver {
    /// Lets our clock follow Stripe's.
    pub(super) fn follow(&self) {
        let Some(fake) = self.fake.lock().clone() else {
            return;
        };
        let now = fake.now().saturating_add_signed(*self.skew.lock());
        let now = Timestamp(now * 1_000_000);
        if now > self.clock.now() {
            self.clock.set(now);
        }
    }

    async fn receive(&self, signature: Option<&str>, body: &[u8]) -> StatusCode {
        self.follow();
        if *self.is_down.lock() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let secrets = self.secrets.lock().clone();
        let now = self.clock.now().as_micros() / 1_000_000;
        let Ok(signed) = verify(signature, body, &secrets, now) else {
            return StatusCode::BAD_REQUEST;
        };
        let catalog = self.catalog.lock().clone();
        let noted = catalog.receive_webhook(signed.id, signed.kind, signed.object);
        noted.await.unwrap();
        StatusCode::OK
    }
}

/// Serves until the set is dropped; where.
pub(super) async fn serve(receiver: Arc<Receiver>, serving: &mut JoinSet<()>) -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0")
        .into_acceptor()
        .await
        .unwrap();
    let address = acceptor
        .local_addr()
        .remove(0)
        .as_socket_addr()
        .copied()
        .unwrap();
    let endpoint = poem::endpoint::make(move |request: poem::Request| {
        let receiver = Arc::clone(&receiver);
        async move {
            let signature = request.headers().get("Stripe-Signature").cloned();
            let body = request.into_body().into_vec().await.unwrap();
            let signature = signature.as_ref().and_then(|it| it.to_str().ok());
            receiver.receive(signature, &body).await
        }
    });
    let server = poem::Server::new_with_acceptor(acceptor).run(endpoint);
    serving.spawn(async move { server.await.unwrap() });
    format!("http://{address}")
}

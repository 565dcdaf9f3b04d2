//! The pages for operators, on a listener that is not reachable from outside: `/metrics`,
//! `/health/live` and `/health/ready`.
//!
//! Every role has them. What a role needs is its own to say, as [`Needs`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use metrics_exporter_prometheus::PrometheusHandle;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::web::Json;
use poem::{Endpoint, IntoResponse as _, Response, Route, Server, endpoint, get};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A part that does not answer in this time is away.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Something that keeps a process from its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which part of the service, as `/health` names it; `process` for this process itself.
    pub part: &'static str,
    pub error: String,
}

impl Problem {
    #[must_use]
    pub fn new(part: &'static str, error: impl Into<String>) -> Self {
        Self {
            part,
            error: error.into(),
        }
    }
}

type Check = Box<dyn Fn() -> BoxFuture<'static, Vec<Problem>> + Send + Sync>;

/// What a process needs to do its work.
#[derive(Default)]
pub struct Needs {
    checks: Vec<Check>,
}

impl Needs {
    /// Adds a part, and how to see whether it is there.
    #[must_use]
    pub fn part<F>(self, part: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.all_of(move || {
            answered_in_time(check()).map(move |outcome| {
                let problem = outcome.err().map(|error| Problem::new(part, error));
                problem.into_iter().collect()
            })
        })
    }

    /// Adds what a check of several parts finds.
    #[must_use]
    pub fn all_of<F>(mut self, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Problem>> + Send + 'static,
    {
        self.checks.push(Box::new(move || check().boxed()));
        self
    }

    /// What is missing right now.
    pub async fn problems(&self) -> Vec<Problem> {
        join_all(self.checks.iter().map(|check| check()))
            .await
            .concat()
    }
}

/// What a check finds; an error when it takes too long.
pub(crate) async fn answered_in_time(
    check: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let answer = tokio::time::timeout(TIMEOUT, check).await;
    answer.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

#[derive(Serialize)]
struct Page {
    status: &'static str,
    problems: Vec<Problem>,
}

fn page(problems: Vec<Problem>) -> Response {
    let (status, code) = match problems.is_empty() {
        true => ("healthy", StatusCode::OK),
        false => ("unhealthy", StatusCode::SERVICE_UNAVAILABLE),
    };
    let page = Page { status, problems };
    Json(page).with_status(code).into_response()
}

/// Serves the pages until `stop`.
///
/// # Errors
/// When the listener has no address.
pub async fn serve(
    listener: TcpListener,
    metrics: PrometheusHandle,
    needs: Needs,
    stop: CancellationToken,
) -> io::Result<()> {
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(pages(metrics, needs), stop.cancelled(), None)
        .await
}

fn pages(metrics: PrometheusHandle, needs: Needs) -> impl Endpoint {
    let needs = Arc::new(needs);
    let metrics = endpoint::make_sync(move |_| {
        Response::builder()
            .content_type("text/plain; version=0.0.4")
            .body(metrics.render())
    });
    let live = endpoint::make_sync(|_| page(Vec::new()));
    let ready = endpoint::make(move |_| {
        let needs = Arc::clone(&needs);
        async move { page(needs.problems().await) }
    });
    Route::new()
        .at("/metrics", get(metrics))
        .at("/health/live", get(live))
        .at("/health/ready", get(ready))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let needs = Needs::default()
            .part("database", async || Ok(()))
            .part("nats", async || Err("away".to_owned()))
            .all_of(async || vec![Problem::new("process", "it is stopping")]);
        let missing = needs.problems().await;
        let expected = [
            Problem::new("nats", "away"),
            Problem::new("process", "it is stopping"),
        ];
        assert_eq!(missing, expected);
        assert_eq!(page(missing).status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(page(Vec::new()).status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_answer_is_missing() {
        let needs = Needs::default().part("nats", std::future::pending);
        let expected = [Problem::new("nats", "it does not answer")];
        assert_eq!(needs.problems().await, expected);
    }
}

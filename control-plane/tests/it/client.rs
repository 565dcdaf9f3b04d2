//! A client that checks, with every answer, what all answers have in common.

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// Speaks for one tenant, or for nobody.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: String,
    token: Option<String>,
}

pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: &str, token: Option<&str>) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            address: address.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        send(self.request(Method::POST, path).body(body)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    /// Makes a log and gives its id.
    pub(crate) async fn log(&self, name: &str) -> String {
        let answer = self
            .post_json("/logs", serde_json::json!({ "name": name }))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["log_id"].as_str().unwrap().to_owned()
    }

    /// Makes a key of a lower role and gives a client with it.
    pub(crate) async fn with_role(&self, role: &str) -> Self {
        let body = serde_json::json!({ "name": role, "role": role });
        let answer = self.post_json("/keys", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Self {
            token: Some(answer.json()["key"].as_str().unwrap().to_owned()),
            ..self.clone()
        }
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let answer = Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    };
    answer.check();
    answer
}

impl Answer {
    /// Invariant 11, on every answer of every test.
    fn check(&self) {
        let id = self
            .header("request-id")
            .expect("every answer has a Request-Id");
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(self.text(), "Rate limit exceeded");
            assert_eq!(self.header("content-type").as_deref(), Some("text/plain"));
            assert_eq!(self.header("retry-after").as_deref(), Some("1"));
        } else if self.status.is_client_error() || self.status.is_server_error() {
            if self.body.is_empty() {
                return; // An answer to HEAD.
            }
            let body = self.json();
            if body["database"].is_object() {
                return; // The page of /health, which is the same when something is away.
            }
            assert_eq!(
                self.header("content-type").as_deref(),
                Some("application/json")
            );
            assert_eq!(body["request_id"], id, "{body}");
            assert!(!body["error"].as_str().unwrap().is_empty());
            let code = body["code"].as_str().unwrap();
            let known = protocol::ErrorCode::ALL
                .iter()
                .find(|it| it.as_str() == code);
            assert_eq!(known.unwrap().status(), self.status.as_u16(), "{body}");
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let name: HeaderName = name.parse().unwrap();
        Some(self.headers.get(name)?.to_str().unwrap().to_owned())
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.header("primatomic-sequence").unwrap().parse().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The error as it is documented, without what differs each time.
    pub(crate) fn error(&self) -> Value {
        let mut body = self.json();
        body["request_id"] = "…".into();
        serde_json::json!({ "status": self.status.as_u16(), "body": body })
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code.to_owned()),
            "{}",
            self.text()
        );
        self
    }
}

//! For every operation of the document, what each kind of caller gets. A new operation that has no
//! entry in the table fails.

mod callers;
mod table;
mod target;

use control_plane::Credentials;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client, send};
use crate::openapi::operations;
use crate::server::Server;
use callers::{Caller, callers};
use table::{Expected, PRIVATE, PUBLIC};
use target::{Target, Tenant};

/// An operation of the document that needs a token, with what the table says of it.
struct Operation {
    method: Method,
    template: String,
    credentials: Credentials,
    expected: &'static Expected,
}

/// Those that need one. Every operation of the document has an entry, and every entry an operation.
fn private_operations() -> Vec<Operation> {
    let mut found = Vec::new();
    let credentials = control_plane::credentials();
    for (method, template, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let credentials = credentials[id];
        let is_public = !credentials.token;
        let in_document = operation["security"].as_array();
        assert_eq!(in_document.is_none_or(Vec::is_empty), is_public, "{id}");
        if PUBLIC.contains(&id) {
            assert!(is_public, "{id} asks for a token");
            continue;
        }
        let expected = PRIVATE.iter().find(|it| it.operation == id);
        let expected = expected.unwrap_or_else(|| panic!("{id} has no entry"));
        assert!(!is_public, "{id} asks for no token");
        found.push(Operation {
            method: method.parse().unwrap(),
            template,
            credentials,
            expected,
        });
    }
    for entry in PRIVATE {
        let is_known = found
            .iter()
            .any(|it| it.expected.operation == entry.operation);
        assert!(is_known, "{} is no operation any more", entry.operation);
    }
    found
}

impl Operation {
    async fn call(&self, client: &Client, target: &Target) -> Answer {
        let id = self.expected.operation;
        let path = target.path(&self.template, id);
        let body = self.expected.body;
        let body = body.replace("{n}", &target.number.to_string());
        send(client.request(self.method.clone(), &path).body(body)).await
    }

    fn check(&self, caller: &Caller, answer: &Answer) {
        let (id, name) = (self.expected.operation, caller.name);
        if let Some((status, code)) = caller.refused(self.credentials) {
            let refused = (answer.status.as_u16(), answer.code());
            assert_eq!(refused, (status, code.to_owned()), "{id} for {name}");
            return;
        }
        let status = caller.expects(self.expected, &self.template);
        assert_eq!(answer.status, status, "{id} for {name}: {}", answer.text());
        // What belongs to someone else is what is not there.
        let missing = match self.template.as_str() {
            it if it.contains("{log}") => "log_not_found",
            it if it.contains("/members/") => "member_not_found",
            it if it.contains("/invitations/") => "invitation_not_found",
            it if it.contains("/sessions/") => "session_not_found",
            it if it.contains("/deletions/") => "deletion_not_found",
            _ => "key_not_found",
        };
        match status {
            401 => assert_eq!(answer.code(), "unauthenticated", "{id} for {name}"),
            403 => assert_eq!(answer.code(), "forbidden", "{id} for {name}"),
            404 => assert_eq!(answer.code(), missing, "{id} for {name}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn every_operation_is_closed_to_those_it_is_not_for() {
    let server = Server::start().await;
    let acme = Tenant::new(&server, "acme").await;
    let callers = callers(&server, &acme).await;
    let mut number = 0;
    for operation in private_operations() {
        for caller in &callers {
            number += 1;
            let maker = caller.maker(&acme);
            let target = Target::new(&server, &acme, maker, &operation.template, number).await;
            let client = caller.client(&server, operation.expected.operation).await;
            let answer = operation.call(&client, &target).await;
            operation.check(caller, &answer);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_tenant_looks_like_what_does_not_exist() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let stranger = server.tenant("stranger").await;
    let log = owner.log("a").await;
    let theirs = stranger.get(&format!("/logs/{log}")).await.error();
    let nobodys = "/logs/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f";
    assert_eq!(theirs, stranger.get(nobodys).await.error());
    let logs: Value = stranger.get("/logs").await.json();
    assert_eq!(logs["logs"], serde_json::json!([]));
    // The same name is another log.
    stranger.log("a").await;
    stranger.post("/logs/a/append", "x").await.expect(200);
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}

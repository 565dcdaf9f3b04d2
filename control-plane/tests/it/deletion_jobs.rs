//! `/deletions`: how far deletions of logs and views are.

use std::time::Duration;

use catalog::DeletionStep;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;

/// Waits until a deletion has done all that needs no archiver.
async fn until_step(client: &Client, link: &str, step: &str) -> Value {
    for _ in 0..600 {
        let job = client.get(link).await.expect(200).json();
        if job["step"] == step {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the deletion does not get on");
}

#[tokio::test]
async fn deletions_of_logs_and_views_are_seen_by_every_member() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for log in ["a", "b"] {
        owner.log(log).await;
        let upload = format!("/logs/{log}/views/v");
        owner
            .post(&upload, example_views::counter())
            .await
            .expect(201);
    }
    let deleted = owner.delete("/logs/a/views/v").await.expect(200).json();
    assert_eq!(deleted["success"], true);
    let view = deleted["link"].as_str().unwrap();
    assert_eq!(
        view,
        format!("/deletions/{}", deleted["job_id"].as_str().unwrap())
    );
    let log = owner.delete("/logs/b").await.expect(200).json()["link"].clone();
    let log = log.as_str().unwrap();
    let reader = owner.with_role("read-only").await;
    let job = until_step(&reader, view, "backups").await;
    assert_eq!(
        (&job["kind"], &job["log_name"], &job["view_name"]),
        (&json!("view"), &json!("a"), &json!("v"))
    );
    assert_eq!(
        (&job["state"], &job["finished_at"]),
        (&json!("running"), &Value::Null)
    );
    let job = until_step(&reader, log, "archive").await;
    assert_eq!(
        (&job["kind"], &job["log_name"], &job["view_name"]),
        (&json!("log"), &json!("b"), &Value::Null)
    );
    assert_eq!(server.catalog.pending_removals(9).await.unwrap(), []);

    let first = reader.get("/deletions?limit=1").await.expect(200).json();
    assert_eq!(first["deletions"], json!([job]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = reader.get(&format!("/deletions?cursor={cursor}")).await;
    let rest = rest.expect(200).json();
    assert_eq!(rest["deletions"][0]["link"], view);
    assert_eq!(rest["next_cursor"], Value::Null);
    reader
        .get("/deletions?cursor=00")
        .await
        .expect_error(400, "invalid_cursor");
    reader
        .get("/deletions/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f")
        .await
        .expect_error(404, "deletion_not_found");
    assert!(server.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_deletion_that_is_done_says_when() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let deleted = owner.delete("/logs/a").await.expect(200).json();
    let link = deleted["link"].as_str().unwrap();
    until_step(&owner, link, "archive").await;
    // What an archiver does.
    let later = protocol::Timestamp(u64::MAX / 2);
    for (from, to) in [
        (DeletionStep::Archive, DeletionStep::Backups),
        (DeletionStep::Backups, DeletionStep::Done),
    ] {
        let jobs = server.catalog.deletions_at(from, later, 9);
        let jobs = jobs.await.unwrap();
        let advanced = server.catalog.advance_deletions(&jobs, from, to);
        advanced.await.unwrap();
    }
    let job = owner.get(link).await.expect(200).json();
    assert_eq!(
        (&job["state"], &job["step"]),
        (&json!("done"), &json!("done"))
    );
    assert_eq!(job["finished_at"], job["step_since"]);
}

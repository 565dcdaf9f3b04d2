//! Deploying views and seeing what becomes of them.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_view_is_deployed_shown_listed_and_deleted() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let log = owner.log("a").await;
    owner
        .post("/logs/a/append", r#"{"inc":10}"#)
        .await
        .expect(200);
    let deployed = owner
        .post("/logs/a/views/counter", example_views::counter())
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&deployed["version"], &deployed["state"]),
        (&json!(1), &json!("live"))
    );
    assert_eq!(
        (&deployed["success"], &deployed["failure"]),
        (&json!(true), &json!(null))
    );
    let shown = owner.get("/logs/a/views/counter").await.expect(200);
    assert_eq!(shown.sequence(), 1);
    let view = shown.json();
    assert_eq!(
        (&view["view_id"], &view["log_id"]),
        (&deployed["view_id"], &json!(log))
    );
    assert_eq!(
        (&view["state"], &view["live_version"]),
        (&json!("live"), &json!(1))
    );
    let version = &view["versions"][0];
    assert_eq!(version["world"], "primatomic:machine@0.0.1");
    assert_eq!(
        (&version["applied_sequence"], &version["lag_events"]),
        (&json!(1), &json!(0))
    );
    assert!(version["memory_bytes"].as_u64().unwrap() > 0);
    let list = owner.get("/logs/a/views").await.expect(200).json();
    assert_eq!(list["views"][0]["view_name"], "counter");
    owner.delete("/logs/a/views/counter").await.expect(200);
    owner
        .get("/logs/a/views/counter")
        .await
        .expect_error(404, "view_not_found");
    owner
        .get("/logs/a/views/counter/query")
        .await
        .expect_error(404, "view_not_found");
    owner
        .delete("/logs/a/views/counter")
        .await
        .expect_error(404, "view_not_found");
    // An equal component that was deleted can be deployed again.
    owner
        .post("/logs/a/views/counter", example_views::counter())
        .await
        .expect(201);
    let answer = owner
        .post("/logs/a/views/counter/query", "")
        .await
        .expect(200);
    assert_eq!(answer.text(), r#"{"value":10}"#);
}

/// The bytes of the deleted component are being removed while it is uploaded anew.
#[tokio::test]
async fn a_component_is_deployed_again_while_it_is_being_deleted() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for _ in 0..20 {
        owner
            .post("/logs/a/views/counter", example_views::counter())
            .await
            .expect(201);
        owner
            .post("/logs/a/views/counter/query", "")
            .await
            .expect(200);
        owner.delete("/logs/a/views/counter").await.expect(200);
    }
}

#[tokio::test]
async fn what_is_no_view_is_refused_with_what_is_wrong() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for body in [&b""[..], b"hello", b"\0asm\x01\0\0\0"] {
        let answer = owner.post("/logs/a/views/v", body).await;
        answer.expect_error(422, "invalid_component");
    }
    let empty_component = b"\0asm\x0d\0\x01\0".as_slice();
    owner
        .post("/logs/a/views/v", empty_component)
        .await
        .expect_error(422, "wrong_world");
    owner
        .get("/logs/a/views/v")
        .await
        .expect_error(404, "view_not_found");
    owner
        .post("/logs/a/views/a%20b", "x")
        .await
        .expect_error(400, "invalid_name");
    let typed = owner
        .post(
            "/logs/a/views/v?content_type=nonsense",
            example_views::counter(),
        )
        .await;
    typed.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_failed_version_leaves_the_live_one_alone_and_a_fixed_one_goes_on() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/append", r#"{"inc":10}"#)
        .await
        .expect(200);
    owner
        .post("/logs/a/views/v", example_views::counter())
        .await
        .expect(201);
    // The counter traps on what is no JSON of its own.
    owner.post("/logs/a/append", "nonsense").await.expect(200);
    let halted = owner.post("/logs/a/views/v/query?after=2", "").await;
    assert_eq!(halted.status, 409, "{}", halted.text());
    assert_eq!(
        (halted.code().as_str(), halted.sequence()),
        ("view_failed", 2)
    );
    assert_eq!(halted.json()["sequence"], 2);
    let still = owner.post("/logs/a/views/v/query", "").await.expect(200);
    assert_eq!(
        (still.text().as_str(), still.sequence()),
        (r#"{"value":10}"#, 1)
    );
    let failed = owner
        .post("/logs/a/views/v", example_views::counter())
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&failed["version"], &failed["state"]),
        (&json!(2), &json!("failed"))
    );
    assert_eq!(failed["failure"]["sequence"], 2);
    assert_eq!(
        owner
            .post("/logs/a/views/v/query", "")
            .await
            .expect(200)
            .sequence(),
        1
    );
    let view = owner.get("/logs/a/views/v").await.json();
    assert_eq!(
        (&view["live_version"], &view["state"]),
        (&json!(1), &json!("failed"))
    );
    let unknown = owner.get("/logs/a/views/v/query?version=9").await;
    unknown.expect_error(404, "version_not_found");
    owner
        .get("/logs/a/views/v/query?version=2")
        .await
        .expect_error(409, "view_failed");
    // Audit-log takes any JSON or skips; a version that folds takes the place of the halted one.
    let fixed = owner
        .post("/logs/a/views/v", crate::queries::SILENT.as_slice())
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&fixed["version"], &fixed["state"]),
        (&json!(3), &json!("live")),
        "{fixed}"
    );
    let answer = owner
        .post("/logs/a/views/v/query?after=2", "")
        .await
        .expect(200);
    assert_eq!(answer.sequence(), 2);
    assert_eq!(owner.get("/logs/a/views/v").await.json()["live_version"], 3);
}

#[tokio::test]
async fn views_and_their_states_survive_a_restart() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/views/counter", example_views::counter())
        .await
        .expect(201);
    owner
        .post("/logs/a/append", r#"{"inc":3}"#)
        .await
        .expect(200);
    let directory = server.stop().await;
    let server = Server::in_directory(directory, crate::server::unlimited()).await;
    let again = server.with_token(owner.token());
    let answer = again
        .post("/logs/a/views/counter/query?after=1", "")
        .await
        .expect(200);
    assert_eq!(answer.text(), r#"{"value":3}"#);
}

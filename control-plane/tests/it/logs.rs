//! `/logs`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::send;
use crate::server::Server;

#[tokio::test]
async fn a_log_is_made_shown_changed_and_deleted() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let id = owner.log("a").await;
    let shown = owner.get("/logs/a").await.expect(200);
    assert_eq!(shown.json(), owner.get(&format!("/logs/{id}")).await.json());
    let body = shown.json();
    assert_eq!(body["log_id"], id.as_str());
    assert_eq!(
        (&body["log_name"], &body["retention"]),
        (&json!("a"), &json!("keep_hot"))
    );
    assert_eq!(
        (&body["head_sequence"], &body["last_append_at"]),
        (&json!(0), &json!(null))
    );
    owner.post("/logs/a/append", "12345").await.expect(200);
    let body = owner.get("/logs/a").await.json();
    assert_eq!(
        (&body["event_count"], &body["event_bytes"]),
        (&json!(1), &json!(5))
    );
    assert_eq!(body["chain_hash"].as_str().unwrap().len(), 64);
    let patch = |body| send(owner.request(Method::PATCH, "/logs/a").json(&body));
    let changed = patch(json!({"description": "d", "retention": "archive"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed.json()["description"], &changed.json()["retention"]),
        (&json!("d"), &json!("archive"))
    );
    let kept = patch(json!({})).await.expect(200).json();
    assert_eq!(kept["description"], "d");
    let cleared = patch(json!({"description": null})).await.expect(200).json();
    assert_eq!(cleared["description"], json!(null));
    assert_eq!(owner.get("/logs/a").await.json()["retention"], "archive");
    owner.delete("/logs/a").await.expect(200);
    for path in ["/logs/a".to_owned(), format!("/logs/{id}/events")] {
        owner.get(&path).await.expect_error(404, "log_not_found");
    }
    owner
        .post("/logs/a/append", "x")
        .await
        .expect_error(404, "log_not_found");
    assert_ne!(owner.log("a").await, id);
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}

#[tokio::test]
async fn a_log_may_be_made_by_its_address_and_without_a_content_type() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.post("/logs/by-name", "").await.expect(201);
    owner
        .post("/logs/by-name", "")
        .await
        .expect_error(409, "name_taken");
    owner.post("/logs", r#"{"name": "bare"}"#).await.expect(201);
    let curl = owner
        .request(Method::POST, "/logs")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(r#"{"name": "curl"}"#);
    send(curl).await.expect(201);
}

#[tokio::test]
async fn names_and_bodies_are_checked() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for name in [
        "",
        "a b",
        "..",
        "0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f",
        &"a".repeat(129),
    ] {
        let answer = owner.post_json("/logs", json!({ "name": name })).await;
        answer.expect_error(400, "invalid_name");
    }
    let wrong = owner.post_json("/logs", json!({ "name": 5 })).await;
    insta::assert_json_snapshot!(wrong.error(), @r#"
    {
      "body": {
        "code": "invalid_request",
        "error": "the field `name` can't be read: invalid type: integer `5`, expected a string at line 1 column 9",
        "request_id": "…"
      },
      "status": 400
    }
    "#);
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"["a"]"#,
        r#"{"name":"a"} x"#,
        r#"{"name":"a","retention":"x"}"#,
    ] {
        owner
            .post("/logs", body)
            .await
            .expect_error(400, "invalid_request");
    }
    let typed = owner
        .request(Method::POST, "/logs")
        .header("content-type", "text/xml")
        .body("{}");
    send(typed)
        .await
        .expect_error(415, "unsupported_media_type");
    let large = format!(r#"{{"name":"a","description":"{}"}}"#, "x".repeat(70_000));
    owner
        .post("/logs", large)
        .await
        .expect_error(413, "body_too_large");
    let long = json!({ "name": "a", "description": "x".repeat(1_001) });
    owner
        .post_json("/logs", long)
        .await
        .expect_error(400, "invalid_request");
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for name in ["c", "a", "d", "b", "e"] {
        owner.log(name).await;
    }
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner
            .get(&format!("/logs?limit=2{cursor}"))
            .await
            .expect(200)
            .json();
        let logs = page["logs"].as_array().unwrap();
        names.extend(
            logs.iter()
                .map(|log| log["log_name"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    owner
        .get("/logs?cursor=nonsense")
        .await
        .expect_error(400, "invalid_cursor");
    owner
        .get("/logs?limit=0")
        .await
        .expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_list_holds_the_names_with_a_prefix() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for name in ["shop_1", "shop_2", "shopx", "other"] {
        owner.log(name).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let logs = page["logs"].as_array().unwrap().iter();
        logs.map(|log| log["log_name"].as_str().unwrap().to_owned())
            .collect()
    };
    let page = owner.get("/logs?prefix=shop_").await.expect(200).json();
    assert_eq!(names(&page), ["shop_1", "shop_2"]);
    assert_eq!(page["next_cursor"], Value::Null);
    let page = owner.get("/logs?prefix=shop&limit=2").await.expect(200);
    let cursor = page.json()["next_cursor"].as_str().unwrap().to_owned();
    let next = format!("/logs?prefix=shop&cursor={cursor}");
    assert_eq!(names(&owner.get(&next).await.expect(200).json()), ["shopx"]);
    for path in ["/logs?prefix=sho", "/logs?prefix=", "/logs?limit=9"] {
        let answer = owner.get(&format!("{path}&cursor={cursor}")).await;
        answer.expect_error(400, "invalid_cursor");
    }
    let long = "a".repeat(129);
    for prefix in ["%25", "a%20b", &long] {
        let answer = owner.get(&format!("/logs?prefix={prefix}")).await;
        answer.expect_error(400, "invalid_name");
    }
}

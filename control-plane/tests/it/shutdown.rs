//! Stopping: what is under way ends well, and everything is there afterwards.

use std::time::Duration;

use crate::server::{Server, unlimited};

#[tokio::test]
async fn appends_under_way_are_finished_and_kept() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let mut appends = tokio::task::JoinSet::new();
    for event in 0..64 {
        let owner = owner.clone();
        appends.spawn(async move {
            let request = owner.request(reqwest::Method::POST, "/logs/a/append");
            let response = request.body(event.to_string()).send().await.ok()?;
            response.status().is_success().then_some(())
        });
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let address = server.address.clone();
    let directory = server.stop().await;
    let acknowledged = appends.join_all().await.into_iter().flatten().count();
    let port = address.strip_prefix("http://").unwrap();
    assert!(
        tokio::net::TcpStream::connect(port).await.is_err(),
        "it still listens"
    );
    let server = Server::in_directory(directory, unlimited()).await;
    let again = server.with_token(owner.token());
    let head = again.get("/logs/a").await.expect(200).json()["head_sequence"]
        .as_u64()
        .unwrap();
    assert!(
        head >= acknowledged as u64,
        "{acknowledged} were acknowledged, {head} are there"
    );
    let page = again.get("/logs/a/events").await.json();
    assert_eq!(page["events"].as_array().unwrap().len() as u64, head);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_stop() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.get("/logs").await.expect(200);
    let started = std::time::Instant::now();
    server.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

//! The program itself, which is killed.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_process_that_is_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (key, journal) = (folder.path().join("key"), folder.path().join("journal"));
    // A port that is free now. Another process may take it in between, and then nothing starts.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let url = format!("http://127.0.0.1:{port}");
    let client = reqwest::Client::new();
    let start = async || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stripe-fake"));
        let command = command
            .args(["--port", &port.to_string()])
            .args(["--secret-key-file".as_ref(), key.as_os_str()])
            .args(["--journal".as_ref(), journal.as_os_str()])
            .stderr(Stdio::null());
        let process = Process(command.spawn().unwrap());
        let is_up = async || key.exists() && client.get(&url).send().await.is_ok();
        for _ in 0..500 {
            if is_up().await {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it does not serve on port {port}");
    };
    let send = async |method: &str, path: &str, body: String| {
        let secret = std::fs::read_to_string(&key).unwrap();
        let request = client.request(method.parse().unwrap(), format!("{url}{path}"));
        let answer = request.bearer_auth(secret).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json::<Value>().await.unwrap()
    };

    let process = start().await;
    let customer = send("POST", "/v1/customers", "name=acme".to_owned()).await;
    let ahead = json!({ "advance_seconds": 90 * 24 * 60 * 60 }).to_string();
    let moved = send("POST", "/fake/clock", ahead).await;
    drop(process);
    let _process = start().await;
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    assert_eq!(send("GET", &path, String::new()).await, customer);
    let state = send("GET", "/fake/state", String::new()).await;
    assert!(state["now"].as_u64() >= moved["now"].as_u64(), "{state}");
}

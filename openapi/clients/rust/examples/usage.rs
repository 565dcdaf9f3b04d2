//! What README.md shows; a test runs it.
//!
//! ```sh
//! PRIMATOMIC_API_KEY=$(cat data/dev-key) cargo run -p primatomic-client --example usage
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use primatomic_client::{AppendOptions, Client, Error, Query};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("PRIMATOMIC_API_KEY")?;
    let url = std::env::var("PRIMATOMIC_URL").unwrap_or("http://127.0.0.1:8080".to_owned());
    let client = Client::new(&url, Some(&key))?;

    let log = client.create_log("example-rust").await?;
    let view = log.view("counter");
    view.deploy(std::fs::read("data/examples/counter.wasm")?)
        .await?;

    let keyed = AppendOptions {
        idempotency_key: Some("first".to_owned()),
        expected_sequence: Some(0),
    };
    log.append(r#"{"inc":10}"#, &keyed).await?;
    let batch = [r#"{"inc":1}"#, r#"{"inc":2}"#];
    let sequences = log.append_batch(&batch, &AppendOptions::default()).await?;

    // An answer that reflects what was just appended.
    let query = Query {
        after: sequences.last().copied(),
        ..Query::default()
    };
    let answer = view.query(&query).await?;
    println!("{}", String::from_utf8_lossy(&answer.body));

    // What was appended, and then what will be.
    for event in log.events(2, 100).await?.events {
        println!("{} {}", event.sequence, event.data);
    }
    for event in log.tail(3).next().await? {
        println!("{} {}", event.sequence, event.data);
    }

    // An error answer has a code.
    match client.create_log("example-rust").await {
        Err(Error::Answer(answer)) => println!("{} {:?}", answer.status, answer.code),
        _ => println!("there was no such log"),
    }
    Ok(())
}

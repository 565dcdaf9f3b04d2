//! Counts, by a view, what was appended to a log. The log `demo` and its view `counter` are those of
//! the first five minutes.
//!
//! ```sh
//! PRIMATOMIC_API_KEY=$(cat data/dev-key) cargo run -p primatomic-client --example usage
//! ```

use primatomic_client::{AppendOptions, Client, Error, Query};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let url = variable("PRIMATOMIC_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let client = Client::new(&url, variable("PRIMATOMIC_API_KEY").as_deref())?;
    let log = client.log("demo");

    let events = vec![r#"{"inc":1}"#; 100];
    let sequences = log.append_batch(&events, &AppendOptions::default()).await?;
    let query = Query {
        after: sequences.last().copied(),
        ..Query::default()
    };
    let answer = log.view("counter").query(&query).await?;
    let text = String::from_utf8_lossy(&answer.body);
    #[expect(clippy::print_stdout, reason = "an example shows what it found")]
    {
        println!("{text}");
    }
    Ok(())
}

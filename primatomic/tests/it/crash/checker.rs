//! Compares what is in the logs with what the clients noted.

use std::collections::HashMap;

use protocol::{ChainHash, LogId, Sequence, Timestamp};
use serde_json::Value;

use super::ledger::Ledger;
use super::writers::Api;

/// Reads every log whole and checks it.
pub(crate) async fn check(api: &Api, logs: &[String], ledger: &Ledger) {
    for log in logs {
        let found = read(api, log).await;
        compare(log, &found, ledger);
    }
}

/// The events of a log in their order; their sequences and the hash chain are checked on the way.
async fn read(api: &Api, log: &str) -> Vec<String> {
    let about = api.get(&format!("/logs/{log}")).await;
    let id: LogId = about["log_id"].as_str().unwrap().parse().unwrap();
    let mut chain = ChainHash::origin(id);
    let mut found = Vec::new();
    let mut from = Some(1);
    while let Some(next) = from {
        let path = format!("/logs/{log}/events?from={next}&limit=10000");
        let page = api.get(&path).await;
        for event in page["events"].as_array().unwrap() {
            let sequence = event["sequence"].as_u64().unwrap();
            assert_eq!(
                sequence,
                found.len() as u64 + 1,
                "a gap or a duplicate in {log}"
            );
            let data = event["data"].as_str().unwrap();
            let sequence = Sequence::new(sequence).unwrap();
            chain = chain.extend(sequence, timestamp(event), data.as_bytes());
            found.push(data.to_owned());
        }
        from = page["next"].as_u64();
    }
    assert_eq!(about["head_sequence"].as_u64().unwrap(), found.len() as u64);
    assert_eq!(about["chain_hash"].as_str().unwrap(), chain.to_string());
    found
}

fn timestamp(event: &Value) -> Timestamp {
    let time: jiff::Timestamp = event["timestamp"].as_str().unwrap().parse().unwrap();
    Timestamp(time.as_microsecond().try_into().unwrap())
}

fn compare(log: &str, found: &[String], ledger: &Ledger) {
    let mut places: HashMap<&str, u64> = HashMap::new();
    for (sequence, event) in (1..).zip(found) {
        let before = places.insert(event, sequence);
        assert_eq!(before, None, "{log} holds an event twice: {event}");
    }
    let mut known = 0;
    for sent in ledger.sent.iter().filter(|sent| sent.log == log) {
        let there: Vec<_> = sent
            .events
            .iter()
            .map(|event| places.get(event.as_str()).copied())
            .collect();
        known += there.iter().flatten().count();
        let first = match sent.first {
            Some(first) => Some(first),
            // Nobody was told, so it may be there or not; but whole.
            None => there[0],
        };
        let expected: Vec<_> = match first {
            Some(first) => (first..).take(there.len()).map(Some).collect(),
            None => vec![None; there.len()],
        };
        assert_eq!(there, expected, "{log}: {sent:?}");
    }
    assert_eq!(known, found.len(), "{log} holds events that nobody sent");
}

/// The checker itself is checked: what it must notice, it notices.
#[test]
fn the_checker_notices_every_kind_of_damage() {
    use super::ledger::Sent;

    let sent = |events: &[&str], first| Sent {
        log: "log".to_owned(),
        key: None,
        events: events.iter().map(|it| (*it).to_owned()).collect(),
        batch: events.len() > 1,
        first,
    };
    let ledger = Ledger {
        sent: vec![sent(&["a"], Some(1)), sent(&["b", "c"], None)],
    };
    let passes = |found: &[&str]| {
        let found: Vec<_> = found.iter().map(|it| (*it).to_owned()).collect();
        std::panic::catch_unwind(|| compare("log", &found, &ledger)).is_ok()
    };
    assert!(
        passes(&["a"]),
        "a batch that nobody was told of may be absent"
    );
    assert!(passes(&["a", "b", "c"]), "or there");
    assert!(!passes(&[]), "an acknowledged event is missing");
    assert!(!passes(&["b", "c", "a"]), "it is at another sequence");
    assert!(!passes(&["a", "b"]), "a part of a batch is missing");
    assert!(!passes(&["a", "c", "b"]), "a batch is out of order");
    assert!(!passes(&["a", "a"]), "an event is there twice");
    assert!(!passes(&["a", "d"]), "nobody sent this one");
}

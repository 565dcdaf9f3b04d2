//! Live frames, and their join with history.

use std::path::Path;
use std::sync::Arc;

use catalog::Catalog;
use catalog::clock::SystemClock;
use protocol::{LogId, Sequence};
use tokio::task::JoinSet;

use super::{Violation, Writer, ensure_equal};
use storage::event_log::{SharedEventLog, SubscriptionError};
use storage::history::History;
use storage::history::tail::Tail;
use storage::objects::dir::DirObjects;

/// A subscriber hears of every frame of its log, in order, or that it has missed some; and of no
/// other log's.
pub(crate) async fn a_subscriber_hears_of_every_frame(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let (mut writer, mut neighbour) = (Writer::new(), Writer::new());
    let mut live = event_log.subscribe(writer.log);
    writer.publish(&event_log, 1, 10).await?;
    for _ in 0..5 {
        neighbour.publish(&event_log, 1, 10).await?;
        let stored = writer.publish(&event_log, 3, 10).await?;
        loop {
            match live.next().await {
                Ok(heard) if heard.frame.last() < stored.frame.first() => {}
                Ok(heard) => {
                    ensure_equal("the live frame", heard.frame.first(), stored.frame.first())?;
                    ensure_equal("its position", heard.position, stored.position)?;
                    break;
                }
                Err(SubscriptionError::Skipped) => break,
                Err(SubscriptionError::Closed) => {
                    return Err(Violation("the subscription ended".to_owned()));
                }
            }
        }
    }
    Ok(())
}

/// However many follow a log, from wherever, while it is written: each gets every event once.
pub(crate) async fn tails_have_no_gap(event_log: SharedEventLog) -> Result<(), Violation> {
    const EVENTS: u64 = 600;
    let directory = tempfile::tempdir().unwrap();
    let history = history(&event_log, directory.path()).await;
    let mut writer = Writer::new();
    let mut tails = JoinSet::new();
    for step in 0..EVENTS / 3 {
        if step % 20 == 0 {
            let from = Sequence::new(step + 1).unwrap_or(Sequence::MAX);
            tails.spawn(follow(history.clone(), writer.log, from, EVENTS));
        }
        // Some frames are larger than what is carried live.
        let bytes = if step % 17 == 0 { 100_000 } else { 20 };
        writer.publish(&event_log, 3, bytes).await?;
    }
    tails.join_all().await.into_iter().collect()
}

/// The log's history, of which nothing is archived.
async fn history(event_log: &SharedEventLog, directory: &Path) -> History {
    let objects = DirObjects::open(&directory.join("objects")).unwrap();
    let path = directory.join("catalog.db");
    let catalog = Catalog::open_sqlite(&path, Arc::new(SystemClock)).await;
    History::new(event_log.clone(), catalog.unwrap(), Arc::new(objects))
}

async fn follow(history: History, log: LogId, from: Sequence, until: u64) -> Result<(), Violation> {
    let mut tail = Tail::new(&history, log, from);
    let mut next = from;
    while next.get() <= until {
        let run = tail.next().await;
        let run = run.map_err(|error| Violation(format!("a tail failed: {error}")))?;
        for event in run.events().filter(|event| event.sequence >= from) {
            ensure_equal("the next event", event.sequence, next)?;
            next = next.next();
        }
    }
    Ok(())
}

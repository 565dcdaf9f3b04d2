//! Invariant 8: the order of upload, catalog and trim is never broken.

use std::time::Duration;

use catalog::Retention;
use protocol::frame::{FrameBuilder, Head};
use protocol::{ChainHash, Position, Sequence, Timestamp};

use crate::setup::{Setup, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_8_without_the_object_store_appends_go_on_and_nothing_is_trimmed() {
    let setup = Setup::new().await;
    let log = setup.log("log", Retention::Archive).await;
    setup.append(log, 1, 30).await;
    setup.objects.go_away(true);
    let archiver = setup.archiver();
    setup.append(log, 31, 60).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(setup.hot_events(log, 60).await, 60);
    assert_eq!(setup.archived(log).await, 0);
    setup.check(log, 60).await;
    setup.objects.go_away(false);
    until("it is trimmed", async || {
        setup.hot_events(log, 60).await == 1
    })
    .await;
    setup.check(log, 60).await;
    archiver.shutdown().await;
}

/// Events whose hash chain is broken were changed by somebody. They are kept as they are, for whoever
/// looks into it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_tampered_with_stays_hot_and_its_neighbours_are_archived() {
    let setup = Setup::new().await;
    let forged = setup.log("forged", Retention::Archive).await;
    let missing = setup.log("missing", Retention::Archive).await;
    let sound = setup.log("sound", Retention::Archive).await;
    let mut position = Position::START;
    let mut head = Head::origin(forged);
    for round in 0..4 {
        if round == 2 {
            head.chain = ChainHash([7; 32]);
        }
        let mut frame = FrameBuilder::new(forged, head, Timestamp(1), rand::random());
        frame.push([b"event".as_slice()], None).unwrap();
        let frame = frame.finish().unwrap();
        head = frame.head();
        position = setup.event_log.publish(frame, position).await.unwrap();
    }
    setup.append(missing, 1, 10).await;
    let five = Sequence::new(5).unwrap();
    setup.event_log.trim(missing, five).await.unwrap();
    setup.append(sound, 1, 30).await;
    let archiver = setup.archiver();
    until("the sound one is trimmed", async || {
        setup.hot_events(sound, 30).await == 1
    })
    .await;
    setup.check(sound, 30).await;
    assert_eq!(setup.hot_events(forged, 4).await, 4);
    assert_eq!(setup.hot_events(missing, 10).await, 5);
    assert_eq!(setup.archived(missing).await, 0);
    archiver.shutdown().await;
}

//! Every input and what is due after it, and random inputs that must lose no wake-up.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use protocol::view::VersionSpec;
use protocol::{ComponentDigest, LogId, TenantId, VersionId, ViewId};
use tokio::sync::{Semaphore, oneshot};

use super::*;
use crate::engine::Fault;
use crate::views::effects::Captured;

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

fn at(number: u64) -> Progress {
    Progress {
        applied: sequence(number),
        ..Progress::default()
    }
}

fn halt(number: u64) -> Halt {
    Halt {
        sequence: sequence(number),
        message: "it can't be folded".into(),
    }
}

fn request(after: u64) -> QueryRequest {
    let version = VersionSpec {
        tenant: TenantId::generate(),
        log: LogId::generate(),
        view: ViewId::generate(),
        version: VersionId::generate(),
        component: ComponentDigest::of(b"component"),
        world: protocol::view::World::V1,
        config: bytes::Bytes::new(),
        halted: None,
    };
    QueryRequest {
        version: Arc::new(version),
        after: Some(sequence(after)),
        timeout: Duration::ZERO,
        body: bytes::Bytes::new(),
        parameters: Vec::new(),
    }
}

fn arrive(mailbox: &mut Mailbox, after: u64) -> Result<Queued, Refused> {
    let permits = Arc::new(Semaphore::new(1));
    let permit = permits.try_acquire_owned().unwrap();
    mailbox.query_arrived(request(after), permit, 3)
}

fn refusal(refused: Result<Queued, Refused>) -> QueryError {
    match refused {
        Err(Refused::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// One that serves the state at `applied`, and whose first turn has ended.
fn serving(applied: u64) -> Mailbox {
    let mut mailbox = Mailbox::new(None);
    mailbox.instance_started(at(applied), Sequence::MAX);
    mailbox.load_finished();
    assert!(mailbox.take_due().turn.is_some());
    mailbox.turn_began().unwrap();
    mailbox.turn_ended(false);
    mailbox.take_due();
    mailbox
}

#[test]
fn a_query_has_one_turn_submitted() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 5).unwrap();
    let due = mailbox.take_due();
    assert_eq!(due.turn, Some(Priority::Interactive));
    assert!(!due.driver);
    arrive(&mut mailbox, 0).unwrap();
    assert_eq!(mailbox.take_due().turn, None);
    mailbox.turn_began().unwrap();
    assert!(mailbox.next_query().is_some());
    assert!(mailbox.next_query().is_some());
    mailbox.turn_ended(false);
    assert_eq!(mailbox.take_due().turn, None);
}

#[test]
fn what_comes_after_the_turn_has_looked_gets_another_turn() {
    let mut mailbox = serving(5);
    mailbox.schedule();
    mailbox.turn_began().unwrap();
    assert!(mailbox.next_query().is_none());
    arrive(&mut mailbox, 0).unwrap();
    mailbox.take_due();
    mailbox.turn_ended(false);
    assert!(mailbox.take_due().turn.is_some());
    mailbox.turn_began().unwrap();
    assert!(mailbox.next_query().is_some());
}

#[test]
fn a_query_waits_for_its_event_and_the_driver_looks_for_the_first_one() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 7).unwrap();
    assert!(mailbox.take_due().driver);
    arrive(&mut mailbox, 6).unwrap();
    assert!(!mailbox.take_due().driver);
    assert!(mailbox.news().waiting);
    mailbox.folded(at(6), false);
    assert!(mailbox.next_query().is_some());
    assert!(mailbox.next_query().is_none());
    mailbox.folded(at(7), false);
    assert!(mailbox.next_query().is_some());
    assert!(!mailbox.news().waiting);
}

#[test]
fn an_instance_that_is_behind_the_one_before_has_queries_wait_again() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 5).unwrap();
    mailbox.trouble_met(Trouble::Call);
    assert!(mailbox.take_due().driver);
    assert!(mailbox.next_query().is_none());
    arrive(&mut mailbox, 4).unwrap();
    assert!(matches!(mailbox.news().trouble, Some(Trouble::Call)));
    mailbox.instance_started(at(3), Sequence::MAX);
    mailbox.load_finished();
    assert!(mailbox.next_query().is_none());
    mailbox.folded(at(4), false);
    assert!(mailbox.next_query().is_some());
    assert!(mailbox.next_query().is_none());
    mailbox.folded(at(5), false);
    assert!(mailbox.next_query().is_some());
}

#[test]
fn trouble_during_a_load_keeps_queries_until_the_next() {
    let mut mailbox = Mailbox::new(None);
    arrive(&mut mailbox, 0).unwrap();
    assert_eq!(mailbox.take_due().turn, None);
    mailbox.instance_started(at(0), Sequence::MAX);
    mailbox.trouble_met(Trouble::Call);
    mailbox.load_finished();
    assert_eq!(mailbox.phase(), Phase::Loading);
    assert!(mailbox.next_query().is_none());
}

#[test]
fn a_halt_ends_queries_for_its_event_and_those_behind_it() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 5).unwrap();
    arrive(&mut mailbox, 6).unwrap();
    arrive(&mut mailbox, 9).unwrap();
    assert!(!mailbox.halt(halt(6)));
    let due = mailbox.take_due();
    assert_eq!(due.refused.len(), 2);
    assert_eq!(due.built, Some(Ok(BuildOutcome::Failed(halt(6)))));
    assert!(mailbox.next_query().is_some());
    assert!(arrive(&mut mailbox, 5).is_ok());
    let error = refusal(arrive(&mut mailbox, 6));
    assert_eq!(error, QueryError::Halted(halt(6)));
}

#[test]
fn a_version_that_can_not_start_refuses_every_query() {
    let mut mailbox = Mailbox::new(Some(halt(0)));
    let error = refusal(arrive(&mut mailbox, 0));
    assert_eq!(error, QueryError::Halted(halt(0)));
}

#[test]
fn too_many_queries_and_those_of_a_view_that_cools_down_are_refused() {
    let mut mailbox = serving(0);
    for _ in 0..3 {
        arrive(&mut mailbox, 1).unwrap();
    }
    let error = refusal(arrive(&mut mailbox, 1));
    assert!(matches!(error, QueryError::Overloaded(_)));
    mailbox.cool_down(Instant::now() + Duration::from_secs(60));
    assert_eq!(mailbox.take_due().refused.len(), 3);
    let error = refusal(arrive(&mut mailbox, 0));
    assert_eq!(error, QueryError::Overloaded(COOLING.into()));
}

#[test]
fn a_retired_resident_closes_once_nobody_waits() {
    let mut mailbox = serving(5);
    let queued = arrive(&mut mailbox, 6).unwrap();
    mailbox.retire();
    assert!(mailbox.take_due().driver);
    assert!(!mailbox.news().unwanted);
    assert!(!mailbox.close_if_unwanted());
    assert!(mailbox.query_withdrawn(queued.key));
    assert!(mailbox.take_due().driver);
    assert!(mailbox.news().unwanted);
    assert!(mailbox.close_if_unwanted());
    let refused = arrive(&mut mailbox, 0);
    assert!(matches!(refused, Err(Refused::Closed(_))));
    assert!(!mailbox.build_arrived());
}

#[test]
fn the_end_of_the_turn_with_the_last_query_of_a_retired_resident_wakes_its_driver() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 5).unwrap();
    mailbox.retire();
    mailbox.turn_began().unwrap();
    assert!(mailbox.next_query().is_some());
    mailbox.take_due();
    mailbox.turn_ended(false);
    assert!(mailbox.take_due().driver);
}

#[test]
fn closing_ends_what_waits_and_leaves_a_last_turn() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 6).unwrap();
    let (sender, mut receiver) = oneshot::channel();
    mailbox.capture_asked(sender);
    mailbox.turn_began().unwrap();
    mailbox.turn_ended(false);
    mailbox.take_due();
    mailbox.close(QueryError::Halted(halt(0)));
    let due = mailbox.take_due();
    assert_eq!(due.refused.len(), 1);
    assert_eq!(due.built, Some(Ok(BuildOutcome::Failed(halt(0)))));
    assert!(due.turn.is_some());
    assert!(mailbox.turn_began().is_none());
    assert!(receiver.try_recv().is_err());
    // Nobody would answer it any more.
    let (sender, mut receiver) = oneshot::channel();
    mailbox.capture_asked(sender);
    let gone = receiver.try_recv().unwrap_err();
    assert_eq!(gone, oneshot::error::TryRecvError::Closed);
}

#[test]
fn a_turn_that_the_pool_refuses_ends_its_queries_and_another_may_follow() {
    let mut mailbox = serving(5);
    arrive(&mut mailbox, 5).unwrap();
    arrive(&mut mailbox, 6).unwrap();
    mailbox.take_due();
    mailbox.turn_refused("full");
    let due = mailbox.take_due();
    let [(_, error)] = due.refused.as_slice() else {
        panic!("{due:?}");
    };
    assert_eq!(*error, QueryError::Overloaded("full".into()));
    assert!(due.driver);
    mailbox.schedule();
    assert!(mailbox.take_due().turn.is_some());
}

#[test]
fn builds_run_in_the_background_until_a_query_comes() {
    let mut mailbox = Mailbox::new(None);
    assert!(mailbox.build_arrived());
    mailbox.instance_started(at(0), Sequence::MAX);
    mailbox.events_arrived(Vec::new());
    assert_eq!(mailbox.take_due().turn, Some(Priority::Background));
    assert!(matches!(mailbox.feeding(), Feeding::Folding));
    arrive(&mut mailbox, 0).unwrap();
    mailbox.turn_began().unwrap();
    mailbox.turn_ended(true);
    assert_eq!(mailbox.take_due().turn, Some(Priority::Interactive));
    mailbox.caught_up();
    assert!(mailbox.take_due().driver);
    assert!(matches!(mailbox.feeding(), Feeding::Done));
    mailbox.load_finished();
    let applied = Sequence::ZERO;
    let built = mailbox.take_due().built;
    assert_eq!(built, Some(Ok(BuildOutcome::Ready { applied })));
}

#[test]
fn feeding_ends_when_nobody_wants_the_resident() {
    let mut mailbox = Mailbox::new(None);
    assert!(mailbox.build_arrived());
    mailbox.events_arrived(Vec::new());
    mailbox.retire();
    assert!(matches!(mailbox.feeding(), Feeding::Folding));
    mailbox.take_due();
    mailbox.build_left();
    assert!(mailbox.take_due().driver);
    assert!(matches!(mailbox.feeding(), Feeding::Unwanted));
}

/// A pool with one thread, and a log.
struct World {
    mailbox: Mailbox,
    submitted: bool,
    /// What the running turn found: the head of the log.
    running: Option<u64>,
    head: u64,
    asked: usize,
    answered: usize,
    captures: Vec<oneshot::Receiver<Result<Captured, Fault>>>,
}

impl World {
    fn submit(&mut self) {
        if self.mailbox.take_due().turn.is_some() {
            assert!(!self.submitted, "two turns at once");
            assert!(self.running.is_none(), "two turns at once");
            self.submitted = true;
        }
    }

    /// A turn begins, or ends.
    fn step(&mut self) {
        if let Some(found) = self.running.take() {
            self.mailbox.folded(at(found), false);
            while let Some(query) = self.mailbox.next_query() {
                assert!(
                    query
                        .answer
                        .send(Err(QueryError::Overloaded(String::new())))
                        .is_err()
                );
                self.answered += 1;
            }
            self.mailbox.turn_ended(false);
        } else if std::mem::take(&mut self.submitted) {
            // The captures that it takes are dropped: each is seen once.
            self.mailbox.turn_began().unwrap();
            self.running = Some(self.head);
        }
    }
}

proptest! {
    /// Whatever comes in whatever order, before, while and after turns look: in the end everything
    /// is seen, by never more than one turn at a time.
    #[test]
    fn no_wake_up_of_a_turn_is_lost(inputs in prop::collection::vec((0u8..6, 0u64..8), 0..60)) {
        let mut world = World {
            mailbox: serving(0),
            submitted: false,
            running: None,
            head: 0,
            asked: 0,
            answered: 0,
            captures: Vec::new(),
        };
        for (input, number) in inputs {
            match input {
                0 | 1 => world.step(),
                2 => {
                    world.head += 1;
                    world.mailbox.schedule();
                }
                3 => {
                    let (sender, receiver) = oneshot::channel();
                    world.mailbox.capture_asked(sender);
                    world.captures.push(receiver);
                }
                _ => world.asked += usize::from(arrive(&mut world.mailbox, number).is_ok()),
            }
            world.submit();
        }
        // Every event that a query may wait for comes.
        world.head += 8;
        world.mailbox.schedule();
        world.submit();
        while world.submitted || world.running.is_some() {
            world.step();
            world.submit();
        }
        prop_assert_eq!(world.answered, world.asked);
        prop_assert_eq!(world.mailbox.progress().applied.get(), world.head);
        for capture in &mut world.captures {
            prop_assert_eq!(
                capture.try_recv().unwrap_err(),
                oneshot::error::TryRecvError::Closed
            );
        }
    }
}

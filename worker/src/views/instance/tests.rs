//! Finding the event that can't be folded, with a machine that does not tell which one it was.

use protocol::frame::{FrameBuilder, Head};
use protocol::{LogId, Run};

use super::*;
use crate::engine::{EventRun, Response};

/// Folds nothing, and fails without saying where.
struct Silent {
    fails_at: Option<u64>,
    events_max: u32,
    folded: u64,
}

impl Machine for Silent {
    fn init(&mut self, _: &[u8]) -> Result<(), Fault> {
        Ok(())
    }

    fn fold(&mut self, runs: &[EventRun<'_>]) -> Result<(), FoldFault> {
        let events: u32 = runs.iter().map(|run| run.count).sum();
        let first = runs[0].first.get();
        assert_eq!(first, self.folded + 1);
        let last = first + u64::from(events) - 1;
        let hit = self.fails_at.is_some_and(|at| (first..=last).contains(&at));
        if hit || events > self.events_max {
            return Err(FoldFault::Fault {
                sequence: None,
                fault: Fault::Trap("unreachable".into()),
            });
        }
        self.folded = last;
        Ok(())
    }

    fn query(&mut self, _: Timestamp, _: &[(String, String)], _: &[u8]) -> Result<Answer, Fault> {
        Ok(Answer::Response(Response {
            content_type: None,
            body: self.folded.to_string().into(),
        }))
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.folded.to_le_bytes().to_vec())
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), Fault> {
        Ok(())
    }

    fn memory_bytes(&self) -> u64 {
        0
    }

    fn take_cpu(&mut self) -> Duration {
        Duration::ZERO
    }
}

struct Program {
    fails_at: Option<u64>,
    events_max: u32,
}

impl crate::engine::Program for Program {
    fn instantiate(&self, _: &MachineLimits) -> Result<Box<dyn Machine>, Fault> {
        Ok(Box::new(Silent {
            fails_at: self.fails_at,
            events_max: self.events_max,
            folded: 0,
        }))
    }
}

fn backlog(events: u64) -> Backlog {
    let log = LogId::generate();
    let mut builder = FrameBuilder::new(log, Head::origin(log), Timestamp(1), [0; 16]);
    for _ in 0..events {
        builder.push([b"event".as_slice()], None).unwrap();
    }
    let mut backlog = Backlog::default();
    backlog.extend([Run::from(&builder.finish().unwrap())]);
    backlog
}

/// Folds all there is, from the start.
fn attempt(program: &Program, caution: &Caution, events: u64) -> Result<Instance, Stop> {
    let limits = MachineLimits::default();
    let (instance, _) = Instance::start(program, &limits, &[], None);
    let mut instance = instance.unwrap_or_else(|fault| panic!("{fault}"));
    instance.heed(caution);
    let mut backlog = backlog(events);
    while let Step::Folded(_) = instance.fold(&mut backlog)? {}
    Ok(instance)
}

#[test]
fn the_event_that_traps_is_found_by_folding_the_batch_singly() {
    let program = Program {
        fails_at: Some(2_345),
        events_max: u32::MAX,
    };
    let stop = attempt(&program, &Caution::default(), 5_000).err();
    let Some(Stop::Within(range, _)) = stop else {
        panic!("{stop:?}");
    };
    assert!(range.contains(&Sequence::new(2_345).unwrap()));
    let caution = Caution {
        suspects: Some(range),
        ..Caution::default()
    };
    let stop = attempt(&program, &caution, 5_000).err();
    let Some(Stop::At(halt)) = stop else {
        panic!("{stop:?}");
    };
    assert_eq!(halt.sequence.get(), 2_345);
    let caution = Caution {
        ceiling: halt.sequence.previous(),
        ..Caution::default()
    };
    let instance = attempt(&program, &caution, 5_000).unwrap_or_else(|stop| panic!("{stop:?}"));
    assert_eq!(instance.progress().applied.get(), 2_344);
}

#[test]
fn batches_that_are_only_too_large_are_made_smaller() {
    let program = Program {
        fails_at: None,
        events_max: 100,
    };
    let mut caution = Caution::default();
    for _ in 0..20 {
        match attempt(&program, &caution, 5_000) {
            Ok(instance) => {
                assert_eq!(instance.progress().applied.get(), 5_000);
                return;
            }
            Err(Stop::Within(range, _)) => caution.heed(range),
            Err(stop) => panic!("{stop:?}"),
        }
    }
    panic!("no batch was small enough");
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let long = "é".repeat(1_000);
    let halt = halt_at(Sequence::FIRST, &long);
    assert_eq!(halt.message.chars().count(), MESSAGE_CHARACTERS_MAX + 1);
}

//! The appender against a model: random appends by two nodes over one event log that loses
//! requests and answers, with restarts and time passing. The model is a list of events and keys.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::clock::{Clock as _, ManualClock, SharedClock};
use proptest::prelude::*;
use protocol::{LogId, Sequence};
use storage::event_log::appender::{
    AppendError, AppendRequest, Appended, Appender, AppenderOptions,
};
use storage::event_log::sqlite::SqliteEventLog;

use crate::fixture::{
    Fault, Lossy, batch, events, expecting, keyed, manual_clock, open, path_in, shared,
};

const WINDOW: Duration = Duration::from_secs(3_600);
const LOGS: usize = 2;

#[derive(Clone, Debug)]
struct Append {
    node: usize,
    log: usize,
    events: Vec<u8>,
    key: Option<u8>,
    /// Distance of the expected sequence from the head.
    expected: Option<i8>,
}

#[derive(Clone, Debug)]
enum Step {
    Append(Append),
    /// All at the same time, without expectations.
    Together(Vec<Append>),
    Forget {
        node: usize,
    },
    Restart,
    Pass {
        minutes: u64,
    },
    Lose {
        node: usize,
        faults: Vec<Fault>,
    },
}

fn append() -> impl Strategy<Value = Append> {
    let events = prop::collection::vec(0..3u8, 1..4);
    let key = prop::option::weighted(0.5, 0..4u8);
    let expected = prop::option::weighted(0.3, -1..=1i8);
    (0..2usize, 0..LOGS, events, key, expected).prop_map(|(node, log, events, key, expected)| {
        Append {
            node,
            log,
            events,
            key,
            expected,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        Just(Fault::None),
        Just(Fault::RequestLost),
        Just(Fault::AnswerLost)
    ];
    prop_oneof![
        10 => append().prop_map(Step::Append),
        4 => prop::collection::vec(append(), 2..8).prop_map(Step::Together),
        1 => (0..2usize).prop_map(|node| Step::Forget { node }),
        1 => Just(Step::Restart),
        1 => (1..50u64).prop_map(|minutes| Step::Pass { minutes }),
        2 => (0..2usize, prop::collection::vec(fault, 1..4))
            .prop_map(|(node, faults)| Step::Lose { node, faults }),
    ]
}

#[derive(Clone, Debug)]
struct Original {
    events: Vec<Vec<u8>>,
    first: u64,
    time: u64,
}

#[derive(Default)]
struct Model {
    events: Vec<Vec<u8>>,
    keys: HashMap<u8, Original>,
}

impl Model {
    fn valid(&self, key: Option<u8>, now: u64) -> Option<&Original> {
        let original = self.keys.get(&key?)?;
        let age = Duration::from_micros(now - original.time);
        (age <= WINDOW).then_some(original)
    }

    fn push(&mut self, events: Vec<Vec<u8>>, key: Option<u8>, now: u64) {
        let first = self.events.len() as u64 + 1;
        self.events.extend(events.iter().cloned());
        if let Some(key) = key {
            let original = Original {
                events,
                first,
                time: now,
            };
            self.keys.insert(key, original);
        }
    }

    /// Applies an append that ran alone, and compares the outcome with the only right one.
    fn check_alone(
        &mut self,
        append: &Append,
        expected: Option<u64>,
        outcome: Result<Appended, AppendError>,
        now: u64,
    ) {
        let head = self.events.len() as u64;
        let events = payload(append);
        if let Some(original) = self.valid(append.key, now) {
            if original.events == events {
                let appended = outcome.unwrap();
                assert!(appended.replayed, "invariant 4: a key appended twice");
                assert_eq!(appended.first.get(), original.first);
                assert_eq!(appended.count as usize, events.len());
                assert_eq!(appended.timestamp.as_micros(), original.time);
            } else {
                let reused = matches!(outcome, Err(AppendError::KeyReused { first })
                    if first.get() == original.first);
                assert!(reused, "{outcome:?}");
            }
        } else if expected.is_some_and(|expected| expected != head) {
            let mismatch = matches!(outcome, Err(AppendError::SequenceMismatch { actual, .. })
                if actual.get() == head);
            assert!(mismatch, "the head is {head}, the outcome {outcome:?}");
        } else {
            let appended = outcome.unwrap();
            assert!(!appended.replayed);
            assert_eq!(appended.first.get(), head + 1, "invariant 2");
            self.push(events, append.key, now);
        }
    }

    /// Applies appends that ran at the same time, in the order that the log gave them.
    fn check_together(
        &mut self,
        mut outcomes: Vec<(Append, Result<Appended, AppendError>)>,
        now: u64,
    ) {
        let order = |outcome: &Result<Appended, AppendError>| match outcome {
            Ok(appended) if !appended.replayed => (0, appended.first.get()),
            _ => (1, 0),
        };
        outcomes.sort_by_key(|(_, outcome)| order(outcome));
        for (append, outcome) in outcomes {
            if outcome.as_ref().is_ok_and(|appended| !appended.replayed) {
                let valid = self.valid(append.key, now).is_some();
                assert!(!valid, "invariant 4: a key appended twice");
            }
            self.check_alone(&append, None, outcome, now);
        }
    }
}

/// Each event is a few bytes, and most payloads are used by several appends.
fn payload(append: &Append) -> Vec<Vec<u8>> {
    let size = |event: &u8| vec![*event; usize::from(*event) * 3];
    append.events.iter().map(size).collect()
}

struct World {
    path: PathBuf,
    clock: Arc<ManualClock>,
    event_log: SqliteEventLog,
    lossy: Vec<Arc<Lossy>>,
    appenders: Vec<Appender>,
    logs: Vec<LogId>,
    models: Vec<Model>,
}

impl World {
    fn new(path: PathBuf) -> Self {
        let event_log = open(&path);
        let mut world = Self {
            path,
            clock: manual_clock(),
            event_log,
            lossy: Vec::new(),
            appenders: Vec::new(),
            logs: (0..LOGS).map(|_| LogId::generate()).collect(),
            models: (0..LOGS).map(|_| Model::default()).collect(),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        let lossy = || Lossy::new(shared(&self.event_log), Vec::new());
        self.lossy = vec![lossy(), lossy()];
        let appender = |lossy: &Arc<Lossy>| {
            let clock: SharedClock = self.clock.clone();
            let options = AppenderOptions {
                key_window: WINDOW,
                ..AppenderOptions::default()
            };
            Appender::new(lossy.clone(), clock, options)
        };
        self.appenders = self.lossy.iter().map(appender).collect();
    }

    fn request(&self, append: &Append) -> (Option<u64>, AppendRequest) {
        let mut request = batch(&payload(append));
        if let Some(key) = append.key {
            request = keyed(&key.to_string(), request);
        }
        let head = self.models[append.log].events.len() as u64;
        let expected = append
            .expected
            .map(|distance| head.saturating_add_signed(distance.into()));
        if let Some(expected) = expected {
            request = expecting(expected, request);
        }
        (expected, request)
    }

    async fn take(&mut self, step: Step) {
        let now = self.clock.now().as_micros();
        match step {
            Step::Append(append) => {
                let (expected, request) = self.request(&append);
                let appender = &self.appenders[append.node];
                let outcome = appender.append(self.logs[append.log], request).await;
                self.models[append.log].check_alone(&append, expected, outcome, now);
            }
            Step::Together(appends) => self.take_together(appends, now).await,
            Step::Forget { node } => {
                let log = self.logs[node % LOGS];
                self.appenders[node].evict(log);
            }
            Step::Restart => {
                for appender in &self.appenders {
                    appender.close().await;
                }
                self.event_log.close().await;
                self.event_log = open(&self.path);
                self.start();
            }
            Step::Pass { minutes } => self.clock.advance(Duration::from_secs(60 * minutes)),
            Step::Lose { node, faults } => self.lossy[node].faults.lock().extend(faults),
        }
    }

    async fn take_together(&mut self, appends: Vec<Append>, now: u64) {
        let runs = appends.into_iter().map(|mut append| {
            append.expected = None;
            let (_, request) = self.request(&append);
            let (appender, log) = (self.appenders[append.node].clone(), self.logs[append.log]);
            async move {
                let outcome = appender.append(log, request).await;
                (append, outcome)
            }
        });
        let mut outcomes = futures::future::join_all(runs).await;
        for (index, model) in self.models.iter_mut().enumerate() {
            let of_log = outcomes.extract_if(.., |(append, _)| append.log == index);
            model.check_together(of_log.collect(), now);
        }
    }

    async fn check_logs(&self) {
        for (log, model) in self.logs.iter().zip(&self.models) {
            let stored = events(&self.event_log, *log).await;
            assert_eq!(stored, model.events, "invariants 1 and 3");
            let head = self.appenders[0].head(*log).await.unwrap();
            assert_eq!(head.sequence, Sequence::new(stored.len() as u64).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_1_to_4_hold_for_any_appends(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let mut world = World::new(path_in(&directory));
            for step in steps {
                world.take(step).await;
            }
            world.check_logs().await;
            world.event_log.close().await;
        });
    }
}

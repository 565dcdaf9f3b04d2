//! Clients at work: they append, query and read until they are told to stop, and note everything.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::client::{Client, NoAnswer};
use crate::history::{Answer, Append, History, Read};

/// How long a client waits for one answer, with all repetitions. Its keys must be remembered for
/// longer.
const WORST_WAIT: Duration = Duration::from_secs(35);
/// How many events a reader asks for.
const PAGE: u64 = 20;

/// Who works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crew {
    pub(crate) appenders: usize,
    pub(crate) queriers: usize,
    pub(crate) readers: usize,
    /// How long a client rests between two requests, at most.
    pub(crate) rest: Duration,
    /// Whether a client asks the same control plane again and again, as long as it answers.
    pub(crate) is_faithful: bool,
}

/// What clients tell each other about a log.
#[derive(Default)]
struct Shared {
    /// The highest sequence that was acknowledged.
    head: AtomicU64,
    appends: AtomicU64,
    answers: AtomicU64,
}

/// Clients under way.
pub(crate) struct Load {
    shared: Arc<Inner>,
    clients: Vec<JoinHandle<History>>,
}

struct Inner {
    client: Client,
    crew: Crew,
    start: Instant,
    stop: AtomicBool,
    names: Vec<String>,
    logs: HashMap<String, Shared>,
}

/// How much was done in each log at some moment.
pub(crate) struct Progress(Vec<(u64, u64)>);

impl Load {
    pub(crate) fn start(client: &Client, logs: &[String], crew: Crew) -> Self {
        let shared = Arc::new(Inner {
            client: client.clone(),
            crew,
            start: Instant::now(),
            stop: AtomicBool::new(false),
            names: logs.to_vec(),
            logs: logs
                .iter()
                .map(|log| (log.clone(), Shared::default()))
                .collect(),
        });
        let appenders = (0..crew.appenders).map(|number| spawn(&shared, number, append));
        let queriers = (0..crew.queriers).map(|number| spawn(&shared, number, query));
        let readers = (0..crew.readers).map(|number| spawn(&shared, number, read));
        Self {
            clients: appenders.chain(queriers).chain(readers).collect(),
            shared,
        }
    }

    /// The time since the begin, by the clock of the history.
    pub(crate) fn elapsed(&self) -> Duration {
        self.shared.start.elapsed()
    }

    pub(crate) fn progress(&self) -> Progress {
        let counts = self.shared.names.iter().map(|name| {
            let log = &self.shared.logs[name];
            let appends = log.appends.load(Ordering::Relaxed);
            (appends, log.answers.load(Ordering::Relaxed))
        });
        Progress(counts.collect())
    }

    /// Whether every log was appended to and every view answered since.
    pub(crate) fn went_on(&self, since: &Progress) -> bool {
        let now = self.progress();
        let asks = self.shared.crew.queriers > 0;
        now.0
            .iter()
            .zip(&since.0)
            .all(|(now, since)| now.0 > since.0 && (!asks || now.1 > since.1))
    }

    /// Ends it once every request that is under way has its answer; what each client noted.
    pub(crate) fn finish(self) -> Vec<History> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        clients.map(|client| client.join().unwrap()).collect()
    }
}

fn spawn(
    shared: &Arc<Inner>,
    number: usize,
    work: fn(&mut Worker) -> Result<(), String>,
) -> JoinHandle<History> {
    let mut worker = Worker {
        shared: Arc::clone(shared),
        number,
        sent: 0,
        plane: number,
        attempts: 0,
        history: History::default(),
    };
    thread::spawn(move || {
        while !worker.shared.stop.load(Ordering::Relaxed) {
            if let Err(surprise) = work(&mut worker) {
                worker.history.surprises.push(surprise);
            }
            let rest = worker.shared.crew.rest;
            thread::sleep(rest.mul_f64(rand::random()));
        }
        worker.history
    })
}

struct Worker {
    shared: Arc<Inner>,
    number: usize,
    /// How many events it has made up.
    sent: usize,
    /// The control plane that is asked.
    plane: usize,
    /// How often the last question was asked.
    attempts: u32,
    history: History,
}

impl Worker {
    fn log(&self) -> String {
        let log = self.shared.names.choose(&mut rand::rng());
        log.unwrap().clone()
    }

    /// Asks one control plane after the other until one answers. `None`: it was not worth a second
    /// question.
    fn ask<T>(
        &mut self,
        again: bool,
        mut question: impl FnMut(&Client, usize) -> Result<T, NoAnswer>,
    ) -> Result<Option<T>, String> {
        let start = Instant::now();
        self.attempts = 0;
        if !self.shared.crew.is_faithful {
            self.plane = rand::random_range(0..self.shared.client.planes());
        }
        loop {
            self.attempts += 1;
            match question(&self.shared.client, self.plane) {
                Ok(answer) => return Ok(Some(answer)),
                Err(NoAnswer::Surprise(text)) => return Err(text),
                Err(NoAnswer::TimedOut) => self.history.timeouts += 1,
                Err(NoAnswer::Away) => {}
            }
            if !again {
                return Ok(None);
            }
            if start.elapsed() > WORST_WAIT {
                return Err(format!("no answer within {WORST_WAIT:?}"));
            }
            self.plane += 1;
            thread::sleep(Duration::from_millis(rand::random_range(20..200)));
        }
    }

    /// A request of a random kind: one event or a batch, with a key or without.
    fn request(&mut self) -> Append {
        let mut rng = rand::rng();
        let is_batch = rng.random_ratio(1, 3);
        let count = if is_batch {
            rng.random_range(2..=20)
        } else {
            1
        };
        let mut event = || {
            // No two are alike, and hardly two sums of them.
            self.sent += 1;
            let amount = self.sent << 26 | self.number << 20 | rng.random_range(0..1 << 20);
            let padding = " ".repeat(rng.random_range(0..200));
            format!(r#"{{"inc":{padding}{amount}}}"#)
        };
        let events = (0..count).map(|_| event()).collect();
        let key = rng.random_ratio(4, 5);
        Append {
            log: self.log(),
            key: key.then(|| format!("{:032x}", rand::random::<u128>())),
            events,
            is_batch,
            acknowledged: Vec::new(),
            at: Duration::ZERO,
            wait: Duration::ZERO,
            attempts: 0,
        }
    }
}

fn append(worker: &mut Worker) -> Result<(), String> {
    let mut append = worker.request();
    let begin = Instant::now();
    let asked = worker.ask(append.key.is_some(), |client, plane| {
        client.append(plane, &append)
    });
    append.wait = begin.elapsed();
    append.attempts = worker.attempts;
    append.at = worker.shared.start.elapsed();
    let mut surprise = None;
    match asked {
        Ok(None) => {}
        Err(text) => surprise = Some(text),
        Ok(Some(first)) => {
            append.acknowledged.push(first);
            let log = &worker.shared.logs[&append.log];
            let last = first + append.events.len() as u64 - 1;
            log.head.fetch_max(last, Ordering::Relaxed);
            log.appends.fetch_add(1, Ordering::Relaxed);
            // What is repeated with its key gets the same answer.
            if append.key.is_some() && rand::random_ratio(1, 10) {
                let again = worker.ask(false, |client, plane| client.append(plane, &append));
                match again {
                    Ok(again) => append.acknowledged.extend(again),
                    Err(text) => surprise = Some(text),
                }
            }
        }
    }
    worker.history.appends.push(append);
    surprise.map_or(Ok(()), Err)
}

fn query(worker: &mut Worker) -> Result<(), String> {
    let log = worker.log();
    let head = worker.shared.logs[&log].head.load(Ordering::Relaxed);
    let after = if rand::random() { head } else { 0 };
    let begin = Instant::now();
    let asked = worker.ask(true, |client, plane| client.query(plane, &log, after))?;
    if let Some((sequence, value)) = asked {
        let counts = &worker.shared.logs[&log].answers;
        counts.fetch_add(1, Ordering::Relaxed);
        worker.history.answers.push(Answer {
            log,
            after,
            sequence,
            value,
            at: worker.shared.start.elapsed(),
            wait: begin.elapsed(),
            attempts: worker.attempts,
        });
    }
    Ok(())
}

/// Asks a view for the answer after everything that was acknowledged, when the run is over.
pub(crate) fn ask_at_last(client: &Client, log: &str, history: &History) -> Answer {
    let appends = history.appends.iter().filter(|it| it.log == log);
    let last = appends.filter_map(|append| {
        let first = append.acknowledged.first()?;
        Some(first + append.events.len() as u64 - 1)
    });
    let after = last.max().unwrap_or_default();
    let begin = Instant::now();
    loop {
        match client.query(0, log, after) {
            Ok((sequence, value)) => {
                return Answer {
                    log: log.to_owned(),
                    after,
                    sequence,
                    value,
                    // At the begin, so that the time since the run is no pause of it.
                    at: Duration::ZERO,
                    wait: begin.elapsed(),
                    attempts: 1,
                };
            }
            Err(NoAnswer::Surprise(text)) => panic!("{text}"),
            Err(NoAnswer::Away | NoAnswer::TimedOut) => {
                assert!(begin.elapsed() < WORST_WAIT, "{log} does not answer");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn read(worker: &mut Worker) -> Result<(), String> {
    let log = worker.log();
    let head = worker.shared.logs[&log].head.load(Ordering::Relaxed);
    // The end is read as often as all the rest.
    let from = match rand::random() {
        true => rand::random_range(1..=head.max(1)),
        false => head.saturating_sub(PAGE / 2).max(1),
    };
    let asked = worker.ask(true, |client, plane| client.read(plane, &log, from, PAGE))?;
    if let Some(events) = asked {
        worker.history.reads.push(Read {
            log,
            from,
            through: head.min(from + PAGE - 1),
            events,
        });
    }
    // Readers are not what the run is about.
    thread::sleep(Duration::from_millis(50));
    Ok(())
}

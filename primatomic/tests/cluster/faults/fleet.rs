//! The cluster under test: its stores, and every process in a slot of its own.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::json;
use test_servers::cluster::{ARCHIVERS, Member, Node, Slot, Stores};
use test_servers::{NatsCluster, Network};

use crate::client::{Address, Client};

const CONTROL_PLANES: usize = 2;
const WORKERS: usize = 3;
/// For all: events are trimmed while the run lasts, but not before their keys may be forgotten.
const FLAGS: &[&str] = &[
    "--idempotency-window-secs=40",
    "--archive-segment-secs=1",
    "--archive-segment-events=200",
    "--archive-hot-secs=2",
    "--archive-tidy-secs=5",
    "--archive-grace-secs=60",
];
/// How long a store may be of no use to a process that starts.
const START_MAX: Duration = Duration::from_secs(90);
/// How much of what a process logged is kept.
const JOURNAL_BYTES: usize = 1 << 20;

/// A process that is there, unless it was killed.
pub(super) struct Process {
    pub(super) slot: Slot,
    pub(super) name: String,
    node: Option<Node>,
    /// Where clients find it, if it is a control plane.
    address: Address,
    /// What it and those before it logged.
    journal: String,
}

pub(super) struct Fleet {
    pub(super) processes: Vec<Process>,
    pub(super) stores: Stores,
    _network: Network,
}

impl Fleet {
    pub(super) fn start() -> Result<Self> {
        let nats = NatsCluster::start(3)?;
        let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats)?;
        let network = Network::start()?;
        let mut processes = Vec::new();
        for (role, count) in [
            ("control-plane", CONTROL_PLANES),
            ("worker", WORKERS),
            ("archiver", ARCHIVERS),
        ] {
            for number in 1..=count {
                let mut process = Process {
                    slot: Slot::new(&stores, &network, role, FLAGS)?,
                    name: format!("{role} {number}"),
                    node: None,
                    address: Address::default(),
                    journal: String::new(),
                };
                process.start(&stores)?;
                processes.push(process);
            }
        }
        Ok(Self {
            processes,
            stores,
            _network: network,
        })
    }

    /// Makes logs with a view each; every other one is archived.
    pub(super) fn prepare(&self, logs: usize) -> Result<(Client, Vec<String>)> {
        let first = self.processes[0].node.as_ref().context("it is away")?;
        let member = Member::register(first, "acme")?;
        let (key, _) = member.create_key(first, "load")?;
        let mut names = Vec::new();
        for number in 0..logs {
            let (name, retention) = match number % 2 {
                0 => (format!("archived-{number}"), "archive"),
                _ => (format!("hot-{number}"), "keep_hot"),
            };
            let log = json!({ "name": name, "retention": retention });
            member.call(Method::POST, first, "/logs", &log)?;
            member.deploy(first, &name, "counter", example_views::counter())?;
            names.push(name);
        }
        let planes = self.of_role("control-plane");
        let planes = planes.map(|at| self.processes[at].address.clone());
        Ok((Client::new(key, planes.collect()), names))
    }

    pub(super) fn has_archivers(&self) -> bool {
        self.of_role("archiver").next().is_some()
    }

    /// The slots of the processes with a role.
    pub(super) fn of_role(&self, role: &str) -> impl Iterator<Item = usize> {
        let slots = self.processes.iter().enumerate();
        slots.filter_map(move |(at, process)| (process.slot.role == role).then_some(at))
    }

    /// Kills every worker at once, and starts others.
    pub(super) fn replace_workers(&mut self) -> Result<()> {
        let workers: Vec<_> = self.of_role("worker").collect();
        for at in &workers {
            self.kill(*at);
        }
        workers.into_iter().try_for_each(|at| self.start_again(at))
    }

    /// Kills a process, if one is there.
    pub(super) fn kill(&mut self, at: usize) {
        if let Some(node) = self.processes[at].take() {
            node.kill();
        }
    }

    /// Stops a process in good order.
    pub(super) fn stop_one(&mut self, at: usize) -> Result<()> {
        match self.processes[at].take() {
            Some(node) => node.stop(),
            None => Ok(()),
        }
    }

    pub(super) fn start_again(&mut self, at: usize) -> Result<()> {
        self.processes[at].start(&self.stores)
    }

    pub(super) fn node(&self, at: usize) -> Result<&Node> {
        self.processes[at].node.as_ref().context("it is away")
    }

    /// Processes that ended by themselves; they are started again.
    pub(super) fn check_alive(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        for process in &mut self.processes {
            if process.node.as_mut().is_none_or(Node::has_ended) {
                process.take();
                troubles.push(format!("{} ended by itself", process.name));
                troubles.extend(
                    process
                        .start(&self.stores)
                        .err()
                        .map(|it| format!("{it:#}")),
                );
            }
        }
        troubles
    }

    /// Writes down what every process logged; where.
    pub(super) fn save_journal(&mut self) -> String {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
        fs::create_dir_all(&directory).unwrap();
        for process in &mut self.processes {
            process.take();
            let file = directory.join(format!("{}.log", process.name.replace(' ', "-")));
            fs::write(file, &process.journal).unwrap();
        }
        directory.display().to_string()
    }

    /// Stops everything in good order.
    pub(super) fn stop(mut self) -> Result<()> {
        (0..self.processes.len()).try_for_each(|at| self.stop_one(at))
    }
}

impl Process {
    fn take(&mut self) -> Option<Node> {
        self.address.set(None);
        let node = self.node.take()?;
        let log = node.log();
        let begin = log.len().saturating_sub(JOURNAL_BYTES);
        self.journal.push_str(log.get(begin..).unwrap_or_default());
        self.journal.push_str("--- it ends here\n");
        Some(node)
    }

    /// Tries again while a store is of no use yet.
    fn start(&mut self, stores: &Stores) -> Result<()> {
        let begin = Instant::now();
        let node = loop {
            match self.slot.start(stores) {
                Ok(node) => break node,
                Err(error) if begin.elapsed() > START_MAX => bail!("{}: {error:#}", self.name),
                Err(error) => {
                    self.journal.push_str(&format!("{error:#}\n"));
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        };
        if self.slot.role == "control-plane" {
            self.address.set(Some(node.url.clone()));
        }
        self.node = Some(node);
        Ok(())
    }
}

//! Carries out one fault, and undoes it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use test_servers::PathState;
use test_servers::cluster::Store;

use super::fleet::Fleet;
use super::plan::Kind;

/// What was done, in words.
pub(super) fn inject(fleet: &mut Fleet, kind: Kind, rng: &mut StdRng) -> Result<String> {
    match kind {
        Kind::KillControlPlane => kill_process(fleet, "control-plane", rng),
        Kind::KillWorker => kill_process(fleet, "worker", rng),
        Kind::KillArchiver => kill_process(fleet, "archiver", rng),
        Kind::KillLeader => kill_leader(fleet, rng),
        Kind::KillDatabase => {
            fleet.stores.database.kill();
            let away = rest(rng, 200, 3_000);
            fleet.stores.database.restart()?;
            Ok(format!("PostgreSQL was killed, and away for {away:.1?}"))
        }
        Kind::KillObjects => {
            fleet.stores.objects.kill();
            let away = rest(rng, 200, 3_000);
            fleet.stores.objects.restart()?;
            Ok(format!("the S3 server was killed, and away for {away:.1?}"))
        }
        Kind::Stop => stop_process(fleet, rng),
        Kind::Pause => pause(fleet, rng),
        Kind::Cut => cut(fleet, rng),
    }
}

/// Lets some time pass; how much.
fn rest(rng: &mut StdRng, from_ms: u64, to_ms: u64) -> Duration {
    let rest = Duration::from_millis(rng.random_range(from_ms..to_ms));
    thread::sleep(rest);
    rest
}

fn kill_process(fleet: &mut Fleet, role: &str, rng: &mut StdRng) -> Result<String> {
    let at = fleet.of_role(role).choose(rng).context("there is none")?;
    fleet.kill(at);
    let away = rest(rng, 0, 3_000);
    fleet.start_again(at)?;
    let name = &fleet.processes[at].name;
    Ok(format!("{name} was killed, and away for {away:.1?}"))
}

fn stop_process(fleet: &mut Fleet, rng: &mut StdRng) -> Result<String> {
    let at = rng.random_range(0..fleet.processes.len());
    let begin = Instant::now();
    fleet.stop_one(at)?;
    let stopped = begin.elapsed();
    fleet.start_again(at)?;
    let name = &fleet.processes[at].name;
    Ok(format!("{name} was stopped, which took {stopped:.1?}"))
}

fn kill_leader(fleet: &mut Fleet, rng: &mut StdRng) -> Result<String> {
    let nats = &mut fleet.stores.nats;
    let leaders = nats.leaders()?;
    let (stream, leader) = leaders.choose(rng).context("no stream has a leader")?;
    nats.servers[*leader].kill();
    let away = rest(rng, 200, 6_000);
    nats.servers[*leader].restart()?;
    let leads = leaders.iter().filter(|it| it.1 == *leader).count();
    Ok(format!(
        "NATS server {leader}, leader of {stream} and of {} others, was killed, and away for {away:.1?}",
        leads - 1
    ))
}

fn pause(fleet: &mut Fleet, rng: &mut StdRng) -> Result<String> {
    let processes = fleet.processes.len();
    let servers = fleet.stores.nats.servers.len();
    let at = rng.random_range(0..=processes + servers);
    let (name, hung) = if let Some(process) = fleet.processes.get(at) {
        let node = fleet.node(at)?;
        node.pause()?;
        let hung = rest(rng, 200, 8_000);
        node.resume()?;
        (process.name.clone(), hung)
    } else if let Some(server) = fleet.stores.nats.servers.get(at - processes) {
        server.pause();
        let hung = rest(rng, 200, 8_000);
        server.resume();
        (format!("NATS server {}", at - processes), hung)
    } else {
        fleet.stores.objects.pause();
        let hung = rest(rng, 200, 8_000);
        fleet.stores.objects.resume();
        ("the S3 server".to_owned(), hung)
    };
    Ok(format!("{name} hung for {hung:.1?}"))
}

fn cut(fleet: &Fleet, rng: &mut StdRng) -> Result<String> {
    let process = fleet.processes.choose(rng).context("there is none")?;
    let stores = [Store::Nats, Store::Database, Store::Objects];
    let states = [
        (PathState::Cut, "its connections to"),
        (PathState::Silent, "every packet to and from"),
        (PathState::NoAnswers, "the answers of"),
    ];
    let store = *stores.choose(rng).context("there is none")?;
    let (state, lost) = *states.choose(rng).context("there is none")?;
    process.slot.set(store, state);
    let lasted = rest(rng, 200, 8_000);
    process.slot.set(store, PathState::Open);
    Ok(format!(
        "{} lost {lost} {store} for {lasted:.1?}",
        process.name
    ))
}

//! Compute that is billed against the CPU time of the threads that ran it. In a process of its own: other
//! tests have such threads, too.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(dead_code, reason = "the other tests use the rest of the world")]

#[path = "it/views/world.rs"]
mod world;

use std::sync::Arc;
use std::time::Duration;

use catalog::UsageFilter;
use catalog::access::Access;
use protocol::LogId;
use protocol::meter::{Meter, Month};
use protocol::view::VersionSpec;
use rustix::time::{ClockId, Timespec, clock_gettime};
use storage::bus::ViewService as _;
use tokio::task::JoinSet;
use worker::{Worker, WorkerOptions};

use self::world::{RESTORE_HASH, TALLY, World, ask, new_tenant};

/// By then what was used is in the ledger.
const REPORTED: Duration = Duration::from_secs(3);

/// The tally, which counts to some three hundred millions for each event and query that begins with `b`.
fn burner() -> Vec<u8> {
    const BURN: &str = "(if (i32.eq (call $first (local.get 0) (local.get 1)) (i32.const 98)) \
        (then (call $burn)))";
    const COUNT: &str = "(func $burn (local i32) (local.set 0 (i32.const 300000000)) \
        (loop $again (local.set 0 (i32.sub (local.get 0) (i32.const 1))) \
        (br_if $again (local.get 0))))";
    let append = "(func (export \"append\") (param i32 i32)";
    let query = "(func (export \"query\") (param i32 i32) (result i32)";
    let text = TALLY
        .replace(append, &format!("{COUNT} {append} {BURN}"))
        .replace(query, &format!("{query} {BURN}"))
        .replace("TRAPS_AT", "(i32.const 120)");
    wat::parse_str(text.replace("RESTORE_HASH", RESTORE_HASH)).unwrap()
}

/// CPU time of the threads that call components. Such a thread may end after a long call, so it is that
/// of the process without the others.
fn cpu_of_view_threads() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    let all = Duration::new(tv_sec.try_into().unwrap(), tv_nsec.try_into().unwrap());
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let others = tasks.map(|task| {
        let task = task.unwrap().path();
        let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        let slot = name.trim().strip_prefix("views-");
        if slot.is_some_and(|slot| slot.parse::<usize>().is_ok()) {
            return Duration::ZERO;
        }
        // Nanoseconds on a processor, as the scheduler counts them.
        let times = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
        let nanos = times.split_whitespace().next().unwrap_or("0");
        Duration::from_nanos(nanos.parse().unwrap())
    });
    all - others.sum::<Duration>()
}

async fn billed(world: &World, tenants: &[Access]) -> Duration {
    let now = world.clock.now();
    let month = Month::of(now);
    let mut nanos = 0;
    for access in tenants {
        let (from, to) = (month.first(), month.end());
        let usage = world
            .catalog
            .usage(access, from, to, UsageFilter::default());
        nanos += usage.await.unwrap().total(Meter::Compute, now);
    }
    Duration::from_nanos(u64::try_from(nanos).unwrap())
}

/// Tenants with a view each, which cost nothing so far.
struct Tenants {
    accesses: Vec<Access>,
    views: Vec<(LogId, Arc<VersionSpec>)>,
}

impl Tenants {
    async fn new(world: &World, worker: &Worker, count: usize) -> Self {
        let component = burner();
        let mut new = Self {
            accesses: Vec::new(),
            views: Vec::new(),
        };
        for number in 0..count {
            let access = new_tenant(&world.catalog, &format!("{number}-of-{count}")).await;
            let log = world.log_of(&access, "log").await;
            let spec = world.upload_of(&access, worker, log, &component).await;
            worker.build(Arc::clone(&spec)).await.unwrap();
            world.activate(&spec).await;
            new.views.push((log, spec));
            new.accesses.push(access);
        }
        tokio::time::sleep(REPORTED).await;
        assert_eq!(billed(world, &new.accesses).await, Duration::ZERO);
        new
    }

    /// Has all of them append and query at the same time: what is billed to them, and what the threads
    /// spent.
    async fn work(
        &self,
        world: &Arc<World>,
        worker: &Arc<Worker>,
        rounds: usize,
        text: &'static str,
    ) -> (Duration, Duration) {
        let before = (billed(world, &self.accesses).await, cpu_of_view_threads());
        let mut busy = JoinSet::new();
        for (log, spec) in self.views.clone() {
            let (world, worker) = (Arc::clone(world), Arc::clone(worker));
            busy.spawn(async move {
                for _ in 0..rounds {
                    let last = world.append(log, &[text.as_bytes()]).await;
                    ask(&worker, &spec, Some(last), text).await.unwrap();
                }
            });
        }
        busy.join_all().await;
        tokio::time::sleep(REPORTED).await;
        let spent = cpu_of_view_threads() - before.1;
        (billed(world, &self.accesses).await - before.0, spent)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cpu_time_is_billed_within_three_percent_alone_and_among_64_tenants() {
    let world = Arc::new(World::new().await);
    // No snapshot is verified: its twin folds the next events once more, and nobody pays for that.
    let mut options = WorkerOptions::default();
    options.snapshots.after_cpu = Duration::MAX;
    let worker = Arc::new(world.worker(options));
    for (count, rounds) in [(1, 12), (64, 1)] {
        let tenants = Tenants::new(&world, &worker, count).await;
        // What everything around the component takes, to be taken off.
        let idle = tenants.work(&world, &worker, rounds, "a").await;
        let busy = tenants.work(&world, &worker, rounds, "burn").await;
        let (billed, spent) = (busy.0 - idle.0, busy.1 - idle.1);
        let share = billed.as_secs_f64() / spent.as_secs_f64();
        println!("{count} tenants: billed {billed:?} of {spent:?}, {share:.4}");
        assert!(spent > Duration::from_secs(1), "{spent:?}");
        assert!((0.97..=1.03).contains(&share), "{billed:?} of {spent:?}");
    }
    worker.shutdown().await;
}

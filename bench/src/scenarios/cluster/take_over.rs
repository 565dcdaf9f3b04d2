//! The first answer of a view whose worker was killed.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use super::start;
use crate::api::Api;
use crate::cluster::{Cluster, totals};
use crate::context::{Context, log_name};
use crate::load::Recorder;
use crate::progress;
use crate::report::Section;
use crate::scenarios::Scenario;
use crate::scenarios::filling::{VIEW, deploy_keeper};

pub(in crate::scenarios) const SCENARIO: Scenario = Scenario {
    name: "cluster-take-over",
    summary: "The first answer of a view whose worker was killed",
    about: "\
A view whose state is 10 MB of JSON text that hardly repeats, all events of its log, on three workers. \
The one that has it in memory is stopped in good order first, which leaves a snapshot. Then, 5 times, \
the worker that has it is killed with SIGKILL and the view is queried at once, with `after` at the head \
of its log, and again after 5 ms whenever the answer is an error: the time from the kill to the answer. \
The load is what the other worker itself measured, from the newest snapshot to the instance. A worker \
is started for each that was killed. The slowest round counts.",
    run: |context, section| Box::pin(run(context, section)),
};

const ROUNDS: usize = 5;
const OWNER_TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// How long a worker has taken to load views.
const LOAD_SECONDS: [&str; 1] = ["views_load_seconds_sum"];

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let mut cluster = start(context, &[])?;
    let mut api = cluster.endpoint()?.connect().await?;
    let log = log_name("take-over");
    let (head, size) = deploy_keeper(&mut api, &log).await?;
    let owner = owner(&mut cluster, &mut api, &log).await?;
    cluster.workers.remove(owner).node.stop()?;
    cluster.add_worker()?;
    api.wait_for_view(&log, VIEW, Some(head)).await?;

    let (mut answers, mut loads, mut worst) = (Recorder::new()?, Recorder::new()?, 0.0_f64);
    for _ in 0..ROUNDS {
        let killed = self::owner(&mut cluster, &mut api, &log).await?;
        let worker = cluster.workers.remove(killed);
        let [before] = totals(&cluster.workers, LOAD_SECONDS).await?;
        let start = Instant::now();
        worker.node.kill();
        let answer = api.wait_for_view(&log, VIEW, Some(head)).await?;
        let time = start.elapsed();
        ensure!(answer == size, "the view lost something");
        let [after] = totals(&cluster.workers, LOAD_SECONDS).await?;
        let load = after - before;
        ensure!(load > 0.0, "the worker that answered had the view already");
        let load = Duration::try_from_secs_f64(load)?;
        progress::say(&format!(
            "  answer after {time:.1?}, of that the load {load:.1?}"
        ));
        worst = worst.max(time.saturating_sub(load).as_secs_f64());
        answers.record(time);
        loads.record(load);
        cluster.add_worker()?;
    }
    let (answers, loads) = (answers.summary(), loads.summary());
    section.figures([
        ("kill to answer, median", answers.p50_ms, "ms"),
        ("kill to answer, slowest", answers.max_ms, "ms"),
        ("load of the snapshot, median", loads.p50_ms, "ms"),
        ("load of the snapshot, slowest", loads.max_ms, "ms"),
    ]);
    section.at_most(
        "kill to answer without the load of the snapshot, slowest",
        worst,
        1.0,
        "s",
    );
    Ok(())
}

/// Which worker has the view in memory. Another one may have had it before the last worker joined:
/// it is replaced, as its answer would not be a cold one.
async fn owner(cluster: &mut Cluster, api: &mut Api, log: &str) -> Result<usize> {
    let start = Instant::now();
    loop {
        let mut owners = Vec::new();
        for (index, worker) in cluster.workers.iter().enumerate() {
            if worker.metrics().await?.sum("views_hot") > 0.0 {
                owners.push(index);
            }
        }
        if let [owner] = owners[..] {
            return Ok(owner);
        }
        let count = owners.len();
        ensure!(
            start.elapsed() < OWNER_TIMEOUT,
            "{count} workers have the view"
        );
        for surplus in owners.into_iter().skip(1).rev() {
            cluster.workers.remove(surplus).node.kill();
            cluster.add_worker()?;
        }
        sleep(POLL).await;
        api.wait_for_view(log, VIEW, None).await?;
    }
}

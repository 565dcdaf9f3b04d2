//! The life of the pool's threads, and the supervisor that replaces those with longer jobs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;
use protocol::TenantId;
use rustix::process::Pid;
use thread_priority::unix::{
    NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use thread_priority::{ThreadId, ThreadPriority};

use super::{Pace, Shared, State, run_job};

/// How often the supervisor looks at running jobs while there are any.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running job after which the supervisor rests until the next job comes.
const TICKS_BEFORE_REST: u32 = 1_000;

/// Added to the niceness of a thread with a slow job: about a tenth of a normal thread's share.
const SLOW_NICENESS: i32 = 10;

/// The stack of a thread. Components bring their own stacks' limits, well below this.
const STACK_BYTES: usize = 8 << 20;

struct Running {
    tenant: TenantId,
    since: Instant,
    /// The kernel's and the thread library's names for the thread.
    id: Pid,
    native: ThreadId,
    pace: Pace,
}

/// What the supervisor knows about the threads.
#[derive(Default)]
pub(super) struct Threads {
    /// By thread; `None` for a thread that waits or has ended.
    slots: Vec<Option<Running>>,
    /// Slots that no thread uses.
    free: Vec<usize>,
    /// Threads that wait, or whose present job is quick so far.
    quick: usize,
    /// All threads.
    alive: usize,
    resting: bool,
}

impl Threads {
    pub(super) fn supervisor_rests(&self) -> bool {
        self.resting
    }

    /// Sees which jobs are not quick any more, and lowers the priority of those that have become
    /// slow. A tenant's first slow job keeps a share of the cores; its others get what nobody else
    /// wants, or else one tenant with as many slow jobs as there are cores would make everybody wait
    /// for a time slice.
    fn look(&mut self) {
        let mut slow_tenants: Vec<TenantId> = self
            .slots
            .iter()
            .flatten()
            .filter(|running| running.pace == Pace::Slow)
            .map(|running| running.tenant)
            .collect();
        for running in self.slots.iter_mut().flatten() {
            let pace = Pace::since(running.since);
            if running.pace == pace {
                continue;
            }
            if running.pace == Pace::Quick {
                self.quick -= 1;
            }
            if pace == Pace::Slow {
                tracing::debug!(tenant = %running.tenant, "a view's job runs for long");
                let is_first = !slow_tenants.contains(&running.tenant);
                lower_priority(running, is_first);
                slow_tenants.push(running.tenant);
            }
            running.pace = pace;
        }
    }
}

pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<()> {
    for _ in 0..shared.options.threads.max(1) {
        spawn(shared, &mut shared.state.lock())?;
    }
    // The supervisor holds the pool's state weakly only in the sense that it ends when stopped.
    let supervised = Arc::clone(shared);
    std::thread::Builder::new()
        .name("views-supervisor".into())
        .spawn(move || supervise(&supervised))?;
    Ok(())
}

/// Starts a thread. The state is unlocked meanwhile: mapping a stack may have to wait for a slow
/// job that maps memory, and nobody else should.
fn spawn(shared: &Arc<Shared>, state: &mut MutexGuard<'_, State>) -> std::io::Result<()> {
    let slot = state.threads.free.pop().unwrap_or_else(|| {
        state.threads.slots.push(None);
        state.threads.slots.len() - 1
    });
    state.threads.quick += 1;
    state.threads.alive += 1;
    let owned = Arc::clone(shared);
    let builder = std::thread::Builder::new()
        .name(format!("views-{slot}"))
        .stack_size(STACK_BYTES);
    let spawned = MutexGuard::unlocked(state, || builder.spawn(move || serve(&owned, slot)));
    if let Err(error) = spawned {
        state.threads.quick -= 1;
        state.threads.alive -= 1;
        state.threads.free.push(slot);
        return Err(error);
    }
    Ok(())
}

/// Where the system refuses, the job keeps an equal share of the cores.
fn lower_priority(running: &Running, keeps_share: bool) {
    if keeps_share {
        let _ = rustix::process::setpriority_process(Some(running.id), SLOW_NICENESS);
    } else {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let _ = set_thread_priority_and_policy(running.native, ThreadPriority::Min, idle);
    }
}

/// Takes jobs until the pool stops, until one of them was slow, or until there are enough threads
/// without this one.
fn serve(shared: &Arc<Shared>, slot: usize) {
    let id = rustix::thread::gettid();
    let native = thread_native_id();
    let mut state = shared.state.lock();
    loop {
        let Some((tenant, job)) = state.take(shared.options.running_per_tenant_max) else {
            if state.stopped {
                break;
            }
            state.idle += 1;
            shared.work.wait(&mut state);
            state.idle -= 1;
            continue;
        };
        state.threads.slots[slot] = Some(Running {
            tenant,
            since: Instant::now(),
            id,
            native,
            pace: Pace::Quick,
        });
        drop(state);
        run_job(job);
        state = shared.state.lock();
        state.finished(tenant);
        let pace = state.threads.slots[slot].take().map(|it| it.pace);
        let is_spare = state.threads.quick >= shared.options.threads.max(1);
        match pace {
            Some(Pace::Long) if !is_spare => state.threads.quick += 1,
            Some(Pace::Long | Pace::Slow) => {
                state.threads.alive -= 1;
                state.threads.free.push(slot);
                return;
            }
            Some(Pace::Quick) | None => {}
        }
    }
    state.threads.quick -= 1;
    state.threads.alive -= 1;
}

/// Looks for longer jobs, and keeps as many threads for quick ones as there should be.
fn supervise(shared: &Arc<Shared>) {
    let mut quiet_ticks = 0;
    let mut state = shared.state.lock();
    while !state.stopped {
        if quiet_ticks >= TICKS_BEFORE_REST {
            state.threads.resting = true;
            shared.attention.wait(&mut state);
            state.threads.resting = false;
            quiet_ticks = 0;
        } else {
            shared.attention.wait_for(&mut state, TICK);
        }
        let busy = state.threads.slots.iter().flatten().next().is_some();
        state.threads.look();
        quiet_ticks = if busy { 0 } else { quiet_ticks + 1 };
        while state.threads.quick < shared.options.threads.max(1)
            && state.threads.alive < shared.options.threads_max
        {
            if let Err(error) = spawn(shared, &mut state) {
                tracing::warn!(%error, "no further thread for views could be started");
                break;
            }
        }
    }
}

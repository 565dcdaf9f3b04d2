//! The life of the pool's threads, and the supervisor that replaces those with slow jobs.

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

use super::{Shared, State, elapsed_long, run_job};

/// How often the supervisor looks at running jobs while there are any.
const TICK: Duration = Duration::from_millis(5);

/// Ticks without a running job after which the supervisor rests until the next job comes.
const TICKS_BEFORE_REST: u32 = 200;

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
    slow: bool,
}

/// What the supervisor knows about the threads.
#[derive(Default)]
pub(super) struct Threads {
    /// By thread; `None` for a thread that waits or has ended.
    slots: Vec<Option<Running>>,
    /// Slots that no thread uses.
    free: Vec<usize>,
    /// Threads whose present job is not slow.
    quick: usize,
    /// All threads.
    alive: usize,
    resting: bool,
}

impl Threads {
    pub(super) fn supervisor_rests(&self) -> bool {
        self.resting
    }

    /// Lowers the priority of jobs that have become slow, and says how many did. A tenant's first
    /// slow job keeps a share of the cores; its others get what nobody else wants, or else one
    /// tenant with as many slow jobs as there are cores would make everybody wait for a time slice.
    fn slow_down(&mut self) -> usize {
        let mut slow_tenants: Vec<TenantId> = self
            .slots
            .iter()
            .flatten()
            .filter(|running| running.slow)
            .map(|running| running.tenant)
            .collect();
        let mut slowed = 0;
        for running in self.slots.iter_mut().flatten() {
            if running.slow || !elapsed_long(running.since) {
                continue;
            }
            tracing::debug!(tenant = %running.tenant, "a view's job runs for long");
            let is_first = !slow_tenants.contains(&running.tenant);
            lower_priority(running, is_first);
            running.slow = true;
            slowed += 1;
            slow_tenants.push(running.tenant);
        }
        slowed
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

/// Takes jobs until the pool stops, or until one of them was slow.
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
            slow: false,
        });
        drop(state);
        run_job(job);
        state = shared.state.lock();
        state.finished(tenant);
        let slow = state.threads.slots[slot].take().is_some_and(|it| it.slow);
        if slow {
            state.threads.alive -= 1;
            state.threads.free.push(slot);
            return;
        }
    }
    state.threads.quick -= 1;
    state.threads.alive -= 1;
}

/// Looks for slow jobs, and keeps as many threads for quick ones as there should be.
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
        let slowed = state.threads.slow_down();
        state.threads.quick -= slowed;
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

//! The pool's threads, and the supervisor that adds a thread for each that a longer job keeps.

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

use super::class::Class;
use super::{Pace, Shared, State, run_job};
use crate::cpu_time;

/// How often the supervisor looks at running jobs while there are any.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running job after which the supervisor rests until the next job comes.
const TICKS_BEFORE_REST: u32 = 1_000;

/// Added to the niceness of a thread of lower priority: about a tenth of a normal thread's share.
const NICENESS: i32 = 10;

/// The stack of a thread. Components bring their own stacks' limits, well below this.
const STACK_BYTES: usize = 8 << 20;

/// The kernel's and the thread library's ids of a thread.
#[derive(Clone, Copy)]
struct Ids {
    id: Pid,
    native: ThreadId,
}

struct Running {
    tenant: TenantId,
    since: Instant,
    thread: Ids,
    class: Class,
    pace: Pace,
}

impl Running {
    /// Whether the thread counts as one that what waits may wait for. Heavy tenants wait longer for
    /// each other.
    fn is_available(&self) -> bool {
        match self.class {
            Class::Light => self.pace == Pace::Quick,
            Class::Heavy => self.pace != Pace::Slow,
        }
    }
}

/// What the supervisor knows about the threads.
#[derive(Default)]
pub(super) struct Threads {
    /// By thread; `None` for a thread that waits or has ended.
    slots: Vec<Option<Running>>,
    /// Slots that no thread uses.
    free: Vec<usize>,
    /// Threads that wait, or whose present job is short enough to wait for.
    available: [usize; 2],
    /// All threads.
    alive: usize,
    /// Whether there is a thread for heavy tenants that keeps a share of the cores.
    has_heavy_share: bool,
    /// Whether the supervisor rests until it is woken.
    pub(super) resting: bool,
}

impl Threads {
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
            let was_available = running.is_available();
            running.pace = pace;
            if was_available && !running.is_available() {
                self.available[running.class as usize] -= 1;
            }
            if pace == Pace::Slow {
                tracing::debug!(tenant = %running.tenant, "a view's job runs for long");
                let is_first = !slow_tenants.contains(&running.tenant);
                if running.class == Class::Light {
                    lower_priority(running.thread, is_first);
                }
                slow_tenants.push(running.tenant);
            }
        }
    }
}

pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<()> {
    for class in [Class::Light, Class::Heavy] {
        for _ in 0..shared.options.threads.max(1) {
            spawn(shared, &mut shared.state.lock(), class)?;
        }
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
fn spawn(
    shared: &Arc<Shared>,
    state: &mut MutexGuard<'_, State>,
    class: Class,
) -> std::io::Result<()> {
    let threads = &mut state.threads;
    let slot = threads.free.pop().unwrap_or_else(|| {
        threads.slots.push(None);
        threads.slots.len() - 1
    });
    threads.available[class as usize] += 1;
    threads.alive += 1;
    // One of them keeps a share, the others get what nobody else wants: if all cores had a thread
    // with a share, a thread that wakes up would have to wait for the end of a time slice.
    let keeps_share = class == Class::Heavy && !threads.has_heavy_share;
    threads.has_heavy_share |= keeps_share;
    let thread = Thread {
        shared: Arc::clone(shared),
        slot,
        class,
        keeps_share,
    };
    let builder = std::thread::Builder::new()
        .name(format!("views-{slot}"))
        .stack_size(STACK_BYTES);
    let spawned = MutexGuard::unlocked(state, || builder.spawn(move || thread.serve()));
    if let Err(error) = spawned {
        let threads = &mut state.threads;
        threads.available[class as usize] -= 1;
        threads.has_heavy_share &= !keeps_share;
        threads.alive -= 1;
        threads.free.push(slot);
        return Err(error);
    }
    Ok(())
}

/// Where the system refuses, the thread keeps an equal share of the cores.
fn lower_priority(thread: Ids, keeps_share: bool) {
    if keeps_share {
        let _ = rustix::process::setpriority_process(Some(thread.id), NICENESS);
    } else {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let _ = set_thread_priority_and_policy(thread.native, ThreadPriority::Min, idle);
    }
}

/// One of the threads.
struct Thread {
    shared: Arc<Shared>,
    slot: usize,
    class: Class,
    /// Of a thread for heavy tenants: whether it may use a core that others want.
    keeps_share: bool,
}

impl Thread {
    /// Takes jobs until the pool stops, or until there are enough threads without this one.
    fn serve(self) {
        let (shared, class) = (&self.shared, self.class);
        let thread = Ids {
            id: rustix::thread::gettid(),
            native: thread_native_id(),
        };
        if class == Class::Heavy {
            lower_priority(thread, self.keeps_share);
        }
        let mut cpu = cpu_time::of_this_thread();
        let mut state = shared.state.lock();
        loop {
            let running_max = shared.options.running_per_tenant_max;
            let Some((tenant, job)) = state.take(class, running_max, Instant::now()) else {
                if state.stopped {
                    state.threads.available[class as usize] -= 1;
                    break;
                }
                state.idle[class as usize] += 1;
                shared.work[class as usize].wait(&mut state);
                state.idle[class as usize] -= 1;
                continue;
            };
            state.threads.slots[self.slot] = Some(Running {
                tenant,
                since: Instant::now(),
                thread,
                class,
                pace: Pace::Quick,
            });
            drop(state);
            run_job(job);
            let before = std::mem::replace(&mut cpu, cpu_time::of_this_thread());
            state = shared.state.lock();
            state.finished(tenant, cpu.saturating_sub(before), Instant::now());
            if !self.stays(&mut state) {
                break;
            }
        }
        state.threads.alive -= 1;
        state.threads.free.push(self.slot);
        state.threads.has_heavy_share &= !self.keeps_share;
    }

    /// Whether the thread takes another job after the one that has just ended.
    fn stays(&self, state: &mut State) -> bool {
        let Some(ended) = state.threads.slots[self.slot].take() else {
            return true;
        };
        if ended.is_available() {
            return true;
        }
        let available = &mut state.threads.available[self.class as usize];
        // Without the one that keeps a share, heavy tenants would have none.
        let is_spare = *available >= self.shared.options.threads.max(1) && !self.keeps_share;
        // Nobody can raise a priority again.
        let is_lowered = self.class == Class::Light && ended.pace == Pace::Slow;
        if is_spare || is_lowered {
            return false;
        }
        *available += 1;
        true
    }
}

/// Looks for longer jobs, keeps as many threads as there should be, and wakes those that have
/// something to do: a tenant may change its class while its jobs wait.
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
        let is_running = state.threads.slots.iter().flatten().next().is_some();
        let is_waiting = state.has_waiting();
        state.threads.look();
        state.recent.sweep(Instant::now());
        quiet_ticks = if is_running || is_waiting {
            0
        } else {
            quiet_ticks + 1
        };
        for class in [Class::Light, Class::Heavy] {
            if is_waiting && state.idle[class as usize] > 0 {
                shared.work[class as usize].notify_one();
            }
            while state.threads.available[class as usize] < shared.options.threads.max(1)
                && state.threads.alive < shared.options.threads_max
            {
                if let Err(error) = spawn(shared, &mut state, class) {
                    tracing::warn!(%error, "no further thread for views could be started");
                    break;
                }
            }
        }
    }
}

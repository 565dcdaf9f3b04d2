//! The threads that call into components.
//!
//! A call into a component blocks its thread, for microseconds as a rule and for seconds at worst,
//! so it never runs on a thread of the async runtime. Tenants are served round-robin from bounded
//! queues, and builds have a lower priority than what someone waits for.
//!
//! A few threads, one for each core, do all the work as long as every job is short. A job that
//! takes longer than [`LONG_AFTER`] keeps its thread, and another thread is added for the others,
//! so that what waits behind it waits no longer: the operating system divides the cores between them.
//! After [`SLOW_AFTER`] the job's thread gets a lower priority, too. When a slow job ends its thread
//! ends, because a thread can't raise its own priority again. A tenant runs only so many jobs at a
//! time, and there are only so many threads.
//!
//! That alone would let a tenant with many jobs of some milliseconds hold every core most of the time.
//! So tenants that used much CPU time lately are served by threads of their own, whose priority is
//! lower from the beginning ([`class`]).

mod class;
mod queue;
mod threads;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use protocol::TenantId;
use tokio::sync::oneshot;

use class::{Class, RecentWork};
use queue::FairQueue;
use threads::Threads;

/// A job that runs for longer than this has its thread for itself. The turns of views end before.
const LONG_AFTER: Duration = Duration::from_millis(3);

/// A job that runs for longer than this has a lower priority than the others.
const SLOW_AFTER: Duration = Duration::from_millis(20);

/// Of this many jobs, at least one is a background job when any waits.
const BACKGROUND_SHARE: u32 = 8;

/// Work for one of the threads.
pub type Job = Box<dyn FnOnce() + Send>;

/// What is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Someone waits for the outcome.
    Interactive,
    /// Builds, snapshots, verifications.
    Background,
}

/// Sizes of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// Threads for short jobs, and as many for heavy tenants. Default: the number of cores.
    pub threads: usize,
    /// Threads at most, those with longer jobs included. Default: 64 more than `threads`.
    pub threads_max: usize,
    /// Jobs of one tenant that run at the same time, at most. Default: the number of threads, but
    /// at least 2. Slow jobs count, so this is also how many of them a tenant can have compete for
    /// the cores, and for the kernel's lock on the address space, at any time.
    pub running_per_tenant_max: usize,
    /// Jobs of one tenant that wait, at most. Default 20,000.
    pub waiting_per_tenant_max: usize,
    /// Jobs that wait, at most. Default 200,000.
    pub waiting_max: usize,
}

impl Default for PoolOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            threads,
            threads_max: threads + 64,
            running_per_tenant_max: threads.max(2),
            waiting_per_tenant_max: 20_000,
            waiting_max: 200_000,
        }
    }
}

/// Why a job did not run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    #[error("too much work for views waits already; try again in a moment")]
    Overloaded,
    #[error("the worker is stopping")]
    Stopped,
    /// A bug in this program; the panic is in its output.
    #[error("an internal error ended the work on this view; try again")]
    Panicked,
}

struct State {
    interactive: FairQueue<Job>,
    background: FairQueue<Job>,
    running: HashMap<TenantId, usize>,
    recent: RecentWork,
    /// Interactive jobs taken since the last background job.
    interactive_streak: [u32; 2],
    /// Threads that wait for work.
    idle: [usize; 2],
    threads: Threads,
    stopped: bool,
}

struct Shared {
    options: PoolOptions,
    state: Mutex<State>,
    /// Notified when there is a job for an idle thread.
    work: [Condvar; 2],
    /// Notified when the supervisor has to look after the threads again.
    attention: Condvar,
}

/// The threads and their queues. Dropping the pool lets the threads end after their present jobs.
pub struct Pool {
    shared: Arc<Shared>,
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(options: PoolOptions) -> std::io::Result<Self> {
        let queue = || FairQueue::new(options.waiting_per_tenant_max, options.waiting_max);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                interactive: queue(),
                background: queue(),
                running: HashMap::new(),
                recent: RecentWork::new(Instant::now()),
                interactive_streak: Default::default(),
                idle: Default::default(),
                threads: Threads::default(),
                stopped: false,
            }),
            work: Default::default(),
            attention: Condvar::new(),
            options,
        });
        threads::start(&shared)?;
        Ok(Self { shared })
    }

    /// Queues a job. It runs at some time, or is dropped when the pool stops.
    ///
    /// # Errors
    /// When the queue is full or the pool has stopped.
    pub fn submit(&self, tenant: TenantId, priority: Priority, job: Job) -> Result<(), PoolError> {
        let mut state = self.shared.state.lock();
        if state.stopped {
            return Err(PoolError::Stopped);
        }
        let queue = match priority {
            Priority::Interactive => &mut state.interactive,
            Priority::Background => &mut state.background,
        };
        let pushed = queue.push(tenant, job);
        pushed.map_err(|_| PoolError::Overloaded)?;
        let class = state.recent.class(tenant, Instant::now()) as usize;
        let wake_thread = state.idle[class] > 0;
        let wake_supervisor = state.threads.resting;
        drop(state);
        if wake_thread {
            self.shared.work[class].notify_one();
        }
        if wake_supervisor {
            self.shared.attention.notify_one();
        }
        Ok(())
    }

    /// Runs `work` on one of the threads and waits for its outcome. When the caller goes away, the
    /// work still runs.
    ///
    /// # Errors
    /// See [`PoolError`].
    pub async fn run<T: Send + 'static>(
        &self,
        tenant: TenantId,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(move || {
            // The caller may have gone away; nobody wants the outcome then.
            let _ = sender.send(work());
        });
        self.submit(tenant, priority, job)?;
        receiver.await.map_err(|_| {
            if self.shared.state.lock().stopped {
                PoolError::Stopped
            } else {
                PoolError::Panicked
            }
        })
    }

    /// Drops what waits and lets the threads end after their present jobs.
    pub fn stop(&self) {
        let mut state = self.shared.state.lock();
        state.stopped = true;
        let options = &self.shared.options;
        let empty = || FairQueue::new(options.waiting_per_tenant_max, options.waiting_max);
        let dropped = (
            std::mem::replace(&mut state.interactive, empty()),
            std::mem::replace(&mut state.background, empty()),
        );
        drop(state);
        // Dropping a job may wake a task that waits for it, so it happens outside of the lock.
        drop(dropped);
        for work in &self.shared.work {
            work.notify_all();
        }
        self.shared.attention.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop();
    }
}

impl State {
    fn has_waiting(&self) -> bool {
        !(self.interactive.is_empty() && self.background.is_empty())
    }

    /// The next job of a class, if there is one whose tenant may run another.
    fn take(
        &mut self,
        class: Class,
        running_per_tenant_max: usize,
        now: Instant,
    ) -> Option<(TenantId, Job)> {
        let (running, recent) = (&self.running, &self.recent);
        let may_run = |tenant| {
            let running = running.get(&tenant).copied().unwrap_or_default();
            running < running_per_tenant_max && recent.class(tenant, now) == class
        };
        let streak = &mut self.interactive_streak[class as usize];
        let mut queues = [
            (&mut self.interactive, streak.saturating_add(1)),
            (&mut self.background, 0),
        ];
        if *streak + 1 >= BACKGROUND_SHARE {
            queues.reverse();
        }
        let pop = |(queue, streak): (&mut FairQueue<Job>, u32)| Some((queue.pop(may_run)?, streak));
        let (taken, next_streak) = queues.into_iter().find_map(pop)?;
        *streak = next_streak;
        let (tenant, _) = taken;
        *self.running.entry(tenant).or_default() += 1;
        self.recent.add(tenant, Duration::ZERO, now);
        Some(taken)
    }

    fn finished(&mut self, tenant: TenantId, cpu: Duration, now: Instant) {
        self.recent.add(tenant, cpu, now);
        if let Some(running) = self.running.get_mut(&tenant) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&tenant);
            }
        }
    }
}

/// Runs a job; a panic in it is a bug in this program, ends the job and not the thread.
fn run_job(job: Job) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
        metrics::counter!("views_pool_panics").increment(1);
        tracing::error!("a job of the views' thread pool panicked");
    }
}

/// How long a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Quick,
    Long,
    Slow,
}

impl Pace {
    fn since(begun: Instant) -> Self {
        match begun.elapsed() {
            time if time >= SLOW_AFTER => Self::Slow,
            time if time >= LONG_AFTER => Self::Long,
            _ => Self::Quick,
        }
    }
}

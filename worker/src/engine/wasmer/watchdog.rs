//! Stops calls that use more CPU time than they may.
//!
//! Every thread that runs guests has a slot. A call arms its thread's slot with the CPU time at
//! which it must be over; one watchdog thread looks at the armed slots every few milliseconds and
//! interrupts what is late. CPU time of a thread never exceeds the wall time since, so a slot's CPU
//! clock is read only once its wall time is over.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use ::wasmer::Interrupter;
use parking_lot::Mutex;

use crate::cpu_time;

/// How often armed slots are looked at; a call may run over its limit by about this much.
const TICK: Duration = Duration::from_millis(5);

/// Looks without an armed slot after which the watchdog rests until the next call. Waking it costs
/// more than most calls, so it stays up while calls keep coming.
const LOOKS_BEFORE_REST: u32 = 200;

/// What a call has used, and whether it was told to stop.
pub(super) struct Used {
    pub(super) cpu: Duration,
    pub(super) was_interrupted: bool,
}

struct Armed {
    interrupter: Interrupter,
    since: Instant,
    limit: Duration,
    cpu_end: Duration,
    was_interrupted: bool,
}

struct Slot {
    clock: libc::clockid_t,
    armed: Mutex<Option<Armed>>,
}

struct Watchdog {
    slots: Mutex<Vec<Arc<Slot>>>,
    is_asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

static WATCHDOG: Watchdog = Watchdog {
    slots: Mutex::new(Vec::new()),
    is_asleep: AtomicBool::new(false),
    thread: OnceLock::new(),
};

thread_local! {
    static SLOT: RefCell<Option<Registered>> = const { RefCell::new(None) };
}

/// The slot of a thread; leaves the list when the thread ends.
struct Registered(Arc<Slot>);

impl Drop for Registered {
    fn drop(&mut self) {
        WATCHDOG
            .slots
            .lock()
            .retain(|slot| !Arc::ptr_eq(slot, &self.0));
    }
}

/// Runs `call` and has it interrupted once it used more than `limit` of CPU time.
pub(super) fn watch<T>(
    interrupter: &Interrupter,
    limit: Duration,
    call: impl FnOnce() -> T,
) -> (T, Used) {
    let slot = own_slot();
    let start = cpu_time::of_this_thread();
    *slot.armed.lock() = Some(Armed {
        interrupter: interrupter.clone(),
        since: Instant::now(),
        limit,
        cpu_end: start.saturating_add(limit),
        was_interrupted: false,
    });
    WATCHDOG.wake();
    // Also when the call panics: a slot that stays armed would hit the thread's next call.
    let _disarm = Disarm(&slot);
    let outcome = call();
    let armed = slot.armed.lock().take();
    let used = Used {
        cpu: cpu_time::of_this_thread().saturating_sub(start),
        was_interrupted: armed.is_some_and(|armed| armed.was_interrupted),
    };
    (outcome, used)
}

struct Disarm<'a>(&'a Slot);

impl Drop for Disarm<'_> {
    fn drop(&mut self) {
        *self.0.armed.lock() = None;
    }
}

fn own_slot() -> Arc<Slot> {
    SLOT.with_borrow_mut(|own| {
        let registered = own.get_or_insert_with(|| {
            let slot = Arc::new(Slot {
                clock: own_clock(),
                armed: Mutex::new(None),
            });
            WATCHDOG.slots.lock().push(Arc::clone(&slot));
            Registered(slot)
        });
        Arc::clone(&registered.0)
    })
}

/// The id of the calling thread's CPU clock, which other threads can read.
#[expect(unsafe_code, reason = "no safe crate reads another thread's CPU clock")]
fn own_clock() -> libc::clockid_t {
    let mut clock = libc::CLOCK_THREAD_CPUTIME_ID;
    // SAFETY: the calling thread exists, and `clock` is valid for a write. On an error `clock` is
    // left alone; the watchdog then reads its own clock, and `is_late` falls back to wall time.
    unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
    clock
}

/// The reading of a thread's CPU clock; `None` when the thread is gone.
#[expect(unsafe_code, reason = "no safe crate reads another thread's CPU clock")]
fn read_clock(clock: libc::clockid_t) -> Option<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for a write; a clock that does not exist is an error and no harm.
    let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanos = u32::try_from(time.tv_nsec).ok()?;
    (result == 0).then(|| Duration::new(seconds, nanos))
}

impl Watchdog {
    fn wake(&'static self) {
        let thread = self.thread.get_or_init(|| {
            thread::Builder::new()
                .name("view-watchdog".into())
                .spawn(move || self.run())
                .map_or_else(|_| thread::current(), |handle| handle.thread().clone())
        });
        if self.is_asleep.load(Ordering::SeqCst) && self.is_asleep.swap(false, Ordering::SeqCst) {
            thread.unpark();
        }
    }

    fn run(&self) {
        let mut quiet_looks = 0;
        loop {
            quiet_looks = if self.check_all() { 0 } else { quiet_looks + 1 };
            if quiet_looks < LOOKS_BEFORE_REST {
                thread::sleep(TICK);
                continue;
            }
            self.is_asleep.store(true, Ordering::SeqCst);
            // A slot that was armed before the store above is seen now; one that is armed after it
            // sees the flag and wakes this thread.
            if !self.check_all() {
                thread::park();
            }
            self.is_asleep.store(false, Ordering::SeqCst);
            quiet_looks = 0;
        }
    }

    /// Interrupts what is late; says whether any slot is armed.
    fn check_all(&self) -> bool {
        let mut any = false;
        for slot in self.slots.lock().iter() {
            // The lock is held across the interrupt, so a call can't end and another begin between
            // the check and the signal.
            if let Some(armed) = slot.armed.lock().as_mut() {
                any = true;
                if is_late(armed, slot.clock) {
                    armed.was_interrupted = true;
                    armed.interrupter.interrupt();
                }
            }
        }
        any
    }
}

fn is_late(armed: &Armed, clock: libc::clockid_t) -> bool {
    if armed.since.elapsed() < armed.limit {
        return false;
    }
    if clock == libc::CLOCK_THREAD_CPUTIME_ID {
        return true;
    }
    read_clock(clock).is_some_and(|cpu| cpu >= armed.cpu_end)
}

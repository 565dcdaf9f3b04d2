//! What the WASI functions of one machine share: which event the guest is at, and so what time it
//! is and where random numbers begin; and how much it may still log.

use ::wasmer::{AsStoreMut, FunctionEnvMut, Global, Value};
use protocol::Timestamp;

/// Bytes of output that one machine may log.
const LOG_BYTES_MAX: usize = 16 << 10;
/// Where the random numbers of every event, and of every other call, begin.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) struct Host {
    pub(super) time: Timestamp,
    random: u64,
    pub(super) log_bytes_left: usize,
    batch: Option<Batch>,
}

/// A batch that a driver folds. The driver counts events in a global of its own, so that nothing
/// has to be done for the events of a guest that does not ask for the time.
struct Batch {
    done: Global,
    /// The event that the host's time and random numbers are for.
    at: u32,
    /// The number of events up to the end of each run, and when they were appended.
    runs: Vec<(u32, Timestamp)>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            time: Timestamp(0),
            random: SEED,
            log_bytes_left: LOG_BYTES_MAX,
            batch: None,
        }
    }
}

impl Host {
    /// Begins a call of an export.
    pub(super) fn begin(&mut self, time: Timestamp) {
        self.time = time;
        self.random = SEED;
        self.batch = None;
    }

    /// Begins a call that folds a batch: `runs` are the numbers of events with their times, and
    /// `done` counts events while the call is in progress.
    pub(super) fn begin_batch(
        &mut self,
        done: Global,
        runs: impl Iterator<Item = (u32, Timestamp)>,
    ) {
        let mut end: u32 = 0;
        let runs: Vec<_> = runs
            .map(|(count, time)| {
                end = end.saturating_add(count);
                (end, time)
            })
            .collect();
        self.begin(runs.first().map_or(Timestamp(0), |(_, time)| *time));
        self.batch = Some(Batch { done, at: 0, runs });
    }

    /// The state for the event that the guest is at.
    pub(super) fn current<'a>(env: &'a mut FunctionEnvMut<'_, Self>) -> &'a mut Self {
        if let Some(done) = env.data().batch.as_ref().map(|batch| batch.done.clone())
            && let Value::I32(done) = done.get(&mut env.as_store_mut())
        {
            env.data_mut().move_to(done.cast_unsigned());
        }
        env.data_mut()
    }

    fn move_to(&mut self, event: u32) {
        let Some(batch) = self.batch.as_mut().filter(|batch| batch.at != event) else {
            return;
        };
        batch.at = event;
        let run = batch.runs.partition_point(|(end, _)| *end <= event);
        if let Some((_, time)) = batch.runs.get(run) {
            self.time = *time;
        }
        self.random = SEED;
    }

    /// xorshift64*: small, fast, and the same everywhere. Nothing secret comes from it.
    pub(super) fn next_random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn log(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(self.log_bytes_left);
        self.log_bytes_left -= taken;
        if let Some(bytes) = bytes.get(..taken).filter(|bytes| !bytes.is_empty()) {
            tracing::debug!(output = %String::from_utf8_lossy(bytes), "a view wrote");
        }
    }
}

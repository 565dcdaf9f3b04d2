//! The search for the highest rate that a server sustains.

use std::time::Duration;

use anyhow::Result;

use super::{Plan, RunResult, run};
use crate::progress;

/// Trials before the rate is taken as found.
const TRIALS_MAX: u32 = 6;
/// The share of the offered rate that must be answered.
const ANSWERED_SHARE_MIN: f64 = 0.98;
/// Rates closer together than this share are not told apart.
const RESOLUTION: f64 = 0.03;
/// The pause before a trial, in which the server finishes what it put off.
const PAUSE: Duration = Duration::from_millis(300);
/// The shortest trial.
const TRIAL_MIN: Duration = Duration::from_secs(2);

/// Searches for the highest rate that a short trial sustains, by bisection between half and a
/// little more than `closed_per_second`, the rate of a closed loop of the same clients. The result
/// is a guess that a run of full length must confirm.
pub(crate) async fn highest_rate(
    plan: &Plan,
    closed_per_second: f64,
    p99_max: Duration,
) -> Result<f64> {
    let (mut low, mut high) = (closed_per_second * 0.5, closed_per_second * 1.1);
    for _ in 0..TRIALS_MAX {
        if high - low < RESOLUTION * high {
            break;
        }
        let rate = f64::midpoint(low, high);
        let trial = Plan {
            rate: Some(rate),
            duration: plan.duration.div_f64(3.0).max(TRIAL_MIN),
            ..plan.clone()
        };
        tokio::time::sleep(PAUSE).await;
        let result = run(&trial).await?;
        progress::say(&format!("  offered {rate:.0}/s: {result}"));
        if result.sustains(rate, p99_max) {
            low = rate;
        } else {
            high = rate;
        }
    }
    Ok(low)
}

impl RunResult {
    /// Whether nearly all of an offered rate was answered, without a failure, and in time.
    pub(crate) fn sustains(&self, offered_per_second: f64, p99_max: Duration) -> bool {
        self.failed == 0
            && self.unsent == 0
            && self.per_second() >= offered_per_second * ANSWERED_SHARE_MIN
            && self.latency.p99_ms <= p99_max.as_secs_f64() * 1e3
    }
}

//! Latencies, counted exactly enough and in constant memory.

use std::time::Duration;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(120);

/// Collects latencies in a high-dynamic-range histogram with three significant digits.
#[derive(Debug)]
pub(crate) struct Recorder(Histogram<u64>);

impl Recorder {
    pub(crate) fn new() -> Result<Self> {
        let histogram = Histogram::new_with_bounds(1, nanoseconds(LONGEST), 3);
        histogram.map(Self).context("can't make a histogram")
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(nanoseconds(latency));
    }

    pub(crate) fn summary(&self) -> Latency {
        let milliseconds = |nanoseconds: u64| Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3;
        let quantile = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Latency {
            count: self.0.len(),
            mean_ms: self.0.mean() / 1e6,
            p50_ms: quantile(0.5),
            p90_ms: quantile(0.9),
            p99_ms: quantile(0.99),
            p999_ms: quantile(0.999),
            max_ms: milliseconds(self.0.max()),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The figures of a latency distribution.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Latency {
    pub count: u64,
    pub mean_ms: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut recorder = Recorder::new().unwrap();
        for micros in 1..=1_000 {
            recorder.record(Duration::from_micros(micros));
        }
        let latency = recorder.summary();
        assert_eq!(latency.count, 1_000);
        assert!((latency.p50_ms - 0.5).abs() < 0.001, "{latency:?}");
        assert!((latency.p99_ms - 0.99).abs() < 0.001, "{latency:?}");
        assert!((latency.max_ms - 1.0).abs() < 0.001, "{latency:?}");
    }

    #[test]
    fn a_latency_beyond_the_longest_counts_as_the_longest() {
        let mut recorder = Recorder::new().unwrap();
        recorder.record(Duration::from_secs(100_000));
        let longest_ms = LONGEST.as_secs_f64() * 1e3;
        assert!(recorder.summary().max_ms >= longest_ms);
        assert!(recorder.summary().max_ms < longest_ms * 1.2);
    }
}

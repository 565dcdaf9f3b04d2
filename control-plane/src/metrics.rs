//! What the control plane counts about itself.
//!
//! Labels are the operation and the class of the status: never a tenant, a log or anything else
//! that a tenant chooses, so the number of series is fixed.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds; from a hot query to a cold one that folds a long log.
const LATENCY_BUCKETS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// Makes everything that this process counts readable through the returned handle. Call it once,
/// before anything else is started.
///
/// # Errors
/// When a recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCY_BUCKETS)?
        .install_recorder()
}

const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The series of one operation. They are looked up once and then cost an atomic addition.
type Series = OnceLock<([Counter; 4], Histogram)>;

/// The series of all operations.
pub(crate) struct Requests {
    operations: HashMap<&'static str, Series>,
    /// Requests that no operation answered.
    others: Series,
}

impl Requests {
    pub(crate) fn new(operations: impl Iterator<Item = &'static str>) -> Self {
        Self {
            operations: operations.map(|id| (id, Series::new())).collect(),
            others: Series::new(),
        }
    }

    pub(crate) fn record(&self, operation: Option<&'static str>, status: u16, took: Duration) {
        let known = operation.and_then(|id| self.operations.get_key_value(id));
        let (operation, series) = known.map_or(("none", &self.others), |(id, it)| (*id, it));
        let (answers, latency) = series.get_or_init(|| {
            let answers = CLASSES.map(|class| {
                metrics::counter!("http_answers_total", "operation" => operation, "class" => class)
            });
            let latency = metrics::histogram!("http_answer_seconds", "operation" => operation);
            (answers, latency)
        });
        let class = usize::from(status / 100).clamp(2, 5) - 2;
        answers[class].increment(1);
        latency.record(took);
    }
}

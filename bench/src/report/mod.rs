//! What a run found: figures, loads and checks against their targets, as JSON and as Markdown.

mod markdown;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::environment::Environment;
use crate::load::Latency;

/// Everything that one command found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub environment: Environment,
    pub sections: Vec<Section>,
}

/// What one scenario found.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub scenario: &'static str,
    /// What is measured, and how.
    pub about: &'static str,
    pub checks: Vec<Check>,
    pub loads: Vec<Load>,
    pub figures: Vec<Figure>,
    /// Why the scenario could not be measured to its end.
    pub failure: Option<String>,
}

/// A figure and the target that it should reach.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub what: String,
    pub reach: String,
    pub value: String,
    pub ok: bool,
}

/// One run of load.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Load {
    pub what: String,
    pub clients: usize,
    /// The rate of the schedule, in requests; `None` for a closed loop.
    pub offered_per_second: Option<f64>,
    pub requests_per_second: f64,
    /// Events or queries per second: requests times what one of them holds.
    pub per_second: f64,
    pub latency: Latency,
    pub failed: u64,
    pub unsent: u64,
    pub first_failure: Option<String>,
    /// CPU time of the server per request; `None` when the server is not ours.
    pub server_cpu_us: Option<f64>,
    /// CPU time of this generator per request.
    pub generator_cpu_us: f64,
}

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
}

impl Section {
    pub(crate) fn new(scenario: &'static str, about: &'static str) -> Self {
        Self {
            scenario,
            about,
            checks: Vec::new(),
            loads: Vec::new(),
            figures: Vec::new(),
            failure: None,
        }
    }

    pub(crate) fn figure(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure {
            what: what.into(),
            value,
            unit,
        });
    }

    pub(crate) fn figures<const N: usize>(&mut self, figures: [(&str, f64, &'static str); N]) {
        for (what, value, unit) in figures {
            self.figure(what, value, unit);
        }
    }

    /// The figures of a latency distribution that matter most.
    pub(crate) fn latency(&mut self, what: &str, latency: &Latency) {
        self.figure(format!("{what}, p50"), latency.p50_ms, "ms");
        self.figure(format!("{what}, p99"), latency.p99_ms, "ms");
    }

    /// Compares `value` with the most that it may be.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, value: f64, limit: f64, unit: &str) {
        self.check(what.into(), value, ("≤", limit), unit, value <= limit);
    }

    /// Compares `value` with the least that it must be.
    pub(crate) fn at_least(&mut self, what: impl Into<String>, value: f64, limit: f64, unit: &str) {
        self.check(what.into(), value, ("≥", limit), unit, value >= limit);
    }

    fn check(&mut self, what: String, value: f64, reach: (&str, f64), unit: &str, ok: bool) {
        self.checks.push(Check {
            what,
            reach: format!("{} {}", reach.0, amount(reach.1, unit)),
            value: amount(value, unit),
            ok,
        });
    }
}

impl Report {
    /// Whether every scenario was measured to its end.
    pub(crate) fn complete(&self) -> bool {
        self.sections
            .iter()
            .all(|section| section.failure.is_none())
    }

    /// Whether every target was reached.
    pub(crate) fn reached(&self) -> bool {
        let checks = self.sections.iter().flat_map(|section| &section.checks);
        self.complete() && checks.into_iter().all(|check| check.ok)
    }

    /// Writes `NAME.json` and `NAME.md` into a directory.
    pub(crate) fn write(&self, directory: &Path, name: &str) -> Result<()> {
        let json = serde_json::to_string_pretty(self).context("can't encode the report")?;
        for (ending, text) in [("json", json), ("md", self.to_string())] {
            let path = directory.join(format!("{name}.{ending}"));
            std::fs::write(&path, text)
                .with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }
}

/// A count as a figure.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below 2^53 in a bounded run"
)]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// A value with its unit and no more digits than it deserves.
fn amount(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1_000.0 => thousands(value),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    format!("{number} {unit}").trim_end().to_owned()
}

/// A whole number with its digits in groups of three.
fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0.0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_grouped() {
        assert_eq!(amount(1_234_567.8, "events/s"), "1,234,568 events/s");
        assert_eq!(amount(-1_000.0, ""), "-1,000");
        assert_eq!(amount(12.345, "ms"), "12.3 ms");
        assert_eq!(amount(0.0123, "ms"), "0.012 ms");
        assert_eq!(amount(0.0, "ms"), "0 ms");
    }

    #[test]
    fn a_limit_itself_is_within_the_limit() {
        let mut section = Section::new("append", "");
        section.at_most("p99", 50.0, 50.0, "ms");
        section.at_least("rate", 19_999.0, 20_000.0, "events/s");
        assert!(section.checks[0].ok);
        assert!(!section.checks[1].ok);
        assert_eq!(section.checks[1].reach, "≥ 20,000 events/s");
    }
}

//! A report for people.

use std::fmt;

use super::{Load, Report, Section, amount};

/// The whole report: targets first, then the machine, then each scenario.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Benchmarks\n\n")?;
        targets(self, f)?;
        write!(f, "{}", self.environment)?;
        self.sections.iter().try_for_each(|it| scenario(it, f))
    }
}

fn targets(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("| scenario | what | reach | value | |\n|---|---|---|---|---|\n")?;
    for section in &report.sections {
        let name = section.scenario;
        for check in &section.checks {
            let verdict = if check.ok { "ok" } else { "**missed**" };
            let (what, reach, value) = (&check.what, &check.reach, &check.value);
            writeln!(f, "| `{name}` | {what} | {reach} | {value} | {verdict} |")?;
        }
        if section.failure.is_some() {
            writeln!(f, "| `{name}` | | | | **failed** |")?;
        }
    }
    writeln!(f)
}

fn scenario(section: &Section, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "## `{}`\n\n{}\n", section.scenario, section.about)?;
    if let Some(failure) = &section.failure {
        writeln!(f, "**Not measured to its end:** {failure}\n")?;
    }
    if !section.loads.is_empty() {
        loads(&section.loads, f)?;
    }
    if !section.figures.is_empty() {
        f.write_str("| figure | value |\n|---|---:|\n")?;
        for figure in &section.figures {
            let value = amount(figure.value, figure.unit);
            writeln!(f, "| {} | {value} |", figure.what)?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn loads(loads: &[Load], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(
        "| run | clients | offered/s | answered/s | per second | p50 ms | p90 ms | p99 ms | \
         p99.9 ms | max ms | failed | server CPU µs | generator CPU µs |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    )?;
    for load in loads {
        let latency = &load.latency;
        write!(f, "| {} | {} ", load.what, load.clients)?;
        for figure in [
            load.offered_per_second,
            Some(load.requests_per_second),
            Some(load.per_second),
            Some(latency.p50_ms),
            Some(latency.p90_ms),
            Some(latency.p99_ms),
            Some(latency.p999_ms),
            Some(latency.max_ms),
        ] {
            write!(f, "| {} ", or_none(figure))?;
        }
        let (failed, server_cpu) = (load.failed + load.unsent, or_none(load.server_cpu_us));
        let generator_cpu = amount(load.generator_cpu_us, "");
        writeln!(f, "| {failed} | {server_cpu} | {generator_cpu} |")?;
    }
    writeln!(f)?;
    for load in loads {
        if let Some(failure) = &load.first_failure {
            writeln!(f, "First failure of “{}”: {failure}\n", load.what)?;
        }
    }
    Ok(())
}

fn or_none(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |it| amount(it, ""))
}

//! A report for people.

use std::fmt::{self, Write};

use super::{Load, Report, Section, amount};

/// Renders the whole report: targets first, then the machine, then each scenario.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::from("# Benchmarks\n\n");
    targets(report, &mut out);
    report.environment.markdown(&mut out);
    for section in &report.sections {
        scenario(section, &mut out);
    }
    out
}

fn targets(report: &Report, out: &mut String) {
    out.push_str("| scenario | what | reach | value | |\n|---|---|---|---|---|\n");
    for section in &report.sections {
        for check in &section.checks {
            let verdict = if check.ok { "ok" } else { "**missed**" };
            line(
                out,
                format_args!(
                    "| `{}` | {} | {} | {} | {verdict} |",
                    section.scenario, check.what, check.reach, check.value
                ),
            );
        }
        if section.failure.is_some() {
            line(
                out,
                format_args!("| `{}` | | | | **failed** |", section.scenario),
            );
        }
    }
    out.push('\n');
}

fn scenario(section: &Section, out: &mut String) {
    line(
        out,
        format_args!("## `{}`\n\n{}\n", section.scenario, section.about),
    );
    if let Some(failure) = &section.failure {
        line(
            out,
            format_args!("**Not measured to its end:** {failure}\n"),
        );
    }
    if !section.loads.is_empty() {
        loads(&section.loads, out);
    }
    if !section.figures.is_empty() {
        out.push_str("| figure | value |\n|---|---:|\n");
        for figure in &section.figures {
            let value = amount(figure.value, figure.unit);
            line(out, format_args!("| {} | {value} |", figure.what));
        }
        out.push('\n');
    }
}

fn loads(loads: &[Load], out: &mut String) {
    out.push_str(
        "| run | clients | offered/s | answered/s | per second | p50 ms | p90 ms | p99 ms | \
         p99.9 ms | max ms | failed | server CPU µs | generator CPU µs |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for load in loads {
        let or_none = |value: Option<f64>| value.map_or("–".to_owned(), |it| amount(it, ""));
        let (offered, server_cpu) = (
            or_none(load.offered_per_second),
            or_none(load.server_cpu_us),
        );
        let latency = &load.latency;
        line(
            out,
            format_args!(
                "| {} | {} | {offered} | {} | {} | {} | {} | {} | {} | {} | {} | {server_cpu} | \
                 {} |",
                load.what,
                load.clients,
                amount(load.requests_per_second, ""),
                amount(load.per_second, ""),
                amount(latency.p50_ms, ""),
                amount(latency.p90_ms, ""),
                amount(latency.p99_ms, ""),
                amount(latency.p999_ms, ""),
                amount(latency.max_ms, ""),
                load.failed + load.unsent,
                amount(load.generator_cpu_us, "")
            ),
        );
    }
    out.push('\n');
    for load in loads {
        if let Some(failure) = &load.first_failure {
            line(
                out,
                format_args!("First failure of “{}”: {failure}\n", load.what),
            );
        }
    }
}

fn line(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = writeln!(out, "{text}");
}

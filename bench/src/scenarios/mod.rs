//! The scenarios: a file each, which says what is measured and measures it.

mod append;
mod append_batch;
mod append_many_logs;
mod append_sequential;
mod append_then_query;
mod bystander;
mod cluster;
mod cold_load;
mod events;
mod filling;
mod fold;
mod idle_logs;
mod logins;
mod measure;
mod query;

use std::pin::Pin;

use anyhow::Result;

use crate::context::Context;
use crate::report::Section;

/// Something that can be measured.
pub(crate) struct Scenario {
    pub name: &'static str,
    /// A line for the list of scenarios.
    pub summary: &'static str,
    /// What is measured, and how.
    pub about: &'static str,
    pub run: for<'a> fn(&'a Context, &'a mut Section) -> Run<'a>,
}

type Run<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Those on one server, in the order of the table of targets.
pub(crate) const SERVER: &[Scenario] = &[
    append_sequential::SCENARIO,
    append::SCENARIO,
    append_many_logs::SCENARIO,
    append_batch::SCENARIO,
    query::SCENARIO,
    append_then_query::SCENARIO,
    fold::SCENARIO,
    cold_load::SCENARIO,
    idle_logs::SCENARIO,
    bystander::HOSTILE,
    bystander::BUSY,
    logins::SCENARIO,
];

/// Those on a whole cluster.
pub(crate) const CLUSTER: &[Scenario] = &[
    cluster::append::SCENARIO,
    cluster::append_many_logs::SCENARIO,
    cluster::replay::SCENARIO,
    cluster::archive::SCENARIO,
    cluster::take_over::SCENARIO,
];

//! The scenarios: a file each, which says what is measured and measures it.

pub(crate) mod append;
pub(crate) mod append_batch;
pub(crate) mod append_many_logs;
pub(crate) mod append_sequential;
pub(crate) mod append_then_query;
pub(crate) mod bystander;
pub(crate) mod cluster;
pub(crate) mod cold_load;
mod events;
pub(crate) mod fold;
pub(crate) mod idle_logs;
pub(crate) mod logins;
mod measure;
pub(crate) mod query;

use anyhow::Result;

use crate::context::Context;
use crate::report::Section;

/// What can be measured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scenario {
    AppendSequential,
    Append,
    AppendManyLogs,
    AppendBatch,
    Query,
    AppendThenQuery,
    Fold,
    ColdLoad,
    IdleLogs,
    Bystander,
    BystanderBusy,
    Logins,
    ClusterAppend,
    ClusterAppendManyLogs,
    ClusterReplay,
    ClusterArchive,
    ClusterTakeOver,
}

impl Scenario {
    /// In the order of the table of targets.
    pub(crate) const ALL: [Self; 12] = [
        Self::AppendSequential,
        Self::Append,
        Self::AppendManyLogs,
        Self::AppendBatch,
        Self::Query,
        Self::AppendThenQuery,
        Self::Fold,
        Self::ColdLoad,
        Self::IdleLogs,
        Self::Bystander,
        Self::BystanderBusy,
        Self::Logins,
    ];

    /// Those on a whole cluster.
    pub(crate) const CLUSTER: [Self; 5] = [
        Self::ClusterAppend,
        Self::ClusterAppendManyLogs,
        Self::ClusterReplay,
        Self::ClusterArchive,
        Self::ClusterTakeOver,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AppendSequential => "append-sequential",
            Self::Append => "append",
            Self::AppendManyLogs => "append-many-logs",
            Self::AppendBatch => "append-batch",
            Self::Query => "query",
            Self::AppendThenQuery => "append-then-query",
            Self::Fold => "fold",
            Self::ColdLoad => "cold-load",
            Self::IdleLogs => "idle-logs",
            Self::Bystander => "bystander",
            Self::BystanderBusy => "bystander-busy",
            Self::Logins => "logins",
            Self::ClusterAppend => "cluster-append",
            Self::ClusterAppendManyLogs => "cluster-append-many-logs",
            Self::ClusterReplay => "cluster-replay",
            Self::ClusterArchive => "cluster-archive",
            Self::ClusterTakeOver => "cluster-take-over",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::AppendSequential => append_sequential::ABOUT,
            Self::Append => append::ABOUT,
            Self::AppendManyLogs => append_many_logs::ABOUT,
            Self::AppendBatch => append_batch::ABOUT,
            Self::Query => query::ABOUT,
            Self::AppendThenQuery => append_then_query::ABOUT,
            Self::Fold => fold::ABOUT,
            Self::ColdLoad => cold_load::ABOUT,
            Self::IdleLogs => idle_logs::ABOUT,
            Self::Bystander => bystander::ABOUT,
            Self::BystanderBusy => bystander::ABOUT_BUSY,
            Self::Logins => logins::ABOUT,
            Self::ClusterAppend => cluster::append::ABOUT,
            Self::ClusterAppendManyLogs => cluster::append_many_logs::ABOUT,
            Self::ClusterReplay => cluster::replay::ABOUT,
            Self::ClusterArchive => cluster::archive::ABOUT,
            Self::ClusterTakeOver => cluster::take_over::ABOUT,
        }
    }

    pub(crate) async fn run(self, context: &Context, section: &mut Section) -> Result<()> {
        match self {
            Self::AppendSequential => append_sequential::run(context, section).await,
            Self::Append => append::run(context, section).await,
            Self::AppendManyLogs => append_many_logs::run(context, section).await,
            Self::AppendBatch => append_batch::run(context, section).await,
            Self::Query => query::run(context, section).await,
            Self::AppendThenQuery => append_then_query::run(context, section).await,
            Self::Fold => fold::run(section).await,
            Self::ColdLoad => cold_load::run(context, section).await,
            Self::IdleLogs => idle_logs::run(context, section).await,
            Self::Bystander => bystander::run(context, section).await,
            Self::BystanderBusy => bystander::run_busy(context, section).await,
            Self::Logins => logins::run(context, section).await,
            Self::ClusterAppend => cluster::append::run(context, section).await,
            Self::ClusterAppendManyLogs => cluster::append_many_logs::run(context, section).await,
            Self::ClusterReplay => cluster::replay::run(context, section).await,
            Self::ClusterArchive => cluster::archive::run(context, section).await,
            Self::ClusterTakeOver => cluster::take_over::run(context, section).await,
        }
    }
}

//! `primatomic admin`: what operators see and set of tenants, on the catalog itself.
//!
//! It may be used while servers run. Each change is a control event like all others, which the
//! tenant finds in its audit log.

use catalog::{Catalog, Context, PAGE_LIMIT_MAX, Page, QuotaOverrides, Tenant, TenantUse};
use clap::{Args, Subcommand};
use protocol::{Rate, RequestId};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{Output, fields, table};
use crate::server::numbers::Bytes;
use crate::server::operator::{Use, with_catalog};
use crate::server::options::DataOptions;

/// What a running server may still go by.
const SOON: &str = "Servers that run go by it within 30 seconds.";

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Look at tenants, and set what each may have
    #[command(subcommand)]
    Tenant(TenantCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// List all tenants by name
    #[command(after_help = "\
Examples:
  primatomic admin tenant list --data data
  primatomic admin tenant list --database-url postgres://... --json")]
    List(DataOptions),
    /// Show a tenant: what it may have, and what it has
    Show(OneTenant),
    /// Set what a tenant may have
    ///
    /// What is not named stays as it is. `default` takes back what was set, so that the tenant has
    /// what the servers give everyone (--quota-logs and its neighbours). A tenant keeps what it has
    /// beyond a lower limit, and gets no more.
    #[command(after_help = "\
Examples:
  primatomic admin tenant limits acme --logs 5000 --storage 10G
  primatomic admin tenant limits acme --storage default
  primatomic admin tenant limits acme --queries 0        no queries at all")]
    Limits(LimitsArguments),
    /// Set how many requests a tenant may send
    #[command(after_help = "\
Examples:
  primatomic admin tenant rate acme --per-second 1000 --burst 1500
  primatomic admin tenant rate acme --unlimited
  primatomic admin tenant rate acme --default")]
    Rate(RateArguments),
}

#[derive(Args, Debug)]
pub(crate) struct OneTenant {
    /// Short name or id of the tenant
    tenant: String,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args, Debug)]
pub(crate) struct LimitsArguments {
    #[command(flatten)]
    of: OneTenant,
    /// Logs
    #[arg(long, value_name = "N", value_parser = number)]
    logs: Option<Setting>,
    /// Views, on all its logs
    #[arg(long, value_name = "N", value_parser = number)]
    views: Option<Setting>,
    /// API keys
    #[arg(long, value_name = "N", value_parser = number)]
    keys: Option<Setting>,
    /// Members, with open invitations
    #[arg(long, value_name = "N", value_parser = number)]
    members: Option<Setting>,
    /// Bytes of all events, such as 10G
    #[arg(long, value_name = "BYTES", value_parser = size)]
    storage: Option<Setting>,
    /// Queries at a time, on each control plane
    #[arg(long, value_name = "N", value_parser = number)]
    queries: Option<Setting>,
    /// Live tails at a time, on each control plane
    #[arg(long, value_name = "N", value_parser = number)]
    streams: Option<Setting>,
    /// Linear memory of its views, on each worker, such as 512M
    #[arg(long, value_name = "BYTES", value_parser = size)]
    view_memory: Option<Setting>,
}

#[derive(Args, Debug)]
pub(crate) struct RateArguments {
    #[command(flatten)]
    of: OneTenant,
    /// Requests that flow in each second
    #[arg(long, value_name = "N", required_unless_present_any = ["unlimited", "default"],
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    per_second: Option<u32>,
    /// Requests that may be sent at once after a pause [default: half as many again as flow in]
    #[arg(long, value_name = "N", requires = "per_second",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    burst: Option<u32>,
    /// Lift the limit
    #[arg(long, conflicts_with_all = ["per_second", "default"])]
    unlimited: bool,
    /// Give it what all others have
    #[arg(long, conflicts_with = "per_second")]
    default: bool,
}

/// A figure, or back to the default.
type Setting = Option<u64>;

fn number(text: &str) -> Result<Setting, String> {
    match text {
        "default" => Ok(None),
        // Larger ones would not be exact in JSON.
        _ => match text.parse() {
            Ok(number) if number < 1 << 53 => Ok(Some(number)),
            _ => Err("a limit is a whole number, or `default`".to_owned()),
        },
    }
}

fn size(text: &str) -> Result<Setting, String> {
    match text {
        "default" => Ok(None),
        "0" => Ok(Some(0)),
        _ => text.parse::<Bytes>().map(|it| Some(it.0)),
    }
}

impl AdminCommand {
    fn data(&self) -> &DataOptions {
        let Self::Tenant(command) = self;
        match command {
            TenantCommand::List(data) => data,
            TenantCommand::Show(of) => &of.data,
            TenantCommand::Limits(arguments) => &arguments.of.data,
            TenantCommand::Rate(arguments) => &arguments.of.data,
        }
    }
}

/// Runs an operator's command on the catalog.
pub(crate) fn run(command: &AdminCommand, output: Output) -> Result<(), Failure> {
    let AdminCommand::Tenant(tenant) = command;
    with_catalog(
        command.data(),
        Use::BesideServers,
        async |catalog| match tenant {
            TenantCommand::List(_) => list(catalog, output).await,
            TenantCommand::Show(of) => show(catalog, output, &of.tenant).await,
            TenantCommand::Limits(arguments) => limits(catalog, output, arguments).await,
            TenantCommand::Rate(arguments) => rate(catalog, output, arguments).await,
        },
    )
}

async fn find(catalog: &Catalog, name: &str) -> Result<(Tenant, TenantUse), Failure> {
    let tenant = catalog.find_tenant(name).await?;
    let tenant = tenant.ok_or_else(|| {
        Failure::Other(format!(
            "there is no tenant {name}; `primatomic admin tenant list` shows all"
        ))
    })?;
    let used = catalog.tenant_use(tenant.id).await?;
    Ok((tenant, used))
}

async fn list(catalog: &Catalog, output: Output) -> Result<(), Failure> {
    let mut page = Page::first(PAGE_LIMIT_MAX);
    let mut tenants = Vec::new();
    loop {
        let found = catalog.tenants(page).await?;
        for tenant in found.items {
            let used = catalog.tenant_use(tenant.id).await?;
            tenants.push((tenant, used));
        }
        if found.next_cursor.is_none() {
            break;
        }
        page = Page {
            limit: PAGE_LIMIT_MAX,
            cursor: found.next_cursor,
        };
    }
    let values: Vec<_> = tenants.iter().map(|(it, used)| value(it, used)).collect();
    output.value(&values, |_| {
        let row = |(tenant, used): &(Tenant, TenantUse)| {
            let bytes = used.storage_bytes.map(|it| it.to_string());
            [
                tenant.short_name.clone(),
                used.logs.to_string(),
                used.views.to_string(),
                used.members.to_string(),
                bytes.unwrap_or_else(|| "-".to_owned()),
                rate_text(tenant.rate),
                tenant.id.to_string(),
            ]
        };
        let rows: Vec<_> = tenants.iter().map(row).collect();
        let titles = ["NAME", "LOGS", "VIEWS", "MEMBERS", "BYTES", "RATE", "ID"];
        table(titles, &rows)
    })
}

async fn show(catalog: &Catalog, output: Output, name: &str) -> Result<(), Failure> {
    let (tenant, used) = find(catalog, name).await?;
    output.value(&value(&tenant, &used), |_| text(&tenant, &used))
}

async fn limits(
    catalog: &Catalog,
    output: Output,
    arguments: &LimitsArguments,
) -> Result<(), Failure> {
    let (tenant, _) = find(catalog, &arguments.of.tenant).await?;
    let own = tenant.quotas;
    let quotas = QuotaOverrides {
        logs: arguments.logs.unwrap_or(own.logs),
        views: arguments.views.unwrap_or(own.views),
        keys: arguments.keys.unwrap_or(own.keys),
        members: arguments.members.unwrap_or(own.members),
        storage_bytes: arguments.storage.unwrap_or(own.storage_bytes),
        queries: arguments.queries.unwrap_or(own.queries),
        streams: arguments.streams.unwrap_or(own.streams),
        view_memory_bytes: arguments.view_memory.unwrap_or(own.view_memory_bytes),
    };
    if quotas == own {
        output.note(
            "Nothing was changed; `primatomic admin tenant limits --help` lists what can be.",
        );
    } else {
        let context = Context::system(RequestId::generate());
        catalog.set_quotas(tenant.id, context, quotas).await?;
        output.note(SOON);
    }
    show(catalog, output, &tenant.id.to_string()).await
}

async fn rate(catalog: &Catalog, output: Output, arguments: &RateArguments) -> Result<(), Failure> {
    let (tenant, _) = find(catalog, &arguments.of.tenant).await?;
    let rate = match arguments.per_second {
        Some(per_second) => Some(Rate {
            per_second,
            burst: arguments.burst.unwrap_or(per_second + per_second / 2),
        }),
        None if arguments.unlimited => Some(Rate {
            per_second: 0,
            burst: 0,
        }),
        None => None,
    };
    let context = Context::system(RequestId::generate());
    catalog.set_rate(tenant.id, context, rate).await?;
    output.note(SOON);
    show(catalog, output, &tenant.id.to_string()).await
}

fn value(tenant: &Tenant, used: &TenantUse) -> Value {
    json!({
        "tenant_id": tenant.id.to_string(),
        "short_name": tenant.short_name,
        "created_at": tenant.created_at.to_string(),
        "rate": tenant.rate,
        "limits": tenant.quotas,
        "used": used,
    })
}

fn rate_text(rate: Option<Rate>) -> String {
    match rate {
        None => "default".to_owned(),
        Some(Rate { per_second: 0, .. }) => "unlimited".to_owned(),
        Some(rate) => format!("{}/s, burst {}", rate.per_second, rate.burst),
    }
}

fn text(tenant: &Tenant, used: &TenantUse) -> String {
    let own = &tenant.quotas;
    let head = fields(&[
        ("name", tenant.short_name.clone()),
        ("id", tenant.id.to_string()),
        ("created", tenant.created_at.to_string()),
        ("requests", rate_text(tenant.rate)),
    ]);
    let row = |what: &str, limit: Option<u64>, used: Option<u64>| {
        let limit = limit.map_or_else(|| "default".to_owned(), |limit| limit.to_string());
        let used = used.map_or_else(|| "-".to_owned(), |used| used.to_string());
        [what.to_owned(), limit, used]
    };
    let rows = [
        row("logs", own.logs, Some(used.logs)),
        row("views", own.views, Some(used.views)),
        row("keys", own.keys, Some(used.keys)),
        row("members", own.members, Some(used.members)),
        row("storage (bytes)", own.storage_bytes, used.storage_bytes),
        row("queries at a time", own.queries, None),
        row("streams at a time", own.streams, None),
        row("view memory (bytes)", own.view_memory_bytes, None),
    ];
    format!("{head}\n\n{}", table(["LIMIT OF", "SET TO", "USED"], &rows))
}

//! `primatomic billing setup`, `outbox` and `reconcile`: what operators do about payments.

use catalog::clock::{Clock as _, SystemClock};
use catalog::{BillStatus, BillUpdate, Catalog, MeterEvent, MeterEventState, MonthBill};
use clap::Args;
use control_plane::{PriceList, Stripe, reconcile as compare};
use protocol::TenantId;
use protocol::meter::Month;
use serde_json::{Value, json};

use crate::commands::Confirmation;
use crate::failure::Failure;
use crate::output::{JsonOption, Output, table};
use crate::server::block_on;
use crate::server::operator::{Use, with_catalog};
use crate::server::options::{DataOptions, StripeArguments, read_prices};

/// Events that are shown.
const SHOWN: u64 = 1_000;

#[derive(Args, Debug)]
pub(crate) struct SetupArguments {
    #[command(flatten)]
    stripe: StripeArguments,
    /// File with what use costs
    #[arg(long, env = "PRIMATOMIC_PRICES", value_name = "FILE", value_parser = read_prices)]
    prices: PriceList,
    /// Address under which Stripe reaches the server
    #[arg(long, env = "PRIMATOMIC_PUBLIC_URL", value_name = "URL")]
    public_url: String,
    #[command(flatten)]
    sure: Confirmation,
    #[command(flatten)]
    _json: JsonOption,
}

#[derive(Args, Debug)]
pub(crate) struct OutboxArguments {
    /// Send events once more that Stripe refused for good
    #[arg(long)]
    retry: bool,
    /// Leave a stopped bill as it is, for good, such as one that Stripe made no invoice for
    #[arg(long, value_name = "TENANT-ID:MONTH", value_parser = read_bill)]
    close: Option<(TenantId, Month)>,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ReconcileArguments {
    #[command(flatten)]
    stripe: StripeArguments,
    /// File with what use costs
    #[arg(long, env = "PRIMATOMIC_PRICES", value_name = "FILE", value_parser = read_prices)]
    prices: PriceList,
    #[command(flatten)]
    data: DataOptions,
}

fn connect(arguments: &StripeArguments) -> Result<Stripe, Failure> {
    arguments.stripe()?.ok_or_else(|| {
        Failure::Usage(
            "name the secret key of Stripe with PRIMATOMIC_STRIPE_SECRET_KEY; keys are made in \
             Stripe's dashboard under Developers"
                .to_owned(),
        )
    })
}

/// Makes what is missing at Stripe.
pub(crate) fn set_payments_up(it: &SetupArguments, output: Output) -> Result<(), Failure> {
    let stripe = connect(&it.stripe)?;
    block_on(async {
        let url = it.public_url.trim_end_matches('/');
        let plan = stripe.plan(&it.prices, url).await.map_err(Failure::other)?;
        let mode = if stripe.is_live() { "live" } else { "test" };
        if !plan.conflicts.is_empty() {
            return Err(Failure::Other(format!(
                "Stripe ({mode} mode) has something otherwise than it should be, and nothing was \
                 made:\n  {}",
                plan.conflicts.join("\n  ")
            )));
        }
        if plan.steps.is_empty() {
            output.note(format!("Stripe ({mode} mode) has everything already."));
        } else {
            output.note(format!("Missing at Stripe ({mode} mode):"));
            for step in &plan.steps {
                output.note(format!("  + {step}"));
            }
            it.sure.ask(&format!("Make it in {mode} mode?"))?;
        }
        let mut secrets = Vec::new();
        for step in &plan.steps {
            secrets.extend(stripe.make(step).await.map_err(Failure::other)?);
        }
        let made: Vec<_> = plan.steps.iter().map(ToString::to_string).collect();
        let done = json!({ "mode": mode, "made": made, "webhook_secrets": secrets });
        output.value(&done, |_| match secrets.is_empty() {
            true => String::new(),
            false => format!("PRIMATOMIC_STRIPE_WEBHOOK_SECRETS={}", secrets.join(",")),
        })
    })
}

/// Shows what is not reported yet, and bills that are stopped.
pub(crate) fn outbox(it: &OutboxArguments, output: Output) -> Result<(), Failure> {
    with_catalog(&it.data, Use::BesideServers, async |catalog: &Catalog| {
        if it.retry {
            let retried = catalog.retry_dead_meter_events().await?;
            output.note(format!("{retried} events are sent once more."));
        }
        if let Some((tenant, month)) = it.close {
            close_bill(catalog, tenant, month).await?;
            output.note(format!("The bill of {month} is closed."));
        }
        let mut events = Vec::new();
        for state in [
            MeterEventState::Dead,
            MeterEventState::Unknown,
            MeterEventState::Waiting,
        ] {
            events.extend(catalog.meter_events_in(state, SHOWN).await?);
        }
        let stopped = catalog.bills_in(BillStatus::Stopped, SHOWN).await?;
        let shown = json!({
            "events": events.iter().map(shown_event).collect::<Vec<_>>(),
            "stopped_bills": stopped.iter().map(shown_bill).collect::<Vec<_>>(),
        });
        output.value(&shown, |_| describe(&events, &stopped))
    })
}

fn read_bill(text: &str) -> Result<(TenantId, Month), String> {
    let wrong = || "a bill is named like ID-OF-TENANT:2026-11".to_owned();
    let (tenant, month) = text.split_once(':').ok_or_else(wrong)?;
    let tenant = tenant.parse().map(TenantId).map_err(|_| wrong())?;
    Ok((tenant, month.parse().map_err(|_| wrong())?))
}

async fn close_bill(catalog: &Catalog, tenant: TenantId, month: Month) -> Result<(), Failure> {
    let bill = catalog.month_bill(tenant, month).await?;
    let stopped = bill.filter(|it| it.status == BillStatus::Stopped);
    let Some(mut bill) = stopped else {
        let message = format!("the tenant {tenant} has no stopped bill of {month}");
        return Err(Failure::Other(message));
    };
    bill.status = BillStatus::Invoiced;
    bill.due_at = None;
    bill.bill.problem = None;
    let update = BillUpdate {
        bills: vec![bill],
        ..BillUpdate::default()
    };
    match catalog.write_bills(tenant, &update).await? {
        true => Ok(()),
        false => Err(Failure::Other(
            "a server works on the bill at this moment; try again".to_owned(),
        )),
    }
}

fn shown_event(it: &MeterEvent) -> Value {
    json!({
        "identifier": it.identifier(),
        "tenant_id": it.key.tenant.to_string(),
        "meter": it.key.meter.to_string(),
        "month": it.month.to_string(),
        "units": it.units,
        "state": it.state.to_string(),
        "attempts": it.attempts,
        "error": it.error,
    })
}

fn shown_bill(it: &MonthBill) -> Value {
    json!({
        "tenant_id": it.tenant.to_string(),
        "month": it.month.to_string(),
        "problem": it.bill.problem,
    })
}

fn describe(events: &[MeterEvent], stopped: &[MonthBill]) -> String {
    let mut text = Vec::new();
    if events.is_empty() {
        text.push("Everything is reported to Stripe.".to_owned());
    } else {
        let row = |it: &MeterEvent| {
            [
                it.state.to_string(),
                it.key.tenant.to_string(),
                it.key.meter.to_string(),
                it.month.to_string(),
                it.units.to_string(),
                it.attempts.to_string(),
                it.error.clone().unwrap_or_default(),
            ]
        };
        let rows: Vec<_> = events.iter().map(row).collect();
        let titles = [
            "STATE", "TENANT", "METER", "MONTH", "UNITS", "SENT", "ERROR",
        ];
        text.push(table(titles, &rows));
    }
    if !stopped.is_empty() {
        let row = |it: &MonthBill| {
            [
                it.tenant.to_string(),
                it.month.to_string(),
                it.bill.problem.clone().unwrap_or_default(),
            ]
        };
        let rows: Vec<_> = stopped.iter().map(row).collect();
        text.push(table(["TENANT", "STOPPED BILL", "WHY"], &rows));
    }
    text.join("\n\n")
}

/// Compares bills with what Stripe has.
pub(crate) fn reconcile(it: &ReconcileArguments, output: Output) -> Result<(), Failure> {
    let stripe = connect(&it.stripe)?;
    with_catalog(&it.data, Use::BesideServers, async |catalog: &Catalog| {
        let compared = compare(catalog, &it.prices, &stripe, SystemClock.now());
        let report = compared.await.map_err(Failure::other)?;
        let shown = json!({
            "tenants": report.tenants,
            "bills": report.bills,
            "differences": report.differences,
        });
        output.value(&shown, |_| {
            let (tenants, bills) = (report.tenants, report.bills);
            let found = report.differences.join("\n  ");
            match report.differences.len() {
                0 => format!("{bills} bills of {tenants} tenants agree with Stripe."),
                count => format!("{count} of {bills} bills differ:\n  {found}"),
            }
        })?;
        match report.differences.len() {
            0 => Ok(()),
            count => Err(Failure::Other(format!("{count} bills differ from Stripe"))),
        }
    })
}

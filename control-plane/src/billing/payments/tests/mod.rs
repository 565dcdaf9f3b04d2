//! Months of simulated use against a stand-in for Stripe that fails: what was used is what Stripe
//! accepted and what is on invoices, to the unit.

mod differences;
mod life;
mod receiver;
mod world;

use catalog::clock::Clock as _;
use catalog::{BillStatus, Standing};
use protocol::TenantId;
use protocol::meter::{Hour, Meter, Month};

use self::world::World;
use crate::billing::month;
use crate::billing::simulation::{HOUR, access};

/// Invariant 10, with all that can go wrong between us and Stripe. `PRIMATOMIC_BILLING_SEED`,
/// `PRIMATOMIC_BILLING_MONTHS` and `PRIMATOMIC_BILLING_TENANTS` make other runs and longer ones.
#[tokio::test]
async fn what_was_used_is_accepted_and_invoiced_to_the_unit() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed = number("PRIMATOMIC_BILLING_SEED").unwrap_or(11);
    let months = number("PRIMATOMIC_BILLING_MONTHS").unwrap_or(2);
    let tenants = number("PRIMATOMIC_BILLING_TENANTS").unwrap_or(4);
    let mut world = World::new(seed, usize::try_from(tenants).unwrap()).await;
    let mut end: Month = "2026-11".parse().unwrap();
    for _ in 0..months {
        end = end.next();
    }
    world.live_until(end).await;
    world.come_to_rest().await;
    assert_eq!(
        world.differences().await,
        Vec::<String>::new(),
        "seed {seed}"
    );
    let (events, invoices) = (world.fake.accepted().len(), world.fake.invoices().len());
    let (faults, left) = (world.fake.fault_counts(), world.left.len());
    println!(
        "seed {seed}: {events} meter events, {invoices} invoices, {left} tenants cancelled, \
         faults {faults:?}"
    );

    // What is lost is found. Only a tenant with a subscription gets an invoice that can be stopped.
    let mut stays = None;
    for tenant in &world.tenants {
        let account = world.simulation.account(*tenant).await;
        if !world.left.contains(tenant) && account.standing() == Standing::Active {
            stays = Some(*tenant);
            break;
        }
    }
    let tenant = stays.unwrap();
    let last = (tenant, end.previous(), Meter::DataOut);
    *world.simulation.used.entry(last).or_default() += 5_000_000_000;
    let found = world.differences().await.join("\n");
    assert!(
        found.contains("of the use is not billed"),
        "seed {seed}: {found}"
    );
    *world.simulation.used.entry(last).or_default() -= 5_000_000_000;

    // What is reported twice is found, and stops the invoice.
    world.report_once_more(tenant).await;
    let found = world.differences().await.join("\n");
    assert!(found.contains("accepted"), "seed {seed}: {found}");
    while world.simulation.clock.now() < end.end().start().saturating_add(20 * HOUR) {
        world.advance(6 * HOUR).await;
        world.work().await.unwrap();
    }
    let bill = world.simulation.catalog.month_bill(tenant, end).await;
    let bill = bill.unwrap().unwrap();
    let account = world.simulation.account(tenant).await;
    assert_eq!(
        bill.status,
        BillStatus::Stopped,
        "seed {seed}: {bill:?} of {account:?}"
    );
    assert!(
        bill.bill.problem.unwrap().contains("sent was"),
        "seed {seed}"
    );
    let report = world.payments().reconcile().await.unwrap();
    assert_eq!(report.differences.len(), 1, "{report:?}");
}

impl World {
    /// One tenant, which is subscribed and uses more than is free.
    async fn with_a_subscriber(seed: u64) -> (Self, TenantId) {
        let mut world = World::new(seed, 1).await;
        let tenant = world.tenants[0];
        world.subscribe(tenant).await;
        world.work().await.unwrap();
        for _ in 0..60 {
            world.simulation.use_some(tenant).await;
            world.advance(HOUR).await;
            world.work().await.unwrap();
        }
        world.simulation.send_late_batches(1.0).await;
        (world, tenant)
    }
}

#[tokio::test]
async fn a_tenant_that_is_deleted_is_billed_for_its_last_use() {
    let (mut world, tenant) = World::with_a_subscriber(3).await;
    let mut rounds = 0;
    loop {
        world.advance(HOUR).await;
        world.work().await.unwrap();
        let until = Hour::of(world.simulation.clock.now());
        let (payments, access) = (world.payments(), access(tenant));
        if payments.bill_last_use(&access, until).await.unwrap() {
            break;
        }
        rounds += 1;
        assert!(rounds < 6);
    }
    // What is less than a unit is ours.
    world.left.insert(tenant);
    assert_eq!(world.differences().await, Vec::<String>::new());
    let bills = world.simulation.bills(tenant).await;
    assert_eq!(bills.len(), 1);
    assert_eq!(bills[0].status, BillStatus::Invoiced);
    assert!(month::reported(&bills[0].bill)[2] > 0);
    assert_eq!(
        world.simulation.account(tenant).await.standing(),
        Standing::Cancelled
    );
}

/// Away for so long that the invoice became final by itself: what is not on it is on the next one.
#[tokio::test]
async fn what_an_invoice_missed_is_on_the_next_one() {
    let (mut world, tenant) = World::with_a_subscriber(4).await;
    let month: Month = "2026-11".parse().unwrap();
    let end = month.end().start();
    while world.simulation.clock.now() < end.saturating_sub(6 * HOUR) {
        world.advance(6 * HOUR).await;
        world.work().await.unwrap();
    }
    *world.receiver.is_down.lock() = true;
    for _ in 0..20 {
        world.simulation.use_some(tenant).await;
    }
    world.advance(5 * 24 * HOUR).await;
    *world.receiver.is_down.lock() = false;
    world.come_to_rest().await;
    let bills = world.simulation.bills(tenant).await;
    assert_eq!(bills[1].status, BillStatus::Invoiced);
    let adjustments = &bills[0].bill.adjustments;
    assert!(!adjustments.is_empty(), "{bills:?}");
    assert!(adjustments[0].reason.contains("was final without it"));
    assert_eq!(world.differences().await, Vec::<String>::new());
}

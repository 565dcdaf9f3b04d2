//! Months of simulated use against a stand-in for Stripe that fails: what was used is what Stripe
//! accepted and what is on invoices, to the unit.

mod differences;
mod life;
mod receiver;
mod world;

use catalog::BillStatus;
use catalog::clock::Clock as _;
use protocol::meter::{Meter, Month};

use self::world::World;
use crate::billing::simulation::HOUR;

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

    // What is lost is found.
    let tenant = world.tenants[0];
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
    assert_eq!(bill.status, BillStatus::Stopped, "seed {seed}");
    assert!(
        bill.bill.problem.unwrap().contains("sent was"),
        "seed {seed}"
    );
    let report = world.payments().reconcile().await.unwrap();
    assert_eq!(report.differences.len(), 1, "{report:?}");
}

//! Months of simulated use: what was used is what is in the outbox, to the unit.

use catalog::clock::Clock as _;
use catalog::{Measured, Subscription, SubscriptionStatus, UsageBatch, UsageKey};
use protocol::meter::Meter;
use rand::RngExt as _;
use uuid::Uuid;

use super::*;
use crate::billing::plan::{costs, free};
use crate::billing::simulation::{HOUR, METERS, Simulation, access};

/// Bytes of answers that are free in a month.
const FREE: u64 = 1_000_000_000;

impl Simulation {
    async fn subscribed(&self, number: usize, cap_cents: Option<u64>) -> TenantId {
        let tenant = self.tenant(number).await;
        let since = self.clock.now();
        self.change(tenant, |account| {
            account.customer = Some(format!("cus_{number}"));
            account.cap_cents = cap_cents;
            account.subscription = Some(Subscription {
                id: format!("sub_{number}"),
                status: SubscriptionStatus::Active,
                since,
                ends_at: None,
                began_at: None,
            });
        })
        .await;
        tenant
    }

    /// What a node does every minute; two of them at the same time.
    async fn work(&self, tenants: &[TenantId]) {
        let until = Hour::of(self.clock.now());
        self.catalog.seal_usage(until).await.unwrap();
        for tenant in tenants {
            let bills = Bills {
                catalog: &self.catalog,
                prices: &self.prices,
                now: self.clock.now(),
                ends: false,
            };
            let (access, account) = (access(*tenant), self.account(*tenant).await);
            let (one, other) = tokio::join!(
                bills.advance(&access, &account, until),
                bills.advance(&access, &account, until)
            );
            one.and(other).unwrap();
        }
    }
}

/// Invariant 10: what is reported is what was used. `PRIMATOMIC_BILLING_SEED` and
/// `PRIMATOMIC_BILLING_MONTHS` make other runs and longer ones.
#[tokio::test]
async fn months_of_use_are_in_the_outbox_to_the_unit() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed = number("PRIMATOMIC_BILLING_SEED").unwrap_or(7);
    let months = number("PRIMATOMIC_BILLING_MONTHS").unwrap_or(2);
    let mut world = Simulation::new(seed).await;
    let caps = [None, Some(0), Some(1), Some(150), None, Some(40)];
    let mut tenants = Vec::new();
    for (number, cap) in caps.into_iter().enumerate() {
        tenants.push(world.subscribed(number, cap).await);
    }
    let idle = world.subscribed(caps.len(), None).await;
    tenants.push(idle);
    world.work(&tenants).await;
    let mut end: Month = "2026-11".parse().unwrap();
    for _ in 0..months {
        end = end.next();
    }
    while world.clock.now() < end.first().start() {
        world.clock.advance(HOUR);
        for tenant in &tenants[..caps.len()] {
            if world.random.random_bool(0.05) {
                world.use_some(*tenant).await;
            }
        }
        if world.random.random_bool(0.02) {
            world.send_late_batches(0.5).await;
        }
        // Nobody works on bills for up to days.
        if world.random.random_bool(0.1) {
            world.clock.advance(Duration::from_secs(150));
            world.work(&tenants).await;
        }
    }
    world.clock.advance(HOUR * 2);
    world.work(&tenants).await;
    world.send_late_batches(1.0).await;
    world.clock.advance(HOUR);
    world.work(&tenants).await;
    for (tenant, cap) in tenants.iter().zip(caps) {
        for meter in METERS {
            assert_eq!(
                world.missing(*tenant, meter).await,
                0,
                "seed {seed} {meter}"
            );
        }
        let bills = world.bills(*tenant).await;
        assert_eq!(bills.len() as u64, months + 1, "seed {seed}");
        for it in &bills {
            let lines = costs(world.unit_prices(it.month), month::reported(&it.bill));
            let cost: u64 = lines.iter().sum();
            assert!(cap.is_none_or(|cap| cost <= cap), "seed {seed}: {cost}");
        }
        assert!(bills[1..].iter().all(|it| it.status == BillStatus::Closed));
    }
    // A month of nothing has a bill of nothing, and no row of an hour.
    for it in world.bills(idle).await {
        assert_eq!(month::reported(&it.bill), Units::default());
        assert!(
            world
                .catalog
                .meter_events(idle, it.month)
                .await
                .unwrap()
                .is_empty()
        );
    }
    // What is lost on its way to the outbox, or counted twice, is found.
    let tenant = tenants[0];
    let key = (tenant, end.previous(), Meter::DataOut);
    for (planted, missing) in [(1_000_000_u128, 1_000_000), (0, 0)] {
        *world.used.entry(key).or_default() += planted;
        assert_eq!(
            world.missing(tenant, Meter::DataOut).await,
            missing,
            "seed {seed}"
        );
        *world.used.entry(key).or_default() -= planted;
    }
    let now = world.clock.now();
    let twice = UsageKey {
        tenant,
        hour: Hour::of(now),
        meter: Meter::DataOut,
        log: None,
        view: None,
    };
    for source in 0..2 {
        let batch = UsageBatch {
            source: Uuid::from_u128(source),
            epoch: 1,
            counter: 1,
            measured: Measured {
                amounts: vec![(twice, 2 * FREE)],
                versions: Vec::new(),
            },
        };
        assert!(world.catalog.record_usage(batch).await.unwrap());
    }
    *world
        .used
        .entry((tenant, Month::of(now), Meter::DataOut))
        .or_default() += u128::from(2 * FREE);
    world.clock.advance(HOUR);
    world.work(&tenants).await;
    let found = world.missing(tenant, Meter::DataOut).await;
    assert_eq!(found, -i128::from(2 * FREE), "seed {seed}");
}

#[tokio::test]
async fn what_was_used_before_subscribing_is_nobodys() {
    let mut world = Simulation::new(1).await;
    let tenant = world.subscribed(1, None).await;
    world.change(tenant, |it| it.subscription = None).await;
    for _ in 0..40 {
        world.clock.advance(HOUR);
        world.use_some(tenant).await;
    }
    world.send_late_batches(1.0).await;
    world.work(&[tenant]).await;
    assert!(world.bills(tenant).await.is_empty());
    let since = world.clock.now();
    world
        .change(tenant, |it| {
            it.subscription = Some(Subscription {
                id: "sub_1".to_owned(),
                status: SubscriptionStatus::Active,
                since,
                ends_at: None,
                began_at: None,
            });
        })
        .await;
    world.work(&[tenant]).await;
    let month = Month::of(since);
    let bill = &world.bills(tenant).await[0].bill;
    let used = bill.data_out.used;
    let beyond = used - free(Meter::DataOut, month);
    assert_eq!(u128::from(bill.data_out.written_off), beyond / 1_000_000);
    assert_eq!(world.in_outbox(tenant, month).await, Units::default());
    // From then on everything counts.
    for _ in 0..10 {
        world.clock.advance(HOUR);
        world.use_some(tenant).await;
    }
    world.send_late_batches(1.0).await;
    world.clock.advance(HOUR);
    world.work(&[tenant]).await;
    for meter in METERS {
        assert_eq!(world.missing(tenant, meter).await, 0);
    }
    assert!(world.in_outbox(tenant, month).await[2] > 0);
}

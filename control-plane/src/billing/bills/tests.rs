//! Months of simulated use against a real ledger: what was used is what is in the outbox, to the unit.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::access::{Actor, Role};
use catalog::clock::{Clock as _, ManualClock, SharedClock};
use catalog::{
    Context, Measured, NewTenant, Subscription, SubscriptionStatus, UsageBatch, UsageKey,
};
use protocol::RequestId;
use protocol::meter::Meter;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::billing::plan::{costs, free};
use crate::billing::price::{UnitPrice, unit};

const HOUR: Duration = Duration::from_secs(HOUR_SECONDS);

/// Bytes of answers that are free in a month.
const FREE: u64 = 1_000_000_000;

/// The meters that are used here.
const METERS: [Meter; 2] = [Meter::Compute, Meter::DataOut];

struct World {
    catalog: Catalog,
    clock: Arc<ManualClock>,
    prices: PriceList,
    random: StdRng,
    /// What each tenant used in each month.
    used: BTreeMap<(TenantId, Month, Meter), u128>,
    /// Batches that their node could not send yet.
    unsent: Vec<UsageBatch>,
    _directory: TempDir,
}

fn prices() -> PriceList {
    let at = |from: &str, compute: &str| {
        json!({
            "from": from, "currency": "usd", "storage_mb_hour": "0.000007",
            "compute_ms": compute, "data_out_mb": "0.01",
        })
    };
    let prices = [at("2026-01", "0.00003"), at("2026-12", "0.00004")];
    serde_json::from_value(json!({ "prices": prices })).unwrap()
}

fn access(tenant: TenantId) -> Access {
    Access {
        tenant,
        actor: Actor::System,
        role: Role::Owner,
        logs: None,
        secret: None,
    }
}

impl World {
    async fn new(seed: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let start: Month = "2026-11".parse().unwrap();
        let clock = Arc::new(ManualClock::at(start.first().start()));
        let shared = Arc::clone(&clock) as SharedClock;
        let file = directory.path().join("catalog.db");
        let catalog = Catalog::open_sqlite_with(&file, shared, catalog::CatalogLimits::default());
        Self {
            catalog: catalog.await.unwrap(),
            clock,
            prices: prices(),
            random: StdRng::seed_from_u64(seed),
            used: BTreeMap::new(),
            unsent: Vec::new(),
            _directory: directory,
        }
    }

    async fn tenant(&self, number: usize, cap_cents: Option<u64>) -> TenantId {
        let new = NewTenant {
            short_name: format!("tenant-{number}"),
            owner_email: format!("owner@{number}.example.com"),
            owner_password_hash: String::new(),
            email_verified: true,
        };
        let created = self.catalog.create_tenant(RequestId::generate(), new);
        let (tenant, _) = created.await.unwrap();
        let since = self.clock.now();
        self.change(tenant, |account| {
            account.customer = Some(format!("cus_{number}"));
            account.cap_cents = cap_cents;
            account.subscription = Some(Subscription {
                id: format!("sub_{number}"),
                status: SubscriptionStatus::Active,
                since,
                ends_at: None,
            });
        })
        .await;
        tenant
    }

    async fn change(&self, tenant: TenantId, to: impl Fn(&mut BillingAccount) + Sync) {
        let context = Context::system(RequestId::generate());
        let changed = self.catalog.change_billing_account(tenant, context, to);
        changed.await.unwrap();
    }

    /// Uses something now. The node reports it at once, twice, or up to days later.
    async fn use_some(&mut self, tenant: TenantId) {
        let now = self.clock.now();
        let meter = METERS[self.random.random_range(0..METERS.len())];
        let amount = match meter {
            Meter::Compute => self.random.random_range(0..200_000_000_000),
            _ => self.random.random_range(0..300_000_000),
        };
        let key = UsageKey {
            tenant,
            hour: Hour::of(now),
            meter,
            log: None,
            view: None,
        };
        *self
            .used
            .entry((tenant, Month::of(now), meter))
            .or_default() += u128::from(amount);
        let batch = UsageBatch {
            source: Uuid::from_u128(self.random.random()),
            epoch: 1,
            counter: 1,
            measured: Measured {
                amounts: vec![(key, amount)],
                versions: Vec::new(),
            },
        };
        match self.random.random_range(0..10) {
            0 => self.unsent.push(batch),
            1 => {
                self.catalog.record_usage(batch.clone()).await.unwrap();
                self.catalog.record_usage(batch).await.unwrap();
            }
            _ => assert!(self.catalog.record_usage(batch).await.unwrap()),
        }
    }

    async fn send_late_batches(&mut self, share: f64) {
        for batch in std::mem::take(&mut self.unsent) {
            if self.random.random_bool(share) {
                self.catalog.record_usage(batch).await.unwrap();
            } else {
                self.unsent.push(batch);
            }
        }
    }

    async fn account(&self, tenant: TenantId) -> BillingAccount {
        self.catalog.billing_account(tenant).await.unwrap()
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
            };
            let (access, account) = (access(*tenant), self.account(*tenant).await);
            let (one, other) = tokio::join!(
                bills.advance(&access, &account, until),
                bills.advance(&access, &account, until)
            );
            one.and(other).unwrap();
        }
    }

    async fn bills(&self, tenant: TenantId) -> Vec<MonthBill> {
        self.catalog.month_bills(tenant, MONTHS_MAX).await.unwrap()
    }

    /// Units in the outbox for a month.
    async fn in_outbox(&self, tenant: TenantId, month: Month) -> Units {
        let mut sum = Units::default();
        for event in self.catalog.meter_events(tenant, month).await.unwrap() {
            assert_eq!(Month::of(event.key.hour.start()), month);
            let line = BILLED.iter().position(|it| *it == event.key.meter);
            sum[line.unwrap()] += event.units;
        }
        sum
    }

    /// How much of what was used is neither reported, written off nor carried over, in the unit of the
    /// meter; negative what is reported twice.
    async fn missing(&self, tenant: TenantId, meter: Meter) -> i128 {
        let line = BILLED.iter().position(|it| *it == meter).unwrap();
        let used = self.used.iter();
        let of_meter = used.filter(|((owner, _, it), _)| (*owner, *it) == (tenant, meter));
        let beyond: u128 = of_meter
            .map(|((_, month, _), used)| used.saturating_sub(free(meter, *month)))
            .sum();
        let mut missing = i128::try_from(beyond).unwrap();
        for it in self.bills(tenant).await {
            let units = self.in_outbox(tenant, it.month).await[line];
            assert_eq!(units, it.bill.meters()[line].reported);
            let done = u128::from(units) + u128::from(it.bill.meters()[line].written_off);
            missing -= i128::try_from(done * unit(meter)).unwrap();
            if it.status == BillStatus::Open {
                missing -= month::rest(&it.bill, it.month)[line];
            }
        }
        missing
    }

    fn unit_prices(&self, month: Month) -> [UnitPrice; 3] {
        self.prices.at("usd", month).unwrap().of_units()
    }
}

/// Invariant 10: what is reported is what was used. `PRIMATOMIC_BILLING_SEED` and
/// `PRIMATOMIC_BILLING_MONTHS` make other runs and longer ones.
#[tokio::test]
async fn months_of_use_are_in_the_outbox_to_the_unit() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed = number("PRIMATOMIC_BILLING_SEED").unwrap_or(7);
    let months = number("PRIMATOMIC_BILLING_MONTHS").unwrap_or(2);
    let mut world = World::new(seed).await;
    let caps = [None, Some(0), Some(1), Some(150), None, Some(40)];
    let mut tenants = Vec::new();
    for (number, cap) in caps.into_iter().enumerate() {
        tenants.push(world.tenant(number, cap).await);
    }
    let idle = world.tenant(caps.len(), None).await;
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
    let mut world = World::new(1).await;
    let tenant = world.tenant(1, None).await;
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

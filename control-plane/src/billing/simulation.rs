//! Simulated use of tenants, for tests: what each of them used is known, and comes to a real ledger at
//! once, twice or days later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::clock::{Clock as _, ManualClock, SharedClock};
use catalog::{
    BillStatus, BillingAccount, Catalog, Context, Measured, MonthBill, NewTenant, UsageBatch,
    UsageKey,
};
use protocol::meter::{HOUR_SECONDS, Hour, Meter, Month};
use protocol::{RequestId, TenantId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::month;
use super::plan::{Units, free};
use super::price::{BILLED, PriceList, UnitPrice, unit};

pub(super) const HOUR: Duration = Duration::from_secs(HOUR_SECONDS);

/// The meters that are used here.
pub(super) const METERS: [Meter; 3] = BILLED;

pub(super) struct Simulation {
    pub catalog: Catalog,
    pub clock: Arc<ManualClock>,
    pub prices: PriceList,
    pub random: StdRng,
    /// What each tenant used in each month.
    pub used: BTreeMap<(TenantId, Month, Meter), u128>,
    /// Batches that their node could not send yet.
    pub unsent: Vec<UsageBatch>,
    directory: TempDir,
    /// How many catalogs there were.
    catalogs: u32,
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

pub(super) fn access(tenant: TenantId) -> Access {
    Access {
        tenant,
        actor: Actor::System,
        role: Role::Owner,
        logs: None,
        secret: None,
    }
}

impl Simulation {
    pub(super) async fn new(seed: u64) -> Self {
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
            directory,
            catalogs: 1,
        }
    }

    /// Loses the catalog; an empty one is there instead.
    pub(super) async fn replace_catalog(&mut self) {
        self.catalogs += 1;
        let name = format!("catalog-{}.db", self.catalogs);
        let file = self.directory.path().join(name);
        let clock = Arc::clone(&self.clock) as SharedClock;
        let limits = catalog::CatalogLimits::default();
        self.catalog = Catalog::open_sqlite_with(&file, clock, limits)
            .await
            .unwrap();
    }

    pub(super) async fn tenant(&self, number: usize) -> TenantId {
        let new = NewTenant {
            short_name: format!("tenant-{number}"),
            owner_email: format!("owner@{number}.example.com"),
            owner_password_hash: String::new(),
            email_verified: true,
        };
        let created = self.catalog.create_tenant(RequestId::generate(), new);
        let (tenant, _) = created.await.unwrap();
        tenant
    }

    pub(super) async fn change(&self, tenant: TenantId, to: impl Fn(&mut BillingAccount) + Sync) {
        let context = Context::system(RequestId::generate());
        let changed = self.catalog.change_billing_account(tenant, context, to);
        changed.await.unwrap();
    }

    /// Uses something now. The node reports it at once, twice, or up to days later.
    pub(super) async fn use_some(&mut self, tenant: TenantId) {
        let now = self.clock.now();
        let meter = METERS[self.random.random_range(0..METERS.len())];
        let amount = match meter {
            // Byte-seconds: what is stored for how long is tested where levels are kept.
            Meter::Storage => self.random.random_range(0..9_000_000_000_000_000),
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

    pub(super) async fn send_late_batches(&mut self, share: f64) {
        for batch in std::mem::take(&mut self.unsent) {
            if self.random.random_bool(share) {
                self.catalog.record_usage(batch).await.unwrap();
            } else {
                self.unsent.push(batch);
            }
        }
    }

    pub(super) async fn account(&self, tenant: TenantId) -> BillingAccount {
        self.catalog.billing_account(tenant).await.unwrap()
    }

    pub(super) async fn bills(&self, tenant: TenantId) -> Vec<MonthBill> {
        self.catalog
            .month_bills(tenant, u64::MAX >> 1)
            .await
            .unwrap()
    }

    /// Units in the outbox for a month.
    pub(super) async fn in_outbox(&self, tenant: TenantId, month: Month) -> Units {
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
    pub(super) async fn missing(&self, tenant: TenantId, meter: Meter) -> i128 {
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

    pub(super) fn unit_prices(&self, month: Month) -> [UnitPrice; 3] {
        self.prices.at("usd", month).unwrap().of_units()
    }
}

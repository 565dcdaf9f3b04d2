//! Tenants, their use, Stripe, and everything that can go wrong between us.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use catalog::clock::Clock as _;
use catalog::dump::DumpRow;
use parking_lot::Mutex;
use protocol::TenantId;
use protocol::meter::{Hour, Meter, Month};
use rand::RngExt as _;
use stripe_fake::{Card, Fake, Fault, FaultKind, Faults, Options};
use tokio::task::JoinSet;

use super::receiver::{Receiver, serve};
use crate::billing::payments::{PaymentError, Payments, Told};
use crate::billing::simulation::{Simulation, access};
use crate::billing::stripe::{NewCheckout, Stripe, StripeOptions};

const MINUTE: Duration = Duration::from_secs(60);

/// What was used, by tenant, month and meter.
type Used = BTreeMap<(TenantId, Month, Meter), u128>;

pub(super) struct World {
    pub simulation: Simulation,
    pub receiver: Arc<Receiver>,
    pub fake: Fake,
    pub stripe: Stripe,
    pub tenants: Vec<TenantId>,
    /// A backup, and what was used until then.
    backup: Option<(Vec<DumpRow>, Used)>,
    /// Who cancelled: what it used in between is nobody's.
    pub left: BTreeSet<TenantId>,
    _serving: JoinSet<()>,
}

impl World {
    pub(super) async fn new(seed: u64, tenants: usize) -> Self {
        let simulation = Simulation::new(seed).await;
        let now = simulation.clock.now().as_micros() / 1_000_000;
        let fake = Fake::start(Options {
            now: Some(now),
            seed,
            summary_delay: Duration::from_secs(600),
            meter_event_time: Duration::ZERO,
            ..Options::default()
        });
        let fake = fake.await.unwrap();
        let receiver = Arc::new(Receiver {
            catalog: Mutex::new(simulation.catalog.clone()),
            clock: Arc::clone(&simulation.clock),
            secrets: Mutex::default(),
            fake: Mutex::new(Some(fake.clone())),
            skew: Mutex::default(),
            is_down: Mutex::default(),
        });
        let mut serving = JoinSet::new();
        let url = serve(Arc::clone(&receiver), &mut serving).await;
        let stripe = Stripe::new(StripeOptions {
            secret_key: fake.secret_key(),
            url: Some(fake.url()),
            automatic_tax: false,
            webhook_secrets: Vec::new(),
        });
        let stripe = stripe.unwrap();
        // What `billing setup` does.
        let plan = stripe.plan(&simulation.prices, &url).await.unwrap();
        assert_eq!(plan.conflicts, Vec::<String>::new());
        for step in &plan.steps {
            let secret = stripe.make(step).await.unwrap();
            receiver.secrets.lock().extend(secret);
        }
        assert_eq!(receiver.secrets.lock().len(), 2);
        let again = stripe.plan(&simulation.prices, &url).await.unwrap();
        assert!(
            again.steps.is_empty() && again.conflicts.is_empty(),
            "{again:?}"
        );
        let mut world = Self {
            simulation,
            receiver,
            fake,
            stripe,
            tenants: Vec::new(),
            backup: None,
            left: BTreeSet::new(),
            _serving: serving,
        };
        for number in 0..tenants {
            let tenant = world.simulation.tenant(number).await;
            let caps = [None, Some(150), Some(0), None, Some(40)];
            let cap = caps[number % caps.len()];
            let name = format!("tenant-{number}");
            let customer = world.stripe.create_customer(tenant, &name, None);
            let customer = customer.await.unwrap();
            let set = |it: &mut catalog::BillingAccount| {
                it.customer = Some(customer.clone());
                it.cap_cents = cap;
            };
            world.simulation.change(tenant, set).await;
            world.tenants.push(tenant);
        }
        world
    }

    pub(super) fn payments(&self) -> Payments<'_> {
        Payments {
            catalog: &self.simulation.catalog,
            prices: &self.simulation.prices,
            stripe: &self.stripe,
            now: self.simulation.clock.now(),
        }
    }

    /// Subscribes a tenant, as its people do on the page of the checkout.
    pub(super) async fn subscribe(&self, tenant: TenantId) {
        self.fake.set_faults(Faults::default());
        let account = self.simulation.account(tenant).await;
        let month = Month::of(self.simulation.clock.now());
        let prices = self.simulation.prices.at("usd", month).unwrap();
        let checkout = NewCheckout {
            tenant,
            customer: account.customer.as_deref().unwrap(),
            currency: "usd",
            prices_from: prices.from,
            success_url: "https://example.com/yes",
            cancel_url: "https://example.com/no",
        };
        let key = uuid::Uuid::new_v4().to_string();
        let (session, _) = self.stripe.create_checkout(&checkout, &key).await.unwrap();
        self.fake.complete_checkout(&session, Card::Works).unwrap();
        self.fake.deliver().await;
    }

    pub(super) async fn advance(&self, by: Duration) {
        self.fake.advance_to(self.fake.now() + by.as_secs()).await;
        self.receiver.follow();
    }

    /// What a node does every few seconds. It may end anywhere.
    pub(super) async fn work(&self) -> Result<(), PaymentError> {
        let until = Hour::of(self.simulation.clock.now().saturating_sub(5 * MINUTE));
        self.simulation.catalog.seal_usage(until).await?;
        let payments = self.payments();
        for webhook in self.simulation.catalog.claim_webhooks(50).await? {
            let pause = self.simulation.clock.now().saturating_add(MINUTE);
            let due_at = match payments.take_in(&webhook).await {
                Ok(Told::Account(tenant)) => {
                    let refreshed = payments.refresh(&access(tenant), until).await;
                    refreshed.is_err().then_some(pause)
                }
                Ok(_) => None,
                Err(_) => Some(pause),
            };
            self.simulation
                .catalog
                .note_webhook(&webhook.id, due_at)
                .await?;
        }
        for tenant in &self.tenants {
            let account = self.simulation.account(*tenant).await;
            payments
                .bills()
                .advance(&access(*tenant), &account, until)
                .await?;
        }
        for _ in 0..5 {
            payments.send_meter_events().await?;
        }
        payments.work_on_bills().await?;
        Ok(())
    }

    /// Works, and ends somewhere in it now and then.
    pub(super) async fn work_somehow(&mut self) {
        let time = self.simulation.random.random_range(0..60);
        let dies = self.simulation.random.random_bool(0.3);
        if dies {
            let _ = tokio::time::timeout(Duration::from_millis(time), self.work()).await;
        } else {
            let _ = self.work().await;
        }
    }

    pub(super) fn set_random_faults(&mut self) {
        let random = &mut self.simulation.random;
        let fault = |kind, probability| Fault::new(kind, "/v1/").with_probability(probability);
        let faults = Faults {
            down: false,
            requests: vec![
                fault(FaultKind::Error500, random.random_range(0.0..0.1)),
                fault(FaultKind::Error429, random.random_range(0.0..0.1)),
                fault(FaultKind::CloseAfterSuccess, random.random_range(0.0..0.1)),
            ],
            reorder_webhooks: random.random_bool(0.5),
            duplicate_webhooks: random.random_bool(0.5),
        };
        self.fake.set_faults(faults);
    }

    pub(super) async fn back_up(&mut self) {
        self.simulation.send_late_batches(1.0).await;
        let mut dump = self.simulation.catalog.dump().await.unwrap();
        let mut rows = Vec::new();
        loop {
            let page = dump.next().await.unwrap();
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        self.backup = Some((rows, self.simulation.used.clone()));
    }

    /// Everything since the backup is lost, but what nodes have not sent yet.
    pub(super) async fn restore(&mut self) {
        let Some((rows, used)) = self.backup.take() else {
            return;
        };
        self.simulation.replace_catalog().await;
        self.simulation.catalog.load(rows).await.unwrap();
        self.simulation.catalog.finish_load().await.unwrap();
        self.simulation.used = used;
        for batch in &self.simulation.unsent {
            for (key, amount) in &batch.measured.amounts {
                let month = Month::of(key.hour.start());
                let used = self.simulation.used.entry((key.tenant, month, key.meter));
                *used.or_default() += u128::from(*amount);
            }
        }
        *self.receiver.catalog.lock() = self.simulation.catalog.clone();
        // What was told since the backup is asked for.
        let until = Hour::of(self.simulation.clock.now().saturating_sub(5 * MINUTE));
        self.fake.set_faults(Faults::default());
        for tenant in &self.tenants {
            self.payments()
                .refresh(&access(*tenant), until)
                .await
                .unwrap();
        }
    }
}

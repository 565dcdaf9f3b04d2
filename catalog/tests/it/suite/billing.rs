//! What is kept for the bill: accounts, bills with their outbox, and the inbox of webhooks.

use std::time::Duration;

use catalog::clock::Clock as _;
use catalog::{
    Bill, BillStatus, BillUpdate, BillingAccount, MeterBill, MeterEvent, MeterEventKey,
    MeterEventState, MonthBill, SETTLE_AFTER,
};
use protocol::TenantId;
use protocol::meter::{Hour, Meter, Month};

use super::{Fixture, system};

const HOUR: Duration = Duration::from_secs(3_600);

fn month_bill(tenant: TenantId, month: Month) -> MonthBill {
    let meter = MeterBill {
        used: u128::MAX,
        carried: i128::MIN,
        ..MeterBill::default()
    };
    MonthBill {
        tenant,
        month,
        version: 0,
        status: BillStatus::Open,
        settled: true,
        due_at: None,
        bill: Bill {
            currency: "usd".to_owned(),
            storage: meter,
            compute: meter,
            data_out: meter,
            through: month.first(),
            sequence: 3,
            adjustments: Vec::new(),
            closed_at: None,
            closed_sequence: None,
            invoice: None,
            problem: None,
        },
    }
}

fn event(tenant: TenantId, month: Month, part: u64) -> MeterEvent {
    let hour = Hour(month.first().0 + 5);
    MeterEvent {
        key: MeterEventKey {
            tenant,
            meter: Meter::Compute,
            hour,
            part,
        },
        month,
        customer: "cus_1".to_owned(),
        units: 7 + part,
        timestamp: hour.next().0 * 3_600 - 1,
        state: MeterEventState::Waiting,
        attempts: 0,
        attempted_at: None,
        error: None,
    }
}

fn update(bills: Vec<MonthBill>, added: Vec<MeterEvent>) -> BillUpdate {
    BillUpdate {
        bills,
        removed: Vec::new(),
        added,
    }
}

impl Fixture {
    fn this_month(&self) -> Month {
        Month::of(self.clock.now())
    }

    /// A bill of this month with one event in the outbox.
    async fn billed(&self, tenant: TenantId) -> (Month, MeterEvent) {
        let month = self.this_month();
        let event = event(tenant, month, 0);
        let new = update(vec![month_bill(tenant, month)], vec![event.clone()]);
        assert!(self.catalog.write_bills(tenant, &new).await.unwrap());
        (month, event)
    }

    async fn states(&self, tenant: TenantId, month: Month) -> Vec<MeterEventState> {
        let events = self.catalog.meter_events(tenant, month).await.unwrap();
        events.into_iter().map(|it| it.state).collect()
    }
}

#[tokio::test]
async fn an_account_is_what_its_newest_event_says() {
    let fixture = Fixture::new().await;
    let (acme, other) = (fixture.tenant("acme").await, fixture.tenant("other").await);
    let catalog = &fixture.catalog;
    let none = catalog.billing_account(acme.tenant).await.unwrap();
    assert_eq!(none, BillingAccount::default());
    assert!(!none.is_subscribed());
    let change = async |tenant, cap| {
        let changed = catalog.change_billing_account(tenant, system(), |it| {
            it.customer = Some(format!("cus_{tenant}"));
            it.cap_cents = Some(cap);
        });
        changed.await.unwrap()
    };
    change(acme.tenant, 5).await;
    let account = change(acme.tenant, 6).await;
    assert_eq!(account.cap_cents, Some(6));
    change(other.tenant, 7).await;
    let events = fixture.database.rows("control_events").await.len();
    assert_eq!(change(acme.tenant, 6).await, account);
    assert_eq!(fixture.database.rows("control_events").await.len(), events);
    assert_eq!(catalog.billing_account(acme.tenant).await.unwrap(), account);
    let customer = format!("cus_{}", acme.tenant);
    let found = catalog.tenant_of_customer(&customer).await.unwrap();
    assert_eq!(found, Some(acme.tenant));
    assert_eq!(catalog.tenant_of_customer("cus_x").await.unwrap(), None);
    let first = catalog.billing_accounts(None, 1).await.unwrap();
    let second = catalog
        .billing_accounts(Some(first[0].0), 10)
        .await
        .unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    let before = fixture.dump().await;
    assert!(catalog.rebuild().await.unwrap().equal());
    assert_eq!(fixture.dump().await, before);
    let nobody = catalog.change_billing_account(TenantId::generate(), system(), |it| {
        it.cap_cents = Some(1);
    });
    assert!(nobody.await.is_err());
}

#[tokio::test]
async fn a_bill_and_its_events_are_written_together_over_what_was_read() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await.tenant;
    let catalog = &fixture.catalog;
    let (month, first) = fixture.billed(tenant).await;
    let bill = catalog.month_bill(tenant, month).await.unwrap().unwrap();
    let written = MonthBill {
        version: 1,
        ..month_bill(tenant, month)
    };
    assert_eq!(bill, written);
    let second = event(tenant, month, 1);
    // Somebody else was there first.
    let stale = update(vec![month_bill(tenant, month)], vec![second.clone()]);
    assert!(!catalog.write_bills(tenant, &stale).await.unwrap());
    // The event is there.
    let again = update(vec![bill.clone()], vec![second.clone(), first.clone()]);
    assert!(!catalog.write_bills(tenant, &again).await.unwrap());
    let events = catalog.meter_events(tenant, month).await.unwrap();
    assert_eq!(events, std::slice::from_ref(&first));
    let unchanged = catalog.month_bill(tenant, month).await.unwrap();
    assert_eq!(unchanged, Some(bill.clone()));
    let next = month_bill(tenant, month.next());
    let both = BillUpdate {
        bills: vec![bill, next],
        removed: vec![first.key],
        added: vec![second.clone()],
    };
    assert!(catalog.write_bills(tenant, &both).await.unwrap());
    assert_eq!(catalog.meter_events(tenant, month).await.unwrap(), [second]);
    let bills = catalog.month_bills(tenant, 5).await.unwrap();
    let found: Vec<_> = bills.iter().map(|it| (it.month, it.version)).collect();
    assert_eq!(found, [(month.next(), 1), (month, 2)]);
    let other = fixture.tenant("other").await.tenant;
    assert!(catalog.month_bills(other, 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_is_sent_until_it_arrived_and_never_when_that_could_be_twice() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await.tenant;
    let (catalog, clock) = (&fixture.catalog, &fixture.clock);
    let (month, event) = fixture.billed(tenant).await;
    assert_eq!(
        event.identifier(),
        format!("{tenant}-compute-{}-0", month.first().0 + 5)
    );
    let first = catalog.claim_meter_events(10).await.unwrap();
    assert_eq!((first.events.len(), first.events[0].attempts), (1, 1));
    assert_eq!(first.events[0].attempted_at, Some(clock.now()));
    // It is being sent.
    assert!(
        catalog
            .claim_meter_events(10)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    let again = clock.now().saturating_add(HOUR);
    let failed = Err(("time-out".to_owned(), Some(again)));
    catalog.note_meter_event(&event.key, failed).await.unwrap();
    clock.advance(HOUR / 2);
    assert!(
        catalog
            .claim_meter_events(10)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    clock.advance(HOUR / 2);
    let second = catalog.claim_meter_events(10).await.unwrap().events;
    assert_eq!(second[0].attempted_at, first.events[0].attempted_at);
    assert_eq!(second[0].error.as_deref(), Some("time-out"));
    // The identifier may be forgotten by now.
    clock.advance(HOUR * 19);
    let third = catalog.claim_meter_events(10).await.unwrap();
    assert!(third.events.is_empty());
    assert_eq!(
        third.expired.into_iter().collect::<Vec<_>>(),
        [(tenant, month)]
    );
    catalog.unsettle_bill(tenant, month).await.unwrap();
    assert_eq!(
        fixture.states(tenant, month).await,
        [MeterEventState::Unknown]
    );
    let bill = catalog.month_bill(tenant, month).await.unwrap().unwrap();
    assert_eq!((bill.settled, bill.version), (false, 2));
    assert!(catalog.due_bills(5).await.unwrap().is_empty());
    clock.advance(SETTLE_AFTER);
    assert_eq!(catalog.due_bills(5).await.unwrap(), [bill]);
    assert!(
        catalog
            .claim_meter_events(10)
            .await
            .unwrap()
            .expired
            .is_empty()
    );
    catalog.note_meter_event(&event.key, Ok(())).await.unwrap();
    assert_eq!(fixture.states(tenant, month).await, [MeterEventState::Sent]);
}

#[tokio::test]
async fn an_event_that_is_refused_waits_for_people() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await.tenant;
    let catalog = &fixture.catalog;
    let (_, event) = fixture.billed(tenant).await;
    let refused = Err(("no such customer".to_owned(), None));
    catalog.note_meter_event(&event.key, refused).await.unwrap();
    fixture.clock.advance(HOUR);
    assert!(
        catalog
            .claim_meter_events(10)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    let dead = catalog
        .meter_events_in(MeterEventState::Dead, 10)
        .await
        .unwrap();
    assert_eq!(dead[0].error.as_deref(), Some("no such customer"));
    let count = catalog.count_meter_events(MeterEventState::Dead);
    assert_eq!(count.await.unwrap(), 1);
    assert_eq!(catalog.retry_dead_meter_events().await.unwrap(), 1);
    assert_eq!(
        catalog.claim_meter_events(10).await.unwrap().events.len(),
        1
    );
}

#[tokio::test]
async fn closed_bills_can_be_hurried() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await.tenant;
    let catalog = &fixture.catalog;
    let month = fixture.this_month();
    let closed = MonthBill {
        status: BillStatus::Closed,
        due_at: Some(fixture.clock.now().saturating_add(HOUR)),
        ..month_bill(tenant, month)
    };
    let open = month_bill(tenant, month.next());
    let both = update(vec![closed, open], Vec::new());
    assert!(catalog.write_bills(tenant, &both).await.unwrap());
    assert!(catalog.due_bills(5).await.unwrap().is_empty());
    catalog.hurry_bills(tenant).await.unwrap();
    let due = catalog.due_bills(5).await.unwrap();
    assert_eq!(due.iter().map(|it| it.month).collect::<Vec<_>>(), [month]);
}

#[tokio::test]
async fn a_webhook_is_worked_on_once() {
    let fixture = Fixture::new().await;
    let (catalog, clock) = (&fixture.catalog, &fixture.clock);
    let receive = async |id: &str| {
        let received = catalog.receive_webhook(id.into(), "invoice.paid".into(), "in_1".into());
        received.await.unwrap()
    };
    assert!(receive("evt_1").await);
    assert!(!receive("evt_1").await);
    assert!(receive("evt_2").await);
    let claimed = catalog.claim_webhooks(10).await.unwrap();
    assert_eq!(claimed.len(), 2);
    assert_eq!(
        (&*claimed[0].kind, &*claimed[0].object),
        ("invoice.paid", "in_1")
    );
    assert!(catalog.claim_webhooks(10).await.unwrap().is_empty());
    catalog.note_webhook("evt_1", None).await.unwrap();
    let later = clock.now().saturating_add(HOUR);
    catalog.note_webhook("evt_2", Some(later)).await.unwrap();
    clock.advance(HOUR);
    let again = catalog.claim_webhooks(10).await.unwrap();
    assert_eq!((&*again[0].id, again[0].attempts), ("evt_2", 1));
    assert!(!receive("evt_1").await);
    // Ids are remembered for longer than anything is sent again.
    catalog.note_webhook("evt_2", None).await.unwrap();
    clock.advance(HOUR * 24 * 41);
    assert!(receive("evt_3").await);
    assert!(receive("evt_1").await);
}

/// What was sent between a backup and its restore is not in the backup.
#[tokio::test]
async fn after_a_restore_nothing_is_sent_before_the_bill_is_settled() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await.tenant;
    let (month, first) = fixture.billed(tenant).await;
    fixture
        .catalog
        .note_meter_event(&first.key, Ok(()))
        .await
        .unwrap();
    let bill = fixture.catalog.month_bill(tenant, month).await.unwrap();
    let more = update(vec![bill.unwrap()], vec![event(tenant, month, 1)]);
    assert!(fixture.catalog.write_bills(tenant, &more).await.unwrap());
    let rows = fixture.backup().await;
    let restored = Fixture::new().await;
    restored.clock.set(fixture.clock.now());
    restored.catalog.load(rows).await.unwrap();
    restored.catalog.finish_load().await.unwrap();
    assert_eq!(
        restored.states(tenant, month).await,
        [MeterEventState::Sent, MeterEventState::Unknown]
    );
    let catalog = &restored.catalog;
    assert!(
        catalog
            .claim_meter_events(10)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    assert!(catalog.due_bills(5).await.unwrap().is_empty());
    restored.clock.advance(SETTLE_AFTER);
    let due = catalog.due_bills(5).await.unwrap();
    assert_eq!(due.iter().map(|it| it.settled).collect::<Vec<_>>(), [false]);
}

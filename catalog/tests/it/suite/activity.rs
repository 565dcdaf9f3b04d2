//! What tenants did lately.

use std::time::Duration;

use catalog::{ActiveMinute, Activity, Minute};
use protocol::TenantId;
use uuid::Uuid;

use super::Fixture;

fn minute(tenant: TenantId, minute: u64, node: Uuid, events: u64) -> ActiveMinute {
    let mut activity = Activity {
        events,
        appends: 1,
        queries: 2,
        failed_queries: 1,
        ..Activity::default()
    };
    activity.append_latencies.add(Duration::from_millis(events));
    ActiveMinute {
        tenant,
        minute: Minute(minute),
        node,
        activity,
    }
}

#[tokio::test]
async fn minutes_are_recorded_once_read_by_their_tenant_and_forgotten() {
    let fixture = Fixture::new().await;
    let [one, other] = [fixture.tenant("acme").await, fixture.tenant("other").await];
    let catalog = &fixture.catalog;
    let [node, second] = [Uuid::now_v7(), Uuid::now_v7()];
    let mine = [
        minute(one.tenant, 7, node, 10),
        minute(one.tenant, 7, second, 20),
        minute(one.tenant, 9, node, 30),
    ];
    let others = minute(other.tenant, 8, node, 40);
    let gone = minute(TenantId::generate(), 8, node, 50);
    let all = [&mine[..], &[others.clone(), gone]].concat();
    catalog.record_activity(&all).await.unwrap();
    // Tried again, with more that did not come through.
    let again = [
        minute(one.tenant, 7, node, 99),
        minute(one.tenant, 10, node, 1),
    ];
    catalog.record_activity(&again).await.unwrap();
    catalog.record_activity(&[]).await.unwrap();

    let read = async |access, since, until| {
        let found = catalog.activity(access, Minute(since), Minute(until)).await;
        let mut found = found.unwrap();
        found.sort_by_key(|it| (it.minute, it.activity.events));
        found
    };
    assert_eq!(read(&one, 0, 10).await, mine);
    assert_eq!(read(&one, 8, 10).await, mine[2..]);
    assert_eq!(read(&one, 10, 11).await, again[1..]);
    assert_eq!(read(&other, 0, 99).await, [others]);

    assert_eq!(catalog.forget_activity(Minute(9)).await.unwrap(), 3);
    assert_eq!(read(&one, 0, 10).await, mine[2..]);
    assert_eq!(read(&other, 0, 99).await, []);
}

//! Control events: dense, without secrets, readable for ever.

use catalog::access::{Actor, Role};
use catalog::{
    AuditActor, AuditFilter, CatalogLimits, ControlEvent, NewKey, NewSession, NewTenant, Page,
};
use protocol::RequestId;
use sha2::{Digest as _, Sha256};

use super::{Fixture, by, new_log, page, system};

/// Tenants whose sequences are not 1, 2, 3, …
pub(crate) const GAPS: &str = "SELECT COUNT(*) FROM (SELECT tenant_id FROM control_events \
     GROUP BY tenant_id HAVING MIN(sequence) <> 1 OR MAX(sequence) <> COUNT(*) \
     OR COUNT(DISTINCT sequence) <> COUNT(*)) AS gaps";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sequences_are_dense_per_tenant_under_concurrency() {
    let fixture = Fixture::new().await;
    let mut tenants = Vec::new();
    for tenant in 0..3 {
        tenants.push(fixture.tenant(&format!("tenant-{tenant}")).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..60 {
        let access = tenants[number % tenants.len()].clone();
        let catalog = fixture.catalog.clone();
        tasks.spawn(async move {
            // Every fifth name is taken, so that changes that are undone come between.
            let new = new_log(&format!("log-{}", number - number % 5));
            let created = catalog.create_log(&access, by(&access), new).await;
            if let Ok(log) = created {
                catalog
                    .delete_log(&access, by(&access), log.id)
                    .await
                    .unwrap();
            }
        });
    }
    while let Some(finished) = tasks.join_next().await {
        finished.unwrap();
    }
    let gaps = fixture.database.number(GAPS).await;
    let tenants = "SELECT COUNT(DISTINCT tenant_id) FROM control_events";
    let tenants = fixture.database.number(tenants).await;
    assert_eq!((gaps, tenants), (0, 4), "three tenants and the people");
}

#[tokio::test]
async fn secrets_never_enter_an_event() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let [key, token, mail, password] = ["raw-key", "raw-token", "raw-mail", "raw-password"];
    let sha256 = |secret: &str| <[u8; 32]>::from(Sha256::digest(secret));
    let new = NewTenant {
        short_name: "acme".to_owned(),
        owner_email: "ada@example.com".to_owned(),
        owner_password_hash: format!("$argon2id${}", hex::encode(sha256(password))),
        email_verified: false,
    };
    let (tenant, user) = catalog
        .create_tenant(RequestId::generate(), new)
        .await
        .unwrap();
    let access = super::owner_of(tenant, user);
    catalog
        .request_email_verification(
            RequestId::generate(),
            user,
            sha256(mail),
            fixture.in_seconds(60),
        )
        .await
        .unwrap();
    catalog
        .verify_email(RequestId::generate(), sha256(mail))
        .await
        .unwrap();
    let session = NewSession {
        token_sha256: sha256(token),
        tenant,
        actor: access.actor,
        role: Role::Owner,
        logs: None,
        expires_at: fixture.in_seconds(60),
        password_hash: None,
        secret: None,
        origin: catalog::Origin::default(),
    };
    catalog.create_session(session).await.unwrap();
    let new = NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: None,
        expires_at: None,
        sha256: sha256(key),
    };
    catalog.create_key(&access, by(&access), new).await.unwrap();
    let payloads = "SELECT CAST(payload AS text) FROM control_events";
    let payloads = fixture.database.texts(payloads).await;
    let all = payloads.join("\n");
    assert!(
        all.contains(&hex::encode(sha256(key))),
        "the scan sees what it looks at"
    );
    for secret in [key, token, mail, password] {
        assert!(!all.contains(secret), "{secret}");
        assert!(!all.contains(&hex::encode(secret)), "{secret}");
    }
    assert!(
        !all.contains(&hex::encode(sha256(token))),
        "sessions are no events"
    );
}

/// The file is never changed for kinds that are in it: it stands for what is on people's disks.
#[test]
fn events_of_version_1_are_readable_for_ever() {
    let golden = include_str!("golden/control-events-v1.json");
    let values: Vec<serde_json::Value> = serde_json::from_str(golden).unwrap();
    let mut kinds = Vec::new();
    for value in values {
        let event: ControlEvent = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(value["type"], event.kind());
        assert_eq!(serde_json::to_value(&event).unwrap(), value);
        kinds.push(event.kind());
    }
    kinds.dedup();
    assert_eq!(
        kinds,
        ControlEvent::KINDS,
        "every kind has an example, in the order of KINDS"
    );
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_paged_newest_first() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let mut logs = Vec::new();
    for log in ["a", "b", "c"] {
        fixture.clock.advance(std::time::Duration::from_secs(1));
        logs.push(fixture.log(&access, log).await.id.0);
    }
    catalog
        .set_rate(
            access.tenant,
            system(),
            Some(protocol::Rate {
                per_second: 1,
                burst: 1,
            }),
        )
        .await
        .unwrap();
    let audit = async |filter: AuditFilter| {
        let found = catalog
            .audit(&access, filter, Page::first(100))
            .await
            .unwrap();
        found
            .items
            .iter()
            .map(|event| event.sequence)
            .collect::<Vec<_>>()
    };
    assert_eq!(audit(AuditFilter::default()).await, [6, 5, 4, 3, 2, 1]);
    let created = AuditFilter {
        kind: Some("log_created".to_owned()),
        ..AuditFilter::default()
    };
    assert_eq!(audit(created.clone()).await, [5, 4, 3]);
    let by_system = AuditFilter {
        actor: Some(AuditActor::System),
        ..AuditFilter::default()
    };
    assert_eq!(audit(by_system).await, [6]);
    let Actor::User(owner) = access.actor else {
        panic!("the owner is no person");
    };
    let by_owner = AuditFilter {
        actor: Some(AuditActor::Id(owner.0)),
        from: Some(fixture.in_seconds(0)),
        ..AuditFilter::default()
    };
    assert_eq!(audit(by_owner).await, [5]);
    let about = AuditFilter {
        about: Some(logs[1]),
        ..AuditFilter::default()
    };
    assert_eq!(audit(about).await, [4]);
    let before = AuditFilter {
        until: Some(fixture.in_seconds(0)),
        ..created.clone()
    };
    assert_eq!(audit(before).await, [4, 3]);

    let first = catalog
        .audit(&access, created.clone(), page(2, None))
        .await
        .unwrap();
    let rest = catalog
        .audit(&access, created, page(2, first.next_cursor))
        .await
        .unwrap();
    let sequences: Vec<u64> = rest.items.iter().map(|event| event.sequence).collect();
    assert_eq!((sequences, rest.next_cursor), (vec![3], None));
}

#[tokio::test]
async fn a_page_of_the_audit_log_looks_at_few_events_and_goes_on_behind_them() {
    let limits = CatalogLimits {
        audit_events_scanned: 4,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    for log in 0..9 {
        fixture.log(&access, &format!("log-{log}")).await;
    }
    // The second of eleven events, and the only one of its kind.
    let filter = AuditFilter {
        kind: Some("member_added".to_owned()),
        ..AuditFilter::default()
    };
    let (mut cursor, mut pages) = (None, Vec::new());
    loop {
        let found = fixture
            .catalog
            .audit(&access, filter.clone(), page(10, cursor))
            .await
            .unwrap();
        pages.push(found.items.len());
        cursor = found.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, [0, 0, 1]);
}

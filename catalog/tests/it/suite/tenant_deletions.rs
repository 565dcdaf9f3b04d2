//! Deletions of tenants: what each step leaves, and that nothing is left in the end.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{
    AuditFilter, DeletionStep, LogChanges, NewInvitation, NewKey, NewSession, Page, TenantDeletion,
    UsageBatch,
};
use protocol::view::SnapshotInfo;
use protocol::{ComponentDigest, RequestId, Sequence, TenantDeletionId, VersionId};

use super::usage::compute;
use super::{Fixture, by, name, new_log, new_tenant, new_version, owner_of, system};

/// What nobody may find afterwards.
const MARKER: &str = "qwertzmarker";

const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Fixture {
    async fn schedule(&self, access: &Access, in_seconds: u64) -> TenantDeletion {
        let at = self.in_seconds(in_seconds);
        self.catalog
            .schedule_tenant_deletion(access, by(access), at)
            .await
            .unwrap()
    }

    async fn due(&self) -> Vec<TenantDeletion> {
        let due = self.catalog.tenant_deletions_at(DeletionStep::Scheduled, 9);
        due.await.unwrap()
    }

    async fn found(&self, id: TenantDeletionId) -> TenantDeletion {
        let found = self.catalog.tenant_deletion(id).await.unwrap();
        found.unwrap()
    }

    /// Carries a deletion that is due through all of its steps.
    pub(super) async fn carry_on(&self, id: TenantDeletionId) {
        let catalog = &self.catalog;
        catalog
            .start_tenant_deletion(&self.found(id).await)
            .await
            .unwrap();
        while !catalog
            .remove_some_logs(&self.found(id).await)
            .await
            .unwrap()
        {}
        for next in [
            DeletionStep::Bytes,
            DeletionStep::Archive,
            DeletionStep::Backups,
            DeletionStep::Done,
        ] {
            while !catalog
                .erase_some_records(&self.found(id).await)
                .await
                .unwrap()
            {}
            for deletion in catalog.pending_removals(1_000).await.unwrap() {
                catalog.finish_removal(&deletion).await.unwrap();
            }
            let at = self.found(id).await;
            catalog.advance_tenant_deletion(&at, next).await.unwrap();
        }
    }

    /// The tables in which a text is found, bytes written in hexadecimal included.
    async fn tables_with(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let bytes = text.as_bytes();
        let hex = hex::encode(bytes);
        let listed: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        let listed = listed.join(", ");
        for table in self.database.tables().await {
            let rows = self.database.rows(&table).await;
            let holds = |row: &String| {
                let row = row.to_lowercase();
                row.contains(text) || row.contains(&hex) || row.contains(&listed)
            };
            if rows.iter().any(holds) {
                found.push(table);
            }
        }
        found
    }
}

/// Fills every table that a tenant has rows in, with the marker wherever a caller chooses the text.
async fn fill(fixture: &Fixture) -> (Access, VersionId) {
    let catalog = &fixture.catalog;
    let mut new = new_tenant(MARKER, &format!("{MARKER}@example.com"));
    new.owner_password_hash = format!("$argon2id${MARKER}");
    let (tenant, user) = catalog
        .create_tenant(RequestId::generate(), new)
        .await
        .unwrap();
    let access = owner_of(tenant, user);
    let token: [u8; 32] = MARKER.repeat(3).as_bytes()[..32].try_into().unwrap();
    catalog
        .request_email_verification(RequestId::generate(), user, token, fixture.in_seconds(60))
        .await
        .unwrap();
    catalog
        .request_password_reset(RequestId::generate(), user, token, fixture.in_seconds(60))
        .await
        .unwrap();
    let invitation = NewInvitation {
        email: format!("invited-{MARKER}@example.com"),
        role: Role::Member,
        token_sha256: token,
        mailed_sha256: [9; 32],
        expires_at: fixture.in_seconds(60),
    };
    catalog
        .invite(&access, by(&access), invitation)
        .await
        .unwrap();
    let key = NewKey {
        name: MARKER.to_owned(),
        role: Role::Admin,
        logs: None,
        expires_at: None,
        sha256: token,
    };
    let key = catalog.create_key(&access, by(&access), key).await.unwrap();
    let used = [(key.id, fixture.in_seconds(0))];
    catalog.note_key_use(&used).await.unwrap();
    let session = NewSession {
        token_sha256: token,
        tenant,
        actor: access.actor,
        role: Role::Owner,
        logs: None,
        expires_at: fixture.in_seconds(600),
        password_hash: None,
        secret: None,
        origin: catalog::Origin::default(),
    };
    catalog.create_session(session).await.unwrap();
    let mut log = new_log(MARKER);
    log.description = Some(format!("about {MARKER}"));
    let log = catalog.create_log(&access, by(&access), log).await.unwrap();
    let changes = LogChanges {
        description: Some(Some(MARKER.to_owned())),
        retention: None,
    };
    catalog
        .update_log(&access, by(&access), log.id, changes)
        .await
        .unwrap();
    let mut version = new_version(7);
    version.config = bytes::Bytes::from_static(MARKER.as_bytes());
    let (_, version) = catalog
        .upload_version(&access, by(&access), log.id, name(MARKER), version)
        .await
        .unwrap();
    let info = SnapshotInfo {
        sequence: Sequence::FIRST,
        bytes: 9,
        created_at: fixture.in_seconds(0),
    };
    catalog.record_snapshot(version.id, info).await.unwrap();
    catalog.set_snapshots_off(version.id, MARKER).await.unwrap();
    let gone = fixture.log(&access, &format!("gone-{MARKER}")).await;
    let deletion = catalog.delete_log(&access, by(&access), gone.id).await;
    catalog.finish_removal(&deletion.unwrap()).await.unwrap();
    let batch = UsageBatch {
        source: uuid::Uuid::now_v7(),
        epoch: 1,
        counter: 1,
        measured: compute(tenant, &[(version.id, 77)]),
    };
    catalog.record_usage(batch).await.unwrap();
    (access, version.id)
}

#[tokio::test]
async fn a_scheduled_deletion_closes_the_tenant_until_it_is_cancelled() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let first = fixture.schedule(&access, 600).await;
    assert_eq!(first.step, DeletionStep::Scheduled);
    assert_eq!(fixture.found(first.id).await, first);
    let tenant = catalog.tenant(&access).await.unwrap();
    assert_eq!(tenant.delete_at, Some(first.delete_at));
    let next = catalog.next_tenant_deletion().await.unwrap();
    assert_eq!(next, Some(first.delete_at));
    // Later does not put it off, and sooner is sooner.
    assert_eq!(fixture.schedule(&access, 900).await, first);
    let sooner = fixture.schedule(&access, 60).await;
    assert_eq!(
        (sooner.id, sooner.requested_at),
        (first.id, first.requested_at)
    );
    assert_eq!(fixture.found(first.id).await, sooner);
    // It does not start before its time.
    assert_eq!(fixture.due().await, []);
    catalog.start_tenant_deletion(&sooner).await.unwrap();
    assert_eq!(fixture.found(first.id).await, sooner);

    catalog
        .cancel_tenant_deletion(&access, by(&access))
        .await
        .unwrap();
    assert_eq!(catalog.tenant(&access).await.unwrap().delete_at, None);
    assert_eq!(catalog.tenant_deletion(first.id).await.unwrap(), None);
    assert_eq!(
        catalog.deletion_of_tenant(access.tenant).await.unwrap(),
        None
    );
    // What began before it was cancelled does nothing.
    fixture.clock.advance(DAY);
    catalog.start_tenant_deletion(&sooner).await.unwrap();
    assert!(catalog.tenant(&access).await.is_ok());
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_tenant_and_others_keep_everything() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let neighbour = fixture.tenant("neighbour").await;
    let log = fixture.log(&neighbour, "theirs").await;
    catalog
        .upload_version(
            &neighbour,
            by(&neighbour),
            log.id,
            name("v"),
            new_version(7),
        )
        .await
        .unwrap();
    let (access, _) = fill(&fixture).await;
    let full = fixture.tables_with(MARKER).await;
    for table in [
        "tenants",
        "users",
        "control_events",
        "deletion_jobs",
        "email_verifications",
        "keys",
        "logs",
        "sessions",
        "snapshot_checks",
        "versions",
        "views",
    ] {
        assert!(full.contains(&table.to_owned()), "{table}: {full:?}");
    }
    let neighbours = fixture.tables_with("neighbour").await;
    let deletion = fixture.schedule(&access, 0).await;
    assert_eq!(fixture.due().await, [deletion]);
    fixture.carry_on(deletion.id).await;

    assert_eq!(fixture.tables_with(MARKER).await, [""; 0]);
    assert_eq!(fixture.tables_with("neighbour").await, neighbours);
    // The tenant's id stands in what is kept, and nowhere else.
    let id = access.tenant.0;
    let mut kept = fixture.tables_with(&id.to_string()).await;
    kept.extend(fixture.tables_with(&id.simple().to_string()).await);
    let in_bytes: Vec<String> = id.as_bytes().iter().map(ToString::to_string).collect();
    kept.extend(fixture.tables_with(&in_bytes.join(", ")).await);
    kept.sort();
    kept.dedup();
    assert_eq!(kept, ["control_events", "tenant_deletions"]);
    assert_eq!(fixture.found(deletion.id).await.step, DeletionStep::Done);
    let used = catalog.component_in_use(ComponentDigest::of(&[7])).await;
    assert!(used.unwrap(), "the neighbour's component is gone");

    // What is kept says that there was a tenant, and that it was deleted.
    let page = Page::first(100);
    let audit = catalog.audit(&access, AuditFilter::default(), page).await;
    let kinds: Vec<_> = audit
        .unwrap()
        .items
        .iter()
        .map(|event| event.event.kind())
        .rev()
        .collect();
    assert_eq!(
        kinds,
        [
            "tenant_created",
            "tenant_deletion_scheduled",
            "tenant_deletion_started",
            "tenant_deleted",
            "tenant_erasure_advanced",
            "tenant_erasure_advanced",
            "tenant_erasure_advanced",
            "tenant_erasure_advanced",
        ]
    );
    // The name and the address are free, and the tables still follow from the events.
    assert!(catalog.rebuild().await.unwrap().equal());
    let again = new_tenant(MARKER, &format!("{MARKER}@example.com"));
    catalog
        .create_tenant(RequestId::generate(), again)
        .await
        .unwrap();
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_deletion_that_has_started_takes_all_access_and_can_not_be_cancelled() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let (access, _) = fill(&fixture).await;
    let token: [u8; 32] = MARKER.repeat(3).as_bytes()[..32].try_into().unwrap();
    let deletion = fixture.schedule(&access, 0).await;
    let holder = catalog.authenticate(token).await.unwrap().unwrap();
    assert_eq!(holder.delete_at, Some(deletion.delete_at));
    catalog.start_tenant_deletion(&deletion).await.unwrap();
    assert_eq!(catalog.authenticate(token).await.unwrap(), None);
    let email = format!("{MARKER}@example.com");
    assert_eq!(catalog.user_by_email(&email).await.unwrap(), None);
    catalog
        .cancel_tenant_deletion(&access, by(&access))
        .await
        .unwrap();
    let started = fixture.found(deletion.id).await;
    assert_eq!(started.step, DeletionStep::Logs);
    // A second node that thinks it is still at the first step changes nothing.
    catalog.start_tenant_deletion(&deletion).await.unwrap();
    catalog
        .advance_tenant_deletion(&deletion, DeletionStep::Done)
        .await
        .unwrap();
    assert_eq!(fixture.found(deletion.id).await, started);
    assert_eq!(catalog.left_of_tenant(access.tenant).await.unwrap(), (1, 0));
}

#[tokio::test]
async fn a_tenant_with_many_logs_goes_in_steps() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let new = (0..250).map(|number| new_log(&format!("log-{number:03}")));
    catalog
        .create_logs(&access, by(&access), new.collect())
        .await
        .unwrap();
    let deletion = fixture.schedule(&access, 0).await;
    catalog.start_tenant_deletion(&deletion).await.unwrap();
    let started = fixture.found(deletion.id).await;
    let mut left = Vec::new();
    while !catalog.remove_some_logs(&started).await.unwrap() {
        left.push(catalog.left_of_tenant(access.tenant).await.unwrap());
        // A crash between two steps: the tables are what the events say.
        assert!(catalog.rebuild().await.unwrap().equal());
    }
    assert_eq!(left, [(150, 100), (50, 200)]);
    assert_eq!(
        catalog.left_of_tenant(access.tenant).await.unwrap(),
        (0, 250)
    );
    assert!(catalog.rebuild().await.unwrap().equal());
    // Nothing is made for a tenant that is gone.
    let late = catalog.create_log(&access, by(&access), new_log("late"));
    assert!(late.await.is_err());
    assert!(
        !catalog
            .set_rate(access.tenant, system(), None)
            .await
            .unwrap()
    );
}

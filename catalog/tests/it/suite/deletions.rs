//! Jobs: what members see of deletions of logs and views.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{CatalogError, CatalogLimits, Deletion, DeletionId, DeletionStep, Page};

use super::{Fixture, by, limited_to, name, new_version, page, with_role};

impl Fixture {
    async fn jobs(&self, access: &Access) -> Vec<Deletion> {
        let jobs = self.catalog.deletions(access, Page::first(99)).await;
        jobs.unwrap().items
    }

    async fn job(&self, access: &Access, id: DeletionId) -> Deletion {
        let job = self.catalog.deletion(access, id).await;
        job.unwrap().unwrap()
    }

    async fn deleted_log(&self, access: &Access, name: &str) -> DeletionId {
        let log = self.log(access, name).await;
        let deleted = self.catalog.delete_log(access, by(access), log.id).await;
        deleted.unwrap().id
    }

    /// Removes the bytes of everything that was deleted, as far as the catalog knows.
    async fn remove_bytes(&self) {
        for deletion in self.catalog.pending_removals(99).await.unwrap() {
            self.catalog.finish_removal(&deletion).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_deleted_log_goes_from_step_to_step() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let id = fixture.deleted_log(&access, "orders").await;
    let begun = fixture.job(&access, id).await;
    assert_eq!(begun.log_name, name("orders"));
    assert_eq!(begun.view, None);
    assert_eq!(begun.step, DeletionStep::Bytes);
    assert_eq!(begun.requested_at, fixture.in_seconds(0));
    assert_eq!(catalog.removed_deletions(9).await.unwrap(), []);
    fixture.remove_bytes().await;
    let removed = catalog.removed_deletions(9).await.unwrap();
    assert_eq!(removed, std::slice::from_ref(&begun));
    assert_eq!(begun.after_bytes(), DeletionStep::Archive);
    let mut from = DeletionStep::Bytes;
    for to in [
        DeletionStep::Archive,
        DeletionStep::Backups,
        DeletionStep::Done,
    ] {
        fixture.clock.advance(Duration::from_secs(60));
        // Twice does no harm, and neither does a node that is behind.
        for (from, to) in [(from, to), (from, to), (DeletionStep::Bytes, from)] {
            let advanced = catalog.advance_deletions(&removed, from, to);
            advanced.await.unwrap();
        }
        let now = fixture.job(&access, id).await;
        assert_eq!((now.step, now.step_at), (to, fixture.in_seconds(0)));
        assert_eq!(now.requested_at, begun.requested_at);
        let before = |time| catalog.deletions_at(to, time, 9);
        assert_eq!(before(now.step_at).await.unwrap(), []);
        assert_eq!(before(fixture.in_seconds(1)).await.unwrap(), [now]);
        from = to;
    }
    assert!(catalog.rebuild().await.unwrap().equal());
    assert_eq!(fixture.jobs(&access).await.len(), 1);
    catalog.forget_deletions(&removed).await.unwrap();
    assert_eq!(catalog.deletion(&access, id).await.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_view_has_nothing_in_the_archive_and_a_replaced_version_has_no_job() {
    let limits = CatalogLimits {
        versions_per_view: 1,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    let halt = protocol::view::Halt {
        sequence: protocol::Sequence::FIRST,
        message: "no".to_owned(),
    };
    catalog
        .fail_version(access.tenant, super::system(), version.id, halt)
        .await
        .unwrap();
    let new = new_version(2);
    catalog
        .upload_version(&access, by(&access), log.id, name("totals"), new)
        .await
        .unwrap();
    assert_eq!(catalog.pending_removals(9).await.unwrap().len(), 1);
    assert_eq!(fixture.jobs(&access).await, []);
    let totals = name("totals");
    let deleted = catalog
        .delete_view(&access, by(&access), log.id, &totals)
        .await
        .unwrap();
    let job = fixture.job(&access, deleted.id).await;
    assert_eq!((job.log, &job.log_name), (log.id, &log.name));
    assert_eq!(job.view, Some((view.id, totals)));
    assert_eq!(job.after_bytes(), DeletionStep::Backups);
    fixture.remove_bytes().await;
    let removed = catalog.removed_deletions(9).await.unwrap();
    assert_eq!(removed, [job]);
}

#[tokio::test]
async fn members_see_the_jobs_of_the_logs_that_they_reach_newest_first() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let stranger = fixture.tenant("other").await;
    let mut ids = Vec::new();
    for log in ["a", "b", "c"] {
        ids.push(fixture.deleted_log(&access, log).await);
    }
    ids.reverse();
    let reader = with_role(&access, Role::ReadOnly);
    let seen = fixture.jobs(&reader).await;
    assert_eq!(seen.iter().map(|job| job.id).collect::<Vec<_>>(), ids);
    let first = catalog.deletions(&reader, page(2, None)).await.unwrap();
    assert_eq!(first.items, seen[..2]);
    let rest = page(2, first.next_cursor.clone());
    let rest = catalog.deletions(&reader, rest).await.unwrap();
    assert_eq!((&rest.items[..], rest.next_cursor), (&seen[2..], None));

    let limited = limited_to(&access, &[seen[1].log]);
    assert_eq!(fixture.jobs(&limited).await, seen[1..2]);
    assert_eq!(fixture.job(&limited, ids[1]).await, seen[1]);
    for nobody in [&stranger, &limited] {
        assert_eq!(catalog.deletion(nobody, ids[0]).await.unwrap(), None);
    }
    assert_eq!(fixture.jobs(&stranger).await, []);
    let stolen = catalog.deletions(&stranger, page(2, first.next_cursor));
    let refused = stolen.await.unwrap_err();
    assert!(matches!(refused, CatalogError::InvalidCursor), "{refused}");
}

#[tokio::test]
async fn an_addition_to_a_backup_has_the_deletions_that_its_events_began() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    fixture.deleted_log(&access, "early").await;
    fixture.clock.advance(Duration::from_secs(60));
    let since = i64::try_from(fixture.in_seconds(0).as_micros()).unwrap();
    fixture.deleted_log(&access, "late").await;
    let rows = fixture.catalog.dump_since(since).await.unwrap();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| serde_json::to_string(row).unwrap())
        .collect();
    let tables = |table: &str| {
        let begin = format!("{{\"table\":\"{table}\"");
        let rows = rows.iter().filter(move |row| row.starts_with(&begin));
        rows.cloned().collect::<Vec<_>>()
    };
    assert_eq!(tables("control_events").len(), 2);
    assert_eq!(tables("deletions").len(), 1);
    let jobs = tables("deletion_jobs");
    assert!(jobs.len() == 1 && jobs[0].contains("late"), "{jobs:?}");
}

//! Removing the bytes of what was deleted, and carrying deletions of tenants, logs and views on.
//!
//! Every control plane does all of it: each step may be repeated, and a crash between any two leaves
//! a row that says where to go on. What only the archiver can do, writing segments again, is its own
//! part of a deletion.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use catalog::{DeletionStep, Removal, TenantDeletion};
use protocol::{ComponentDigest, TenantDeletionId, TenantId};
use storage::objects::{ObjectError, ObjectKey};

use super::App;
use crate::crash::{Point, reached};
use crate::errors::{Failure, Result};
use crate::mail::directory;

/// Deletions are looked for this often, even when nothing was deleted here.
const INTERVAL: Duration = Duration::from_secs(60);
const RETRY_PAUSE: Duration = Duration::from_secs(5);
const DELETIONS_AT_A_TIME: u32 = 100;
const TENANTS_AT_A_TIME: u32 = 100;

/// Deletions of tenants that wait for the archive, and of logs and views that wait for a scrub, at
/// most.
const WAITING_MAX: u32 = 10_000;
const OBJECTS_AT_A_TIME: usize = 1_000;

/// A catalog beyond it is written again for a tenant alone: changes wait for seconds meanwhile.
const SCRUBBED_BYTES_MAX: u64 = 1 << 30;

/// For logs and views, files are written again in at most this part of the time.
const SCRUBBED_PART: u32 = 100;

/// How long people are shown deletions of logs and views that are done.
const SHOWN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The steps of a tenant's deletion that need no archiver.
const OWN_STEPS: [DeletionStep; 4] = [
    DeletionStep::Scheduled,
    DeletionStep::Logs,
    DeletionStep::Records,
    DeletionStep::Bytes,
];

/// What one node knows from round to round.
struct Rounds {
    /// A restore brings records back that were erased since the backup, and each node has a mailbox of
    /// its own. So what is not done is erased once more on each node, after each start.
    erased: HashSet<TenantDeletionId>,
    /// Files are not written again before, but for a tenant.
    scrub_at: Instant,
}

impl App {
    pub(super) async fn sweep_deleted(&self) {
        let mut rounds = Rounds {
            erased: HashSet::new(),
            scrub_at: Instant::now(),
        };
        loop {
            let pause = match self.remove_all_deleted(&mut rounds).await {
                Ok(pause) => pause,
                Err(failure) => {
                    tracing::warn!(%failure, "what was deleted is not removed yet");
                    RETRY_PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.lifecycle.deleted.notified() => {}
            }
        }
    }

    /// Does what can be done now; how long to wait for more.
    async fn remove_all_deleted(&self, rounds: &mut Rounds) -> Result<Duration> {
        self.remove_deleted().await?;
        for step in OWN_STEPS {
            let due = self.catalog.tenant_deletions_at(step, TENANTS_AT_A_TIME);
            for deletion in due.await? {
                self.carry_on(deletion).await?;
            }
        }
        for step in [DeletionStep::Archive, DeletionStep::Backups] {
            let waiting = self.catalog.tenant_deletions_at(step, WAITING_MAX);
            for deletion in waiting.await? {
                if !rounds.erased.contains(&deletion.id) {
                    self.erase_records(&deletion).await?;
                    self.remove_mail(deletion.tenant).await?;
                    rounds.erased.insert(deletion.id);
                }
            }
        }
        let scrub_in = self.scrub_for_jobs(rounds).await?;
        self.forget_jobs().await?;
        let next = self.catalog.next_tenant_deletion().await?;
        let tenant_in = next.map_or(INTERVAL, |next| next.duration_since(self.clock.now()));
        // One that is due may wait for its last bill.
        Ok(INTERVAL.min(tenant_in.max(RETRY_PAUSE)).min(scrub_in))
    }

    /// Writes files again for the logs and views whose bytes were removed, all at once, if that was
    /// not done a moment ago; how long to wait for the rest of them.
    async fn scrub_for_jobs(&self, rounds: &mut Rounds) -> Result<Duration> {
        let removed = self.catalog.removed_deletions(WAITING_MAX).await?;
        if removed.is_empty() {
            return Ok(INTERVAL);
        }
        let begun = Instant::now();
        let wait = rounds.scrub_at.saturating_duration_since(begun);
        if !wait.is_zero() {
            return Ok(wait);
        }
        let (logs, views): (Vec<_>, Vec<_>) = removed.into_iter().partition(|it| it.view.is_none());
        let scrubbed = self.scrub(!logs.is_empty(), SCRUBBED_BYTES_MAX).await;
        // Also when it failed: what it did held up others just as much.
        rounds.scrub_at = Instant::now() + begun.elapsed() * SCRUBBED_PART;
        scrubbed?;
        for jobs in [logs, views] {
            if let Some(job) = jobs.first() {
                let (from, to) = (DeletionStep::Bytes, job.after_bytes());
                self.catalog.advance_deletions(&jobs, from, to).await?;
            }
        }
        Ok(Duration::ZERO)
    }

    /// Takes what was removed out of files.
    async fn scrub(&self, event_log: bool, catalog_bytes_max: u64) -> Result<()> {
        if event_log {
            self.stores.event_log.scrub().await?;
        }
        self.catalog.scrub(catalog_bytes_max).await?;
        reached(Point::Scrubbed);
        Ok(())
    }

    /// Forgets deletions of logs and views that are done for long.
    async fn forget_jobs(&self) -> Result<()> {
        let before = self.clock.now().saturating_sub(SHOWN);
        loop {
            let done = self
                .catalog
                .deletions_at(DeletionStep::Done, before, DELETIONS_AT_A_TIME)
                .await?;
            if done.is_empty() {
                return Ok(());
            }
            self.catalog.forget_deletions(&done).await?;
        }
    }

    /// Carries the deletion of a tenant as far as it goes without the archiver.
    async fn carry_on(&self, mut deletion: TenantDeletion) -> Result<()> {
        loop {
            match deletion.step {
                DeletionStep::Scheduled => {
                    if !self.bill_last_use(&deletion).await {
                        return Ok(());
                    }
                    self.catalog.start_tenant_deletion(&deletion).await?;
                    reached(Point::DeletionStarted);
                }
                DeletionStep::Logs => {
                    while !self.catalog.remove_some_logs(&deletion).await? {
                        reached(Point::LogsRemoved);
                    }
                    reached(Point::LogsRemoved);
                }
                DeletionStep::Records => {
                    self.erase_records(&deletion).await?;
                    let next = DeletionStep::Bytes;
                    self.catalog
                        .advance_tenant_deletion(&deletion, next)
                        .await?;
                }
                DeletionStep::Bytes => {
                    self.remove_deleted().await?;
                    self.remove_unused_components().await?;
                    self.scrub(true, u64::MAX).await?;
                    reached(Point::BytesRemoved);
                    let next = DeletionStep::Archive;
                    self.catalog
                        .advance_tenant_deletion(&deletion, next)
                        .await?;
                }
                DeletionStep::Archive | DeletionStep::Backups | DeletionStep::Done => return Ok(()),
            }
            let before = deletion.step;
            match self.catalog.tenant_deletion(deletion.id).await? {
                Some(now) if now.step > before => deletion = now,
                // It was cancelled or put off.
                _ => return Ok(()),
            }
        }
    }

    async fn erase_records(&self, deletion: &TenantDeletion) -> Result<()> {
        while !self.catalog.erase_some_records(deletion).await? {
            reached(Point::RecordsErased);
        }
        reached(Point::RecordsErased);
        Ok(())
    }

    /// Removes the bytes of everything that was deleted. Each step may be repeated: a crash between
    /// any two leaves the row, and the next start goes through them again.
    async fn remove_deleted(&self) -> Result<()> {
        loop {
            let deletions = self.catalog.pending_removals(DELETIONS_AT_A_TIME).await?;
            if deletions.is_empty() {
                return Ok(());
            }
            for deletion in deletions {
                self.remove(&deletion).await?;
                self.catalog.finish_removal(&deletion).await?;
            }
        }
    }

    async fn remove(&self, deletion: &Removal) -> Result<()> {
        if let Some(log) = deletion.log {
            self.meter_deleted_log(log).await?;
            self.stores.event_log.delete(log).await?;
            self.stores.appender.evict(log);
            reached(Point::FramesRemoved);
        }
        self.bus.views.evict(deletion.versions.clone()).await;
        for version in &deletion.versions {
            self.remove_objects(&ObjectKey::snapshots_of(*version))
                .await?;
            reached(Point::SnapshotsRemoved);
        }
        for component in &deletion.components {
            self.remove_component(*component).await?;
        }
        Ok(())
    }

    /// Removes a component and what was compiled from it, unless a version of any tenant runs it.
    async fn remove_component(&self, component: ComponentDigest) -> Result<()> {
        if self.catalog.component_in_use(component).await? {
            return Ok(());
        }
        for artifact in self.catalog.artifacts_of(component).await? {
            self.stores
                .objects
                .delete(&ObjectKey::artifact(artifact))
                .await?;
            self.catalog.forget_artifact(artifact).await?;
        }
        // An artifact that is missing is compiled again; a component must not be.
        let key = &ObjectKey::component(component);
        let remove = || async { Ok::<_, Failure>(self.stores.objects.delete(key).await?) };
        self.catalog.if_unused(component, remove).await?;
        reached(Point::ComponentRemoved);
        Ok(())
    }

    /// Removes components that no version runs: those of uploads that were refused, or that a crash
    /// cut off. An upload that is under way finds its own missing, and stores it again.
    async fn remove_unused_components(&self) -> Result<()> {
        let mut after: Option<ObjectKey> = None;
        loop {
            let objects = self
                .stores
                .objects
                .list(ObjectKey::COMPONENTS, after.as_ref(), OBJECTS_AT_A_TIME)
                .await?;
            let Some(last) = objects.last() else {
                return Ok(());
            };
            after = Some(last.key.clone());
            for component in objects.iter().filter_map(|it| it.key.as_component()) {
                self.remove_component(component).await?;
            }
        }
    }

    async fn remove_objects(&self, prefix: &str) -> Result<(), ObjectError> {
        loop {
            let objects = self
                .stores
                .objects
                .list(prefix, None, OBJECTS_AT_A_TIME)
                .await?;
            if objects.is_empty() {
                return Ok(());
            }
            for object in objects {
                self.stores.objects.delete(&object.key).await?;
            }
        }
    }

    /// Removes mails on behalf of a tenant that is gone, and mails to people who are not there any
    /// more and are not invited either.
    async fn remove_mail(&self, tenant: TenantId) -> Result<()> {
        let Some(directory) = self.mailer.mailbox.kept_in().map(ToOwned::to_owned) else {
            return Ok(());
        };
        let failed = |error: &dyn std::fmt::Display| {
            Failure::unavailable("the mailbox can't be looked through", error)
        };
        let looking = tokio::task::spawn_blocking(move || directory::mails(&directory));
        let mails = looking
            .await
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))?;
        for mail in mails {
            if mail.tenant == Some(tenant) || !self.catalog.expects_mail(&mail.to).await? {
                let removed = tokio::fs::remove_file(&mail.path).await;
                removed.map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }
}

//! From one step of a deletion to the next. Every change looks first whether the deletion is
//! still at the step that its caller knows: another node may have gone on.

use std::collections::HashSet;

use protocol::{LogId, RequestId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{DeletionStep, TenantDeletion, erase, of_tenant, to_tenant_deletion};
use crate::column::{from_time, to_time, to_word};
use crate::entity::{
    all, archive_segment, count, delete, deletion, key, key_use, log, membership, session,
    tenant_deletion, values,
};
use crate::event::{ControlEvent, PEOPLE};
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError, Context, archive, removal, second_factor};

/// Logs that are removed in one transaction.
const LOGS_AT_A_TIME: u64 = 100;

/// Values of one statement: databases bound how many it may have.
const VALUES_MAX: usize = 500;

impl Catalog {
    /// Deletions that stand at a step, oldest first; those that are scheduled, once they are due.
    pub async fn tenant_deletions_at(
        &self,
        step: DeletionStep,
        limit: u32,
    ) -> Result<Vec<TenantDeletion>, CatalogError> {
        let deletions = tenant_deletion::Entity::find()
            .filter(tenant_deletion::Column::Step.eq(step.into_str()))
            .filter(tenant_deletion::Column::DeleteAt.lte(from_time(self.now())))
            .order_by_asc(tenant_deletion::Column::DeleteAt)
            .limit(u64::from(limit));
        all(self.readers(), deletions, to_tenant_deletion).await
    }

    /// When the next deletion is due that has not started; `None` without any.
    pub async fn next_tenant_deletion(&self) -> Result<Option<Timestamp>, CatalogError> {
        let row = tenant_deletion::Entity::find()
            .filter(tenant_deletion::Column::Step.eq(DeletionStep::Scheduled.into_str()))
            .order_by_asc(tenant_deletion::Column::DeleteAt)
            .one(self.readers())
            .await?;
        Ok(row.map(|row| to_time(row.delete_at)))
    }

    /// Starts a deletion whose time has come: nobody has access to the tenant any more, and people
    /// who are members of no other one are gone.
    pub async fn start_tenant_deletion(&self, due: &TenantDeletion) -> Result<(), CatalogError> {
        let tenant = due.tenant;
        self.change(
            Lock::TenantAndPeople(tenant),
            move |mut change| async move {
                let found = of_tenant(change.sql(), tenant).await?;
                let is_due = |it: TenantDeletion| {
                    it.id == due.id && it.step == due.step && it.delete_at <= change.at()
                };
                if !found.is_some_and(is_due) {
                    return Ok(());
                }
                let members = members(change.sql(), tenant).await?;
                let keys = key::Entity::find().filter(key::Column::TenantId.eq(tenant.0));
                let keys: Vec<Uuid> = values(change.sql(), keys, key::Column::Id).await?;
                let context = Context::system(RequestId::generate());
                let started = ControlEvent::TenantDeletionStarted { deletion: due.id };
                change.record(tenant, context, started).await?;
                for user in leaving(change.sql(), members).await? {
                    let gone = ControlEvent::UserDeleted { user };
                    change.record(PEOPLE, context, gone).await?;
                    second_factor::forget(change.sql(), user).await?;
                }
                let sql = change.sql();
                delete::<session::Entity>(sql, session::Column::TenantId.eq(tenant.0)).await?;
                for keys in keys.chunks(VALUES_MAX) {
                    let uses = key_use::Column::KeyId.is_in(keys.iter().copied());
                    delete::<key_use::Entity>(sql, uses).await?;
                }
                erase::people(sql).await?;
                change.commit(()).await
            },
        )
        .await
    }

    /// Removes some logs of a tenant that is being deleted, and at last the tenant. Says whether it
    /// is gone.
    pub async fn remove_some_logs(&self, of: &TenantDeletion) -> Result<bool, CatalogError> {
        let tenant = of.tenant;
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            if !is_at_step(&change, of).await? {
                return Ok(true);
            }
            let context = Context::system(RequestId::generate());
            let rows = log::Entity::find()
                .filter(log::Column::TenantId.eq(tenant.0))
                .order_by_asc(log::Column::Name)
                .limit(LOGS_AT_A_TIME)
                .all(change.sql())
                .await?;
            let last = (rows.len() as u64) < LOGS_AT_A_TIME;
            for row in rows {
                let id = LogId(row.id);
                removal::of_log(&change, tenant, id).await?;
                let event = ControlEvent::LogDeleted {
                    log: id,
                    name: to_word(&row.name)?,
                };
                change.record(tenant, context, event).await?;
                archive::forget_log(&change, tenant, id).await?;
            }
            if last {
                let gone = ControlEvent::TenantDeleted { deletion: of.id };
                change.record(tenant, context, gone).await?;
            }
            change.commit(last).await
        })
        .await
    }

    /// Begins the next step of a deletion.
    pub async fn advance_tenant_deletion(
        &self,
        from: &TenantDeletion,
        to: DeletionStep,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Tenant(from.tenant), move |mut change| async move {
            if !is_at_step(&change, from).await? {
                return Ok(());
            }
            let event = ControlEvent::TenantErasureAdvanced {
                deletion: from.id,
                step: to,
            };
            let context = Context::system(RequestId::generate());
            change.record(from.tenant, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// How many of a tenant's logs are still in the catalog, and how many of its deletions wait for
    /// their bytes to be removed.
    pub async fn left_of_tenant(&self, tenant: TenantId) -> Result<(u64, u64), CatalogError> {
        let logs = log::Column::TenantId.eq(tenant.0);
        let pending = deletion::Column::TenantId.eq(tenant.0);
        Ok((
            count::<log::Entity>(self.readers(), logs).await?,
            count::<deletion::Entity>(self.readers(), pending).await?,
        ))
    }

    /// Since when a segment is to be written again, or to be removed, because of deleted logs: what
    /// was deleted before is in no segment any more. `None` when no segment is.
    pub async fn erasing_since(&self) -> Result<Option<Timestamp>, CatalogError> {
        let row = archive_segment::Entity::find()
            .filter(archive_segment::Column::EraseSince.is_not_null())
            .order_by_asc(archive_segment::Column::EraseSince)
            .one(self.readers())
            .await?;
        Ok(row.and_then(|row| row.erase_since).map(to_time))
    }
}

/// Whether a deletion is at the step that its caller knows.
async fn is_at_step(change: &Change, known: &TenantDeletion) -> Result<bool, CatalogError> {
    let found = of_tenant(change.sql(), known.tenant).await?;
    Ok(found.is_some_and(|it| it.id == known.id && it.step == known.step))
}

async fn members(sql: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<Uuid>, CatalogError> {
    let members = membership::Entity::find()
        .filter(membership::Column::TenantId.eq(tenant.0))
        .order_by_asc(membership::Column::UserId);
    values(sql, members, membership::Column::UserId).await
}

/// Those who are members of no tenant any more.
async fn leaving(
    sql: &impl ConnectionTrait,
    people: Vec<Uuid>,
) -> Result<Vec<UserId>, CatalogError> {
    let mut staying: HashSet<Uuid> = HashSet::new();
    for people in people.chunks(VALUES_MAX) {
        let found = membership::Entity::find()
            .filter(membership::Column::UserId.is_in(people.iter().copied()));
        let found: Vec<Uuid> = values(sql, found, membership::Column::UserId).await?;
        staying.extend(found);
    }
    let leaving = people.into_iter().filter(|user| !staying.contains(user));
    Ok(leaving.map(UserId).collect())
}

//! Erasing what the catalog holds of a tenant that is gone, and of people who are.
//!
//! Control events are what a rebuild starts from, so the few that later ones rely on stay, without
//! anything that says who it was: that there was a tenant or a person, and that they were deleted.

use protocol::TenantId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::TenantDeletion;
use crate::column::from_json;
use crate::connection::number;
use crate::entity::{
    activity, compute_usage, control_event, delete, deletion_job, session, set, storage_level,
    stored_bytes, usage_notice, usage_open, usage_record, values,
};
use crate::event::{ControlEvent, PEOPLE};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// Control events, and records of use, that are removed in one transaction.
const EVENTS_AT_A_TIME: u64 = 2_000;

/// What stays of a tenant.
const KEPT: [&str; 6] = [
    CREATED,
    "tenant_deletion_scheduled",
    "tenant_deletion_cancelled",
    "tenant_deletion_started",
    "tenant_deleted",
    "tenant_erasure_advanced",
];

const CREATED: &str = "tenant_created";

impl Catalog {
    /// Erases some of what is noted of a tenant that is gone. Says whether nothing is left.
    pub async fn erase_some_records(&self, of: &TenantDeletion) -> Result<bool, CatalogError> {
        let tenant = of.tenant;
        self.change(Lock::TenantAndPeople(tenant), move |change| async move {
            let sql = change.sql();
            let events = control_event::Entity::find()
                .filter(control_event::Column::TenantId.eq(tenant.0))
                .filter(control_event::Column::Kind.is_not_in(KEPT))
                .order_by_asc(control_event::Column::Sequence)
                .limit(EVENTS_AT_A_TIME);
            let positions: Vec<i64> = values(sql, events, control_event::Column::Position).await?;
            let last = (positions.len() as u64) < EVENTS_AT_A_TIME;
            let erased = control_event::Column::Position.is_in(positions);
            delete::<control_event::Entity>(sql, erased).await?;
            name_nobody(sql, tenant).await?;
            let id = tenant.0;
            delete::<compute_usage::Entity>(sql, compute_usage::Column::TenantId.eq(id)).await?;
            delete::<usage_notice::Entity>(sql, usage_notice::Column::TenantId.eq(id)).await?;
            delete::<usage_open::Entity>(sql, usage_open::Column::TenantId.eq(id)).await?;
            let more = usage_records(sql, tenant).await?;
            delete::<storage_level::Entity>(sql, storage_level::Column::TenantId.eq(id)).await?;
            delete::<stored_bytes::Entity>(sql, stored_bytes::Column::TenantId.eq(id)).await?;
            delete::<activity::Entity>(sql, activity::Column::TenantId.eq(id)).await?;
            delete::<session::Entity>(sql, session::Column::TenantId.eq(id)).await?;
            delete::<deletion_job::Entity>(sql, deletion_job::Column::TenantId.eq(id)).await?;
            people(sql).await?;
            change.commit(last && !more).await
        })
        .await
    }

    /// Takes what was removed out of the catalog's files, where it has any: SQLite keeps it in its
    /// write-ahead log, and on pages that rows moved from when they were put in balance. Changes wait
    /// while the file is written again; one with more than `bytes_max` is not. What PostgreSQL keeps
    /// of removed rows goes with its next vacuum.
    ///
    /// # Errors
    /// When somebody else reads the catalog for too long.
    pub async fn scrub(&self, bytes_max: u64) -> Result<(), CatalogError> {
        let sql = &self.0.writer;
        if sql.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        if number(sql, size).await? <= bytes_max {
            sql.execute_unprepared("VACUUM").await?;
        } else {
            tracing::warn!("the catalog is too large to be written again while it is used");
        }
        if number(sql, "PRAGMA wal_checkpoint(TRUNCATE)").await? == 0 {
            return Ok(());
        }
        Err(CatalogError::Unavailable(
            "the write-ahead log is being read".to_owned(),
        ))
    }
}

/// Takes the tenant's name out of the event that made it. Names are unique, so each gets one that
/// says nothing.
async fn name_nobody(sql: &impl ConnectionTrait, tenant: TenantId) -> Result<(), CatalogError> {
    let nameless = ControlEvent::TenantCreated {
        short_name: format!("deleted-{tenant}"),
    };
    let payload = control_event::Column::Payload;
    let of_tenant = control_event::Column::TenantId.eq(tenant.0);
    let made = of_tenant.and(control_event::Column::Kind.eq(CREATED));
    set::<control_event::Entity>(sql, payload, from_json(&nameless)?, made).await
}

/// Erases what is recorded of every person who is gone: of their registration the address and the
/// hash of the password, and all else but that they are gone.
pub(super) async fn people(sql: &impl ConnectionTrait) -> Result<(), CatalogError> {
    let sqlite = sql.get_database_backend() == DbBackend::Sqlite;
    // Written out, so that the index of the events about people is used.
    let people = if sqlite {
        format!("x'{}'", PEOPLE.0.simple())
    } else {
        format!("'{}'", PEOPLE.0)
    };
    let gone = format!(
        "(SELECT payload ->> 'user' FROM control_events \
         WHERE tenant_id = {people} AND kind = 'user_deleted')"
    );
    let nameless = if sqlite {
        "json_set(payload, '$.email', 'deleted-' || (payload ->> 'user'), '$.password_hash', '')"
    } else {
        "payload || jsonb_build_object('email', 'deleted-' || (payload ->> 'user'), \
         'password_hash', '')"
    };
    let statements = [
        format!(
            "DELETE FROM control_events WHERE tenant_id = {people} \
             AND payload ->> 'user' IN {gone} AND kind NOT IN ('user_registered', 'user_deleted')"
        ),
        format!(
            "UPDATE control_events SET payload = {nameless} WHERE tenant_id = {people} \
             AND payload ->> 'user' IN {gone} AND kind = 'user_registered' \
             AND payload ->> 'password_hash' <> ''"
        ),
    ];
    for statement in statements {
        sql.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Erases some of a tenant's records of use; whether there are more.
async fn usage_records(sql: &impl ConnectionTrait, tenant: TenantId) -> Result<bool, CatalogError> {
    let of_tenant = usage_record::Column::TenantId.eq(tenant.0);
    let next = usage_record::Entity::find()
        .filter(of_tenant.clone())
        .order_by_asc(usage_record::Column::Sequence)
        .offset(EVENTS_AT_A_TIME)
        .limit(1);
    let next: Vec<i64> = values(sql, next, usage_record::Column::Sequence).await?;
    let some = match next.first() {
        Some(next) => of_tenant.and(usage_record::Column::Sequence.lt(*next)),
        None => of_tenant,
    };
    delete::<usage_record::Entity>(sql, some).await?;
    Ok(!next.is_empty())
}

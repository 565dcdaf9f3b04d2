//! Logs: their names and properties. Their events are in the event log.

use protocol::{LogId, Name, NamePrefix, TenantId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, Order, QueryFilter};

use super::column::{plain, to_time, to_word};
use super::entity::log::{Column, Model};
use super::entity::one;
use super::event::{ControlEvent, LogCreated};
use super::limits::within;
use super::lock::Lock;
use super::model::Retention;
use super::page::List;
use super::quota::Counted;
use super::record::Change;
use super::removal::Removal;
use super::{
    Catalog, CatalogError, Context, Page, Paged, Refusal, archive, deletion, removal, scope,
};
use crate::access::Access;

/// A log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub id: LogId,
    pub tenant: TenantId,
    pub name: Name,
    pub description: Option<String>,
    pub retention: Retention,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// How a caller names a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogRef {
    Id(LogId),
    Name(Name),
}

/// What a log is created from.
#[derive(Clone, Debug)]
pub struct NewLog {
    pub name: Name,
    pub description: Option<String>,
    pub retention: Retention,
}

/// What is to change about a log; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct LogChanges {
    /// `Some(None)` removes the description.
    pub description: Option<Option<String>>,
    pub retention: Option<Retention>,
}

impl Catalog {
    /// Creates a log.
    pub async fn create_log(
        &self,
        access: &Access,
        context: Context,
        new: NewLog,
    ) -> Result<Log, Refusal> {
        self.check_new_log(access, &new)?;
        let new = &new;
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            self.check_log_quota(&change, access, 1).await?;
            let log = create(&mut change, access.tenant, context, new.clone()).await?;
            change.commit(log).await
        })
        .await
    }

    /// A log of the tenant; `None` also when a key is not limited to it.
    pub async fn log(&self, access: &Access, log: &LogRef) -> Result<Option<Log>, CatalogError> {
        let condition = match log {
            LogRef::Id(id) => Column::Id.eq(id.0),
            LogRef::Name(name) => Column::Name.eq(name.as_str()),
        };
        let row = one(self.readers(), scope::logs(access).filter(condition)).await?;
        row.map(to_log).transpose()
    }

    /// The logs that the holder may reach, by their names.
    pub async fn logs(&self, access: &Access, page: Page) -> Result<Paged<Log>, CatalogError> {
        self.logs_named(access, &NamePrefix::default(), page).await
    }

    /// Those of them whose names begin with a prefix. A cursor belongs to its prefix.
    pub async fn logs_named(
        &self,
        access: &Access,
        prefix: &NamePrefix,
        page: Page,
    ) -> Result<Paged<Log>, CatalogError> {
        let list = List::new("logs", access.tenant, prefix.as_str().as_bytes());
        let mut query = scope::logs(access);
        // A range of the index by name, which both databases sort by bytes. `LIKE` would take `_` for
        // any character, and would not find the index everywhere.
        if let Some(end) = prefix.end() {
            query = query.filter(Column::Name.gte(prefix.as_str()));
            query = query.filter(Column::Name.lt(end));
        }
        let order = (Column::Name, Order::Asc);
        let name = |row: &Model| row.name.clone();
        let rows = list.read(self.readers(), &page, query, order, name);
        rows.await?.try_map(to_log)
    }

    /// Changes a log's properties. Nothing is recorded when they are as asked already.
    pub async fn update_log(
        &self,
        access: &Access,
        context: Context,
        id: LogId,
        changes: LogChanges,
    ) -> Result<Log, Refusal> {
        let description_bytes = changes.description.iter().flatten().map(String::len).sum();
        self.check_description(description_bytes)?;
        let changes = &changes;
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let before = find(change.sql(), access, id).await?;
            let mut after = before.clone();
            if let Some(description) = &changes.description {
                after.description = description.clone().map(plain);
            }
            if let Some(retention) = changes.retention {
                after.retention = retention;
            }
            if after == before {
                return Ok(before);
            }
            after.updated_at = change.at();
            let event = ControlEvent::LogUpdated {
                log: id,
                description: after.description.clone(),
                retention: after.retention,
            };
            change.record(access.tenant, context, event).await?;
            if after.retention != before.retention {
                archive::set_retention(change.sql(), id, after.retention).await?;
            }
            change.commit(after).await
        })
        .await
    }

    /// Deletes a log with its views. The removal names what they left in the event log and the
    /// object store, and stays until [`Catalog::finish_removal`]; the [`Deletion`](crate::Deletion)
    /// with the same id says how far it is.
    pub async fn delete_log(
        &self,
        access: &Access,
        context: Context,
        id: LogId,
    ) -> Result<Removal, Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let log = find(change.sql(), access, id).await?;
            let removal = removal::of_log(&change, access.tenant, id).await?;
            deletion::begin(&change, &removal, (id, &log.name), None).await?;
            let event = ControlEvent::LogDeleted {
                log: id,
                name: log.name,
            };
            change.record(access.tenant, context, event).await?;
            archive::forget_log(&change, access.tenant, id).await?;
            change.commit(removal).await
        })
        .await
    }

    pub(super) fn check_new_log(&self, access: &Access, new: &NewLog) -> Result<(), Refusal> {
        if access.logs.is_some() {
            return Err(Refusal::LimitedKey);
        }
        let bytes = new.description.as_ref().map_or(0, String::len);
        Ok(self.check_description(bytes)?)
    }

    fn check_description(&self, bytes: usize) -> Result<(), CatalogError> {
        within("the description", bytes, self.limits().description_bytes)
    }

    pub(super) async fn check_log_quota(
        &self,
        change: &Change,
        access: &Access,
        more: u64,
    ) -> Result<(), Refusal> {
        let refused = |limit, used| Refusal::LogLimitReached { limit, used };
        self.check_quota(change.sql(), access.tenant, (Counted::Logs, more), refused)
            .await
    }
}

pub(super) async fn create(
    change: &mut Change,
    tenant: TenantId,
    context: Context,
    new: NewLog,
) -> Result<Log, Refusal> {
    let log = Log {
        id: LogId::generate(),
        tenant,
        name: new.name,
        description: new.description.map(plain),
        retention: new.retention,
        created_at: change.at(),
        updated_at: change.at(),
    };
    let event = ControlEvent::LogCreated(LogCreated {
        log: log.id,
        name: log.name.clone(),
        description: log.description.clone(),
        retention: log.retention,
    });
    let taken = ("name", Refusal::LogNameTaken);
    change.record_unique(tenant, context, event, taken).await?;
    Ok(log)
}

pub(super) async fn find(
    sql: &impl ConnectionTrait,
    access: &Access,
    id: LogId,
) -> Result<Log, Refusal> {
    let row = one(sql, scope::logs(access).filter(Column::Id.eq(id.0))).await?;
    Ok(to_log(row.ok_or(Refusal::LogNotFound)?)?)
}

fn to_log(row: Model) -> Result<Log, CatalogError> {
    Ok(Log {
        id: LogId(row.id),
        tenant: TenantId(row.tenant_id),
        name: to_word(&row.name)?,
        description: row.description,
        retention: to_word(&row.retention)?,
        created_at: to_time(row.created_at),
        updated_at: to_time(row.updated_at),
    })
}

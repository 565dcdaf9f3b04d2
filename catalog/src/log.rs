//! Logs: their names and properties. Their events are in the event log.

use std::fmt;
use std::str::FromStr;

use protocol::{LogId, Name, TenantId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};

use super::column::{plain, to_time, to_u64, to_word};
use super::deletion::Deletion;
use super::entity::log;
use super::error::ChangeError;
use super::event::ControlEvent;
use super::limits::within;
use super::page::List;
use super::record::Change;
use super::turn::Turn;
use super::{Catalog, CatalogError, Context, Page, Paged, archive, deletion, deletion_job, scope};
use crate::access::Access;

/// What becomes of a log's frames in the hot log once they are archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// They stay.
    #[default]
    KeepHot,
    /// They are trimmed.
    Archive,
}

impl Retention {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeepHot => "keep_hot",
            Self::Archive => "archive",
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a retention is keep_hot or archive")]
pub struct UnknownRetention;

impl FromStr for Retention {
    type Err = UnknownRetention;

    fn from_str(text: &str) -> Result<Self, UnknownRetention> {
        match text {
            "keep_hot" => Ok(Self::KeepHot),
            "archive" => Ok(Self::Archive),
            _ => Err(UnknownRetention),
        }
    }
}

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

/// Why a log was not created.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateLogError {
    #[error("the tenant has a log of this name already")]
    NameTaken,
    #[error("the tenant has {used} logs, and may have {limit}; delete some first")]
    LimitReached { limit: u64, used: u64 },
    /// It could not reach what it made.
    #[error("a key that is limited to some logs can't create others")]
    LimitedKey,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<ChangeError> for CreateLogError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(_) => Self::NameTaken,
            ChangeError::Catalog(error) => Self::Catalog(error),
        }
    }
}

/// Why a log was not changed or deleted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    #[error("there is no such log")]
    NotFound,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// Creates a log.
    ///
    /// # Errors
    /// When the name is taken or the tenant has too many logs.
    pub async fn create_log(
        &self,
        access: &Access,
        context: Context,
        new: NewLog,
    ) -> Result<Log, CreateLogError> {
        self.check_new_log(access, &new)?;
        let new = &new;
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            self.check_log_count(&change, access.tenant, 1).await?;
            let log = create(&mut change, access.tenant, context, new.clone()).await?;
            change.commit().await?;
            Ok(log)
        })
        .await
    }

    /// Creates logs, all or none, with one commit for all of them.
    ///
    /// # Errors
    /// When one of the names is taken or the tenant would have too many logs.
    pub async fn create_logs(
        &self,
        access: &Access,
        context: Context,
        new: Vec<NewLog>,
    ) -> Result<Vec<Log>, CreateLogError> {
        for new in &new {
            self.check_new_log(access, new)?;
        }
        let new = &new;
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            self.check_log_count(&change, access.tenant, new.len() as u64)
                .await?;
            let mut logs = Vec::with_capacity(new.len());
            for new in new {
                logs.push(create(&mut change, access.tenant, context, new.clone()).await?);
            }
            change.commit().await?;
            Ok(logs)
        })
        .await
    }

    /// A log of the tenant; `None` also when a key is not limited to it.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn log(&self, access: &Access, log: &LogRef) -> Result<Option<Log>, CatalogError> {
        let query = match log {
            LogRef::Id(id) => scope::logs(access).filter(log::Column::Id.eq(id.0)),
            LogRef::Name(name) => scope::logs(access).filter(log::Column::Name.eq(name.as_str())),
        };
        query.one(self.readers()).await?.map(to_log).transpose()
    }

    /// The logs that the holder may reach, by their names.
    ///
    /// # Errors
    /// When the cursor is not from this list.
    pub async fn logs(&self, access: &Access, page: Page) -> Result<Paged<Log>, CatalogError> {
        let list = List::new("logs", access.tenant, b"");
        let after = list.after_text(&page)?;
        let rows = scope::logs(access)
            .apply_if(after, |query, name| {
                query.filter(log::Column::Name.gt(name))
            })
            .order_by_asc(log::Column::Name)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (rows, next_cursor) = list.cut(&page, rows, |row| row.name.clone().into_bytes());
        let items = rows.into_iter().map(to_log).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }

    /// Changes a log's properties. Nothing is recorded when they are as asked already.
    ///
    /// # Errors
    /// When the holder reaches no such log.
    pub async fn update_log(
        &self,
        access: &Access,
        context: Context,
        id: LogId,
        changes: LogChanges,
    ) -> Result<Log, LogError> {
        let description_bytes = changes.description.iter().flatten().map(String::len).sum();
        self.check_description(description_bytes)?;
        let changes = &changes;
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            let before = find(change.sql(), access, id)
                .await?
                .ok_or(LogError::NotFound)?;
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
            let recorded = change.record(access.tenant, context, event).await;
            recorded.map_err(CatalogError::from)?;
            if after.retention != before.retention {
                archive::set_retention(change.sql(), id, after.retention).await?;
            }
            change.commit().await?;
            Ok(after)
        })
        .await
    }

    /// Deletes a log with its views. What they left in the event log and the object store is named
    /// in the deletion, which stays until [`Catalog::finish_deletion`]; its job says how far it is.
    ///
    /// # Errors
    /// When the holder reaches no such log.
    pub async fn delete_log(
        &self,
        access: &Access,
        context: Context,
        id: LogId,
    ) -> Result<Deletion, LogError> {
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            let log = find(change.sql(), access, id)
                .await?
                .ok_or(LogError::NotFound)?;
            let deletion = deletion::of_log(&change, access.tenant, id).await?;
            deletion_job::begin(&change, &deletion, (id, &log.name), None).await?;
            let event = ControlEvent::LogDeleted {
                log: id,
                name: log.name,
            };
            let recorded = change.record(access.tenant, context, event).await;
            recorded.map_err(CatalogError::from)?;
            archive::forget_log(&change, id).await?;
            change.commit().await?;
            Ok(deletion)
        })
        .await
    }

    fn check_new_log(&self, access: &Access, new: &NewLog) -> Result<(), CreateLogError> {
        if access.logs.is_some() {
            return Err(CreateLogError::LimitedKey);
        }
        let bytes = new.description.as_ref().map_or(0, String::len);
        Ok(self.check_description(bytes)?)
    }

    fn check_description(&self, bytes: usize) -> Result<(), CatalogError> {
        within("the description", bytes, self.limits().description_bytes)
    }

    async fn check_log_count(
        &self,
        change: &Change,
        tenant: TenantId,
        more: u64,
    ) -> Result<(), CreateLogError> {
        let (row, quotas) = self.room_of(change.sql(), tenant).await?;
        let (used, limit) = (to_u64(row.log_count), quotas.logs);
        if used.saturating_add(more) > limit {
            return Err(CreateLogError::LimitReached { limit, used });
        }
        Ok(())
    }
}

async fn create(
    change: &mut Change,
    tenant: TenantId,
    context: Context,
    new: NewLog,
) -> Result<Log, ChangeError> {
    let log = Log {
        id: LogId::generate(),
        tenant,
        name: new.name,
        description: new.description.map(plain),
        retention: new.retention,
        created_at: change.at(),
        updated_at: change.at(),
    };
    let event = ControlEvent::LogCreated {
        log: log.id,
        name: log.name.clone(),
        description: log.description.clone(),
        retention: log.retention,
    };
    change.record(tenant, context, event).await?;
    Ok(log)
}

pub(super) async fn find(
    sql: &impl ConnectionTrait,
    access: &Access,
    id: LogId,
) -> Result<Option<Log>, CatalogError> {
    let row = scope::logs(access)
        .filter(log::Column::Id.eq(id.0))
        .one(sql)
        .await?;
    row.map(to_log).transpose()
}

fn to_log(row: log::Model) -> Result<Log, CatalogError> {
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

//! Logs: making, finding, changing and deleting them.

use std::sync::Arc;

use catalog::access::Access;
use catalog::{Context, DeletionId, Log, LogChanges, LogRef, NewLog, Page, Paged, Retention};
use protocol::frame::Head;
use protocol::{ErrorCode, InvalidName, Name, Sequence};
use storage::bus::Stale;

use super::App;
use crate::errors::{Failure, Result};

const DESCRIPTION_CHARS_MAX: usize = 1_000;

/// A log with its state.
pub(crate) struct LogState {
    pub log: Arc<Log>,
    pub head: Head,
    /// The last event that is in the archive alone.
    pub trimmed: Sequence,
}

impl App {
    /// # Errors
    /// When the name breaks the rules or is taken, or the tenant has as many logs as it may.
    pub(crate) async fn create_log(
        &self,
        access: &Access,
        context: Context,
        name: &str,
        description: Option<String>,
        retention: Retention,
    ) -> Result<Log> {
        check_description(description.as_deref())?;
        let log = NewLog {
            name: parse_name(name)?,
            description,
            retention,
        };
        Ok(self.catalog.create_log(access, context, log).await?)
    }

    /// The log that a URL names by id or name, from memory where it can be.
    ///
    /// # Errors
    /// When the tenant has none, or the caller may not reach it.
    pub(crate) async fn log(&self, access: &Access, name: &str) -> Result<Arc<Log>> {
        let key = (access.tenant, name.to_owned());
        let ask = async {
            // Entries are shared by all callers of a tenant; what a key is limited to is checked
            // below, for each of them.
            let all = Access {
                logs: None,
                ..access.clone()
            };
            let log = self.catalog.log(&all, &log_ref(name)?).await?;
            Ok(log.map(Arc::new))
        };
        let log = self.caches.logs.get(&key, ask).await?;
        log.filter(|log| access.covers(log.id))
            .ok_or_else(Failure::log_not_found)
    }

    /// # Errors
    /// When there is no such log, or the event log can't be read.
    pub(crate) async fn log_state(&self, access: &Access, name: &str) -> Result<LogState> {
        let log = self.log(access, name).await?;
        self.state_of(log).await
    }

    async fn state_of(&self, log: Arc<Log>) -> Result<LogState> {
        let head = self.stores.appender.head(log.id).await?;
        let first = self
            .stores
            .event_log
            .read(log.id, Sequence::FIRST, 1)
            .await?;
        let trimmed = first.first().map(|stored| stored.frame.first().previous());
        Ok(LogState {
            log,
            head,
            trimmed: trimmed.unwrap_or_default(),
        })
    }

    /// The logs whose names begin with `prefix`.
    ///
    /// # Errors
    /// When no name begins like that, the cursor is not of this list, or the event log can't be read.
    pub(crate) async fn logs(
        &self,
        access: &Access,
        prefix: &str,
        page: Page,
    ) -> Result<Paged<LogState>> {
        let prefix = prefix.parse().map_err(invalid_name)?;
        let logs = self.catalog.logs_named(access, &prefix, page).await?;
        let mut items = Vec::with_capacity(logs.items.len());
        for log in logs.items {
            items.push(self.state_of(Arc::new(log)).await?);
        }
        Ok(Paged {
            items,
            next_cursor: logs.next_cursor,
        })
    }

    /// # Errors
    /// When there is no such log.
    pub(crate) async fn update_log(
        &self,
        access: &Access,
        context: Context,
        name: &str,
        changes: LogChanges,
    ) -> Result<LogState> {
        if let Some(description) = &changes.description {
            check_description(description.as_deref())?;
        }
        let log = self.log(access, name).await?;
        let log = self
            .catalog
            .update_log(access, context, log.id, changes)
            .await?;
        self.caches.invalidate(Stale::Log(log.id));
        self.state_of(Arc::new(log)).await
    }

    /// Deletes a log with its views. Nobody finds it any more when this returns; its bytes go in
    /// the background, and the job that is returned says how far that is.
    ///
    /// # Errors
    /// When there is no such log.
    pub(crate) async fn delete_log(
        &self,
        access: &Access,
        context: Context,
        name: &str,
    ) -> Result<DeletionId> {
        let log = self.log(access, name).await?;
        let head = self.stores.appender.head(log.id).await;
        let deletion = self.catalog.delete_log(access, context, log.id).await?;
        // Without a head, what it held counts until the tenant is counted again.
        let bytes = head.map_or(0, |head| head.payload_bytes);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.limits.quotas.stored.add(access.tenant, -bytes);
        self.caches.invalidate(Stale::Log(log.id));
        self.lifecycle.deleted.notify_one();
        Ok(deletion.id)
    }
}

/// # Errors
/// When the text is neither an id nor a name.
fn log_ref(text: &str) -> Result<LogRef> {
    match text.parse() {
        Ok(id) => Ok(LogRef::Id(id)),
        Err(_) => parse_name(text).map(LogRef::Name),
    }
}

pub(super) fn parse_name(text: &str) -> Result<Name> {
    text.parse().map_err(invalid_name)
}

fn invalid_name(error: InvalidName) -> Failure {
    Failure::new(ErrorCode::InvalidName, error.to_string())
}

fn check_description(description: Option<&str>) -> Result<()> {
    if description.is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return Err(Failure::invalid_request(
            "`description` has at most 1000 characters",
        ));
    }
    Ok(())
}

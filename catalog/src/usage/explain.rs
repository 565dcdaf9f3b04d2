//! From a figure of a month to the records that it is the sum of.

use protocol::meter::{Hour, Meter, Month};
use protocol::{LogId, Timestamp, ViewId};
use sea_orm::{ColumnTrait, Order, QueryFilter};

use super::read::{UsageFilter, filtered};
use crate::access::Access;
use crate::column::{from_u64, to_time, to_u64};
use crate::entity::usage_record::{Column, Model};
use crate::page::List;
use crate::{Catalog, CatalogError, Page, Paged, scope};

/// A record of the ledger. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// 1, 2, 3, … for each tenant.
    pub sequence: u64,
    pub hour: Hour,
    pub log: Option<LogId>,
    pub view: Option<ViewId>,
    /// In the unit of the meter. Of storage, what the changes of the level make until the hour ends,
    /// which is negative where something was deleted.
    pub amount: i64,
    /// By how many bytes the level of storage changed.
    pub level: i64,
    pub recorded_at: Timestamp,
}

impl Catalog {
    /// The records of a meter and month, in the order in which they were made.
    pub async fn usage_records(
        &self,
        access: &Access,
        month: Month,
        meter: Meter,
        filter: UsageFilter,
        page: Page,
    ) -> Result<Paged<UsageRecord>, CatalogError> {
        let parent = format!("{month} {meter} {filter:?}");
        let list = List::new("usage", access.tenant, parent.as_bytes());
        let records = scope::usage_records(access)
            .filter(Column::Hour.gte(from_u64(month.first().0)))
            .filter(Column::Hour.lt(from_u64(month.end().0)))
            .filter(Column::Meter.eq(meter.to_string()));
        let records = filtered(records, filter, Column::LogId, Column::ViewId);
        let order = (Column::Sequence, Order::Asc);
        let rows = list.read(self.readers(), &page, records, order, |row| row.sequence);
        rows.await?.try_map(|row| Ok(to_record(row)))
    }
}

fn to_record(row: Model) -> UsageRecord {
    UsageRecord {
        sequence: to_u64(row.sequence),
        hour: Hour(to_u64(row.hour)),
        log: (!row.log_id.is_nil()).then_some(LogId(row.log_id)),
        view: (!row.view_id.is_nil()).then_some(ViewId(row.view_id)),
        amount: row.amount,
        level: row.level,
        recorded_at: to_time(row.recorded_at),
    }
}

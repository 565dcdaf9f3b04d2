//! Reading the ledger: sums by hour, and the integral of storage over time.

use std::collections::{BTreeMap, BTreeSet};

use protocol::meter::{HOUR_SECONDS, Hour, Meter};
use protocol::{LogId, Timestamp, ViewId};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use crate::access::Access;
use crate::column::{from_u64, to_u64, to_word};
use crate::entity::{storage_level, usage_open, usage_record};
use crate::scope;
use crate::{Catalog, CatalogError};

/// Which use is asked for; everything of the tenant where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageFilter {
    pub log: Option<LogId>,
    pub view: Option<ViewId>,
}

/// What the ledger says of some hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub(super) hours: BTreeMap<(Hour, Meter), Sum>,
    /// What of it is no record yet.
    pub(super) open: BTreeMap<Meter, Sum>,
    /// Bytes that are stored when the last of the hours begins to be over.
    pub(super) level_at_end: i128,
    pub(super) from: Hour,
    pub(super) to: Hour,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    amount: i128,
    level: i128,
}

/// Sums of one hour and meter: of the amounts and of the changes of the level.
pub(super) type SumRow = (i64, String, Option<i64>, Option<i64>);

impl Catalog {
    /// What was used in the hours from `from` until before `to`.
    pub async fn usage(
        &self,
        access: &Access,
        from: Hour,
        to: Hour,
        filter: UsageFilter,
    ) -> Result<Usage, CatalogError> {
        // One state: a row that is sealed meanwhile is either open or a record.
        let sql = &self.readers().short_snapshot().await?;
        let mut usage = Usage {
            from,
            to,
            level_at_end: i128::from(level(sql, access, filter).await?),
            hours: BTreeMap::new(),
            open: BTreeMap::new(),
        };
        {
            use usage_open::Column::{Amount, Hour as At, Level, LogId, Meter, ViewId};
            let rows = filtered(scope::usage_open(access), filter, LogId, ViewId);
            usage.add(sums(sql, rows, [At, Meter, Amount, Level], from).await?)?;
        }
        for ((_, meter), sum) in &usage.hours {
            let open = usage.open.entry(*meter).or_default();
            open.amount += sum.amount;
            open.level += sum.level;
        }
        {
            use usage_record::Column::{Amount, Hour as At, Level, LogId, Meter, ViewId};
            let rows = filtered(scope::usage_records(access), filter, LogId, ViewId);
            usage.add(sums(sql, rows, [At, Meter, Amount, Level], from).await?)?;
        }
        Ok(usage)
    }
}

/// Sums of each hour and meter since an hour.
pub(super) async fn sums<E: EntityTrait>(
    sql: &impl ConnectionTrait,
    rows: Select<E>,
    [hour, meter, amount, level]: [E::Column; 4],
    from: Hour,
) -> Result<Vec<SumRow>, CatalogError> {
    let sums = rows
        .filter(hour.gte(from_u64(from.0)))
        .select_only()
        .column(hour)
        .column(meter)
        .column_as(amount.sum().cast_as("bigint"), "amounts")
        .column_as(level.sum().cast_as("bigint"), "levels")
        .group_by(hour)
        .group_by(meter);
    Ok(sums.into_tuple().all(sql).await?)
}

/// The bytes that are stored now.
pub(super) async fn level(
    sql: &impl ConnectionTrait,
    access: &Access,
    filter: UsageFilter,
) -> Result<i64, CatalogError> {
    // Storage is that of logs.
    if filter.view.is_some() {
        return Ok(0);
    }
    let mut levels = scope::storage_levels(access);
    if let Some(log) = filter.log {
        levels = levels.filter(storage_level::Column::LogId.eq(log.0));
    }
    let bytes = storage_level::Column::Bytes.sum().cast_as("bigint");
    let sum = levels.select_only().column_as(bytes, "stored");
    let sum: Option<Option<i64>> = sum.into_tuple().one(sql).await?;
    Ok(sum.flatten().unwrap_or_default())
}

pub(super) fn filtered<E: EntityTrait>(
    mut rows: Select<E>,
    filter: UsageFilter,
    log_column: E::Column,
    view_column: E::Column,
) -> Select<E> {
    if let Some(log) = filter.log {
        rows = rows.filter(log_column.eq(log.0));
    }
    if let Some(view) = filter.view {
        rows = rows.filter(view_column.eq(view.0));
    }
    rows
}

impl Usage {
    /// Adds sums; those of hours behind the end only tell what the level was there.
    pub(super) fn add(&mut self, rows: Vec<SumRow>) -> Result<(), CatalogError> {
        for (hour, meter, amount, level) in rows {
            let (hour, meter) = (Hour(to_u64(hour)), to_word(&meter)?);
            let amount = i128::from(amount.unwrap_or_default());
            let level = i128::from(level.unwrap_or_default());
            if hour >= self.to {
                self.level_at_end -= level;
                continue;
            }
            let sum = self.hours.entry((hour, meter)).or_default();
            sum.amount += amount;
            sum.level += level;
        }
        Ok(())
    }

    /// The hours that have something of their own, and not just stored bytes.
    pub fn active_hours(&self) -> BTreeSet<Hour> {
        self.hours.keys().map(|(hour, _)| *hour).collect()
    }

    /// What is no record yet: the amount, and the change of the level.
    pub fn open(&self, meter: Meter) -> (i128, i128) {
        let open = self.open.get(&meter).copied().unwrap_or_default();
        (open.amount, open.level)
    }

    /// Bytes that were stored when the first of the hours began.
    pub fn level_before(&self) -> i128 {
        let changes = self
            .hours
            .iter()
            .filter(|((_, it), _)| *it == Meter::Storage);
        self.level_at_end - changes.map(|(_, sum)| sum.level).sum::<i128>()
    }

    /// How much was used, until `now`.
    pub fn total(&self, meter: Meter, now: Timestamp) -> u128 {
        self.by_hour(meter, now).values().sum()
    }

    /// How much was used in each hour that has some. Of storage the hour that `now` lies in counts as
    /// far as it is over, and later ones not at all.
    pub fn by_hour(&self, meter: Meter, now: Timestamp) -> BTreeMap<Hour, u128> {
        if meter == Meter::Storage {
            return self.storage_by_hour(now);
        }
        let of_meter = self.hours.iter().filter(|((_, it), _)| *it == meter);
        of_meter
            .map(|((hour, _), sum)| (*hour, u128::try_from(sum.amount).unwrap_or(0)))
            .collect()
    }

    /// The integral of the level, hour by hour.
    fn storage_by_hour(&self, now: Timestamp) -> BTreeMap<Hour, u128> {
        let mut level = self.level_before();
        let mut hours = BTreeMap::new();
        let mut hour = self.from;
        while hour < self.to && hour.start() <= now {
            let sum = self
                .hours
                .get(&(hour, Meter::Storage))
                .copied()
                .unwrap_or_default();
            let left = hour
                .end()
                .duration_since(now)
                .as_micros()
                .div_ceil(1_000_000);
            let left = i128::try_from(left).unwrap_or(0);
            let over = i128::from(HOUR_SECONDS) - left;
            let held = level * over + sum.amount - sum.level * left;
            level += sum.level;
            if held > 0 {
                hours.insert(hour, held.unsigned_abs());
            }
            hour = hour.next();
        }
        hours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Hour = Hour(500_000);

    fn seconds_into(hour: Hour, seconds: u64) -> Timestamp {
        Timestamp(hour.start().as_micros() + seconds * 1_000_000)
    }

    /// A kilobyte in the second hour after 600 seconds, gone in the fourth after 60.
    fn usage() -> Usage {
        let sum = |amount, level| Sum { amount, level };
        let second = Hour(HOUR.0 + 1);
        let fourth = Hour(HOUR.0 + 3);
        Usage {
            hours: BTreeMap::from([
                ((second, Meter::Storage), sum(1_000 * 3_000, 1_000)),
                ((second, Meter::Compute), sum(7, 0)),
                ((fourth, Meter::Storage), sum(-1_000 * 3_540, -1_000)),
            ]),
            open: BTreeMap::new(),
            level_at_end: 10,
            from: HOUR,
            to: Hour(HOUR.0 + 5),
        }
    }

    #[test]
    fn storage_is_the_integral_of_its_level() {
        let later = seconds_into(Hour(HOUR.0 + 9), 0);
        let hours = usage().by_hour(Meter::Storage, later);
        let all = [
            36_000,
            36_000 + 3_000_000,
            36_000 + 3_600_000,
            36_000 + 60_000,
            36_000,
        ];
        assert_eq!(hours.into_values().collect::<Vec<_>>(), all);
        assert_eq!(
            usage().total(Meter::Storage, later),
            all.iter().sum::<u128>()
        );
        assert_eq!(usage().total(Meter::Compute, later), 7);
        assert_eq!(usage().total(Meter::DataOut, later), 0);
    }

    #[test]
    fn an_hour_that_is_not_over_counts_as_far_as_it_is() {
        let now = seconds_into(Hour(HOUR.0 + 1), 700);
        let hours = usage().by_hour(Meter::Storage, now);
        assert_eq!(
            hours.into_values().collect::<Vec<_>>(),
            [36_000, 7_000 + 100_000]
        );
    }
}

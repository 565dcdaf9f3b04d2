//! What is billed: the records of the ledger alone, as of a sequence.

use std::collections::{BTreeMap, BTreeSet};

use protocol::TenantId;
use protocol::meter::{Hour, Month};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::read::{Usage, UsageFilter, level, sums};
use super::seal::newest_sequence;
use crate::access::Access;
use crate::column::{from_u64, to_u64};
use crate::entity::{exists, usage_open, usage_record};
use crate::{Catalog, CatalogError, scope};

impl Catalog {
    /// What the records say of the hours from `from` until before `to`, and the newest record.
    pub async fn sealed_usage(
        &self,
        access: &Access,
        from: Hour,
        to: Hour,
    ) -> Result<(Usage, u64), CatalogError> {
        let sql = &self.readers().short_snapshot().await?;
        let stored = level(sql, access, UsageFilter::default()).await?;
        // What is no record yet changed the level, and counts later.
        let rows = scope::usage_open(access)
            .select_only()
            .column_as(usage_open::Column::Level.sum().cast_as("bigint"), "levels");
        let open: Option<Option<i64>> = rows.into_tuple().one(sql).await?;
        let mut usage = Usage {
            from,
            to,
            level_at_end: i128::from(stored - open.flatten().unwrap_or_default()),
            hours: BTreeMap::new(),
            open: BTreeMap::new(),
        };
        let rows = scope::usage_records(access);
        {
            use usage_record::Column::{Amount, Hour as At, Level, Meter};
            usage.add(sums(sql, rows, [At, Meter, Amount, Level], from).await?)?;
        }
        Ok((usage, newest_sequence(sql, access.tenant).await?))
    }

    /// Whether everything that is known of hours before `before` is a record.
    pub async fn is_sealed(&self, tenant: TenantId, before: Hour) -> Result<bool, CatalogError> {
        let open = usage_open::Column::TenantId
            .eq(tenant.0)
            .and(usage_open::Column::Hour.lt(from_u64(before.0)));
        Ok(!exists::<usage_open::Entity>(self.readers(), open).await?)
    }

    /// Months before a month that have records behind a sequence.
    pub async fn late_months(
        &self,
        tenant: TenantId,
        behind: u64,
        before: Month,
    ) -> Result<BTreeSet<Month>, CatalogError> {
        let rows = usage_record::Entity::find()
            .filter(usage_record::Column::TenantId.eq(tenant.0))
            .filter(usage_record::Column::Sequence.gt(from_u64(behind)))
            .filter(usage_record::Column::Hour.lt(from_u64(before.first().0)))
            .select_only()
            .column(usage_record::Column::Hour)
            .distinct();
        let hours: Vec<i64> = rows.into_tuple().all(self.readers()).await?;
        let month = |hour| Month::of(Hour(to_u64(hour)).start());
        Ok(hours.into_iter().map(month).collect())
    }
}

//! Tenants, with the numbers of their logs and views.

use protocol::{Rate, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait};

use super::ReadModel;
use crate::column::{from_json, from_time};
use crate::entity::tenant::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::model::QuotaOverrides;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn create_tenant(&self, short_name: &str) -> Result<(), ChangeError> {
        let row = ActiveModel {
            id: Set(self.recorded.tenant.0),
            short_name: Set(short_name.to_owned()),
            created_at: Set(self.at()),
            log_count: Set(0),
            view_count: Set(0),
            rate_per_second: Set(None),
            rate_burst: Set(None),
            quotas: Set(None),
            delete_at: Set(None),
        };
        self.insert(row).await
    }

    pub(super) async fn set_rate(&self, rate: Option<Rate>) -> Result<(), ChangeError> {
        // Above two thousand million requests a second, no limit is the same as this one.
        let column = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let per_second = rate.map(|rate| column(rate.per_second));
        let burst = rate.map(|rate| column(rate.burst));
        self.set_column(Column::RatePerSecond, per_second).await?;
        self.set_column(Column::RateBurst, burst).await
    }

    pub(super) async fn set_quotas(&self, quotas: &QuotaOverrides) -> Result<(), ChangeError> {
        let own = (!quotas.is_empty()).then(|| from_json(quotas));
        self.set_column(Column::Quotas, own.transpose()?).await
    }

    pub(super) async fn set_delete_at(
        &self,
        delete_at: Option<Timestamp>,
    ) -> Result<(), ChangeError> {
        self.set_column(Column::DeleteAt, delete_at.map(from_time))
            .await
    }

    /// Adds to the number of logs or views, or takes from it.
    pub(super) async fn count(&self, column: Column, more: i64) -> Result<(), ChangeError> {
        self.set_column(column, Expr::col(column).add(more)).await
    }

    pub(super) async fn delete_tenant_row(&self) -> Result<(), ChangeError> {
        self.delete::<Entity>(self.own_row()).await
    }

    async fn set_column(&self, column: Column, value: impl Into<Expr>) -> Result<(), ChangeError> {
        self.set::<Entity>(column, value, self.own_row()).await
    }

    fn own_row(&self) -> Expr {
        Column::Id.eq(self.recorded.tenant.0)
    }
}

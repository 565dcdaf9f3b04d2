//! Telling people once in a month how much is used.

use protocol::TenantId;
use protocol::meter::Month;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;

use crate::column::from_u64;
use crate::entity::usage_notice::{ActiveModel, Entity};
use crate::entity::{insert, one};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

impl Catalog {
    /// Notes that the people of a tenant are told something about a month; `false` when they were before.
    pub async fn note_usage(
        &self,
        tenant: TenantId,
        month: Month,
        notice: u16,
    ) -> Result<bool, CatalogError> {
        let key = (tenant.0, from_u64(month.first().0), i32::from(notice));
        self.change(Lock::Usage(tenant), move |change| async move {
            let sql = change.sql();
            if one(sql, Entity::find_by_id(key)).await?.is_some() {
                return Ok(false);
            }
            let row = ActiveModel {
                tenant_id: Set(key.0),
                month: Set(key.1),
                percent: Set(key.2),
            };
            insert(sql, row).await?;
            change.commit(true).await
        })
        .await
    }
}

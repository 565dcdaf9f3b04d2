//! Tenants: creating one with its owner, and what is known about it.

use protocol::{Rate, RequestId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::column::{plain, to_time, to_u64};
use super::email::Email;
use super::entity::tenant::{Column, Entity, Model};
use super::entity::{count, key, membership, one};
use super::event::{ControlEvent, PEOPLE, UserRegistered};
use super::limits::within;
use super::lock::Lock;
use super::model::QuotaOverrides;
use super::page::List;
use super::quota::to_overrides;
use super::{Catalog, CatalogError, Context, Page, Paged, Refusal};
use crate::access::{Access, Role};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub short_name: String,
    pub created_at: Timestamp,
    /// The request rate that an operator set for it; `None` for the default.
    pub rate: Option<Rate>,
    /// What an operator set for it.
    pub quotas: QuotaOverrides,
    /// When it is going to be deleted; it is closed until then.
    pub delete_at: Option<Timestamp>,
}

/// What a tenant has of what its quotas count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TenantUse {
    pub logs: u64,
    pub views: u64,
    pub keys: u64,
    pub members: u64,
    /// Payload bytes of all events; some seconds behind, and `None` until they were counted.
    pub storage_bytes: Option<u64>,
}

/// What a tenant is created from.
#[derive(Clone, Debug)]
pub struct NewTenant {
    pub short_name: String,
    pub owner_email: String,
    /// The hash in its text form, with its parameters and salt.
    pub owner_password_hash: String,
    pub email_verified: bool,
}

impl Catalog {
    /// Creates a tenant and registers its owner.
    pub async fn create_tenant(
        &self,
        request_id: RequestId,
        new: NewTenant,
    ) -> Result<(TenantId, UserId), Refusal> {
        let limits = self.limits();
        within("the short name", new.short_name.len(), limits.text_bytes)?;
        let email = Email::normalise(&new.owner_email)?;
        let tenant = TenantId::generate();
        let user = UserId::generate();
        let context = Context::user(user, request_id);
        let registered = &ControlEvent::UserRegistered(UserRegistered {
            user,
            email: email.into_text(),
            password_hash: new.owner_password_hash,
            email_verified: new.email_verified,
        });
        let created = &ControlEvent::TenantCreated {
            short_name: plain(new.short_name),
        };
        let lock = Lock::TenantAndPeople(tenant);
        self.change(lock, move |mut change| async move {
            // The name first: whoever asks for a taken name learns nothing about the address.
            let (event, taken) = (created.clone(), ("short_name", Refusal::ShortNameTaken));
            change.record_unique(tenant, context, event, taken).await?;
            let (event, taken) = (registered.clone(), ("email_key", Refusal::EmailTaken));
            change.record_unique(PEOPLE, context, event, taken).await?;
            let role = Role::Owner;
            let added = ControlEvent::MemberAdded { user, role };
            change.record(tenant, context, added).await?;
            change.commit((tenant, user)).await
        })
        .await
    }

    /// The holder's tenant.
    pub async fn tenant(&self, access: &Access) -> Result<Tenant, CatalogError> {
        let row = one(self.readers(), Entity::find_by_id(access.tenant.0)).await?;
        to_tenant(row.ok_or_else(CatalogError::tenant_deleted)?)
    }

    /// A page of all tenants by their short names, for operators.
    pub async fn tenants(&self, page: Page) -> Result<Paged<Tenant>, CatalogError> {
        let list = List::new("tenants", PEOPLE, b"");
        let order = (Column::ShortName, Order::Asc);
        let name = |row: &Model| row.short_name.clone();
        let rows = list.read(self.readers(), &page, Entity::find(), order, name);
        rows.await?.try_map(to_tenant)
    }

    /// The tenant with an id or a short name, for operators.
    pub async fn find_tenant(&self, name: &str) -> Result<Option<Tenant>, CatalogError> {
        let condition = match name.parse::<Uuid>() {
            Ok(id) => Column::Id.eq(id),
            Err(_) => Column::ShortName.eq(plain(name.to_owned())),
        };
        let row = one(self.readers(), Entity::find().filter(condition)).await?;
        row.map(to_tenant).transpose()
    }

    /// What a tenant has of what its quotas count.
    pub async fn tenant_use(&self, tenant: TenantId) -> Result<TenantUse, CatalogError> {
        let sql = self.readers();
        let row = one(sql, Entity::find_by_id(tenant.0)).await?;
        let members = membership::Column::TenantId.eq(tenant.0);
        Ok(TenantUse {
            logs: row.as_ref().map_or(0, |row| to_u64(row.log_count)),
            views: row.as_ref().map_or(0, |row| to_u64(row.view_count)),
            keys: count::<key::Entity>(sql, key::Column::TenantId.eq(tenant.0)).await?,
            members: count::<membership::Entity>(sql, members).await?,
            storage_bytes: self.stored_bytes(tenant).await?,
        })
    }

    /// Sets or lifts a tenant's own request rate, for operators. Says whether there is such a
    /// tenant.
    pub async fn set_rate(
        &self,
        tenant: TenantId,
        context: Context,
        rate: Option<Rate>,
    ) -> Result<bool, CatalogError> {
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let row = Entity::find_by_id(tenant.0);
            let Some(row) = one(change.sql(), row).await? else {
                return Ok(false);
            };
            if to_rate(&row) == rate {
                return Ok(true);
            }
            let event = ControlEvent::TenantRateChanged { rate };
            change.record(tenant, context, event).await?;
            change.commit(true).await
        })
        .await
    }
}

fn to_tenant(row: Model) -> Result<Tenant, CatalogError> {
    Ok(Tenant {
        id: TenantId(row.id),
        rate: to_rate(&row),
        quotas: to_overrides(&row)?,
        short_name: row.short_name,
        created_at: to_time(row.created_at),
        delete_at: row.delete_at.map(to_time),
    })
}

pub(super) fn to_rate(row: &Model) -> Option<Rate> {
    Some(Rate {
        per_second: u32::try_from(row.rate_per_second?).unwrap_or(0),
        burst: u32::try_from(row.rate_burst?).unwrap_or(0),
    })
}

//! Tenants: creating one with its owner, and what is known about it.

use protocol::{Rate, RequestId, TenantId, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::column::{plain, to_time, to_u64};
use super::entity::{key, membership, tenant};
use super::error::ChangeError;
use super::event::{ControlEvent, PEOPLE};
use super::limits::within;
use super::page::List;
use super::quota::{QuotaOverrides, to_overrides};
use super::turn::Turn;
use super::user::Email;
use super::{Catalog, CatalogError, Context, Page, Paged};
use crate::access::{Access, Actor, Role};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// Why a tenant was not created.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateTenantError {
    #[error("another tenant has this short name")]
    ShortNameTaken,
    #[error("this address is registered already; log in instead")]
    EmailTaken,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<ChangeError> for CreateTenantError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(message) if message.contains("short_name") => Self::ShortNameTaken,
            ChangeError::Taken(message) if message.contains("email_key") => Self::EmailTaken,
            other => Self::Catalog(other.into()),
        }
    }
}

impl Catalog {
    /// Creates a tenant and registers its owner.
    ///
    /// # Errors
    /// When the short name or the address is taken.
    pub async fn create_tenant(
        &self,
        request_id: RequestId,
        new: NewTenant,
    ) -> Result<(TenantId, UserId), CreateTenantError> {
        let limits = self.limits();
        within("the short name", new.short_name.len(), limits.text_bytes)?;
        let email = Email::normalise(&new.owner_email)?;
        let tenant = TenantId::generate();
        let user = UserId::generate();
        let context = Context {
            actor: Actor::User(user),
            request_id,
        };
        let registered = &ControlEvent::UserRegistered {
            user,
            email: email.into_text(),
            password_hash: new.owner_password_hash,
            email_verified: new.email_verified,
        };
        let created = &ControlEvent::TenantCreated {
            short_name: plain(new.short_name),
        };
        let added = &ControlEvent::MemberAdded {
            user,
            role: Role::Owner,
        };
        self.change(
            Turn::TenantAndPeople(tenant),
            move |mut change| async move {
                // The name first: whoever asks for a taken name learns nothing about the address.
                change.record(tenant, context, created.clone()).await?;
                change.record(PEOPLE, context, registered.clone()).await?;
                change.record(tenant, context, added.clone()).await?;
                change.commit().await?;
                Ok((tenant, user))
            },
        )
        .await
    }

    /// The holder's tenant.
    ///
    /// # Errors
    /// When the catalog can't be read, or the tenant is gone while the holder still acts for it.
    pub async fn tenant(&self, access: &Access) -> Result<Tenant, CatalogError> {
        let row = tenant::Entity::find_by_id(access.tenant.0)
            .one(self.readers())
            .await?
            .ok_or_else(|| CatalogError::Unavailable("the tenant was deleted".to_owned()))?;
        to_tenant(&row)
    }

    /// A page of all tenants by their short names, for operators.
    ///
    /// # Errors
    /// When the cursor is not from this list.
    pub async fn tenants(&self, page: Page) -> Result<Paged<Tenant>, CatalogError> {
        let list = List::new("tenants", PEOPLE, b"");
        let after = list.after_text(&page)?;
        let rows = tenant::Entity::find()
            .apply_if(after, |query, name| {
                query.filter(tenant::Column::ShortName.gt(name))
            })
            .order_by_asc(tenant::Column::ShortName)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (rows, next_cursor) = list.cut(&page, rows, |row| row.short_name.clone().into_bytes());
        let items = rows.iter().map(to_tenant).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }

    /// The tenant with an id or a short name, for operators.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn find_tenant(&self, name: &str) -> Result<Option<Tenant>, CatalogError> {
        let condition = match name.parse::<Uuid>() {
            Ok(id) => tenant::Column::Id.eq(id),
            Err(_) => tenant::Column::ShortName.eq(plain(name.to_owned())),
        };
        let row = tenant::Entity::find()
            .filter(condition)
            .one(self.readers())
            .await?;
        row.as_ref().map(to_tenant).transpose()
    }

    /// What a tenant has of what its quotas count.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn tenant_use(&self, tenant: TenantId) -> Result<TenantUse, CatalogError> {
        let sql = self.readers();
        let row = tenant::Entity::find_by_id(tenant.0).one(sql).await?;
        let keys = key::Entity::find()
            .filter(key::Column::TenantId.eq(tenant.0))
            .count(sql)
            .await?;
        let members = membership::Entity::find()
            .filter(membership::Column::TenantId.eq(tenant.0))
            .count(sql)
            .await?;
        Ok(TenantUse {
            logs: row.as_ref().map_or(0, |row| to_u64(row.log_count)),
            views: row.as_ref().map_or(0, |row| to_u64(row.view_count)),
            keys,
            members,
            storage_bytes: self.stored_bytes(tenant).await?,
        })
    }

    /// Sets or lifts a tenant's own request rate, for operators. Says whether there is such a
    /// tenant.
    ///
    /// # Errors
    /// When the change can't be recorded.
    pub async fn set_rate(
        &self,
        tenant: TenantId,
        context: Context,
        rate: Option<Rate>,
    ) -> Result<bool, CatalogError> {
        self.change(Turn::Tenant(tenant), move |mut change| async move {
            let row = tenant::Entity::find_by_id(tenant.0)
                .one(change.sql())
                .await?;
            let Some(row) = row else {
                return Ok(false);
            };
            if to_rate(&row) != rate {
                let event = ControlEvent::TenantRateChanged { rate };
                change.record(tenant, context, event).await?;
                change.commit().await?;
            }
            Ok(true)
        })
        .await
    }
}

fn to_tenant(row: &tenant::Model) -> Result<Tenant, CatalogError> {
    Ok(Tenant {
        id: TenantId(row.id),
        short_name: row.short_name.clone(),
        created_at: to_time(row.created_at),
        rate: to_rate(row),
        quotas: to_overrides(row)?,
        delete_at: row.delete_at.map(to_time),
    })
}

pub(super) fn to_rate(row: &tenant::Model) -> Option<Rate> {
    Some(Rate {
        per_second: u32::try_from(row.rate_per_second?).unwrap_or(0),
        burst: u32::try_from(row.rate_burst?).unwrap_or(0),
    })
}

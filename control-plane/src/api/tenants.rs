//! `/tenants`.

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::answer::Answer;
use super::body::JsonBody;
use super::caller::{LastCaller, Visitor};
use super::deletions::{DeleteTenantBody, TenantDeletionBody};
use super::keys::RoleName;
use super::limits::{QuotasBody, RateBody};
use crate::domain::tenants::{SignUp, TenantState};
use crate::errors::Failure;

pub(super) struct TenantsApi;

/// Who signs up.
#[derive(Object, Serialize, Deserialize)]
#[oai(example)]
pub(super) struct NewTenantBody {
    /// The address of the first owner. A mail with a link goes there.
    owner_email: String,
    /// 8 to 128 characters.
    owner_password: String,
    /// 1 to 64 of a-z, 0-9 and '-'; unique.
    short_name: String,
}

impl Example for NewTenantBody {
    fn example() -> Self {
        Self {
            owner_email: "ada@example.org".to_owned(),
            owner_password: "correct horse battery staple".to_owned(),
            short_name: "acme".to_owned(),
        }
    }
}

/// A tenant, and what the caller is in it.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreatedTenant {
    tenant_id: Uuid,
    short_name: String,
    role: RoleName,
    /// Whether the owner may log in already.
    email_verified: bool,
}

/// The caller's tenant.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct TenantBody {
    tenant_id: Uuid,
    short_name: String,
    /// The role of the caller.
    role: RoleName,
    created_at: String,
    /// Null when requests are not limited.
    rate_limit: Option<RateBody>,
    quotas: QuotasBody,
    /// Null unless the tenant is going to be deleted.
    deletion: Option<TenantDeletionBody>,
}

impl TenantBody {
    pub(super) fn new(
        state: TenantState,
        role: RoleName,
        deletion: Option<TenantDeletionBody>,
    ) -> Self {
        let quotas = QuotasBody::from(&state);
        Self {
            tenant_id: state.tenant.id.0,
            short_name: state.tenant.short_name,
            role,
            created_at: state.tenant.created_at.to_string(),
            rate_limit: state.rate.map(Into::into),
            quotas,
            deletion,
        }
    }
}

#[OpenApi(tag = "Tag::Tenants")]
impl TenantsApi {
    /// Sign up
    ///
    /// Makes a tenant and its owner, and sends a mail that verifies the owner's address.
    #[oai(path = "/tenants", method = "post", operation_id = "createTenant")]
    async fn create(
        &self,
        visitor: Visitor,
        body: JsonBody<NewTenantBody>,
    ) -> Result<Answer<CreatedTenant, 201>, Failure> {
        let JsonBody(body) = body;
        let short_name = body.short_name.clone();
        let request = SignUp {
            owner_email: body.owner_email,
            owner_password: body.owner_password,
            short_name: body.short_name,
        };
        let (tenant, _) = visitor.app.sign_up(visitor.request_id, request).await?;
        Ok(Answer::new(CreatedTenant {
            tenant_id: tenant.0,
            short_name,
            role: RoleName::Owner,
            email_verified: false,
        }))
    }

    /// Show the own tenant
    ///
    /// With what it may have, and what it has of that.
    #[oai(path = "/tenants/me", method = "get", operation_id = "getTenant")]
    async fn show(&self, caller: LastCaller) -> Result<Answer<TenantBody>, Failure> {
        let LastCaller(caller) = caller;
        let tenant = caller.app.tenant(caller.access()).await?;
        let role = caller.access().role.into();
        let deletion = caller.app.own_deletion(caller.access()).await?;
        let deletion = deletion.map(Into::into);
        Ok(Answer::new(TenantBody::new(tenant, role, deletion)))
    }

    /// Delete the own tenant
    ///
    /// With all its members, keys, logs and views. The tenant is closed at once: nothing can be done
    /// but to look at it and to restore it. After seven days it is deleted for good; with
    /// `immediately`, now. Asked again, it shortens the wait or changes nothing.
    #[oai(path = "/tenants/me", method = "delete", operation_id = "deleteTenant")]
    async fn delete(
        &self,
        caller: LastCaller,
        body: JsonBody<DeleteTenantBody>,
    ) -> Result<Answer<TenantDeletionBody, 202>, Failure> {
        let (LastCaller(caller), JsonBody(body)) = (caller, body);
        let state = caller
            .app
            .delete_tenant(
                caller.access(),
                caller.request_id,
                &body.short_name,
                body.immediately,
            )
            .await?;
        Ok(Answer::new(state.into()))
    }
}

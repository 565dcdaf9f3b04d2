//! `/tenants`.

use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::body::JsonBody;
use super::caller::{Anyone, Caller, LENIENT, WhileClosed, WholeTenant, role};
use super::failures::{Codes, Failed, codes};
use super::json::Json;
use super::keys::RoleName;
use super::limits::{QuotasBody, RateBody};
use super::tenant_deletions::TenantDeletionBody;
use crate::domain::tenants::TenantState;

/// What may go wrong with signing up.
const CREATE_TENANT: Codes = codes(&[
    InvalidName,
    InvalidEmail,
    InvalidPassword,
    CommonPassword,
    NameTaken,
    EmailTaken,
]);

pub(super) struct TenantsApi;

/// Who signs up.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreateTenantBody {
    /// The address of the first owner. A mail with a link goes there.
    owner_email: String,
    /// 8 to 128 characters.
    owner_password: String,
    /// 1 to 64 of a-z, 0-9 and '-'; unique.
    short_name: String,
}

/// Which tenant goes, and when.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct DeleteTenantBody {
    /// The short name of the tenant, so that no one deletes another one by mistake.
    short_name: String,
    /// Delete it now. It can't be restored then.
    #[oai(default)]
    #[serde(default)]
    immediately: bool,
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
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<CreateTenantBody, LENIENT>,
    ) -> Result<Json<CreatedTenant, 201>, Failed<CREATE_TENANT>> {
        let short_name = body.short_name.clone();
        let (app, request_id) = (&visitor.app, visitor.request_id);
        let (email, password) = (&body.owner_email, body.owner_password);
        let signed_up = app.sign_up(request_id, body.short_name, email, password);
        let tenant = signed_up.await?;
        Ok(Json::new(CreatedTenant {
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
    async fn show(
        &self,
        caller: Caller<WhileClosed<role::ReadOnly>, LENIENT>,
    ) -> Result<Json<TenantBody>, Failed> {
        let (app, access, _) = caller.parts();
        let tenant = app.tenant(access).await?;
        let deletion = app.own_deletion(access).await?.map(Into::into);
        Ok(Json::new(TenantBody::new(
            tenant,
            access.role.into(),
            deletion,
        )))
    }

    /// Delete the own tenant
    ///
    /// With all its members, keys, logs and views. The tenant is closed at once: nothing can be done
    /// but to look at it and to restore it. After seven days it is deleted for good; with
    /// `immediately`, now, which takes the owner in person, logged in and not by an API key. Asked
    /// again, it shortens the wait or changes nothing.
    #[oai(path = "/tenants/me", method = "delete", operation_id = "deleteTenant")]
    async fn delete(
        &self,
        caller: Caller<WhileClosed<WholeTenant<role::Owner>>, LENIENT>,
        JsonBody(body): JsonBody<DeleteTenantBody, LENIENT>,
    ) -> Result<Json<TenantDeletionBody, 202>, Failed<{ codes(&[PersonOnly]) }>> {
        let (app, access, context) = caller.parts();
        let state = app
            .delete_tenant(access, context, &body.short_name, body.immediately)
            .await?;
        Ok(Json::new(state.into()))
    }

    /// Restore the own tenant
    ///
    /// Takes back that it is to be deleted, as long as it is not. Everything is as it was before.
    #[oai(
        path = "/tenants/me/restore",
        method = "post",
        operation_id = "restoreTenant"
    )]
    async fn restore(
        &self,
        caller: Caller<WhileClosed<WholeTenant<role::Owner>>, LENIENT>,
    ) -> Result<Json<TenantBody>, Failed<{ codes(&[TenantDeleted]) }>> {
        let (app, access, context) = caller.parts();
        let tenant = app.restore_tenant(access, context).await?;
        Ok(Json::new(TenantBody::new(tenant, access.role.into(), None)))
    }
}

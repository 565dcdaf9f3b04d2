//! Tenants: signing up, and what a member sees of the own one.

use catalog::access::{Access, Actor, Role};
use catalog::{Context, NewTenant, Quotas, Tenant, TenantUse};
use protocol::api_key::ApiKey;
use protocol::{ErrorCode, Rate, RequestId, TenantId, UserId};

use super::App;
use super::access::to_all_logs;
use super::keys::KeyRequest;
use crate::auth::{password, token};
use crate::errors::{Failure, Result};

const SHORT_NAME_CHARS_MAX: usize = 64;
const EMAIL_BYTES_MAX: usize = 254;

/// A tenant with its limits.
pub(crate) struct TenantState {
    pub tenant: Tenant,
    /// `None` when it has no limit.
    pub rate: Option<Rate>,
    pub quotas: Quotas,
    pub used: TenantUse,
    /// `None` for the first moments.
    pub stored_bytes: Option<u64>,
    /// Under way on this node.
    pub queries: u64,
    /// Open on this node.
    pub streams: u64,
}

impl App {
    /// Makes a tenant with its owner and sends the mail that verifies the owner's address.
    ///
    /// # Errors
    /// When the name, the address or the password can't be used or are taken.
    pub(crate) async fn sign_up(
        &self,
        request_id: RequestId,
        short_name: String,
        email: &str,
        password: String,
    ) -> Result<TenantId> {
        let created = self.create_tenant(request_id, short_name, email, password, false);
        let (tenant, user) = created.await?;
        // The account exists whatever becomes of the mail; another one can be asked for.
        if let Err(failure) = self.send_verification(request_id, user, email).await {
            tracing::warn!(%failure, %request_id, "a verification mail was not sent");
        }
        Ok(tenant)
    }

    async fn create_tenant(
        &self,
        request_id: RequestId,
        short_name: String,
        email: &str,
        password: String,
        email_verified: bool,
    ) -> Result<(TenantId, UserId)> {
        check_short_name(&short_name)?;
        let owner_email = normal_email(email)?;
        password::check_rules(&password, &[&owner_email, &short_name])?;
        let tenant = NewTenant {
            short_name,
            owner_email,
            owner_password_hash: self.passwords.hash(password).await?,
            email_verified,
        };
        Ok(self.catalog.create_tenant(request_id, tenant).await?)
    }

    /// Makes a tenant whose owner is verified already, and a key of the owner's. For the first
    /// start of a development server and for tests; nobody reaches it over HTTP.
    ///
    /// # Errors
    /// As for signing up.
    pub(crate) async fn create_tenant_with_owner(
        &self,
        short_name: &str,
        email: &str,
        password: Option<String>,
    ) -> Result<(TenantId, ApiKey)> {
        let request_id = RequestId::generate();
        let password = password.unwrap_or_else(|| token::random(token::SESSION));
        let created = self.create_tenant(request_id, short_name.to_owned(), email, password, true);
        let (tenant, user) = created.await?;
        let owner = to_all_logs(tenant, Actor::User(user), Role::Owner);
        let context = Context {
            actor: owner.actor,
            request_id,
        };
        let request = KeyRequest {
            name: "owner".to_owned(),
            role: Some(Role::Owner),
            logs: None,
            expires_at: None,
        };
        let (_, key) = self.create_key(&owner, context, request).await?;
        Ok((tenant, key))
    }

    /// The tenant, what it may have, and what it has.
    pub(crate) async fn tenant(&self, access: &Access) -> Result<TenantState> {
        let tenant = self.catalog.tenant(access).await?;
        let used = self.catalog.tenant_use(tenant.id).await?;
        let rate = tenant.rate.unwrap_or(self.options.tenant_rate);
        let (queries, streams) = self.limits.quotas.running(tenant.id);
        Ok(TenantState {
            quotas: self.catalog.limits().quotas.with(&tenant.quotas),
            stored_bytes: self
                .limits
                .quotas
                .stored
                .known(tenant.id)
                .or(used.storage_bytes),
            used,
            rate: (!rate.is_unlimited()).then_some(rate),
            queries,
            streams,
            tenant,
        })
    }
}

/// 1 to 64 lower-case letters, digits and dashes, as in a host name.
fn check_short_name(name: &str) -> Result<()> {
    let sound = !name.is_empty()
        && name.len() <= SHORT_NAME_CHARS_MAX
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if sound {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::InvalidName,
        "the short name of a tenant has 1 to 64 of a-z, 0-9 and '-', and '-' neither first nor \
         last",
    ))
}

/// The address in the one spelling under which it is stored and looked up.
pub(super) fn normal_email(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let sound = email.len() <= EMAIL_BYTES_MAX && email.parse::<lettre::Address>().is_ok();
    if sound {
        return Ok(email);
    }
    Err(Failure::new(
        ErrorCode::InvalidEmail,
        "this can't be an email address",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_checked() {
        assert!(check_short_name("acme-2").is_ok());
        for bad in ["", "-a", "a-", "Acme", "a b", "é", &"a".repeat(65)] {
            let failure = check_short_name(bad).unwrap_err();
            assert_eq!(failure.code, ErrorCode::InvalidName, "{bad}");
        }
    }

    #[test]
    fn addresses_have_one_spelling() {
        assert_eq!(
            normal_email(" Ada@Example.ORG ").unwrap(),
            "ada@example.org"
        );
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "a b@example.org",
            "a@b\nc.org",
        ] {
            let failure = normal_email(bad).unwrap_err();
            assert_eq!(failure.code, ErrorCode::InvalidEmail, "{bad}");
        }
    }
}

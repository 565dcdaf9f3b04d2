//! Who may call an operation, and whose rate limit it counts for, as the type of its first parameter:
//! `Caller<role::Member>`, `Caller<WholeTenant<role::Admin>>`, `Caller<Anyone>`. [`Credentials`] reads the same facts back for the
//! document and for the tests.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use catalog::access::{Access, Role};
use catalog::{Authenticated, Context};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::MetaOperation;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use protocol::{ErrorCode, Timestamp};

use super::scope::Scope;
use crate::domain::{App, access};
use crate::errors::Failure;

/// Marks an operation of the first release: it ignores query parameters, and fields of its JSON
/// body, that it does not know. New operations refuse them.
pub(super) const LENIENT: bool = false;

/// The name of the security scheme in the document.
pub(super) const BEARER: &str = "bearer";
/// The request counts for its address.
const BY_ADDRESS: &str = "by address";
const WHILE_CLOSED: &str = "while closed";
const WHOLE_TENANT: &str = "whole tenant";
const IN_PERSON: &str = "in person";
const IGNORES_UNKNOWN: &str = "lenient";

/// What an operation needs of its caller, and whose rate limit the request counts for.
pub(super) trait Need: Sized + Send + Sync + 'static {
    /// What is known of a caller who meets it.
    type Session: Send + Sync;

    /// The facts, as names of security schemes ([`Credentials`]).
    fn schemes() -> Vec<&'static str>;

    /// Counts the request, and refuses callers that don't meet the need.
    fn admit(scope: &Scope) -> impl Future<Output = Result<Self::Session>> + Send;
}

/// What an operation demands of a session; the request counts for the tenant.
#[derive(Clone, Copy)]
pub(super) struct Demand {
    /// The lowest role that may call it.
    role: Role,
    /// Whether it works while the tenant is closed, which it is before it is deleted.
    while_closed: bool,
    /// Whether it is about more than some logs, so that no key that is limited to some may call it.
    whole_tenant: bool,
    /// Whether a person must call it, who logged in.
    in_person: bool,
}

/// A demand as a type: a role, and wrappers that demand more or less than it alone does.
pub(super) trait Demands: Send + Sync + 'static {
    const DEMAND: Demand;
}

pub(super) mod role {
    use super::{Demand, Demands, Role};

    pub(in crate::api) struct ReadOnly;
    pub(in crate::api) struct Member;
    pub(in crate::api) struct Admin;
    pub(in crate::api) struct Owner;

    const fn of(role: Role) -> Demand {
        Demand {
            role,
            while_closed: false,
            whole_tenant: false,
            in_person: false,
        }
    }

    impl Demands for ReadOnly {
        const DEMAND: Demand = of(Role::ReadOnly);
    }
    impl Demands for Member {
        const DEMAND: Demand = of(Role::Member);
    }
    impl Demands for Admin {
        const DEMAND: Demand = of(Role::Admin);
    }
    impl Demands for Owner {
        const DEMAND: Demand = of(Role::Owner);
    }
}

/// The role, also in a tenant that is closed.
pub(super) struct WhileClosed<R>(PhantomData<R>);

impl<R: Demands> Demands for WhileClosed<R> {
    const DEMAND: Demand = Demand {
        while_closed: true,
        ..R::DEMAND
    };
}

/// The role in the whole tenant: a key that is limited to some logs does not have it.
pub(super) struct WholeTenant<R>(PhantomData<R>);

impl<R: Demands> Demands for WholeTenant<R> {
    const DEMAND: Demand = Demand {
        whole_tenant: true,
        ..R::DEMAND
    };
}

/// The role of a person who logged in: no key has it, nor a token that was exchanged for one.
pub(super) struct InPerson<R>(PhantomData<R>);

impl<R: Demands> Demands for InPerson<R> {
    const DEMAND: Demand = Demand {
        in_person: true,
        ..R::DEMAND
    };
}

impl<R: Demands> Need for R {
    type Session = Arc<Authenticated>;

    fn schemes() -> Vec<&'static str> {
        let demand = R::DEMAND;
        let mut schemes = vec![BEARER, demand.role.into_str()];
        schemes.extend(demand.while_closed.then_some(WHILE_CLOSED));
        schemes.extend(demand.whole_tenant.then_some(WHOLE_TENANT));
        schemes.extend(demand.in_person.then_some(IN_PERSON));
        schemes
    }

    async fn admit(scope: &Scope) -> Result<Arc<Authenticated>> {
        let Some(session) = scope.admit_tenant().await? else {
            scope.check_page(false)?;
            return Err(unauthenticated(scope.token().is_some()).into());
        };
        R::DEMAND.check(&session)?;
        Ok(session)
    }
}

impl Demand {
    /// # Errors
    /// When the session does not meet it.
    pub(super) fn check(self, session: &Authenticated) -> Result<(), Failure> {
        let access = &session.access;
        if let Some(delete_at) = session.delete_at.filter(|_| !self.while_closed) {
            return Err(closed(delete_at));
        }
        require(access, self.role)?;
        if self.in_person {
            access::person(access)?;
        }
        if self.whole_tenant && access.logs.is_some() {
            return Err(Failure::forbidden(
                "an API key that is limited to some logs can't do this, which is about the whole \
                 tenant",
            ));
        }
        Ok(())
    }
}

/// Nothing, or a token that the operation looks at itself; the request counts for its address.
pub(super) struct ByAddress<const TOKEN: bool>;

pub(super) type Anyone = ByAddress<false>;
pub(super) type TokenHolder = ByAddress<true>;

impl<const TOKEN: bool> Need for ByAddress<TOKEN> {
    type Session = ();

    fn schemes() -> Vec<&'static str> {
        let mut schemes = vec![BY_ADDRESS];
        schemes.extend(TOKEN.then_some(BEARER));
        schemes
    }

    async fn admit(scope: &Scope) -> Result<()> {
        Ok(scope.admit_address()?)
    }
}

/// No token; the request counts for the tenant if one comes along, and else for nobody.
pub(super) struct Probe;

impl Need for Probe {
    type Session = ();

    fn schemes() -> Vec<&'static str> {
        Vec::new()
    }

    async fn admit(scope: &Scope) -> Result<()> {
        scope.admit_tenant().await?;
        Ok(())
    }
}

/// Who calls: someone who meets the need `N`. An operation has one as its first parameter.
pub(super) struct Caller<N: Need, const STRICT: bool = true> {
    scope: Arc<Scope>,
    pub session: N::Session,
}

impl<N: Need<Session = Arc<Authenticated>>, const STRICT: bool> Caller<N, STRICT> {
    /// What nearly every operation works with: the application, what the caller may do, and who
    /// changes something in which request.
    pub(super) fn parts(&self) -> (&Arc<App>, &Access, Context) {
        let access = &self.session.access;
        let context = Context {
            actor: access.actor,
            request_id: self.request_id,
        };
        (&self.scope.app, access, context)
    }
}

impl<N: Need, const STRICT: bool> Deref for Caller<N, STRICT> {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl<'a, N: Need, const STRICT: bool> ApiExtractor<'a> for Caller<N, STRICT> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn security_schemes() -> Vec<&'static str> {
        let mut schemes = N::schemes();
        schemes.extend((!STRICT).then_some(IGNORES_UNKNOWN));
        schemes
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let scope = Scope::of(request)?;
        let session = N::admit(&scope).await?;
        if STRICT {
            scope.parameters.check(request)?;
        }
        Ok(Self { scope, session })
    }
}

fn unauthenticated(has_token: bool) -> Failure {
    let message = if has_token {
        "the token is unknown, expired or revoked"
    } else {
        "send an API key or a token in the header `Authorization: Bearer …`"
    };
    Failure::new(ErrorCode::Unauthenticated, message)
}

fn closed(delete_at: Timestamp) -> Failure {
    Failure::new(
        ErrorCode::TenantClosed,
        format!(
            "the tenant is closed and will be deleted at {delete_at}; until then its owner can keep \
             it with POST /tenants/me/restore"
        ),
    )
}

/// Refuses a caller with a lower role.
fn require(access: &Access, role: Role) -> Result<(), Failure> {
    if access.has(role) {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::Forbidden,
        format!("this needs the role {role}; yours is {}", access.role),
    ))
}

/// What an operation needs of its caller.
///
/// poem-openapi knows security schemes by their names alone, so an extractor gives its facts as
/// such names, and the document gets the one that is a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Whether it needs a token.
    pub token: bool,
    /// The lowest role; `None` when it needs no session.
    pub role: Option<Role>,
    /// Whether a closed tenant still has it.
    pub while_closed: bool,
    /// Whether no API key that is limited to some logs may call it.
    pub whole_tenant: bool,
    /// Whether no API key may call it, but people who logged in.
    pub in_person: bool,
    /// Whether every request takes from a bucket.
    pub rate_limited: bool,
    /// Whether it ignores query parameters that it does not know.
    pub lenient: bool,
}

impl Credentials {
    pub(super) fn of(operation: &MetaOperation) -> Self {
        let schemes = operation.security.iter();
        let names: Vec<&str> = schemes.flat_map(|it| it.keys().copied()).collect();
        let has = |name| names.contains(&name);
        let role = names.iter().find_map(|name| name.parse().ok());
        Self {
            token: has(BEARER),
            role,
            while_closed: has(WHILE_CLOSED),
            whole_tenant: has(WHOLE_TENANT),
            in_person: has(IN_PERSON),
            rate_limited: role.is_some() || has(BY_ADDRESS),
            lenient: has(IGNORES_UNKNOWN),
        }
    }

    /// What may go wrong before the operation begins.
    pub(super) fn failures(self) -> impl Iterator<Item = ErrorCode> {
        let is_closed = self.role.is_some() && !self.while_closed;
        let is_too_low = self.role.is_some_and(|role| role > Role::ReadOnly);
        let failures = [
            self.token.then_some(ErrorCode::Unauthenticated),
            self.token.then_some(ErrorCode::ForeignOrigin),
            is_closed.then_some(ErrorCode::TenantClosed),
            (is_too_low || self.whole_tenant).then_some(ErrorCode::Forbidden),
            self.in_person.then_some(ErrorCode::PersonOnly),
        ];
        failures.into_iter().flatten()
    }
}

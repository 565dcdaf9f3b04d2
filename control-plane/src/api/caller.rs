//! What comes with each request: the application, the id, and who sends it.

use std::net::IpAddr;
use std::sync::Arc;

use catalog::access::Access;
use poem::http::header::AUTHORIZATION;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use protocol::{ErrorCode, RequestId, Timestamp};

use crate::auth::token;
use crate::domain::App;
use crate::domain::authentication::Session;
use crate::errors::Failure;

/// The name of the security scheme in the document.
pub(super) const SCHEME: &str = "bearer";

/// Put into every request by the layer.
#[derive(Clone)]
pub(super) struct Scope {
    pub app: Arc<App>,
    pub request_id: RequestId,
    /// Where the request comes from.
    pub network: IpAddr,
    pub session: Option<Arc<Session>>,
}

impl Scope {
    /// # Errors
    /// Never: the layer is the only way in.
    pub(super) fn of(request: &Request) -> Result<&Self, Failure> {
        request.extensions().get::<Self>().ok_or_else(|| {
            Failure::internal("a request came past the layer", &request.uri().path())
        })
    }
}

/// The token of a request.
pub(super) fn bearer(request: &Request) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?;
    token::bearer(header.to_str().ok()?)
}

/// An authenticated caller. Taking it as a parameter is what makes an operation one that needs
/// authentication, and one that is refused while the tenant is going to be deleted.
pub(super) struct Caller {
    pub app: Arc<App>,
    pub request_id: RequestId,
    pub session: Arc<Session>,
}

impl Caller {
    pub(super) fn access(&self) -> &Access {
        &self.session.access
    }
}

impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(SCHEME, scheme());
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let caller = authenticated(request)?;
        match caller.session.delete_at {
            Some(delete_at) => Err(closed(delete_at).into()),
            None => Ok(caller),
        }
    }
}

/// An authenticated caller of an operation that a tenant which is going to be deleted still has.
pub(super) struct LastCaller(pub Caller);

impl<'a> ApiExtractor<'a> for LastCaller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(SCHEME, scheme());
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Ok(Self(authenticated(request)?))
    }
}

fn authenticated(request: &Request) -> Result<Caller, Failure> {
    let scope = Scope::of(request)?;
    let Some(session) = &scope.session else {
        return Err(unauthenticated(bearer(request).is_some()));
    };
    Ok(Caller {
        app: Arc::clone(&scope.app),
        request_id: scope.request_id,
        session: Arc::clone(session),
    })
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

fn unauthenticated(has_token: bool) -> Failure {
    let message = if has_token {
        "the token is unknown, expired or revoked"
    } else {
        "send an API key or a token in the header `Authorization: Bearer …`"
    };
    Failure::new(ErrorCode::Unauthenticated, message)
}

fn scheme() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "http",
        description: Some("An API key as it is, or a token from /auth/login or /auth/token."),
        name: None,
        key_in: None,
        scheme: Some("bearer"),
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

/// Anyone at all, for the public operations.
pub(super) struct Visitor {
    pub app: Arc<App>,
    pub request_id: RequestId,
    pub network: IpAddr,
    /// The token that came along, whatever it is worth.
    pub token: Option<String>,
}

impl<'a> ApiExtractor<'a> for Visitor {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let scope = Scope::of(request)?;
        Ok(Self {
            app: Arc::clone(&scope.app),
            request_id: scope.request_id,
            network: scope.network,
            token: bearer(request).map(str::to_owned),
        })
    }
}

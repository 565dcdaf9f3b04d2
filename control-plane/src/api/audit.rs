//! `/tenants/me/audit`: pages, and the whole of it as a stream of lines.
//!
//! What is shown is a control event without its secrets ([`super::audit_format`]). The stream reads
//! one page ahead of the client and no more.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{AuditActor, AuditFilter, Authenticated, ControlEvent, PAGE_LIMIT_MAX, Page};
use futures::{Stream, StreamExt as _, stream};
use poem::http::HeaderValue;
use poem::{Body, IntoResponse as _, Request};
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaResponse, Registry};
use poem_openapi::types::Type;
use protocol::ErrorCode::NotAcceptable;
use uuid::Uuid;

use super::Tag;
use super::accept::negotiate;
use super::audit_format::{AuditEventBody, AuditPageBody};
use super::caller::{Caller, Demands, LENIENT, WholeTenant, role};
use super::events_format::NDJSON;
use super::failures::{Failed, LIST, codes};
use super::json::{JSON, Json, Raw, Written, success, with_type};
use super::parameters::Parameters;
use super::times;
use crate::domain::App;
use crate::errors::Failure;

pub(super) struct AuditApi;

/// What is offered, the default first.
const OFFERS: &[&str] = &[JSON, NDJSON];

/// A page, or a stream.
pub(super) struct AuditLog;

impl Written for AuditLog {
    fn describe() -> Vec<MetaResponse> {
        let schemas = [AuditPageBody::schema_ref(), AuditEventBody::schema_ref()];
        let description = "A page of changes, or a stream of all that match.";
        let content = OFFERS.iter().copied().zip(schemas);
        vec![success(200, description, content)]
    }

    fn register(registry: &mut Registry) {
        AuditPageBody::register(registry);
    }
}

#[OpenApi(tag = "Tag::Tenants")]
impl AuditApi {
    /// Read the audit log
    ///
    /// Every change of the tenant, its members, keys, logs and views, newest first, with who made
    /// it. A page looks at a limited number of changes, so it may hold few that match, or none, and
    /// still have a next one. With `Accept: application/x-ndjson` all that match come as lines, in
    /// one stream.
    #[oai(path = "/tenants/me/audit", method = "get", operation_id = "readAudit")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each one is a parameter of the operation"
    )]
    async fn read(
        &self,
        caller: Caller<AuditReader, LENIENT>,
        request: &Request,
        /// Changes of this type alone, such as `key_created`.
        #[oai(name = "type")]
        kind: Query<Option<String>>,
        /// Changes by this person or API key alone: an id, or `system`.
        actor: Query<Option<String>>,
        /// Changes that name this log, view, version, API key or person alone, by its id.
        about: Query<Option<Uuid>>,
        /// Changes at this time or later; RFC 3339.
        since: Query<Option<String>>,
        /// Changes before this time; RFC 3339.
        until: Query<Option<String>>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Raw<AuditLog>, Failed<{ LIST | codes(&[NotAcceptable]) }>> {
        let time = |field, text: Option<String>| text.map(|text| times::parse(field, &text));
        let filter = AuditFilter {
            kind: kind.0.map(known_kind).transpose()?,
            actor: actor.0.as_deref().map(parse_actor).transpose()?,
            about: about.0,
            from: time("since", since.0).transpose()?,
            until: time("until", until.0).transpose()?,
        };
        let (app, access, _) = caller.parts();
        if negotiate(request, OFFERS, "the audit log comes")? == 0 {
            let found = AuditPageBody::from(app.audit(access, filter, page).await?);
            return Ok(Json::<_>::new(found).into_response().into());
        }
        // The first page is read before the answer begins, so that a refusal is an answer.
        let page = Page {
            limit: PAGE_LIMIT_MAX,
            ..page
        };
        let first = app.audit(access, filter.clone(), page).await?;
        let export = Export {
            app: Arc::clone(app),
            session: Arc::clone(&caller.session),
            filter,
        };
        let body = Body::from_bytes_stream(export.pages(first.into()));
        let content_type = HeaderValue::from_static(NDJSON);
        Ok(with_type(content_type, body).into())
    }
}

/// Who may read the audit log, which is about the whole tenant.
type AuditReader = WholeTenant<role::Admin>;

/// All that match, page after page.
struct Export {
    app: Arc<App>,
    session: Arc<Authenticated>,
    filter: AuditFilter,
}

impl Export {
    fn pages(self, first: AuditPageBody) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
        let lines = stream::iter([Ok(first.lines())]);
        let rest = (self, first.next_cursor);
        lines.chain(stream::try_unfold(rest, |(export, cursor)| async move {
            let Some(cursor) = cursor else {
                return Ok(None);
            };
            let page = export.read(cursor).await?;
            Ok(Some((page.lines(), (export, page.next_cursor))))
        }))
    }

    /// A failure breaks the answer off, which tells the client that it is not all.
    async fn read(&self, cursor: String) -> std::io::Result<AuditPageBody> {
        let session = self.app.session(self.session.token_sha256).await;
        let session = session.map_err(broken_off)?;
        let session = session.ok_or_else(|| broken_off("the token ended"))?;
        AuditReader::DEMAND.check(&session).map_err(broken_off)?;
        let page = Page {
            limit: PAGE_LIMIT_MAX,
            cursor: Some(cursor),
        };
        let found = self.app.audit(&session.access, self.filter.clone(), page);
        Ok(found.await.map_err(broken_off)?.into())
    }
}

fn broken_off(reason: impl std::fmt::Display) -> std::io::Error {
    tracing::warn!(%reason, "an export of the audit log was broken off");
    std::io::Error::other("the export was broken off")
}

fn known_kind(kind: String) -> Result<String, Failure> {
    if ControlEvent::KINDS.contains(&kind.as_str()) {
        return Ok(kind);
    }
    let message = format!("`type` is one of {}", ControlEvent::KINDS.join(", "));
    Err(Failure::invalid_request(message))
}

fn parse_actor(text: &str) -> Result<AuditActor, Failure> {
    if text == "system" {
        return Ok(AuditActor::System);
    }
    text.parse().map(AuditActor::Id).map_err(|_| {
        Failure::invalid_request("`actor` is the id of a person or an API key, or `system`")
    })
}

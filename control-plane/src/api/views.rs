//! `/views`, `/logs/{log}/views` and `/logs/{log}/views/{view}`.

use catalog::{Page, Version, VersionState, View, ViewState};
use poem_openapi::param::{Path, Query};
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::view::Halt;
use protocol::{Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use storage::bus::VersionStatus;
use uuid::Uuid;

use super::Tag;
use super::body::{BodyKind, RawBody};
use super::caller::{Caller, LENIENT, role};
use super::deletions::Deleted;
use super::failures::{Codes, Failed, IN_LOG, IN_VIEW, LIST, codes};
use super::json::Json;
use super::parameters::Parameters;
use crate::domain::views::{Upload, ViewStatus};

pub(super) struct ViewsApi;

/// What may go wrong with deploying.
const UPLOAD: Codes = IN_VIEW
    | codes(&[
        ViewLimitReached,
        ComputeLimitReached,
        ComponentTooLarge,
        InvalidComponent,
        WrongWorld,
        ForbiddenImport,
        ComponentTooComplex,
        VersionNotFound,
    ]);

pub(super) struct ComponentBody;

impl BodyKind for ComponentBody {
    const MEDIA_TYPES: &'static [&'static str] = &["application/octet-stream", "application/wasm"];
}

/// What a version is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It folds the log and does not answer yet.
    Building,
    /// It answers.
    Live,
    /// Another version took its place.
    Retired,
    /// It could not be built, or halted at an event.
    Failed,
}

impl State {
    fn of(version: &Version, halted: bool) -> Self {
        match version.state {
            VersionState::Building => Self::Building,
            VersionState::Live if halted => Self::Failed,
            VersionState::Live => Self::Live,
            VersionState::Retired => Self::Retired,
            VersionState::Failed => Self::Failed,
        }
    }
}

/// What a view does.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case", rename = "ViewState")]
pub(super) enum ViewStateName {
    /// It answers.
    Live,
    /// Its first version is being built.
    Building,
    /// It halted at an event, or none of its versions could be built.
    Failed,
}

impl From<ViewStateName> for ViewState {
    fn from(name: ViewStateName) -> Self {
        match name {
            ViewStateName::Live => Self::Live,
            ViewStateName::Building => Self::Building,
            ViewStateName::Failed => Self::Failed,
        }
    }
}

/// Where and why a version stopped.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Halt")]
pub(super) struct HaltBody {
    /// The event that it can't fold; 0 if it did not come so far.
    sequence: u64,
    message: String,
}

impl From<&Halt> for HaltBody {
    fn from(halt: &Halt) -> Self {
        Self {
            sequence: halt.sequence.get(),
            message: halt.message.clone(),
        }
    }
}

/// A saved state.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Snapshot")]
pub(super) struct SnapshotBody {
    sequence: u64,
    /// Compressed.
    bytes: u64,
    created_at: String,
}

/// A version of a view.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Version")]
pub(super) struct VersionBody {
    version: u32,
    version_id: Uuid,
    state: State,
    /// Whether queries that name no version go to this one.
    live: bool,
    /// Why it failed, if it did.
    failure: Option<HaltBody>,
    /// The BLAKE3 hash of the component.
    component_digest: String,
    component_bytes: u64,
    world: String,
    imports: Vec<String>,
    languages: Vec<String>,
    /// Of the answers, as declared at the upload.
    content_type: Option<String>,
    created_at: String,
    activated_at: Option<String>,
    /// The sequence that its state reflects; null if it has none yet.
    applied_sequence: Option<u64>,
    /// Events of the log that it has not applied.
    lag_events: u64,
    /// Time since it last moved on, if it lags.
    lag_seconds: f64,
    /// Whether it is in memory.
    hot: bool,
    memory_bytes: u64,
    snapshots: Vec<SnapshotBody>,
    /// Why no snapshots are taken, if none are.
    snapshots_off: Option<String>,
    /// CPU time spent in the component.
    compute_ms: u64,
}

impl VersionBody {
    fn new(
        view: &View,
        version: &Version,
        status: &VersionStatus,
        head: Sequence,
        now: Timestamp,
    ) -> Self {
        let failure = version.halted.as_ref().or(status.halted.as_ref());
        let applied = status.applied.unwrap_or_default();
        let lag_events = head.since(applied);
        let snapshots = status.snapshots.iter().map(|it| SnapshotBody {
            sequence: it.sequence.get(),
            bytes: it.bytes,
            created_at: it.created_at.to_string(),
        });
        let moved_at = status.applied_at.unwrap_or(version.created_at);
        Self {
            version: version.number,
            version_id: version.id.0,
            state: State::of(version, failure.is_some()),
            live: view.live == Some(version.id),
            failure: failure.map(Into::into),
            component_digest: version.component.to_string(),
            component_bytes: version.component_bytes,
            world: version.world.as_str().to_owned(),
            imports: version.imports.clone(),
            languages: version.languages.clone(),
            content_type: version.content_type.clone(),
            created_at: version.created_at.to_string(),
            activated_at: version.activated_at.map(|time| time.to_string()),
            applied_sequence: status.applied.map(Sequence::get),
            lag_events,
            lag_seconds: if lag_events == 0 {
                0.0
            } else {
                now.duration_since(moved_at).as_secs_f64()
            },
            hot: status.hot,
            memory_bytes: status.memory_bytes,
            snapshots: snapshots.collect(),
            snapshots_off: status.snapshots_off.clone(),
            compute_ms: status.compute_us / 1_000,
        }
    }
}

/// A view with its versions, the newest first.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "View")]
pub(super) struct ViewBody {
    view_id: Uuid,
    view_name: String,
    log_id: Uuid,
    log_name: String,
    created_at: String,
    /// The state of the live version, or of the newest one when none is live.
    state: State,
    /// The number of the live version.
    live_version: Option<u32>,
    /// The log's last sequence.
    head_sequence: u64,
    versions: Vec<VersionBody>,
}

impl ViewBody {
    fn new(status: &ViewStatus, now: Timestamp) -> Self {
        let (view, head) = (&status.view, status.head.sequence);
        let versions: Vec<_> = view
            .versions
            .iter()
            .zip(&status.versions)
            .map(|(version, status)| VersionBody::new(view, version, status, head, now))
            .collect();
        let live = versions.iter().find(|version| version.live);
        let current = live.or(versions.first());
        Self {
            view_id: view.id.0,
            view_name: view.name.to_string(),
            log_id: status.log.id.0,
            log_name: status.log.name.to_string(),
            created_at: view.created_at.to_string(),
            state: current.map_or(State::Building, |version| version.state),
            live_version: live.map(|version| version.version),
            head_sequence: head.get(),
            versions,
        }
    }
}

/// A page of views.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ViewList {
    views: Vec<ViewBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// A component that was accepted.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct UploadAnswer {
    view_id: Uuid,
    /// Whether the component was accepted; `state` says what becomes of it.
    success: bool,
    version: u32,
    state: State,
    /// Why it failed, if it did.
    failure: Option<HaltBody>,
}

#[OpenApi(tag = "Tag::Views")]
impl ViewsApi {
    /// Deploy a view
    ///
    /// The body is a WebAssembly component of the world `primatomic:machine`, at most 100 MiB. A
    /// new name makes a view, a known one a new version of it: it folds the log beside the live
    /// version and takes its place when it is done, or fails and leaves it alone. The answer comes
    /// when that is known, or after ten seconds with the state `building`.
    #[oai(
        path = "/logs/:log/views/:view",
        method = "post",
        operation_id = "uploadView"
    )]
    async fn upload(
        &self,
        caller: Caller<role::Member, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
        /// The content type of the view's answers; application/octet-stream when it is left out.
        content_type: Query<Option<String>>,
        /// Handed to the component's `init`, in world 1.0.0.
        config: Query<Option<String>>,
        body: RawBody<ComponentBody>,
    ) -> Result<Json<UploadAnswer, 201>, Failed<UPLOAD>> {
        let (app, access, context) = caller.parts();
        let bytes_max = app.options.component_bytes_max;
        let component = body.read(app, bytes_max, ComponentTooLarge, "a component");
        let component = component.await?;
        let upload = Upload {
            content_type: content_type.0,
            config: config.0.unwrap_or_default().into(),
        };
        let (name, bytes) = ((&*log.0, &*view.0), component.bytes.clone());
        let (view, version) = app.upload(access, context, name, bytes, upload).await?;
        Ok(Json::new(UploadAnswer {
            view_id: view.id.0,
            success: true,
            version: version.number,
            state: State::of(&version, version.halted.is_some()),
            failure: version.halted.as_ref().map(Into::into),
        }))
    }

    /// List the views of a log
    #[oai(path = "/logs/:log/views", method = "get", operation_id = "listViews")]
    async fn list(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<ViewList>, Failed<{ IN_LOG | LIST }>> {
        let (app, access, _) = caller.parts();
        let views = app.views(access, &log.0, page).await?;
        let now = app.clock.now();
        let bodies = views.items.iter().map(|it| ViewBody::new(it, now));
        Ok(Json::new(ViewList {
            views: bodies.collect(),
            next_cursor: views.next_cursor,
        }))
    }

    /// List the views of all logs
    ///
    /// The newest view comes first.
    #[oai(path = "/views", method = "get", operation_id = "listAllViews")]
    async fn list_all(
        &self,
        caller: Caller<role::ReadOnly>,
        Parameters(page): Parameters<Page>,
        /// Only views in this state. A cursor belongs to its state.
        state: Query<Option<ViewStateName>>,
    ) -> Result<Json<ViewList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let state = state.0.map(Into::into);
        let views = app.all_views(access, state, page).await?;
        let now = app.clock.now();
        let bodies = views.items.iter().map(|it| ViewBody::new(it, now));
        Ok(Json::new(ViewList {
            views: bodies.collect(),
            next_cursor: views.next_cursor,
        }))
    }

    /// Show a view
    #[oai(
        path = "/logs/:log/views/:view",
        method = "get",
        operation_id = "getView",
        response_header(name = "Primatomic-Sequence", ty = "u64")
    )]
    async fn show(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
    ) -> Result<Json<ViewBody>, Failed<IN_VIEW>> {
        let (app, access, _) = caller.parts();
        let status = app.view_status(access, &log.0, &view.0).await?;
        let body = ViewBody::new(&status, app.clock.now());
        let applied = body.versions.iter().find(|it| it.live);
        let applied = applied.and_then(|it| it.applied_sequence).unwrap_or(0);
        let applied = Sequence::new(applied).unwrap_or_default();
        Ok(Json::new(body).at(applied))
    }

    /// Delete a view
    ///
    /// With all its versions and their states. The log's events stay. The answer names the job that
    /// removes the view's bytes.
    #[oai(
        path = "/logs/:log/views/:view",
        method = "delete",
        operation_id = "deleteView"
    )]
    async fn delete(
        &self,
        caller: Caller<role::Member, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
    ) -> Result<Json<Deleted>, Failed<IN_VIEW>> {
        let (app, access, context) = caller.parts();
        let job = app.delete_view(access, context, &log.0, &view.0).await?;
        Ok(Deleted::json(job))
    }
}

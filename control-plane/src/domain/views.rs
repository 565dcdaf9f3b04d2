//! Views: uploading versions, and what is known about them.

use std::sync::Arc;

use bytes::Bytes;
use catalog::access::Access;
use catalog::{Context, DeletionId, Log, NewVersion, Page, Paged, Version, View, ViewState};
use futures::future::join_all;
use protocol::frame::Head;
use protocol::view::{ComponentError, ComponentReport};
use protocol::{ComponentDigest, ErrorCode};
use storage::bus::VersionStatus;
use storage::objects::{ObjectError, ObjectKey};

use super::App;
use super::logs::parse_name;
use crate::errors::{Failure, Result};

/// Versions of each view in a list, besides the live one; the view itself shows all.
const LISTED_VERSIONS: usize = 3;

/// How often a component is stored while deletions of equal ones take it away.
const PREPARE_ATTEMPTS: u32 = 4;

/// What comes with a component.
pub(crate) struct Upload {
    /// The content type of the view's answers.
    pub content_type: Option<String>,
    /// Handed to the component's `init`.
    pub config: Bytes,
}

/// A view with what its versions are doing.
pub(crate) struct ViewStatus {
    pub log: Arc<Log>,
    pub head: Head,
    pub view: View,
    /// One for each of the view's versions, in their order.
    pub versions: Vec<VersionStatus>,
}

impl App {
    /// Checks and stores a component as a new version of a view, and builds it. Returns when the
    /// version went live or failed, or after `build_wait`.
    ///
    /// # Errors
    /// When the component can't be a view, or the log has as many views as it may.
    pub(crate) async fn upload(
        self: &Arc<Self>,
        access: &Access,
        context: Context,
        (log, view): (&str, &str),
        component: Bytes,
        upload: Upload,
    ) -> Result<(View, Version)> {
        self.check_queries(access)?;
        let name = parse_name(view)?;
        let log = self.log(access, log).await?;
        if let Some(content_type) = &upload.content_type {
            check_content_type(content_type)?;
        }
        let digest = ComponentDigest::of(&component);
        let component_bytes = component.len() as u64;
        let report = self.prepare(access, digest, component.clone()).await?;
        let version = NewVersion {
            component: digest,
            component_bytes,
            report,
            content_type: upload.content_type,
            config: upload.config,
        };
        let (view, version) = self
            .catalog
            .upload_version(access, context, log.id, name.clone(), version)
            .await?;
        // Now that a row refers to the component, no deletion takes it away any more; one may have
        // done so before.
        self.restore_component(digest, component).await?;
        let mut build = self.start_build(version.spec(&view));
        // The channel closes when the build has ended; nothing is ever sent on it.
        let ended = tokio::time::timeout(self.options.build_wait, build.changed()).await;
        if ended.is_err() {
            return Ok((view, version));
        }
        let current = self.catalog.view(access, log.id, &name).await?;
        let current = current.ok_or_else(Failure::view_not_found)?;
        let version = find_version(&current, version.number)?.clone();
        Ok((current, version))
    }

    /// Stores a component and has it checked and compiled.
    async fn prepare(
        &self,
        access: &Access,
        digest: ComponentDigest,
        component: Bytes,
    ) -> Result<ComponentReport> {
        let key = ObjectKey::component(digest);
        self.stores
            .objects
            .put_if_absent(&key, component.clone())
            .await?;
        let mut attempts = 1;
        let error = loop {
            match self.bus.views.prepare(access.tenant, digest).await {
                Ok(report) => return Ok(report),
                // The deletion of an equal one may have taken it away before it was read.
                Err(ComponentError::Unavailable(_))
                    if attempts < PREPARE_ATTEMPTS
                        && self.restore_component(digest, component.clone()).await? =>
                {
                    attempts += 1;
                }
                Err(error) => break error,
            }
        };
        if !matches!(error, ComponentError::Unavailable(_)) {
            // Equal bytes are refused always, so nothing that was accepted refers to them.
            if let Err(error) = self.stores.objects.delete(&key).await {
                tracing::warn!(%error, "a refused component was not removed");
            }
        }
        Err(error.into())
    }

    /// Stores the component again if the deletion of an equal one took it away, and says whether it
    /// did.
    async fn restore_component(&self, digest: ComponentDigest, component: Bytes) -> Result<bool> {
        let key = ObjectKey::component(digest);
        match self.stores.objects.get_range(&key, 0..1).await {
            Ok(_) => Ok(false),
            Err(ObjectError::NotFound(_)) => {
                self.stores.objects.put_if_absent(&key, component).await?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    /// When there is no such log or view.
    pub(crate) async fn view_status(
        &self,
        access: &Access,
        log: &str,
        view: &str,
    ) -> Result<ViewStatus> {
        let log = self.log(access, log).await?;
        let head = self.stores.appender.head(log.id).await?;
        let view = self
            .catalog
            .view(access, log.id, &parse_name(view)?)
            .await?
            .ok_or_else(Failure::view_not_found)?;
        Ok(self.with_status(log, head, view).await)
    }

    /// # Errors
    /// When there is no such log, or the cursor is not of this list.
    pub(crate) async fn views(
        &self,
        access: &Access,
        log: &str,
        page: Page,
    ) -> Result<Paged<ViewStatus>> {
        let log = self.log(access, log).await?;
        let head = self.stores.appender.head(log.id).await?;
        let views = self.catalog.views(access, log.id, page).await?;
        let mut items = Vec::with_capacity(views.items.len());
        for view in views.items {
            let log = Arc::clone(&log);
            items.push(self.with_status(log, head, shortened(view)).await);
        }
        Ok(Paged {
            items,
            next_cursor: views.next_cursor,
        })
    }

    /// The views of all logs, the newest first; those in one state, if one is named.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub(crate) async fn all_views(
        &self,
        access: &Access,
        state: Option<ViewState>,
        page: Page,
    ) -> Result<Paged<ViewStatus>> {
        let views = self.catalog.all_views(access, state, page).await?;
        let mut items = Vec::with_capacity(views.items.len());
        for view in views.items {
            // A log that was deleted meanwhile took its views along.
            let Ok(log) = self.log(access, &view.log.to_string()).await else {
                continue;
            };
            let head = self.stores.appender.head(log.id).await?;
            items.push(self.with_status(log, head, shortened(view)).await);
        }
        Ok(Paged {
            items,
            next_cursor: views.next_cursor,
        })
    }

    async fn with_status(&self, log: Arc<Log>, head: Head, view: View) -> ViewStatus {
        let statuses = view.versions.iter().map(|version| {
            let spec = Arc::new(version.spec(&view));
            self.bus.views.status(spec)
        });
        let versions = join_all(statuses).await;
        ViewStatus {
            log,
            head,
            view,
            versions,
        }
    }

    /// Deletes a view. Its bytes go in the background, and the job that is returned says how far that
    /// is.
    ///
    /// # Errors
    /// When there is no such log or view.
    pub(crate) async fn delete_view(
        &self,
        access: &Access,
        context: Context,
        log: &str,
        view: &str,
    ) -> Result<DeletionId> {
        let name = parse_name(view)?;
        let log = self.log(access, log).await?;
        let deletion = self
            .catalog
            .delete_view(access, context, log.id, &name)
            .await?;
        self.caches.invalidate_views_of(log.id);
        self.lifecycle.deleted.notify_one();
        Ok(deletion.id)
    }
}

/// The view with its newest versions and the live one.
fn shortened(mut view: View) -> View {
    let (live, mut position) = (view.live, 0);
    view.versions.retain(|it| {
        position += 1;
        position <= LISTED_VERSIONS || live == Some(it.id)
    });
    view
}

/// # Errors
/// When the view has no version of this number.
pub(super) fn find_version(view: &View, number: u32) -> Result<&Version> {
    view.versions
        .iter()
        .find(|version| version.number == number)
        .ok_or_else(|| {
            Failure::new(
                ErrorCode::VersionNotFound,
                format!("the view has no version {number}"),
            )
        })
}

fn check_content_type(content_type: &str) -> Result<()> {
    let sound = content_type.len() <= 128
        && content_type.contains('/')
        && http::HeaderValue::from_str(content_type).is_ok();
    if sound {
        return Ok(());
    }
    Err(Failure::invalid_request(
        "`content_type` is not a media type, such as application/json",
    ))
}

impl From<ComponentError> for Failure {
    fn from(error: ComponentError) -> Self {
        let code = match &error {
            ComponentError::Invalid(_) => ErrorCode::InvalidComponent,
            ComponentError::WrongWorld(_) => ErrorCode::WrongWorld,
            ComponentError::ForbiddenImports(_) => ErrorCode::ForbiddenImport,
            ComponentError::TooComplex(_) => ErrorCode::ComponentTooComplex,
            ComponentError::Unavailable(text) => {
                return Self::unavailable("the component can't be checked right now", text);
            }
        };
        Self::new(code, error.to_string())
    }
}

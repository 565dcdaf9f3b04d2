//! Uploads: new versions of views, and the views themselves.

use bytes::Bytes;
use protocol::{ComponentDigest, LogId, Name, TenantId, VersionId, ViewId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::column::{from_json, plain, to_u64};
use super::entity::view;
use super::event::ControlEvent;
use super::limits::within;
use super::record::Change;
use super::turn::Turn;
use super::version::{Version, VersionState};
use super::view::View;
use super::{Catalog, CatalogError, Context, deletion, log, view as views};
use crate::access::Access;
use protocol::view::ComponentReport;

/// What a version is created from.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub component: ComponentDigest,
    pub component_bytes: u64,
    pub report: ComponentReport,
    pub content_type: Option<String>,
    pub config: Bytes,
}

/// Why an upload was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UploadError {
    #[error("there is no such log")]
    LogNotFound,
    #[error("the log has {0} views, as many as it may; delete one first")]
    LogFull(u64),
    #[error("the tenant has {used} views, and may have {limit}; delete some first")]
    LimitReached { limit: u64, used: u64 },
    #[error("{0} versions of the view are being built; wait for one of them")]
    TooManyBuilding(u64),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// Adds a version to a view of a log, and creates the view if it is new. The version is being
    /// built from then on, and its component is in use.
    ///
    /// # Errors
    /// When the holder does not reach the log, or there would be too many views.
    pub async fn upload_version(
        &self,
        access: &Access,
        context: Context,
        log: LogId,
        name: Name,
        new: NewVersion,
    ) -> Result<(View, Version), UploadError> {
        let turn = Turn::Upload(access.tenant, new.component);
        let mut uploaded = self
            .upload_in_turn(turn, access, context, vec![(log, name, new)])
            .await?;
        let uploaded = uploaded.pop();
        Ok(uploaded.ok_or_else(|| CatalogError::Corrupt("the upload is missing".to_owned()))?)
    }

    /// Adds versions to views, all or none, with one commit for all of them. Their components must
    /// not be deleted meanwhile, which [`Catalog::upload_version`] knows to handle.
    ///
    /// # Errors
    /// When the holder does not reach one of the logs, or it would have too many views.
    pub async fn upload_versions(
        &self,
        access: &Access,
        context: Context,
        new: Vec<(LogId, Name, NewVersion)>,
    ) -> Result<Vec<(View, Version)>, UploadError> {
        self.upload_in_turn(Turn::Tenant(access.tenant), access, context, new)
            .await
    }

    async fn upload_in_turn(
        &self,
        turn: Turn,
        access: &Access,
        context: Context,
        new: Vec<(LogId, Name, NewVersion)>,
    ) -> Result<Vec<(View, Version)>, UploadError> {
        for (_, _, new) in &new {
            self.check_new_version(new)?;
        }
        let new = &new;
        self.change(turn, move |mut change| async move {
            let mut uploaded = Vec::with_capacity(new.len());
            for (log, name, new) in new {
                let mut new = new.clone();
                new.content_type = new.content_type.map(plain);
                uploaded.push(
                    self.upload(&mut change, access, context, *log, name, new)
                        .await?,
                );
            }
            change.commit().await?;
            Ok(uploaded)
        })
        .await
    }

    fn check_new_version(&self, new: &NewVersion) -> Result<(), CatalogError> {
        let limits = self.limits();
        let content_type = new.content_type.as_ref().map_or(0, String::len);
        within("the content type", content_type, limits.text_bytes)?;
        within("the configuration", new.config.len(), limits.config_bytes)?;
        let report = from_json(&new.report)?.to_string().len();
        within(
            "the list of imports and languages",
            report,
            limits.report_bytes,
        )
    }

    async fn upload(
        &self,
        change: &mut Change,
        access: &Access,
        context: Context,
        log: LogId,
        name: &Name,
        new: NewVersion,
    ) -> Result<(View, Version), UploadError> {
        if log::find(change.sql(), access, log).await?.is_none() {
            return Err(UploadError::LogNotFound);
        }
        let tenant = access.tenant;
        let mut view = match views::find(change.sql(), access, log, name).await? {
            Some(view) => view,
            None => self.create_view(change, tenant, context, log, name).await?,
        };
        // Taken before old versions make room, so that no number is used twice.
        let newest = view.versions.first().map_or(0, |version| version.number);
        let number = newest
            .checked_add(1)
            .ok_or_else(|| CatalogError::Corrupt("the version numbers ran out".to_owned()))?;
        self.make_room(change, context, &mut view).await?;
        let id = VersionId::generate();
        let event = ControlEvent::VersionUploaded {
            version: id,
            view: view.id,
            log,
            number,
            component: new.component,
            component_bytes: new.component_bytes,
            world: new.report.world,
            imports: new.report.imports.clone(),
            languages: new.report.languages.clone(),
            content_type: new.content_type.clone(),
            config: new.config.to_vec(),
        };
        let recorded = change.record(tenant, context, event).await;
        recorded.map_err(CatalogError::from)?;
        let version = Version {
            id,
            number,
            component: new.component,
            component_bytes: new.component_bytes,
            world: new.report.world,
            imports: new.report.imports,
            languages: new.report.languages,
            content_type: new.content_type,
            config: new.config,
            state: VersionState::Building,
            halted: None,
            created_at: change.at(),
            activated_at: None,
        };
        view.versions.insert(0, version.clone());
        Ok((view, version))
    }

    async fn create_view(
        &self,
        change: &mut Change,
        tenant: TenantId,
        context: Context,
        log: LogId,
        name: &Name,
    ) -> Result<View, UploadError> {
        let count = view::Entity::find()
            .filter(view::Column::LogId.eq(log.0))
            .count(change.sql())
            .await
            .map_err(CatalogError::from)?;
        let limit = self.limits().views_per_log;
        if count >= limit {
            return Err(UploadError::LogFull(limit));
        }
        let (row, quotas) = self.room_of(change.sql(), tenant).await?;
        let (used, limit) = (to_u64(row.view_count), quotas.views);
        if used >= limit {
            return Err(UploadError::LimitReached { limit, used });
        }
        let view = View {
            id: ViewId::generate(),
            tenant,
            log,
            name: name.clone(),
            created_at: change.at(),
            live: None,
            versions: Vec::new(),
        };
        let event = ControlEvent::ViewCreated {
            view: view.id,
            log,
            name: name.clone(),
        };
        let recorded = change.record(tenant, context, event).await;
        recorded.map_err(CatalogError::from)?;
        Ok(view)
    }

    /// Removes the oldest versions that nobody uses when the view has as many as it may.
    async fn make_room(
        &self,
        change: &mut Change,
        context: Context,
        view: &mut View,
    ) -> Result<(), UploadError> {
        let limit = self.limits().versions_per_view;
        while view.versions.len() as u64 >= limit {
            let idle = view.versions.iter().rposition(|version| {
                matches!(version.state, VersionState::Retired | VersionState::Failed)
            });
            let Some(idle) = idle else {
                return Err(UploadError::TooManyBuilding(limit));
            };
            let removed = view.versions.remove(idle);
            deletion::of_version(change, view.tenant, &removed).await?;
            let event = ControlEvent::VersionRemoved {
                version: removed.id,
                view: view.id,
            };
            let recorded = change.record(view.tenant, context, event).await;
            recorded.map_err(CatalogError::from)?;
        }
        Ok(())
    }
}

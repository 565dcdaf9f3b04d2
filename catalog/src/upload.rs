//! Uploads: new versions of views, and the views themselves.

use bytes::Bytes;
use protocol::view::ComponentReport;
use protocol::{ComponentDigest, LogId, Name, TenantId, VersionId, ViewId};
use sea_orm::{ColumnTrait, EntityTrait};

use super::column::{from_json, plain};
use super::entity::{count, one, version, view};
use super::event::{ControlEvent, VersionUploaded};
use super::limits::within;
use super::lock::Lock;
use super::model::VersionState;
use super::quota::Counted;
use super::record::Change;
use super::version::{Version, to_version};
use super::view::View;
use super::{Catalog, CatalogError, Context, Refusal, log, removal, view as views};
use crate::access::Access;

/// What a version is created from.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub component: ComponentDigest,
    pub component_bytes: u64,
    pub report: ComponentReport,
    pub content_type: Option<String>,
    pub config: Bytes,
}

impl Catalog {
    /// Adds a version to a view of a log, and creates the view if it is new. The version is being
    /// built from then on, and its component is in use.
    pub async fn upload_version(
        &self,
        access: &Access,
        context: Context,
        log: LogId,
        name: Name,
        new: NewVersion,
    ) -> Result<(View, Version), Refusal> {
        self.check_new_version(&new)?;
        let lock = Lock::Upload(access.tenant, new.component);
        let (name, new) = (&name, &new);
        self.change(lock, move |mut change| async move {
            let new = new.clone();
            let uploaded = self.upload(&mut change, access, context, log, name, new);
            let uploaded = uploaded.await?;
            change.commit(uploaded).await
        })
        .await
    }

    pub(super) fn check_new_version(&self, new: &NewVersion) -> Result<(), CatalogError> {
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

    pub(super) async fn upload(
        &self,
        change: &mut Change,
        access: &Access,
        context: Context,
        log: LogId,
        name: &Name,
        mut new: NewVersion,
    ) -> Result<(View, Version), Refusal> {
        new.content_type = new.content_type.map(plain);
        log::find(change.sql(), access, log).await?;
        let tenant = access.tenant;
        let mut view = match views::find(change.sql(), access, log, name).await? {
            Some(view) => view,
            None => self.create_view(change, tenant, context, log, name).await?,
        };
        // Taken before old versions are removed, so that no number is used twice.
        let newest = view.versions.first().map_or(0, |version| version.number);
        let number = newest
            .checked_add(1)
            .ok_or_else(|| CatalogError::Corrupt("the version numbers ran out".to_owned()))?;
        self.remove_oldest(change, context, &mut view).await?;
        let id = VersionId::generate();
        let event = ControlEvent::VersionUploaded(VersionUploaded {
            version: id,
            view: view.id,
            log,
            number,
            component: new.component,
            component_bytes: new.component_bytes,
            world: new.report.world,
            imports: new.report.imports,
            languages: new.report.languages,
            content_type: new.content_type,
            config: new.config.to_vec(),
        });
        change.record(tenant, context, event).await?;
        let row = one(change.sql(), version::Entity::find_by_id(id.0)).await?;
        let row = row.ok_or_else(|| CatalogError::Corrupt("the upload is missing".to_owned()))?;
        let version = to_version(row)?;
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
    ) -> Result<View, Refusal> {
        let limit = self.limits().views_per_log;
        let of_log = view::Column::LogId.eq(log.0);
        if count::<view::Entity>(change.sql(), of_log).await? >= limit {
            return Err(Refusal::LogFull(limit));
        }
        let refused = |limit, used| Refusal::ViewLimitReached { limit, used };
        self.check_quota(change.sql(), tenant, (Counted::Views, 1), refused)
            .await?;
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
        change.record(tenant, context, event).await?;
        Ok(view)
    }

    /// Removes the oldest versions that nobody uses when the view has as many as it may.
    async fn remove_oldest(
        &self,
        change: &mut Change,
        context: Context,
        view: &mut View,
    ) -> Result<(), Refusal> {
        let limit = self.limits().versions_per_view;
        while view.versions.len() as u64 >= limit {
            let idle = view.versions.iter().rposition(|version| {
                matches!(version.state, VersionState::Retired | VersionState::Failed)
            });
            let Some(idle) = idle else {
                return Err(Refusal::TooManyBuilding(limit));
            };
            let removed = view.versions.remove(idle);
            removal::of_version(change, view.tenant, removed.id, removed.component).await?;
            let event = ControlEvent::VersionRemoved {
                version: removed.id,
                view: view.id,
            };
            change.record(view.tenant, context, event).await?;
        }
        Ok(())
    }
}

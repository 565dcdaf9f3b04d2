//! Versions of views, and where each of them stands.
//!
//! A version is `building` until it folded its log. Then it goes `live` and the one before it is
//! `retired`, ready to be activated again; or it has `failed` and never goes live.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use protocol::{ComponentDigest, LogId, TenantId, Timestamp, VersionId, ViewId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::column::{to_digest, to_json, to_sequence, to_time, to_u64, to_word};
use super::entity::version;
use super::view::View;
use super::{Catalog, CatalogError};
use protocol::view::{Halt, VersionSpec, World};

/// Versions that are resumed after a restart, at most.
const BUILDING_MAX: u64 = 10_000;

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionState {
    Building,
    Live,
    Retired,
    Failed,
}

impl VersionState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Retired => "retired",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no state of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is building, live, retired or failed")]
pub struct UnknownState;

impl FromStr for VersionState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        match text {
            "building" => Ok(Self::Building),
            "live" => Ok(Self::Live),
            "retired" => Ok(Self::Retired),
            "failed" => Ok(Self::Failed),
            _ => Err(UnknownState),
        }
    }
}

/// One uploaded component of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub id: VersionId,
    /// 1, 2, 3, … within the view.
    pub number: u32,
    pub component: ComponentDigest,
    pub component_bytes: u64,
    pub world: World,
    pub imports: Vec<String>,
    pub languages: Vec<String>,
    /// What answers are sent as, where the component itself says nothing.
    pub content_type: Option<String>,
    pub config: Bytes,
    pub state: VersionState,
    /// Where it halted, or why its build failed.
    pub halted: Option<Halt>,
    pub created_at: Timestamp,
    pub activated_at: Option<Timestamp>,
}

impl Version {
    /// What a worker must know to run the version.
    #[must_use]
    pub fn spec(&self, view: &View) -> VersionSpec {
        VersionSpec {
            tenant: view.tenant,
            log: view.log,
            view: view.id,
            version: self.id,
            component: self.component,
            world: self.world,
            config: self.config.clone(),
            halted: self.halted.clone(),
        }
    }
}

impl Catalog {
    /// Versions whose build had not ended, oldest first, to be resumed after a restart.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn building_versions(&self) -> Result<Vec<(TenantId, VersionSpec)>, CatalogError> {
        let rows = version::Entity::find()
            .filter(version::Column::State.eq(VersionState::Building.as_str()))
            .order_by_asc(version::Column::Id)
            .limit(BUILDING_MAX)
            .all(self.readers())
            .await?;
        let mut building = Vec::with_capacity(rows.len());
        for row in rows {
            let tenant = TenantId(row.tenant_id);
            let (log, view) = (LogId(row.log_id), ViewId(row.view_id));
            let version = to_version(row)?;
            let spec = VersionSpec {
                tenant,
                log,
                view,
                version: version.id,
                component: version.component,
                world: version.world,
                config: version.config,
                halted: version.halted,
            };
            building.push((tenant, spec));
        }
        Ok(building)
    }
}

fn to_number(number: i64) -> Result<u32, CatalogError> {
    u32::try_from(number)
        .map_err(|_| CatalogError::Corrupt(format!("{number} is no version number")))
}

pub(super) fn to_version(row: version::Model) -> Result<Version, CatalogError> {
    let halted = match row.halted_sequence {
        Some(sequence) => Some(Halt {
            sequence: to_sequence(sequence)?,
            message: row.halted_message.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Version {
        id: VersionId(row.id),
        number: to_number(row.number)?,
        component: ComponentDigest(to_digest(row.component)?),
        component_bytes: to_u64(row.component_bytes),
        world: to_json(&row.world)?,
        imports: to_json(&row.imports)?,
        languages: to_json(&row.languages)?,
        content_type: row.content_type,
        config: row.config.into(),
        state: to_word(&row.state)?,
        halted,
        created_at: to_time(row.created_at),
        activated_at: row.activated_at.map(to_time),
    })
}

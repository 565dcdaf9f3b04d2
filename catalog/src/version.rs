//! Versions of views.
//!
//! A version is `building` until it folded its log. Then it goes `live` and the one before it is
//! `retired`, ready to be activated again; or it has `failed` and never goes live.

use bytes::Bytes;
use protocol::view::{Halt, VersionSpec, World};
use protocol::{ComponentDigest, LogId, TenantId, Timestamp, VersionId, ViewId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::column::{to_digest, to_json, to_sequence, to_time, to_u64, to_word};
use super::entity::all;
use super::entity::version::{Column, Entity, Model};
use super::model::VersionState;
use super::{Catalog, CatalogError};

/// Versions that are resumed after a restart, at most.
const BUILDING_MAX: u64 = 10_000;

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
    pub(super) fn spec_in(&self, tenant: TenantId, log: LogId, view: ViewId) -> VersionSpec {
        VersionSpec {
            tenant,
            log,
            view,
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
    pub async fn building_versions(&self) -> Result<Vec<(TenantId, VersionSpec)>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::State.eq(VersionState::Building.into_str()))
            .order_by_asc(Column::Id)
            .limit(BUILDING_MAX);
        let building = |row: Model| {
            let tenant = TenantId(row.tenant_id);
            let (log, view) = (LogId(row.log_id), ViewId(row.view_id));
            Ok((tenant, to_version(row)?.spec_in(tenant, log, view)))
        };
        all(self.readers(), rows, building).await
    }
}

fn to_number(number: i64) -> Result<u32, CatalogError> {
    u32::try_from(number)
        .map_err(|_| CatalogError::Corrupt(format!("{number} is no version number")))
}

pub(super) fn to_version(row: Model) -> Result<Version, CatalogError> {
    let halted_at = row.halted_sequence.map(to_sequence).transpose()?;
    let halted = halted_at.map(|sequence| Halt {
        sequence,
        message: row.halted_message.unwrap_or_default(),
    });
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

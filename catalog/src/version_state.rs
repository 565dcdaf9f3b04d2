//! What becomes of a version: it goes live, is retired, fails, halts.

use protocol::{Sequence, TenantId, VersionId, ViewId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::column::{plain, to_word};
use super::entity::{exists, one, version, view};
use super::event::ControlEvent;
use super::lock::Lock;
use super::model::VersionState;
use super::record::Change;
use super::{Catalog, CatalogError, Context, scope};
use protocol::view::Halt;

/// Why a version failed that was built well, and too late.
const SUPERSEDED: &str = "a newer version of the view went live before this one was built";

/// Why a version did not change its state.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VersionError {
    #[error("there is no such version")]
    NotFound,
    /// A failed version never goes live, and one that was built does not fail any more.
    #[error("the version is {0}, and can't change in this way")]
    WrongState(VersionState),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// Ends the build of a version that has folded its log up to `applied`, and says how: it goes
    /// live, or it fails because a newer version of its view went live before. A build that ended
    /// already stays as it ended. Which version is newer is decided in the transaction, so that of
    /// builds that end on several nodes an older one never takes the place of a newer one.
    pub async fn finish_build(
        &self,
        tenant: TenantId,
        context: Context,
        id: VersionId,
        applied: Sequence,
    ) -> Result<VersionState, VersionError> {
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let row = find(change.sql(), tenant, id).await?;
            let state = to_word(&row.state)?;
            if state != VersionState::Building {
                return Ok(state);
            }
            let ended = if is_superseded(change.sql(), &row).await? {
                let event = ControlEvent::VersionFailed {
                    version: id,
                    view: ViewId(row.view_id),
                    halt: Halt {
                        sequence: applied,
                        message: SUPERSEDED.to_owned(),
                    },
                };
                change.record(tenant, context, event).await?;
                VersionState::Failed
            } else {
                activate(&mut change, tenant, context, id).await?;
                VersionState::Live
            };
            change.commit(ended).await
        })
        .await
    }

    /// Writes down that the build of a version failed.
    pub async fn fail_version(
        &self,
        tenant: TenantId,
        context: Context,
        id: VersionId,
        halt: Halt,
    ) -> Result<(), VersionError> {
        let halt = &self.cut(halt);
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let row = find(change.sql(), tenant, id).await?;
            match to_word(&row.state)? {
                VersionState::Building => {}
                VersionState::Failed => return Ok(()),
                state => return Err(VersionError::WrongState(state)),
            }
            let event = ControlEvent::VersionFailed {
                version: id,
                view: ViewId(row.view_id),
                halt: halt.clone(),
            };
            change.record(tenant, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// Writes down that a version met an event that it can't fold. The first such report stands.
    pub async fn halt_version(
        &self,
        tenant: TenantId,
        context: Context,
        id: VersionId,
        halt: Halt,
    ) -> Result<(), VersionError> {
        let halt = &self.cut(halt);
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let row = find(change.sql(), tenant, id).await?;
            if row.halted_sequence.is_some() {
                return Ok(());
            }
            let event = ControlEvent::VersionHalted {
                version: id,
                view: ViewId(row.view_id),
                halt: halt.clone(),
            };
            change.record(tenant, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// A halt whose message is no longer than it may be.
    fn cut(&self, mut halt: Halt) -> Halt {
        halt.message = plain(halt.message);
        let end = halt
            .message
            .floor_char_boundary(self.limits().halt_message_bytes);
        halt.message.truncate(end);
        halt
    }
}

/// Makes a version the live one, whichever it replaces. The live one before it is retired.
pub(super) async fn activate(
    change: &mut Change,
    tenant: TenantId,
    context: Context,
    id: VersionId,
) -> Result<(), VersionError> {
    let row = find(change.sql(), tenant, id).await?;
    match to_word(&row.state)? {
        VersionState::Building | VersionState::Retired => {
            let view = ViewId(row.view_id);
            let before = one(change.sql(), view::Entity::find_by_id(view.0)).await?;
            if let Some(live) = before.and_then(|before| before.live_version_id) {
                let version = VersionId(live);
                let retired = ControlEvent::VersionRetired { version, view };
                change.record(tenant, context, retired).await?;
            }
            let activated = ControlEvent::VersionActivated { version: id, view };
            change.record(tenant, context, activated).await?;
        }
        VersionState::Live => {}
        VersionState::Failed => return Err(VersionError::WrongState(VersionState::Failed)),
    }
    Ok(())
}

/// Whether a newer version of the view is or was live.
async fn is_superseded(
    sql: &impl ConnectionTrait,
    row: &version::Model,
) -> Result<bool, CatalogError> {
    let went_live = [VersionState::Live, VersionState::Retired].map(|state| state.into_str());
    let newer = Condition::all()
        .add(version::Column::ViewId.eq(row.view_id))
        .add(version::Column::Number.gt(row.number))
        .add(version::Column::State.is_in(went_live));
    exists::<version::Entity>(sql, newer).await
}

async fn find(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    id: VersionId,
) -> Result<version::Model, VersionError> {
    let row = scope::versions(tenant).filter(version::Column::Id.eq(id.0));
    one(sql, row).await?.ok_or(VersionError::NotFound)
}

//! Versions of views.

use protocol::VersionId;
use protocol::view::Halt;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany};

use super::ReadModel;
use crate::column::{from_json, from_u64};
use crate::entity::version::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::VersionUploaded;
use crate::model::VersionState;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn create_version(&self, new: &VersionUploaded) -> Result<(), ChangeError> {
        let row = ActiveModel {
            id: Set(new.version.0),
            tenant_id: Set(self.recorded.tenant.0),
            log_id: Set(new.log.0),
            view_id: Set(new.view.0),
            number: Set(i64::from(new.number)),
            component: Set(new.component.0.to_vec()),
            component_bytes: Set(from_u64(new.component_bytes)),
            world: Set(from_json(&new.world)?),
            imports: Set(from_json(&new.imports)?),
            languages: Set(from_json(&new.languages)?),
            content_type: Set(new.content_type.clone()),
            config: Set(new.config.clone()),
            state: Set(VersionState::Building.to_string()),
            halted_sequence: Set(None),
            halted_message: Set(None),
            created_at: Set(self.at()),
            activated_at: Set(None),
        };
        self.insert(row).await
    }

    pub(super) async fn set_live(&self, version: VersionId) -> Result<(), ChangeError> {
        let rows = in_state(version, VersionState::Live)
            .col_expr(Column::ActivatedAt, Expr::value(self.at()));
        self.update(rows).await
    }

    pub(super) async fn fail_version(
        &self,
        version: VersionId,
        reason: &Halt,
    ) -> Result<(), ChangeError> {
        self.halt_version(version, reason).await?;
        self.update(in_state(version, VersionState::Failed)).await
    }

    pub(super) async fn halt_version(
        &self,
        version: VersionId,
        halt: &Halt,
    ) -> Result<(), ChangeError> {
        let sequence = from_u64(halt.sequence.get());
        let rows = Entity::update_many()
            .col_expr(Column::HaltedSequence, Expr::value(sequence))
            .col_expr(Column::HaltedMessage, Expr::value(halt.message.as_str()))
            .filter(Column::Id.eq(version.0));
        self.update(rows).await
    }

    pub(super) async fn set_retired(&self, version: VersionId) -> Result<(), ChangeError> {
        self.update(in_state(version, VersionState::Retired)).await
    }

    pub(super) async fn delete_version(&self, version: VersionId) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::Id.eq(version.0)).await
    }

    pub(super) async fn delete_versions_of_views(
        &self,
        views: SelectStatement,
    ) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::ViewId.in_subquery(views))
            .await
    }
}

fn in_state(version: VersionId, state: VersionState) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state.into_str()))
        .filter(Column::Id.eq(version.0))
}

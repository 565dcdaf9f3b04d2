//! Where every query of tenant-owned rows begins.
//!
//! There is no other way to read those rows for a caller: a query that starts here can't reach
//! another tenant's rows, nor logs that a key is not limited to.

use protocol::{LogId, TenantId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};

use super::column::from_actor;
use super::entity::{
    control_event, deletion_job, invitation, key, log, membership, storage_level, usage_open,
    usage_record, version, view,
};
use crate::access::{Access, Role};

/// The logs that the holder may reach.
pub(super) fn logs(access: &Access) -> Select<log::Entity> {
    log::Entity::find()
        .filter(log::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, log::Column::Id))
}

/// The views of a log, if the holder may reach it.
pub(super) fn views(access: &Access, log: LogId) -> Select<view::Entity> {
    all_views(access).filter(view::Column::LogId.eq(log.0))
}

/// The views of all logs that the holder may reach.
pub(super) fn all_views(access: &Access) -> Select<view::Entity> {
    view::Entity::find()
        .filter(view::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, view::Column::LogId))
}

/// The versions of a tenant, for the system.
pub(super) fn versions(tenant: TenantId) -> Select<version::Entity> {
    version::Entity::find().filter(version::Column::TenantId.eq(tenant.0))
}

/// The deletions of logs that the holder may reach, and of views of such logs.
pub(super) fn deletions(access: &Access) -> Select<deletion_job::Entity> {
    deletion_job::Entity::find()
        .filter(deletion_job::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, deletion_job::Column::LogId))
}

/// The keys that the holder may see: an admin of the whole tenant all, everyone else those that it made.
pub(super) fn keys(access: &Access) -> Select<key::Entity> {
    let keys = key::Entity::find().filter(key::Column::TenantId.eq(access.tenant.0));
    if access.has(Role::Admin) && access.logs.is_none() {
        return keys;
    }
    let (kind, id) = from_actor(access.actor);
    keys.filter(key::Column::CreatedByKind.eq(kind))
        .filter(key::Column::CreatedById.eq(id))
}

/// The tenant's members.
pub(super) fn members(access: &Access) -> Select<membership::Entity> {
    membership::Entity::find().filter(membership::Column::TenantId.eq(access.tenant.0))
}

/// The tenant's open invitations, expired ones included.
pub(super) fn invitations(access: &Access) -> Select<invitation::Entity> {
    invitation::Entity::find().filter(invitation::Column::TenantId.eq(access.tenant.0))
}

/// The tenant's control events.
pub(super) fn control_events(access: &Access) -> Select<control_event::Entity> {
    control_event::Entity::find().filter(control_event::Column::TenantId.eq(access.tenant.0))
}

/// What the tenant used in logs that the holder may reach, in hours that are not sealed.
pub(super) fn usage_open(access: &Access) -> Select<usage_open::Entity> {
    usage_open::Entity::find()
        .filter(usage_open::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, usage_open::Column::LogId))
}

/// The tenant's records of use of logs that the holder may reach.
pub(super) fn usage_records(access: &Access) -> Select<usage_record::Entity> {
    usage_record::Entity::find()
        .filter(usage_record::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, usage_record::Column::LogId))
}

/// What the logs that the holder may reach store.
pub(super) fn storage_levels(access: &Access) -> Select<storage_level::Entity> {
    storage_level::Entity::find()
        .filter(storage_level::Column::TenantId.eq(access.tenant.0))
        .filter(covered(access, storage_level::Column::LogId))
}

fn covered(access: &Access, column: impl ColumnTrait) -> Condition {
    let condition = Condition::all();
    match &access.logs {
        Some(logs) => condition.add(column.is_in(logs.iter().map(|log| log.0))),
        None => condition,
    }
}

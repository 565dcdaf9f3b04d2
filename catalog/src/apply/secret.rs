//! Secrets of keys from before their rotations.

use protocol::{KeyId, TenantId, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::super::column::{from_time, from_u64};
use super::super::entity::{earlier_secret, key};
use super::super::error::ChangeError;
use super::super::event::RecordedEvent;
use crate::access::Role;

/// Earlier secrets of one key that work at a time; the oldest ends for another one.
const EARLIER_MAX: u64 = 4;

/// Keeps the secret that a key had before a rotation until a time, and those before it no longer.
pub(super) async fn keep(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    before: key::Model,
    until: Timestamp,
) -> Result<(), ChangeError> {
    let key = KeyId(before.id);
    let until = from_time(until);
    earlier_secret::Entity::update_many()
        .col_expr(earlier_secret::Column::ExpiresAt, Expr::value(until))
        .filter(earlier_secret::Column::KeyId.eq(key.0))
        .filter(earlier_secret::Column::ExpiresAt.gt(until))
        .exec(sql)
        .await?;
    let earlier = earlier_secret::ActiveModel {
        sha256: Set(before.sha256),
        key_id: Set(key.0),
        sequence: Set(from_u64(recorded.sequence)),
        expires_at: Set(until),
        user_id: Set(before.user_id),
    };
    earlier_secret::Entity::insert(earlier)
        .exec_without_returning(sql)
        .await?;
    keep_few(sql, recorded.at, key).await
}

/// Removes the earlier secrets of a key that have ended or are too many.
async fn keep_few(
    sql: &impl ConnectionTrait,
    now: Timestamp,
    key: KeyId,
) -> Result<(), ChangeError> {
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::KeyId.eq(key.0))
        .filter(earlier_secret::Column::ExpiresAt.lte(from_time(now)))
        .exec(sql)
        .await?;
    let newest_ended: Option<i64> = earlier_secret::Entity::find()
        .select_only()
        .column(earlier_secret::Column::Sequence)
        .filter(earlier_secret::Column::KeyId.eq(key.0))
        .order_by_desc(earlier_secret::Column::Sequence)
        .offset(EARLIER_MAX)
        .limit(1)
        .into_tuple()
        .one(sql)
        .await?;
    if let Some(sequence) = newest_ended {
        earlier_secret::Entity::delete_many()
            .filter(earlier_secret::Column::KeyId.eq(key.0))
            .filter(earlier_secret::Column::Sequence.lte(sequence))
            .exec(sql)
            .await?;
    }
    Ok(())
}

/// Ends all earlier secrets of a key.
pub(super) async fn forget(sql: &impl ConnectionTrait, key: KeyId) -> Result<(), ChangeError> {
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::KeyId.eq(key.0))
        .exec(sql)
        .await?;
    Ok(())
}

/// Ends the earlier secrets of someone who leaves a tenant, of whichever key.
pub(super) async fn end_with_member(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    person: UserId,
) -> Result<(), ChangeError> {
    let keys = key::Entity::find().filter(key::Column::TenantId.eq(tenant.0));
    end(sql, person, ids(keys)).await
}

/// Ends the earlier secrets of someone who gets a role, of keys above it. The keys that are the
/// person's own are lowered instead, with all their secrets.
pub(super) async fn end_above(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    person: UserId,
    role: Role,
) -> Result<(), ChangeError> {
    let roles = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];
    let above = roles.into_iter().filter(|it| *it > role);
    let of_others = Condition::any()
        .add(key::Column::UserId.ne(person.0))
        .add(key::Column::UserId.is_null());
    let keys = key::Entity::find()
        .filter(key::Column::TenantId.eq(tenant.0))
        .filter(key::Column::Role.is_in(above.map(Role::as_str)))
        .filter(of_others);
    end(sql, person, ids(keys)).await
}

fn ids(keys: sea_orm::Select<key::Entity>) -> SelectStatement {
    keys.select_only().column(key::Column::Id).into_query()
}

async fn end(
    sql: &impl ConnectionTrait,
    person: UserId,
    keys: SelectStatement,
) -> Result<(), ChangeError> {
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::UserId.eq(person.0))
        .filter(earlier_secret::Column::KeyId.in_subquery(keys))
        .exec(sql)
        .await?;
    Ok(())
}

//! The rows of the catalog's tables, one module for each table. Columns hold plain values;
//! [`super::column`] turns them into the words of the domain and back.

pub(super) mod activity;
pub(super) mod archive_block;
pub(super) mod archive_id;
pub(super) mod archive_segment;
pub(super) mod archive_shard;
pub(super) mod artifact;
pub(super) mod billing_account;
pub(super) mod billing_month;
pub(super) mod billing_outbox;
pub(super) mod billing_webhook;
pub(super) mod compute_batch;
pub(super) mod compute_usage;
pub(super) mod control_event;
pub(super) mod deletion;
pub(super) mod deletion_job;
pub(super) mod earlier_secret;
pub(super) mod email_verification;
pub(super) mod invitation;
pub(super) mod key;
pub(super) mod key_use;
pub(super) mod log;
pub(super) mod membership;
pub(super) mod password_reset;
pub(super) mod recovery_code;
pub(super) mod second_factor;
pub(super) mod session;
pub(super) mod snapshot;
pub(super) mod snapshot_check;
pub(super) mod storage_level;
pub(super) mod stored_bytes;
pub(super) mod tenant;
pub(super) mod tenant_deletion;
pub(super) mod usage_notice;
pub(super) mod usage_open;
pub(super) mod usage_record;
pub(super) mod user;
pub(super) mod version;
pub(super) mod view;

use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, EnumIter, PaginatorTrait, QueryFilter,
    QuerySelect, RelationDef, RelationTrait, Select, TryGetableMany,
};

use super::CatalogError;

/// What every table needs.
mod prelude {
    pub(super) use sea_orm::entity::prelude::*;
    pub(super) use serde::{Deserialize, Serialize};

    pub(super) use super::Relation;
}

/// No table says how it relates to others: queries do.
#[derive(Clone, Copy, Debug, EnumIter)]
pub(crate) enum Relation {}

impl RelationTrait for Relation {
    fn def(&self) -> RelationDef {
        match *self {}
    }
}

/// Inserts a row. Nothing is read back: no value is left to the database.
pub(super) async fn insert<A: ActiveModelTrait>(
    sql: &impl ConnectionTrait,
    row: A,
) -> Result<(), DbErr> {
    let insert = <A::Entity as EntityTrait>::insert(row);
    insert.exec_without_returning(sql).await?;
    Ok(())
}

/// The row that a query finds.
pub(super) async fn one<E: EntityTrait>(
    sql: &impl ConnectionTrait,
    query: Select<E>,
) -> Result<Option<E::Model>, CatalogError> {
    Ok(query.one(sql).await?)
}

/// Sets a column of the rows that meet a condition.
pub(super) async fn set<E: EntityTrait>(
    sql: &impl ConnectionTrait,
    column: E::Column,
    value: impl Into<Expr>,
    which: impl IntoCondition,
) -> Result<(), CatalogError> {
    let rows = E::update_many().col_expr(column, value.into());
    rows.filter(which).exec(sql).await?;
    Ok(())
}

/// Deletes the rows that meet a condition and says how many there were.
pub(super) async fn delete<E: EntityTrait>(
    sql: &impl ConnectionTrait,
    which: impl IntoCondition,
) -> Result<u64, CatalogError> {
    let rows = E::delete_many().filter(which);
    Ok(rows.exec(sql).await?.rows_affected)
}

/// How many rows meet a condition.
pub(super) async fn count<E: EntityTrait<Model: Send + Sync>>(
    sql: &impl ConnectionTrait,
    which: impl IntoCondition,
) -> Result<u64, CatalogError> {
    Ok(E::find().filter(which).count(sql).await?)
}

/// Whether a row meets a condition.
pub(super) async fn exists<E: EntityTrait<Model: Send + Sync>>(
    sql: &impl ConnectionTrait,
    which: impl IntoCondition,
) -> Result<bool, CatalogError> {
    let first = E::find().filter(which).limit(1);
    Ok(first.count(sql).await? > 0)
}

/// What a query finds, each row converted.
pub(super) async fn all<E: EntityTrait, T>(
    sql: &impl ConnectionTrait,
    query: Select<E>,
    convert: fn(E::Model) -> Result<T, CatalogError>,
) -> Result<Vec<T>, CatalogError> {
    let rows = query.all(sql).await?;
    rows.into_iter().map(convert).collect()
}

/// What a query finds in one column.
pub(super) async fn values<E: EntityTrait, T: TryGetableMany + Send + Sync>(
    sql: &impl ConnectionTrait,
    query: Select<E>,
    column: E::Column,
) -> Result<Vec<T>, CatalogError> {
    let values = query.select_only().column(column).into_tuple();
    Ok(values.all(sql).await?)
}

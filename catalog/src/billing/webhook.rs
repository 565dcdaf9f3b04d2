//! The inbox of what the payment provider tells: noted at once, worked on later, each once.
//!
//! What it says is not believed; it names what is to be asked for.

use std::time::Duration;

use protocol::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::column::{from_time, plain, to_time};
use crate::entity::billing_webhook::{ActiveModel, Column, Entity, Model};
use crate::entity::{all, delete, exists, insert};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// For how long ids are remembered: longer than the provider sends anything again.
const TTL: Duration = Duration::from_secs(40 * 86_400);

/// How long a claimed webhook is left alone.
const LEASE: Duration = Duration::from_secs(120);

/// Something that the payment provider told us of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The provider's.
    pub id: String,
    pub kind: String,
    /// The provider's id of what it is about.
    pub object: String,
    pub attempts: u32,
    pub received_at: Timestamp,
}

impl Catalog {
    /// Notes what is to be worked on; `false` when it was noted before.
    pub async fn receive_webhook(
        &self,
        id: String,
        kind: String,
        object: String,
    ) -> Result<bool, CatalogError> {
        let (id, kind, object) = (&id, &kind, &object);
        self.change(Lock::Webhooks, move |change| async move {
            let (sql, now) = (change.sql(), change.at());
            if exists::<Entity>(sql, Column::Id.eq(id)).await? {
                return Ok(false);
            }
            let row = ActiveModel {
                id: Set(plain(id.clone())),
                kind: Set(plain(kind.clone())),
                object: Set(plain(object.clone())),
                received_at: Set(from_time(now)),
                attempts: Set(0),
                due_at: Set(Some(from_time(now))),
            };
            insert(sql, row).await?;
            let old = Column::ReceivedAt.lt(from_time(now.saturating_sub(TTL)));
            delete::<Entity>(sql, old.and(Column::DueAt.is_null())).await?;
            change.commit(true).await
        })
        .await
    }

    /// Takes webhooks that are due, for the caller to work on.
    pub async fn claim_webhooks(&self, limit: u64) -> Result<Vec<Webhook>, CatalogError> {
        self.change(Lock::Webhooks, move |change| async move {
            let (sql, now) = (change.sql(), change.at());
            let due = Entity::find()
                .filter(Column::DueAt.lte(from_time(now)))
                .order_by_asc(Column::DueAt)
                .limit(limit);
            let due = all(sql, due, to_webhook).await?;
            Entity::update_many()
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .col_expr(
                    Column::DueAt,
                    Expr::value(from_time(now.saturating_add(LEASE))),
                )
                .filter(Column::Id.is_in(due.iter().map(|it| &it.id)))
                .exec(sql)
                .await?;
            change.commit(due).await
        })
        .await
    }

    /// Notes that a webhook was worked on, or is worked on again at a time.
    pub async fn note_webhook(
        &self,
        id: &str,
        due_at: Option<Timestamp>,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Webhooks, move |change| async move {
            Entity::update_many()
                .col_expr(Column::DueAt, Expr::value(due_at.map(from_time)))
                .filter(Column::Id.eq(id))
                .exec(change.sql())
                .await?;
            change.commit(()).await
        })
        .await
    }
}

fn to_webhook(row: Model) -> Result<Webhook, CatalogError> {
    Ok(Webhook {
        id: row.id,
        kind: row.kind,
        object: row.object,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        received_at: to_time(row.received_at),
    })
}

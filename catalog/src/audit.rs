//! The audit log: a tenant's control events, read.
//!
//! A page looks at a bounded number of events, so that a filter that nothing matches costs no more
//! than another one. So it may hold few items, or none, and still have a next page.

use protocol::{RequestId, TenantId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::column::{from_time, from_u64, plain, to_actor, to_time, to_u64};
use super::entity::control_event::{Column, Model};
use super::event::{ControlEvent, RecordedEvent};
use super::page::List;
use super::record::newest_sequence;
use super::{Catalog, CatalogError, Page, Paged, scope};
use crate::access::Access;

/// Who changed something, as far as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditActor {
    /// A person or a key.
    Id(Uuid),
    /// The system itself, and operators.
    System,
}

/// Which control events are asked for; `None` for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// One of [`ControlEvent::KINDS`].
    pub kind: Option<String>,
    pub actor: Option<AuditActor>,
    /// The id of a log, view, version, key or person that the event is about.
    pub about: Option<Uuid>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

impl Catalog {
    /// The tenant's control events, newest first.
    pub async fn audit(
        &self,
        access: &Access,
        filter: AuditFilter,
        page: Page,
    ) -> Result<Paged<RecordedEvent>, CatalogError> {
        let list = List::new("audit", access.tenant, b"");
        let before = match list.after(&page)? {
            Some(key) => {
                let key = key.try_into().map_err(|_| CatalogError::InvalidCursor)?;
                u64::from_be_bytes(key)
            }
            None => newest_sequence(self.readers(), access.tenant).await? + 1,
        };
        let first = before.saturating_sub(self.limits().audit_events_scanned);
        let asked = Condition::all()
            .add(Column::Sequence.lt(from_u64(before)))
            .add(Column::Sequence.gte(from_u64(first)))
            .add_option(filter.kind.map(|kind| Column::Kind.eq(plain(kind))))
            .add_option(filter.actor.map(|actor| match actor {
                AuditActor::Id(id) => Column::ActorId.eq(id),
                AuditActor::System => Column::ActorId.is_null(),
            }))
            .add_option(filter.about.map(|id| {
                let payload = Expr::col(Column::Payload).cast_as("text");
                payload.like(format!("%\"{id}\"%"))
            }))
            .add_option(filter.from.map(|from| Column::At.gte(from_time(from))))
            .add_option(filter.until.map(|until| Column::At.lt(from_time(until))));
        let rows = scope::control_events(access)
            .filter(asked)
            .order_by_desc(Column::Sequence)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (rows, next_cursor) = list.cut(&page, rows, |row| {
            to_u64(row.sequence).to_be_bytes().to_vec()
        });
        let next_cursor =
            next_cursor.or_else(|| (first > 1).then(|| list.cursor(&first.to_be_bytes())));
        let items = rows.iter().map(to_recorded).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }
}

pub(super) fn to_recorded(row: &Model) -> Result<RecordedEvent, CatalogError> {
    let tenant = TenantId(row.tenant_id);
    let sequence = to_u64(row.sequence);
    Ok(RecordedEvent {
        tenant,
        sequence,
        at: to_time(row.at),
        actor: to_actor(&row.actor_kind, row.actor_id)?,
        request_id: RequestId(row.request_id),
        event: ControlEvent::decode(tenant, sequence, row.version, &row.kind, &row.payload)?,
    })
}

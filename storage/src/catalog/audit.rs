//! The audit log: a tenant's control events, read.

use protocol::{RequestId, TenantId, Timestamp};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::column::{from_actor, from_time, from_u64, plain, to_actor, to_time, to_u64};
use super::entity::control_event;
use super::event::{ControlEvent, RecordedEvent};
use super::page::List;
use super::{Catalog, CatalogError, Page, Paged, scope};
use crate::access::{Access, Actor};

/// Which control events are asked for; `None` for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// One of [`ControlEvent::KINDS`].
    pub kind: Option<String>,
    pub actor: Option<Actor>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

impl Catalog {
    /// The tenant's control events, newest first.
    ///
    /// # Errors
    /// When the cursor is not from this list, or an event can't be read by this program.
    pub async fn audit(
        &self,
        access: &Access,
        filter: AuditFilter,
        page: Page,
    ) -> Result<Paged<RecordedEvent>, CatalogError> {
        let list = List::new("audit", access.tenant, b"");
        let after = match list.after(&page)? {
            Some(key) => {
                let key = key.try_into().map_err(|_| CatalogError::InvalidCursor)?;
                Some(from_u64(u64::from_be_bytes(key)))
            }
            None => None,
        };
        let rows = scope::control_events(access)
            .apply_if(after, |query, sequence| {
                query.filter(control_event::Column::Sequence.lt(sequence))
            })
            .apply_if(filter.kind.map(plain), |query, kind| {
                query.filter(control_event::Column::Kind.eq(kind))
            })
            .apply_if(filter.actor.map(from_actor), |query, (kind, id)| {
                query
                    .filter(control_event::Column::ActorKind.eq(kind))
                    .filter(match id {
                        Some(id) => control_event::Column::ActorId.eq(id),
                        None => control_event::Column::ActorId.is_null(),
                    })
            })
            .apply_if(filter.from, |query, from| {
                query.filter(control_event::Column::At.gte(from_time(from)))
            })
            .apply_if(filter.until, |query, until| {
                query.filter(control_event::Column::At.lt(from_time(until)))
            })
            .order_by_desc(control_event::Column::Sequence)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (rows, next_cursor) = list.cut(&page, rows, |row| {
            to_u64(row.sequence).to_be_bytes().to_vec()
        });
        let items = rows.iter().map(to_recorded).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }
}

pub(super) fn to_recorded(row: &control_event::Model) -> Result<RecordedEvent, CatalogError> {
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

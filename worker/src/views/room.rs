//! The memory that the views of one tenant may use together.
//!
//! A view that is loaded makes room for itself: while the others of its tenant use as much as they
//! may, the one that nobody asked for the longest is let go. A view that someone waits for is never
//! let go; when only such are left, the load is refused. Views grow while they fold, and a few are
//! loaded at a time, so a tenant may use as much above its quota as these take until the next one of
//! them is weighed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::TenantId;
use storage::bus::QueryError;

use super::Registry;
use super::resident::Resident;

/// How long a load waits for the views that were let go: each of them may have to be saved.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// What the other views of a tenant use.
struct Others {
    used_bytes: u64,
    /// One that could be let go.
    idle: Option<Arc<Resident>>,
    /// Some were told to go and have not gone yet.
    leaving: bool,
}

impl Registry {
    /// Waits until there is room for another view of the tenant.
    ///
    /// # Errors
    /// When all of the room is needed by views that someone waits for.
    pub(super) async fn make_room(&self, resident: &Resident) -> Result<(), QueryError> {
        let limit = resident
            .share
            .memory_limit(&self.context, resident.spec.tenant);
        let limit = limit.await;
        let begun = Instant::now();
        loop {
            let others = self.others(resident);
            let used = others.used_bytes;
            if used < limit {
                return Ok(());
            }
            match others.idle {
                Some(idle) => idle.retire(),
                None if others.leaving && begun.elapsed() < PATIENCE => {}
                None => return Err(QueryError::MemoryLimitReached { limit, used }),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Lets a view of the tenant go when this one has grown beyond the room.
    pub(super) fn keep_room(&self, resident: &Resident) {
        let Some(limit) = resident.share.known_memory_limit() else {
            return;
        };
        let others = self.others(resident);
        if others.used_bytes.saturating_add(resident.memory_bytes()) > limit
            && !others.leaving
            && let Some(idle) = others.idle
        {
            idle.retire();
        }
    }

    fn others(&self, resident: &Resident) -> Others {
        let tenant: TenantId = resident.spec.tenant;
        let mut others = Others {
            used_bytes: 0,
            idle: None,
            leaving: false,
        };
        let mut longest = None;
        for other in self.all() {
            let is_other = other.spec.version != resident.spec.version;
            if other.spec.tenant != tenant || !is_other || other.is_closed() {
                continue;
            }
            others.used_bytes = others.used_bytes.saturating_add(other.memory_bytes());
            if other.retired.is_cancelled() {
                others.leaving = true;
            } else if other.is_serving() && !other.is_wanted() {
                let asked = other.mailbox.lock().asked_at;
                if longest.is_none_or(|longest| asked < longest) {
                    longest = Some(asked);
                    others.idle = Some(other);
                }
            }
        }
        others
    }
}

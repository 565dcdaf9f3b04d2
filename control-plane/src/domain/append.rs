//! Appending events. With warm caches this touches the event log alone, through the node that the log
//! prefers where there are several.

use std::time::Instant;

use catalog::access::Access;
use protocol::{ErrorCode, LogId, Sequence};
use storage::event_log::appender::{AppendError, AppendRequest, Appended, Payload};

use super::App;
use crate::errors::{Detail, Failure, Result};

/// What stands before each event of a batch in its packed form.
const LENGTH_BYTES: u64 = 4;

impl App {
    /// Appends an event or a batch; durable when this returns.
    ///
    /// # Errors
    /// When there is no such log, an expectation does not hold, or the event log can't store it.
    pub(crate) async fn append(
        &self,
        access: &Access,
        log: &str,
        request: AppendRequest,
    ) -> Result<Appended> {
        let began = Instant::now();
        let log = self.log(access, log).await?;
        let bytes = payload_bytes(&request.payload);
        let quotas = &self.limits.quotas;
        let allowed = self.check_appends(access);
        let allowed = allowed.and_then(|()| quotas.check_storage(access.tenant, bytes));
        if let Err(full) = allowed {
            return self.repeat(log.id, request, full).await;
        }
        let appended = self.append_to(log.id, request).await?;
        if !appended.replayed {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            self.limits.quotas.stored.add(access.tenant, bytes);
        }
        let events = if appended.replayed {
            0
        } else {
            appended.count.into()
        };
        let (now, took) = (self.clock.now(), began.elapsed());
        self.activities.add_append(access.tenant, now, events, took);
        Ok(appended)
    }

    async fn append_to(&self, log: LogId, request: AppendRequest) -> Result<Appended, AppendError> {
        match &self.bus.peers {
            Some(peers) => peers.append(log, request).await,
            None => self.stores.appender.append(log, request).await,
        }
    }

    /// Answers a request that is over the quota, if it was stored already: a retry stores nothing.
    async fn repeat(
        &self,
        log: LogId,
        mut request: AppendRequest,
        full: Failure,
    ) -> Result<Appended> {
        if request.key.is_none() {
            return Err(full);
        }
        // A key that is known wins over an expectation, and no log has this head.
        request.expected = Some(Sequence::MAX);
        match self.append_to(log, request).await {
            Err(AppendError::SequenceMismatch { .. }) => Err(full),
            repeated => Ok(repeated?),
        }
    }
}

/// The bytes of the events themselves.
fn payload_bytes(payload: &Payload) -> u64 {
    match payload {
        Payload::Event(bytes) => bytes.len() as u64,
        Payload::Batch { packed, count } => {
            let lengths = u64::from(*count) * LENGTH_BYTES;
            (packed.len() as u64).saturating_sub(lengths)
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        let message = error.to_string();
        let code = match error {
            AppendError::SequenceMismatch { actual, .. } => {
                let head = Detail::Head(actual);
                return Self::new(ErrorCode::SequenceMismatch, message).with(head);
            }
            AppendError::KeyReused { .. } => ErrorCode::IdempotencyKeyReused,
            AppendError::EmptyBatch => ErrorCode::EmptyBatch,
            AppendError::Deleted => return Self::log_not_found(),
            AppendError::StorageFull => return Self::storage_full(),
            AppendError::Overloaded => ErrorCode::Overloaded,
            AppendError::ShuttingDown => ErrorCode::ShuttingDown,
            AppendError::LogFull => ErrorCode::SequenceMismatch,
            AppendError::Unavailable(text) => {
                return Self::unavailable(
                    "the event log did not answer, and the events may be stored or not; send the \
                     request again with its Idempotency-Key",
                    &text,
                );
            }
            AppendError::Invalid(_) => return Self::internal("an append was malformed", &message),
        };
        Self::new(code, message)
    }
}

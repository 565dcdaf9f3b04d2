//! The queries of a view that are ready for a turn, and those that wait for an event.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use protocol::Sequence;
use storage::bus::{QueryAnswer, QueryError, QueryRequest};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The sequence that a query waits for, and its number.
pub(super) type Key = (Sequence, u64);

/// A query that is ready or waits.
#[derive(Debug)]
pub(super) struct Query {
    key: Key,
    pub body: Bytes,
    pub parameters: Vec<(String, String)>,
    pub answer: oneshot::Sender<Result<QueryAnswer, QueryError>>,
    pub since: Instant,
    _permit: OwnedSemaphorePermit,
}

/// What the reader of a query keeps.
#[derive(Debug)]
pub(super) struct Queued {
    pub key: Key,
    pub answer: oneshot::Receiver<Result<QueryAnswer, QueryError>>,
}

#[derive(Debug, Default)]
pub(super) struct Queries {
    /// Their events are applied.
    ready: VecDeque<Query>,
    waiting: BTreeMap<Key, Query>,
    last_id: u64,
}

impl Queries {
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.waiting.len()
    }

    /// Whether a query waits for an event.
    pub(super) fn any_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn push(
        &mut self,
        request: QueryRequest,
        permit: OwnedSemaphorePermit,
        applied: Sequence,
    ) -> Queued {
        self.last_id += 1;
        let key = (request.after.unwrap_or_default(), self.last_id);
        let (sender, answer) = oneshot::channel();
        let query = Query {
            key,
            body: request.body,
            parameters: request.parameters,
            answer: sender,
            since: Instant::now(),
            _permit: permit,
        };
        self.enqueue(query, applied);
        Queued { key, answer }
    }

    fn enqueue(&mut self, query: Query, applied: Sequence) {
        if query.key.0 <= applied {
            self.ready.push_back(query);
        } else {
            self.waiting.insert(query.key, query);
        }
    }

    /// Makes the queries ready that waited for what is applied now.
    pub(super) fn advance(&mut self, applied: Sequence) {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > applied {
                break;
            }
            self.ready.push_back(entry.remove());
        }
    }

    /// Has queries wait again whose events are not applied any more.
    pub(super) fn go_back(&mut self, applied: Sequence) {
        for query in std::mem::take(&mut self.ready) {
            self.enqueue(query, applied);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Query> {
        self.ready.pop_front()
    }

    /// Takes a query back; `false` if it is not here any more.
    pub(super) fn withdraw(&mut self, key: Key) -> bool {
        if self.waiting.remove(&key).is_some() {
            return true;
        }
        let position = self.ready.iter().position(|query| query.key == key);
        position.is_some_and(|position| self.ready.remove(position).is_some())
    }

    pub(super) fn take_ready(&mut self) -> Vec<Query> {
        std::mem::take(&mut self.ready).into()
    }

    /// Takes the queries that ask for `sequence` or more.
    pub(super) fn take_from(&mut self, sequence: Sequence) -> Vec<Query> {
        let ready = self.take_ready().into_iter();
        let (mut taken, ready): (Vec<_>, Vec<_>) = ready.partition(|query| query.key.0 >= sequence);
        self.ready = ready.into();
        taken.extend(self.waiting.split_off(&(sequence, 0)).into_values());
        taken
    }
}

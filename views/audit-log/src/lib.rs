//! Who did what to which resource, and when: answers by actor, resource and time, newest first.
//!
//! `README.md` beside this crate shows the events and the queries.

mod event;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use primatomic_view::{Event, Request, Response, Timestamp, View, ViewError};
use serde::{Deserialize, Serialize};

use event::Action;
use page::{Filter, Page};

/// When an event happened, and its sequence: newest last, and never twice the same.
type Key = (Timestamp, u64);

/// Every action, with indexes of who did it and to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// The events as they were appended.
    events: BTreeMap<Key, String>,
    by_actor: BTreeMap<String, BTreeSet<Key>>,
    by_resource: BTreeMap<String, BTreeSet<Key>>,
}

impl View for AuditLog {
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        let Some(action) = Action::of(event)? else {
            return Ok(());
        };
        let key = (action.time, event.sequence);
        self.by_actor.entry(action.actor).or_default().insert(key);
        let resource = self.by_resource.entry(action.resource);
        resource.or_default().insert(key);
        self.events.insert(key, action.event.to_owned());
        Ok(())
    }

    fn query(&self, request: &Request) -> Result<Response, ViewError> {
        let filter = Filter::of(request)?;
        let mut page = Page::new(&filter);
        for key in self.matching(&filter) {
            if let Some(event) = self.events.get(&key)
                && !page.add(key, event)?
            {
                break;
            }
        }
        Response::json(&page)
    }
}

impl AuditLog {
    /// The keys of the events that a filter lets through, newest first.
    fn matching<'a>(&'a self, filter: &'a Filter<'_>) -> Box<dyn Iterator<Item = Key> + 'a> {
        let none = || Box::new(std::iter::empty());
        let Some(range) = filter.range() else {
            return none();
        };
        let of = |index: &'a BTreeMap<String, BTreeSet<Key>>, name| index.get(name);
        let sets = match (filter.actor, filter.resource) {
            (None, None) => {
                let events = self.events.range(range).rev();
                return Box::new(events.map(|(key, _)| *key));
            }
            (Some(actor), None) => of(&self.by_actor, actor).map(|set| (set, None)),
            (None, Some(resource)) => of(&self.by_resource, resource).map(|set| (set, None)),
            (Some(actor), Some(resource)) => {
                let pair = of(&self.by_actor, actor).zip(of(&self.by_resource, resource));
                // Walking the smaller set and asking the larger one is the least work.
                pair.map(|(a, b)| {
                    if a.len() < b.len() {
                        (a, Some(b))
                    } else {
                        (b, Some(a))
                    }
                })
            }
        };
        match sets {
            None => none(),
            Some((walked, None)) => Box::new(walked.range(range).rev().copied()),
            Some((walked, Some(asked))) => {
                let keys = walked.range(range).rev().copied();
                Box::new(keys.filter(move |key| asked.contains(key)))
            }
        }
    }
}

/// Bounds of keys that are not empty: the standard library panics on a range that ends before it
/// begins.
type KeyRange = (Bound<Key>, Bound<Key>);

primatomic_view::export!(AuditLog);

#[cfg(test)]
mod tests;

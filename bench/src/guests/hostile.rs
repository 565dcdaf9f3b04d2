//! Views that try to harm those who share a server with them, and views that only work hard.

use anyhow::Result;

use super::{STATE_MACHINE_WIT, component};

const TEXT: &str = include_str!("hostile.wat");

/// How a view attacks, or what it works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hostile {
    pub name: &'static str,
    /// The functions of the text that `append` and `query` call.
    append: &'static str,
    query: &'static str,
}

impl Hostile {
    pub(crate) const ALL: [Self; 5] = [
        Self::new("query-loops", "$nothing", "$loop-for-ever"),
        Self::new("query-grows", "$nothing", "$grow-for-ever"),
        Self::new("query-recurses", "$nothing", "$recurse-for-ever"),
        Self::new("query-traps", "$nothing", "$trap"),
        Self::new("append-loops", "$loop-for-ever", "$nothing"),
    ];

    /// Views that do nothing that is forbidden, and much of it.
    pub(crate) const BUSY: [Self; 3] = [
        Self::new("query-works", "$nothing", "$work-hard"),
        Self::new("append-works", "$work", "$nothing"),
        Self::new("both-work", "$work", "$work-hard"),
    ];

    const fn new(name: &'static str, append: &'static str, query: &'static str) -> Self {
        Self {
            name,
            append,
            query,
        }
    }

    pub(crate) fn component(&self) -> Result<Vec<u8>> {
        let text = TEXT
            .replace("$APPEND", self.append)
            .replace("$QUERY", self.query);
        component(&text, &[STATE_MACHINE_WIT])
    }
}

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
        Self::in_query("query-loops", "$loop-for-ever"),
        Self::in_query("query-grows", "$grow-for-ever"),
        Self::in_query("query-recurses", "$recurse-for-ever"),
        Self::in_query("query-traps", "$trap"),
        Self {
            name: "append-loops",
            append: "$loop-for-ever",
            query: "$nothing",
        },
    ];

    /// Views that do nothing that is forbidden, and much of it.
    pub(crate) const BUSY: [Self; 3] = [
        Self::in_query("query-works", "$work-hard"),
        Self {
            name: "append-works",
            append: "$work",
            query: "$nothing",
        },
        Self {
            name: "both-work",
            append: "$work",
            query: "$work-hard",
        },
    ];

    const fn in_query(name: &'static str, query: &'static str) -> Self {
        Self {
            name,
            append: "$nothing",
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

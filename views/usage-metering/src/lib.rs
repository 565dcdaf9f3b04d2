//! Tokens used per model and month, for metering and invoicing.
//!
//! `README.md` beside this crate shows the events and the queries.

mod event;
mod month;

use std::collections::BTreeMap;

use primatomic_view::{Event, Request, Response, View, ViewError};
use serde::{Deserialize, Serialize};

use event::Usage;
pub use month::Month;

/// Running totals per month and model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageMetering {
    months: BTreeMap<Month, Models>,
}

type Models = BTreeMap<String, Totals>;

/// Tokens of one model in one month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub tokens_in: u64,
    pub tokens_out: u64,
}

impl Totals {
    fn plus(self, other: Self) -> Result<Self, ViewError> {
        let sum = |a: u64, b: u64| {
            a.checked_add(b)
                .ok_or_else(|| ViewError::new("overflow", "the tokens of a month exceed 2^64-1"))
        };
        Ok(Self {
            tokens_in: sum(self.tokens_in, other.tokens_in)?,
            tokens_out: sum(self.tokens_out, other.tokens_out)?,
        })
    }
}

impl View for UsageMetering {
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        let Some(usage) = Usage::of(event)? else {
            return Ok(());
        };
        let models = self.months.entry(usage.month).or_default();
        // Looking up before inserting spares all but the first event of a model the copy of its
        // name.
        if let Some(totals) = models.get_mut(&*usage.model) {
            *totals = totals.plus(usage.tokens)?;
        } else {
            models.insert(usage.model.into_owned(), usage.tokens);
        }
        Ok(())
    }

    fn query(&self, request: &Request) -> Result<Response, ViewError> {
        let Some(month) = request.parameter("month") else {
            return Response::json(&self.months_by_name());
        };
        let month = month.parse().map_err(|error: month::InvalidMonth| {
            ViewError::new("invalid_month", error.to_string())
        })?;
        match self.months.get(&month) {
            Some(models) => Response::json(models),
            None => Response::json(&Models::new()),
        }
    }
}

impl UsageMetering {
    fn months_by_name(&self) -> BTreeMap<String, &Models> {
        let months = self.months.iter();
        months
            .map(|(month, models)| (month.to_string(), models))
            .collect()
    }
}

primatomic_view::export!(UsageMetering);

#[cfg(test)]
mod tests;

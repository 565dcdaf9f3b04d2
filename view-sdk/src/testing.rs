//! Folding events and asking queries natively, for tests of views and for comparing a view's speed
//! with that of native code.
//!
//! ```
//! # use primatomic_view::{Event, Request, Response, View, ViewError};
//! # #[derive(Default, serde::Serialize, serde::Deserialize)]
//! # struct Lines(u64);
//! # impl View for Lines {
//! #     fn apply(&mut self, _: Event<'_>) -> Result<(), ViewError> { self.0 += 1; Ok(()) }
//! #     fn query(&self, _: &Request) -> Result<Response, ViewError> { Response::json(self) }
//! # }
//! use primatomic_view::testing;
//!
//! let state: Lines = testing::fold(["first", "second"]).unwrap();
//! assert_eq!(testing::query(&state, &[]).unwrap(), "2");
//! ```

use crate::machine::Machine;
use crate::{Request, Timestamp, View, ViewError};

/// The time of events in [`fold`]: 2025-03-01T12:00:00Z.
pub const TIME: Timestamp = Timestamp::from_micros(1_740_830_400_000_000);

/// Why a fold in a test stopped.
#[derive(Debug, PartialEq, Eq)]
pub struct FoldError {
    /// Sequence of the event that the view refused.
    pub sequence: u64,
    pub error: ViewError,
}

/// The state after events that all have the time [`TIME`].
///
/// # Errors
/// The first that the view returns, with the sequence of its event.
pub fn fold<V: View>(events: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<V, FoldError> {
    fold_at(events.into_iter().map(|event| (TIME, event)))
}

/// The state after events with their times.
///
/// # Errors
/// The first that the view returns, with the sequence of its event; sequence 0 stands for `init`.
pub fn fold_at<V: View>(
    events: impl IntoIterator<Item = (Timestamp, impl AsRef<[u8]>)>,
) -> Result<V, FoldError> {
    let mut machine = Machine::<V>::default();
    let at = |sequence| move |error| FoldError { sequence, error };
    machine.state.init(&[]).map_err(at(0))?;
    for (timestamp, event) in events {
        let sequence = machine.sequence + 1;
        machine
            .apply_next(timestamp, event.as_ref())
            .map_err(at(sequence))?;
    }
    Ok(machine.state)
}

/// The answer to a query with parameters, as text.
///
/// # Errors
/// That of the view.
pub fn query<V: View>(state: &V, parameters: &[(&str, &str)]) -> Result<String, ViewError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters = parameters.iter().map(owned).collect();
    ask(state, &Request::new(parameters, Vec::new()))
}

/// The answer to a query with a body, as text.
///
/// # Errors
/// That of the view.
pub fn query_body<V: View>(state: &V, body: impl AsRef<[u8]>) -> Result<String, ViewError> {
    ask(state, &Request::new(Vec::new(), body.as_ref().to_vec()))
}

/// The state after a snapshot and its restoration, for comparing both.
///
/// # Errors
/// That of the view's `snapshot` or `restore`.
pub fn restored<V: View>(state: &V) -> Result<V, ViewError> {
    V::restore(&state.snapshot()?)
}

fn ask<V: View>(state: &V, request: &Request) -> Result<String, ViewError> {
    let (_, body) = state.query(request)?.into_parts();
    Ok(String::from_utf8_lossy(&body).into_owned())
}

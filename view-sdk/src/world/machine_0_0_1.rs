//! `primatomic:machine@0.0.1`: one event a call, no sequences, no times, no errors.
//!
//! What the contract can't say is made up for here: sequences are counted and stored behind
//! the state in a snapshot, an event that can't be folded traps, and a query that fails answers a
//! JSON object with `error` and `code`.

use exports::primatomic::machine::machine::Guest;
use serde::Serialize;

use super::StateMachine;
use crate::export::Exported;
use crate::{Request, Timestamp, ViewError};

#[rustfmt::skip]
#[allow(
    unsafe_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "generated from wit/machine-0.0.1 by tests/bindings.rs; values cross the canonical ABI as pointers"
)]
mod bindings;

pub use bindings::{export, exports};

impl<V: Exported> Guest for StateMachine<V> {
    fn init() {
        or_trap(V::with_machine(|machine| machine.state.init(&[])));
    }

    fn append(event: Vec<u8>) {
        or_trap(V::with_machine(|machine| {
            machine.apply_next(Timestamp::EPOCH, &event)
        }));
    }

    fn query(input: Vec<u8>) -> Vec<u8> {
        let request = Request::new(Vec::new(), input);
        match V::with_machine(|machine| machine.state.query(&request)) {
            Ok(response) => response.into_parts().1,
            Err(error) => failed_query(&error),
        }
    }

    fn snapshot() -> Vec<u8> {
        or_trap(V::with_machine(|machine| {
            let mut snapshot = machine.state.snapshot()?;
            snapshot.extend_from_slice(&machine.sequence.to_le_bytes());
            Ok(snapshot)
        }))
    }

    fn restore(snapshot: Vec<u8>) {
        or_trap(V::with_machine(|machine| {
            let (state, sequence) = snapshot.split_last_chunk().ok_or_else(|| {
                ViewError::new(
                    "restore_failed",
                    "the snapshot has no sequence behind its state",
                )
            })?;
            machine.state = V::restore(state)?;
            machine.sequence = u64::from_le_bytes(*sequence);
            Ok(())
        }));
    }
}

fn failed_query(error: &ViewError) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failed<'a> {
        error: &'a str,
        code: &'a str,
    }
    let failed = Failed {
        error: error.message(),
        code: error.code(),
    };
    or_trap(serde_json::to_vec(&failed).map_err(ViewError::from))
}

/// World 0.0.1 has no errors: all that a component can do is to stop. The platform then halts the
/// view at the event, or fails the call.
fn or_trap<T>(result: Result<T, ViewError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

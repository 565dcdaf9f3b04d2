//! `primatomic:machine@1.0.0`: sequences, timestamps, packed batches, errors.

use exports::primatomic::machine::machine::{Error, Guest, Rejection, Request, Response};

use super::StateMachine;
use crate::ViewError;
use crate::export::Exported;

#[rustfmt::skip]
#[allow(
    unsafe_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "generated from wit/machine-1.0.0 by tests/bindings.rs; values cross the canonical ABI as pointers"
)]
mod bindings;

pub use bindings::{export, exports};

impl<V: Exported> Guest for StateMachine<V> {
    fn init(config: Vec<u8>) -> Result<(), Error> {
        V::with_machine(|machine| Ok(machine.state.init(&config)?))
    }

    fn append(first_sequence: u64, packed: Vec<u8>) -> Result<(), Rejection> {
        V::with_machine(|machine| machine.apply_packed(first_sequence, &packed)).map_err(
            |rejection| Rejection {
                sequence: rejection.sequence,
                message: rejection.message,
            },
        )
    }

    fn query(request: Request) -> Result<Response, Error> {
        let request = crate::Request::new(request.parameters, request.body);
        let response = V::with_machine(|machine| machine.state.query(&request))?;
        let (content_type, body) = response.into_parts();
        Ok(Response { content_type, body })
    }

    fn snapshot() -> Result<Vec<u8>, Error> {
        V::with_machine(|machine| Ok(machine.state.snapshot()?))
    }

    fn restore(snapshot: Vec<u8>) -> Result<(), Error> {
        V::with_machine(|machine| {
            machine.state = V::restore(&snapshot)?;
            Ok(())
        })
    }
}

impl From<ViewError> for Error {
    fn from(error: ViewError) -> Self {
        let (code, message) = error.into_parts();
        Self { code, message }
    }
}

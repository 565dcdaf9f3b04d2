//! Write Primatomic views in Rust.
//!
//! A view is a fold over the events of one log. Its author writes a state that `serde` can store,
//! implements [`View`] for it, and names it in [`export!`]; everything between that and the
//! platform's contract (`primatomic:machine` in `wit/`) is the business of this crate.
//!
//! ```
//! use primatomic_view::{Event, Request, Response, View, ViewError};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Orders {
//!     total: u64,
//! }
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     amount: u64,
//! }
//!
//! impl View for Orders {
//!     fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
//!         let order: Order = event.json()?;
//!         self.total += order.amount;
//!         Ok(())
//!     }
//!
//!     fn query(&self, _: &Request) -> Result<Response, ViewError> {
//!         Response::json(self)
//!     }
//! }
//!
//! primatomic_view::export!(Orders);
//! # fn main() {}
//! ```
//!
//! Outside of WebAssembly `export!` exports nothing, so a view is tested like any other code;
//! see [`testing`].

mod encoding;
mod error;
mod event;
mod export;
mod machine;
mod request;
mod response;
pub mod testing;
mod timestamp;
mod view;
mod world;

pub use error::ViewError;
pub use event::Event;
pub use request::Request;
pub use response::Response;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use view::View;

/// What the code that [`export!`] expands to needs. No part of the public interface.
#[doc(hidden)]
pub mod exported {
    pub use crate::export::Exported;
    pub use crate::machine::Machine;
    pub use crate::world::{StateMachine, machine_0_0_1, machine_1_0_0};
}

/// The view of the guide compiles as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../docs/views.md")]
struct Guide;

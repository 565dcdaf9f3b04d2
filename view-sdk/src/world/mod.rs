//! The two worlds that a view can be exported to. Each file holds the bindings that are generated
//! from the contract in `wit/`, and the translation between them and a view's state.

pub mod machine_0_0_1;
pub mod machine_1_0_0;

use std::marker::PhantomData;

/// The component that exports a view; implements the exports of both worlds.
#[derive(Debug)]
pub struct StateMachine<V>(PhantomData<V>);

#[cfg(test)]
mod tests;

//! The macro that makes a component of a view.

use crate::View;
use crate::machine::Machine;

/// A view that a component exports: where its one state lives.
#[doc(hidden)]
pub trait Exported: View + 'static {
    /// Calls with exclusive use of the state.
    fn with_machine<R>(call: impl FnOnce(&mut Machine<Self>) -> R) -> R;
}

/// Exports a view from the crate, which must be a `cdylib`.
///
/// `export!(State)` builds for `primatomic:machine@1.0.0`, which has sequences, timestamps, batches
/// and errors. `export!(State, world = "0.0.1")` builds for `primatomic:machine@0.0.1`, which runs
/// wherever that contract does; see [`View`] for what it leaves out. There an event that can't be
/// folded traps, and a query that fails answers `{"error": message, "code": code}`.
///
/// Outside of WebAssembly it exports nothing, so that several views link into one native test or
/// benchmark.
#[macro_export]
macro_rules! export {
    ($view:ty) => {
        $crate::export!($view, world = "1.0.0");
    };
    ($view:ty, world = "1.0.0") => {
        $crate::__export_view!($view, machine_1_0_0);
    };
    ($view:ty, world = "0.0.1") => {
        $crate::__export_view!($view, machine_0_0_1);
    };
}

/// Exports a view for `primatomic:machine@0.0.1`: short for `export!(State, world = "0.0.1")`.
#[macro_export]
macro_rules! export_state_machine {
    ($view:ty) => {
        $crate::export!($view, world = "0.0.1");
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_view {
    ($view:ty, $world:ident) => {
        const _: () = {
            use $crate::exported::Machine;

            impl $crate::exported::Exported for $view {
                fn with_machine<R>(call: impl FnOnce(&mut Machine<Self>) -> R) -> R {
                    ::std::thread_local! {
                        static MACHINE: ::std::cell::RefCell<Machine<$view>> =
                            ::std::cell::RefCell::default();
                    }
                    MACHINE.with_borrow_mut(call)
                }
            }

            #[cfg(target_family = "wasm")]
            type Component = $crate::exported::StateMachine<$view>;

            #[cfg(target_family = "wasm")]
            $crate::exported::$world::export!(
                Component with_types_in $crate::exported::$world
            );
        };
    };
}

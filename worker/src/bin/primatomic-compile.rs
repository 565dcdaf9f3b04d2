//! The compiler as a program of its own, for the worker's tests. The product calls the same
//! function from a hidden subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::compile::child_main()
}

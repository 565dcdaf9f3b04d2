//! The compiler of components as a program of its own, for the tests: a worker starts it as a
//! child process. The product has it as a hidden subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::compile::child_main()
}

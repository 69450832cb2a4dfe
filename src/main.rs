//! The `pidone` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    pidone::cli::main()
}

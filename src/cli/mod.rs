//! The command line: arguments in, output and exit status out.
//!
//! Arguments are parsed first, without touching a file; then the command runs. Results go to
//! standard output, news of the run to standard error. Decides nothing about containers.

mod arguments;
mod discover;
mod look;
mod output;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command, TraceFormat};
use output::Output;

/// The run did what was asked, and nothing was at or above the fail level.
const FINE: u8 = 0;
/// Something that was asked for could not be done.
const COULD_NOT_RUN: u8 = 2;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.color, arguments.quiet);
    let status = match &arguments.command {
        Command::Trace(trace) => {
            let (run, status) = look::look(&trace.inputs, &mut output);
            output.result(&match trace.format {
                TraceFormat::Text => crate::report::trace_text(&run),
                TraceFormat::Json => crate::report::trace_json(&run),
            });
            status
        }
    };
    ExitCode::from(status.max(output.finish()))
}

//! The command line: arguments in, output and exit status out.
//!
//! Arguments are parsed first, without touching a file; then the command runs. Results go to
//! standard output, news of the run to standard error. Decides nothing about containers.

mod arguments;
mod check;
mod discover;
mod fix;
mod look;
mod manual;
mod output;
mod write;

use std::process::ExitCode;

use clap::Parser;

use crate::{report, rules};
use arguments::{Arguments, Command, TraceArguments, TraceFormat};
use output::Output;

/// The run did what was asked, and nothing was at or above the fail level.
const FINE: u8 = 0;
/// There are findings at or above the fail level.
const FINDINGS: u8 = 1;
/// Something that was asked for could not be done.
const COULD_NOT_RUN: u8 = 2;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.color, arguments.quiet);
    let status = match &arguments.command {
        Command::Check(arguments) => check::check(arguments, &mut output),
        Command::Trace(arguments) => trace(arguments, &mut output),
        Command::Explain(arguments) => {
            let rules = arguments.rules.iter().filter_map(|id| rules::named(id));
            let pages: Vec<String> = rules.map(manual::page).collect();
            output.result(&pages.join("\n"));
            FINE
        }
        Command::Rules(arguments) => {
            output.result(&manual::list(arguments.format));
            FINE
        }
    };
    ExitCode::from(status.max(output.finish()))
}

fn trace(arguments: &TraceArguments, output: &mut Output) -> u8 {
    let look = match look::look(&arguments.inputs, output) {
        Ok(look) => look,
        Err(status) => return status,
    };
    for file in &look.searched_unreadable {
        output.news(&format!("{}: {}", file.file, file.message));
    }
    output.result(&match arguments.format {
        TraceFormat::Text => report::trace_text(&look.run),
        TraceFormat::Json => report::trace_json(&look.run),
    });
    look.status
}

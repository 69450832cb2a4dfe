//! The command line: arguments in, output and exit status out.
//!
//! Arguments are parsed first, without touching a file; then the command runs. Results go to
//! standard output, news of the run to standard error. Decides nothing about containers.

mod arguments;
mod baseline;
mod check;
mod discover;
mod files;
mod fix;
mod formats;
mod knows;
mod look;
mod manual;
mod on_demand;
mod output;
mod settings;
mod silence;
mod write;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::config::{self, Layer};
use crate::{report, rules};
use arguments::{Arguments, Command, Inputs, SchemaName, TraceArguments};
use output::Output;
use settings::Settings;

/// The run did what was asked, and nothing was at or above the fail level.
const FINE: u8 = 0;
/// There are findings at or above the fail level.
const FINDINGS: u8 = 1;
/// Something that was asked for could not be done.
const COULD_NOT_RUN: u8 = 2;

/// Stack of whoever looks at files: syntax trees of hostile files are deeper than those of people.
const STACK: usize = 16 * 1024 * 1024;

/// Runs the program with the arguments of this process, on a thread with the stack that it may need. The process
/// ends from there: a thread that ends gives its memory back piece by piece, which takes a tenth of a short run.
#[allow(clippy::disallowed_methods, reason = "the thread is the program")]
pub fn main() -> ExitCode {
    let thread = std::thread::Builder::new().stack_size(STACK);
    match thread.spawn(|| std::process::exit(run().into())) {
        Ok(thread) => match thread.join() {
            Ok(never) => never,
            Err(_) => ExitCode::from(COULD_NOT_RUN),
        },
        Err(_) => ExitCode::from(run()),
    }
}

/// Runs the program; its exit status.
fn run() -> u8 {
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
        Command::Knows(arguments) => knows::knows(arguments, &mut output),
        Command::Rules(arguments) => {
            output.result(&manual::list(arguments.format));
            FINE
        }
        Command::Schema(arguments) => {
            output.result(match arguments.name {
                SchemaName::Check => report::CHECK_SCHEMA,
                SchemaName::Trace => report::TRACE_SCHEMA,
                SchemaName::Config => report::CONFIG_SCHEMA,
            });
            FINE
        }
        Command::Completions(arguments) => {
            output.result(&manual::completions(arguments.shell, Arguments::command()));
            FINE
        }
        Command::Man => {
            output.result(&manual::man(Arguments::command()));
            FINE
        }
    };
    status.max(output.finish())
}

fn trace(arguments: &TraceArguments, output: &mut Output) -> u8 {
    let settings = match settings(&arguments.inputs, arguments.inputs.layer(), output) {
        Ok(settings) => settings,
        Err(status) => return status,
    };
    let paths = look::paths(&arguments.inputs, output);
    let look = match paths.and_then(|paths| look::look(&paths, &settings, output)) {
        Ok(look) => look,
        Err(status) => return status,
    };
    for file in &look.searched_unreadable {
        output.news(&report::printable(&format!(
            "{}: {}",
            file.file, file.message
        )));
    }
    output.result(&arguments.format.write(&look.run));
    look.status
}

/// The settings of a run; or its exit status when they cannot be read, or when they are all that was asked
/// for.
fn settings(inputs: &Inputs, flags: Layer, output: &mut Output) -> Result<Settings, u8> {
    let start = inputs.start();
    match Settings::load(inputs.config.as_deref(), &start, flags) {
        Ok(settings) if inputs.show_config => {
            output.result(&config::show(&settings.layers, settings.file.as_deref()));
            Err(FINE)
        }
        Ok(settings) => Ok(settings),
        Err(message) => {
            output.error(&message);
            Err(COULD_NOT_RUN)
        }
    }
}

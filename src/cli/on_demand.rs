//! Arguments of a subcommand whose definition is made only when it is called.

use std::ops::Deref;

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Id};

/// Arguments of which clap hears when the subcommand that they belong to is called, or its help is asked for. The
/// definitions of all subcommands together take a tenth of a run over one small file, and a run needs one.
#[derive(Debug)]
pub(super) struct OnDemand<T>(T);

impl<T> Deref for OnDemand<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for OnDemand<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| first(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| first(command, T::augment_args_for_update))
    }
}

/// Adds arguments to a subcommand as if they had come first: what its variant says about it stands, and the
/// arguments that it has from the command above come last, also in the help.
fn first(command: Command, augment: fn(Command) -> Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long_about = Resettable::from(command.get_long_about().cloned());
    let arguments = command.get_arguments();
    let from_above: Vec<Id> = arguments
        .map(|argument| argument.get_id().clone())
        .collect();
    let command = augment(command).about(about).long_about(long_about);
    // An argument that is changed goes to the end.
    let to_the_end = |command: Command, id| command.mut_arg(id, |argument| argument);
    from_above.iter().fold(command, to_the_end)
}

impl<T: FromArgMatches> FromArgMatches for OnDemand<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<OnDemand<T>, Error> {
        T::from_arg_matches(matches).map(OnDemand)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

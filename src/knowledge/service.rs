//! The server behind a service that an init script starts and stops.
//!
//! In: the words of the command, and what is known of it. Out: the server's reactions. Reads no script.

use std::collections::BTreeMap;

use super::{Lifetime, Program, Signal};

/// Adds what is known of the server that a service starts: it reacts to signals. `signals` are those with which
/// scripts stop their servers, by service, where that is not SIGTERM.
pub(super) fn add_server(
    words: &[Option<&str>],
    signals: &BTreeMap<String, String>,
    program: &mut Program,
) {
    let path = words.first().copied().flatten().unwrap_or_default();
    let service = match path.rsplit_once("/init.d/") {
        Some((_, service)) => Some(service),
        None => words.get(1).copied().flatten(),
    };
    let services = &program.foreground.services;
    let (Some(service), Lifetime::Daemonises) = (service, &program.lifetime) else {
        return;
    };
    let Some(command) = services.get(service) else {
        return;
    };
    let command = command.rsplit("&& ").next().unwrap_or(command);
    let words: Vec<Option<&str>> = command.split_whitespace().map(Some).collect();
    if let Some(server) = super::program(&words) {
        program.reactions = server.reactions;
        program.otherwise = server.otherwise;
    }
    let signal = signals.get(service);
    program.stop_command_signal = signal.and_then(|name| Signal::parse(name));
}

//! What an application's own code does on a signal, as far as its sources are at hand.
//!
//! In: a program that a runtime runs (`node server.js`), and the files of the image. Out: the signals for which it
//! registers a handler, with their places, and whether it is known to register none. What is loaded from elsewhere,
//! and is not known to leave signals alone, leaves that open; a handler that is found is one all the same.

mod resolve;

use std::collections::VecDeque;
use std::rc::Rc;

use foldhash::HashMap;

use super::machine::Machine;
use super::start::Start;
use super::value::Field;
use crate::code::{self, Import, Language, Reading};
use crate::image::{Content, Found};
use crate::knowledge::{Effect, Modules, Program, ProgramReaction, Signal, modules};
use crate::source::{Mapped, Span};

use resolve::{Entry, Loaded, Resolver};

/// How many files of a program are read.
const FILES: usize = 300;

/// How many bytes of a program are read.
const BYTES: usize = 3_000_000;

/// What is known of an application's own code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OwnCode {
    /// The signals for which it registers a handler, and where.
    pub handlers: Vec<(Signal, Span)>,
    /// The signals for which it is known to register none.
    pub unhandled: Vec<Signal>,
    /// The signals that it names, whatever for.
    pub named: Vec<Signal>,
    /// What keeps from saying that it registers none, as something that is not known, and its place.
    pub open: Option<(String, Option<Span>)>,
}

impl OwnCode {
    /// Where it registers a handler for a signal.
    pub fn handler(&self, signal: Signal) -> Option<&Span> {
        let handler = self.handlers.iter().find(|(known, _)| *known == signal);
        handler.map(|(_, span)| span)
    }
}

/// A file that was read.
pub(super) struct Source {
    path: String,
    text: Mapped,
    reading: Reading,
}

/// The files that were read, by path.
pub(super) type Sources = HashMap<(String, Language), Rc<Source>>;

impl Start<'_, '_> {
    /// Reads the code that a runtime runs, and puts what it does into the program's reactions.
    pub(super) fn read_code(
        &mut self,
        argv: &[Field],
        program: &mut Program,
    ) -> Option<Rc<OwnCode>> {
        let by_code =
            |(_, reaction): &(Signal, ProgramReaction)| reaction.as_pid1 == Effect::UserCode;
        let runtime = program.runtime.as_ref()?;
        let language = Language::named(&runtime.language)?;
        let modules = modules(language.name())?;
        if !program.reactions.iter().any(by_code) {
            return None;
        }
        let word = |at: usize| argv.get(at).and_then(Field::known);
        let entry = match (runtime.script, &runtime.module, runtime.code) {
            (Some(at), ..) => Entry::File(word(at)?),
            (None, Some(module), _) => Entry::Module(module.clone()),
            (None, None, Some(at)) => Entry::Text(word(at)?),
            _ => return None,
        };
        let directory = Rc::clone(&self.process().directory);
        let span = self.process().span.clone();
        let mut program_files = ProgramFiles {
            start: self,
            resolver: Resolver::new(language, &directory, &entry),
            language,
            modules,
            sources: Vec::new(),
            waiting: VecDeque::new(),
            open: None,
        };
        program_files.begin(&entry, span.as_ref())?;
        for module in &runtime.loads {
            program_files.preload(module.as_deref());
        }
        program_files.environment();
        program_files.follow();
        let own = program_files.conclude(program);
        for (signal, reaction) in &mut program.reactions {
            if own.handlers.iter().any(|(handled, _)| handled == signal) {
                *reaction = ProgramReaction {
                    as_pid1: Effect::Graceful,
                    as_child: Effect::Graceful,
                };
            } else if own.unhandled.contains(signal)
                && let Some(runtime) = &program.runtime
                && let Some((_, default)) =
                    runtime.unhandled.iter().find(|(known, _)| known == signal)
            {
                *reaction = *default;
            }
        }
        Some(Rc::new(own))
    }
}

/// The files of a program, on the way through them.
struct ProgramFiles<'s, 'a, 'm> {
    start: &'s Start<'a, 'm>,
    resolver: Resolver,
    language: Language,
    modules: &'static Modules,
    sources: Vec<Rc<Source>>,
    waiting: VecDeque<String>,
    open: Option<(String, Option<Span>)>,
}

impl ProgramFiles<'_, '_, '_> {
    /// Reads the file that is run; `None` if it is not at hand.
    fn begin(&mut self, entry: &Entry, span: Option<&Span>) -> Option<()> {
        if let Entry::Text(text) = entry {
            let text = self.start.machine.locate(text, span);
            let reading = code::read(text.text(), self.language, self.modules);
            self.sources.push(Rc::new(Source {
                path: self.resolver.path_of_text(),
                text,
                reading,
            }));
            return Some(());
        }
        let files = self.resolver.entry(entry, &|path| self.at(path));
        for path in files {
            self.waiting.push_back(path);
        }
        let first = self.waiting.front()?.clone();
        self.source(&first).map(drop)
    }

    /// A module that an option of the runtime loads first.
    fn preload(&mut self, module: Option<&str>) {
        let Some(module) = module else {
            self.leave_open("a module that is loaded first", None);
            return;
        };
        let import = Import {
            module: module.to_owned(),
            ..Import::default()
        };
        let directory = self.resolver.directory().to_owned();
        self.load(&import, &format!("{directory}/preload"), None);
    }

    /// Variables of the environment that load more.
    fn environment(&mut self) {
        let name = match self.language {
            Language::JavaScript => "NODE_OPTIONS",
            Language::Python => "PYTHONSTARTUP",
            _ => return,
        };
        let process = self.start.world.process(self.start.pid);
        let value = process.and_then(|process| process.environment.get(name));
        let loads = |text: String| {
            ["-r", "--require", "--import", "--loader"]
                .iter()
                .any(|option| text.contains(option))
        };
        if value.is_some_and(|value| value.known().is_none_or(loads)) {
            self.leave_open(&format!("what `${name}` loads"), None);
        }
    }

    fn leave_open(&mut self, text: &str, span: Option<Span>) {
        self.open.get_or_insert_with(|| (text.to_owned(), span));
    }

    /// What is at a path now: the start-up may have put something there.
    fn at(&self, path: &str) -> Found {
        let start = self.start;
        let looked_at = &start.machine.looked_at;
        if start.world.written(path, looked_at).is_some() {
            let why = crate::source::Why::new("the start-up writes it");
            return Found::Unknown(why);
        }
        start.machine.look_up(start.world, path)
    }

    /// Reads a file, once for all ways of a start-up.
    fn source(&mut self, path: &str) -> Option<Rc<Source>> {
        let Found::File(file) = self.at(path) else {
            return None;
        };
        let Content::Text(text) = file.content else {
            return None;
        };
        let key = (file.path.clone(), self.language);
        let cache: &Machine = self.start.machine;
        if let Some(known) = cache.sources.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let reading = code::read(text.text(), self.language, self.modules);
        let source = Rc::new(Source {
            path: file.path,
            text,
            reading,
        });
        cache.sources.borrow_mut().insert(key, Rc::clone(&source));
        Some(source)
    }

    /// Follows all that is loaded.
    fn follow(&mut self) {
        let mut next = 0;
        let mut bytes = 0;
        loop {
            while let Some(path) = self.waiting.pop_front() {
                if self.sources.len() >= FILES || bytes >= BYTES {
                    self.leave_open("more files than are read", None);
                    break;
                }
                match self.source(&path) {
                    Some(source) if self.sources.iter().any(|known| known.path == source.path) => {}
                    Some(source) => {
                        bytes += source.text.text().len();
                        self.sources.push(source);
                    }
                    None => self.leave_open(&format!("`{path}`, which is not at hand"), None),
                }
            }
            let Some(source) = self.sources.get(next).cloned() else {
                return;
            };
            next += 1;
            if let Some((text, range)) = &source.reading.open {
                self.leave_open(text, Some(source.text.span(range.clone())));
            }
            for import in &source.reading.imports {
                let span = source.text.span(import.range.clone());
                self.load(import, &source.path, Some(span));
            }
        }
    }

    fn load(&mut self, import: &Import, from: &str, span: Option<Span>) {
        let loaded = self.resolver.resolve(import, from, &|path| self.at(path));
        match loaded {
            Loaded::Files(paths) => self.waiting.extend(paths),
            Loaded::Package if self.modules.is_known(&import.module, import.package()) => {}
            Loaded::Package => {
                let text = format!("what `{}` does about signals", import.package());
                self.leave_open(&text, span);
            }
            Loaded::Unknown => {
                let text = format!("`{}`, which is not at hand", import.module);
                self.leave_open(&text, span);
            }
            Loaded::Data => {}
        }
    }

    /// What all files together say.
    fn conclude(mut self, program: &Program) -> OwnCode {
        let times = |name: &str| -> usize {
            let sources = self.sources.iter();
            let count = |source: &Rc<Source>| code::count(source.text.text(), self.language, name);
            sources.map(count).sum()
        };
        let mut handlers: Vec<(Signal, Span)> = Vec::new();
        let mut open = None;
        let mut named: Vec<Signal> = Vec::new();
        let forks = self.sources.iter().any(|source| source.reading.forks);
        for source in &self.sources {
            named.extend(&source.reading.names);
            for handler in &source.reading.handlers {
                let span = source.text.span(handler.range.clone());
                // What another process registers is its own.
                let is_called =
                    !forks && handler.within.as_deref().is_none_or(|name| times(name) > 1);
                if is_called {
                    handlers.extend(handler.signals.iter().map(|signal| (*signal, span.clone())));
                } else {
                    named.extend(&handler.signals);
                    let text = match forks {
                        true => "a handler that may be that of another process",
                        false => "a handler in a function that nothing calls",
                    };
                    open.get_or_insert((text.to_owned(), Some(span)));
                }
            }
        }
        let serves = self.sources.iter().any(|source| source.reading.serves);
        // Ruby and Perl may be read as code what is none: nothing is said of what they do not have.
        let is_read_through = !matches!(self.language, Language::Ruby | Language::Perl);
        let is_closed = self.open.is_none() && serves && is_read_through;
        let known = program.reactions.iter().map(|(signal, _)| *signal);
        let is_handled = |signal: &Signal| handlers.iter().any(|(handled, _)| handled == signal);
        let unhandled = known
            .filter(|signal| is_closed && !is_handled(signal) && !named.contains(signal))
            .collect();
        named.sort();
        named.dedup();
        OwnCode {
            unhandled,
            open: self.open.take().or(open),
            named,
            handlers,
        }
    }
}

//! Scripts of package.json: what npm, yarn, pnpm, bun, deno and `node --run` start.
//!
//! In: the name of a script and the files of the image. Out: the commands that the runner starts,
//! each with its place in package.json. Knows no runner by its signals: the tables do that.

use super::interpreter::absolute;
use super::json;
use super::launch::{Job, Plan, Run};
use super::outcome::Missing;
use super::start::Start;
use super::value::{Field, Value};
use super::world::Next;
use crate::image::Found;
use crate::knowledge::Launch;
use crate::shell::{Kind, Script};
use crate::source::{Mapped, Run as Stretch, Span};

/// A package: its directory, and the text of its package.json.
struct Package {
    directory: String,
    text: Mapped,
}

/// Options that choose another package of a workspace.
const WORKSPACE_OPTIONS: [&str; 8] = [
    "--workspace",
    "--workspaces",
    "-w",
    "-ws",
    "--filter",
    "-F",
    "-r",
    "--recursive",
];

impl Start<'_, '_> {
    /// What a runner starts for a script of that name.
    pub(super) fn package_script(
        &mut self,
        argv: &[Field],
        launch: &Launch,
        name: &str,
        further: &[Field],
    ) -> Plan {
        let unknown = |text: String| {
            Plan::Unknown(Missing {
                kind: "script",
                text,
                span: None,
            })
        };
        let options = argv
            .iter()
            .filter_map(Field::known)
            .take_while(|word| word != "--");
        let other_package = options.into_iter().any(|word| {
            let option = word.split('=').next().unwrap_or_default();
            WORKSPACE_OPTIONS.contains(&option)
        });
        if other_package {
            return unknown(format!(
                "which package of the workspace `{}` runs",
                launch.name
            ));
        }
        if launch
            .alternatives
            .iter()
            .any(|other| other.script_shell != launch.script_shell)
        {
            return unknown(format!(
                "whether `{}` is {} cannot be told",
                launch.name, launch.alternatives[0].when
            ));
        }
        let package = match self.package(launch) {
            Ok(Some(package)) => package,
            Ok(None) => {
                // It may be mounted at run time, as in images for development.
                return unknown(format!(
                    "the image has no package.json for `{}`",
                    launch.name
                ));
            }
            Err(missing) => {
                let text = format!("the script `{name}` of `{}`: {}", launch.name, missing.text);
                return Plan::Unknown(Missing { text, ..missing });
            }
        };
        let table = match launch.name.as_str() {
            "deno" => self.deno_task(&package, name),
            _ => None,
        };
        let own = launch.script_shell.as_deref() == Some("own");
        let script = table.or_else(|| json::string(&package.text, &["scripts", name]));
        let Some(script) = script else {
            return self.without_script(argv, launch, &package, name, further);
        };
        let mut texts = Vec::new();
        // `npm stop`, `pnpm start` and all others run the scripts around it; `node --run` does not,
        // nor do deno and yarn 2.
        let has_hooks = matches!(launch.name.as_str(), "npm" | "yarn" | "yarnpkg" | "bun") && !own
            || launch.name == "bun";
        if has_hooks {
            texts.extend(json::string(
                &package.text,
                &["scripts", &format!("pre{name}")],
            ));
        }
        texts.push(with_words(script, further));
        let shell = match own {
            true => None,
            false => Some(self.script_shell(argv, &package)),
        };
        let mut commands = Vec::new();
        for text in &texts {
            self.machine.remember(text);
            let span = text.full_span();
            let words = match &shell {
                Some(shell) => vec![
                    Field::text(shell),
                    Field::text("-c"),
                    Field::text(text.text()),
                ],
                None => match simple_command(&self.machine.parse(text)) {
                    Some(words) => words,
                    None => {
                        return unknown(format!(
                            "what the own shell of `{}` does with `{}`",
                            launch.name,
                            text.text()
                        ));
                    }
                },
            };
            commands.push((words, span));
        }
        self.commands(&package, commands)
    }

    fn commands(&mut self, package: &Package, commands: Vec<(Vec<Field>, Span)>) -> Plan {
        let mut commands = commands.into_iter();
        let first = commands.next().map(|(words, span)| {
            let mut job = Job::new(words).at(span);
            job.directory = Some(package.directory.clone());
            job
        });
        let next = commands.map(|(words, span)| Next {
            words,
            span: Some(span),
        });
        Plan::Run(Run {
            jobs: first.into_iter().collect(),
            next: next.collect(),
            path: Some(format!("{}/node_modules/.bin", package.directory)),
            ..Run::default()
        })
    }

    /// Nothing of that name in `scripts`.
    fn without_script(
        &mut self,
        argv: &[Field],
        launch: &Launch,
        package: &Package,
        name: &str,
        further: &[Field],
    ) -> Plan {
        let span = package.text.full_span();
        let is_npm = matches!(launch.name.as_str(), "npm" | "pnpm");
        if is_npm && name == "start" {
            let path = absolute(&package.directory, "server.js");
            let found = self.machine.container.image.files.look_up(&path);
            if !matches!(found, Found::Absent) {
                let shell = self.script_shell(argv, package);
                let words = [shell.as_str(), "-c", "node server.js"];
                let words = words.iter().map(Field::text).collect();
                return self.commands(package, vec![(words, span)]);
            }
        }
        if matches!(launch.name.as_str(), "npm" | "node" | "nodejs" | "deno") || name == "start" {
            return Plan::Fails(1, format!("package.json has no script `{name}`"));
        }
        // yarn, pnpm and bun run a program of the dependencies of that name.
        let mut words = vec![Field::text(name)];
        words.extend(further.iter().cloned());
        self.commands(package, vec![(words, span)])
    }

    /// The package that the working directory is in.
    fn package(&mut self, launch: &Launch) -> Result<Option<Package>, Missing> {
        let directory = self.process().directory.to_string();
        let directory = match &launch.directory {
            Some(other) => absolute(&directory, other),
            None => directory,
        };
        let mut at = directory.trim_end_matches('/');
        loop {
            let path = format!("{at}/package.json");
            if let Some(text) = self.text_of(&path)? {
                let directory = if at.is_empty() { "/" } else { at };
                return Ok(Some(Package {
                    directory: directory.to_owned(),
                    text,
                }));
            }
            match at.rsplit_once('/') {
                Some((parent, _)) => at = parent,
                None => return Ok(None),
            }
        }
    }

    /// The text of a task of deno.json.
    fn deno_task(&mut self, package: &Package, name: &str) -> Option<Mapped> {
        let files = ["deno.json", "deno.jsonc"];
        let mut texts = files.iter().filter_map(|file| {
            self.text_of(&absolute(&package.directory, file))
                .ok()
                .flatten()
        });
        let text = texts.next()?;
        json::string(&text, &["tasks", name])
            .or_else(|| json::string(&text, &["tasks", name, "command"]))
    }

    /// The shell that npm and pnpm run texts with: `--script-shell`, or that of the package's .npmrc.
    fn script_shell(&mut self, argv: &[Field], package: &Package) -> String {
        let words: Vec<String> = argv.iter().filter_map(Field::known).collect();
        let own = words.iter().take_while(|word| *word != "--");
        let attached = own.filter_map(|word| word.strip_prefix("--script-shell="));
        let separate = words.windows(2).filter(|pair| pair[0] == "--script-shell");
        if let Some(shell) = attached.chain(separate.map(|pair| pair[1].as_str())).last() {
            return shell.to_owned();
        }
        let settings = self.text_of(&absolute(&package.directory, ".npmrc"));
        let settings = settings.ok().flatten();
        let lines = settings.iter().flat_map(|text| text.text().lines());
        let shells = lines.filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == "script-shell").then(|| value.trim().trim_matches('"').to_owned())
        });
        shells
            .reduce(|_, later| later)
            .unwrap_or_else(|| "/bin/sh".to_owned())
    }

    /// Whether the package is for that package manager in that major version or a newer one.
    pub(super) fn is_package_manager(
        &mut self,
        launch: &Launch,
        wanted: &str,
        files: &[String],
    ) -> Option<bool> {
        let (wanted, least) = wanted.split_once('@')?;
        let package = self.package(launch).ok().flatten()?;
        if let Some(given) = json::string(&package.text, &["packageManager"]) {
            let (name, version) = given.text().split_once('@')?;
            let major: u32 = version.split('.').next()?.parse().ok()?;
            return Some(name == wanted && major >= least.parse().ok()?);
        }
        // Its lock file begins so since version 2.
        let lock = self.text_of(&absolute(&package.directory, "yarn.lock"));
        if let Ok(Some(lock)) = lock {
            return Some(lock.text().contains("__metadata:"));
        }
        let found = files.iter().map(|file| {
            let path = absolute(&package.directory, file);
            match self.machine.container.image.files.look_up(&path) {
                Found::File(_) | Found::Directory => Some(true),
                Found::Absent => Some(false),
                // Some command may have written it, but none that speaks of versions.
                Found::Unknown(why) => {
                    let command = why.span.as_ref().map_or("", |span| span.text());
                    let chooses = ["set version", "yarn@", "berry", "corepack"]
                        .iter()
                        .any(|words| command.contains(words));
                    (!chooses && !self.is_put(&path)).then_some(false)
                }
            }
        });
        let found: Vec<Option<bool>> = found.collect();
        if found.contains(&Some(true)) {
            return Some(true);
        }
        found.iter().all(Option::is_some).then_some(false)
    }
}

/// A script with the further words of the command line behind it.
fn with_words(script: Mapped, further: &[Field]) -> Mapped {
    if further.is_empty() {
        return script;
    }
    let mut value = Value::default();
    for word in further {
        value.push_text(" ");
        value.append(&word.value);
    }
    let added = value.display();
    let mut runs: Vec<Stretch> = script.runs().to_vec();
    let end = script.full_span().end;
    runs.push(Stretch {
        derived: script.text().len(),
        derived_len: added.len(),
        source: end,
        source_len: 0,
        copied: false,
    });
    Mapped::new(script.source(), format!("{}{added}", script.text()), runs)
}

/// The words of a text that is one command without anything that a shell would expand; assignments
/// before it become `env`.
pub(super) fn simple_command(script: &Script) -> Option<Vec<Field>> {
    let item = script.only_item()?;
    let Kind::Simple(simple) = &script.node(item.node).kind else {
        return None;
    };
    let mut words = Vec::new();
    if !simple.redirects.is_empty() || simple.words.is_empty() {
        return None;
    }
    if !simple.assignments.is_empty() {
        words.push(Field::text("env"));
        for assignment in &simple.assignments {
            words.push(Field::text(
                script.text.text().get(assignment.range.clone())?,
            ));
        }
    }
    for word in &simple.words {
        words.push(Field::text(word.constant(true)?));
    }
    Some(words)
}

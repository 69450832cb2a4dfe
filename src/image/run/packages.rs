//! Package managers in RUN: which programs an installation brings.
//!
//! In: a command's words. Out: programs that exist from then on. What a package brings beside the
//! programs of the tables stays unknown.

use super::super::change::{Change, Opaque};
use super::Walker;
use crate::knowledge;
use crate::source::Why;

/// Packages of Alpine that neither are nor depend on a shell of their own (`depends` in their
/// APKBUILDs).
const WITHOUT_SHELL: [&str; 34] = [
    "build-base",
    "ca-certificates",
    "curl",
    "curl-dev",
    "dumb-init",
    "file",
    "g++",
    "gcc",
    "gcompat",
    "gettext",
    "git",
    "icu-libs",
    "jq",
    "libc-dev",
    "libc6-compat",
    "libffi-dev",
    "libgcc",
    "libpq",
    "libstdc++",
    "linux-headers",
    "make",
    "musl-dev",
    "nodejs",
    "npm",
    "openssl",
    "openssl-dev",
    "postgresql-dev",
    "python3",
    "sqlite",
    "su-exec",
    "tini",
    "tzdata",
    "wget",
    "zlib-dev",
];

/// What a manager's command line asks for.
struct Request {
    /// The manager as the tables name it.
    manager: &'static str,
    /// Where its programs go if the tables do not say.
    directory: &'static str,
    /// Options that take the next word.
    with_value: &'static [&'static str],
    /// The words after the verb.
    from: usize,
}

/// Applies a package manager's command; whether it is one.
pub(super) fn installs(walker: &mut Walker<'_>, name: &str, arguments: &[Option<String>]) -> bool {
    let words: Vec<&str> = arguments
        .iter()
        .map(|word| word.as_deref().unwrap_or("\0"))
        .collect();
    let Some(request) = request(name, &words) else {
        return is_housekeeping(name, &words);
    };
    // Packages for another root are files of that directory.
    let roots = ["--root", "--installroot", "--initdb", "--target"];
    if words
        .iter()
        .any(|word| roots.iter().any(|root| word.starts_with(root)))
    {
        return false;
    }
    let mut packages = Vec::new();
    let mut words = words[request.from..].iter();
    let mut unsure = false;
    while let Some(word) = words.next() {
        if request.with_value.contains(word) {
            // `pip install -r requirements.txt`: packages that are not named here.
            unsure |= matches!(*word, "-r" | "--requirement");
            words.next();
        } else if !word.starts_with('-') {
            packages.push(*word);
        }
    }
    let mut no_shell = request.manager == "apk";
    let origin = walker.span.clone();
    for package in packages {
        match knowledge::package_programs(request.manager, package) {
            Some(programs) => {
                for program in programs {
                    let elsewhere = !program.starts_with('/');
                    let path = if elsewhere {
                        format!("{}/{program}", request.directory)
                    } else {
                        program
                    };
                    walker.push(Change::Program {
                        path,
                        merged: request.manager != "apk",
                        elsewhere,
                        origin: origin.clone(),
                    });
                }
            }
            None => {
                unsure = true;
                let name = package
                    .split(['=', '<', '>', '~', '@'])
                    .next()
                    .unwrap_or(package);
                no_shell &= WITHOUT_SHELL.contains(&name);
            }
        }
    }
    if unsure {
        let text = format!(
            "a package that `{name} {}` installs may bring it",
            words_before(arguments)
        );
        let why = Why::at(text, origin);
        walker.push(Change::Opaque(Box::new(Opaque {
            no_shell,
            ..Opaque::below(why, Vec::new(), true)
        })));
    }
    true
}

/// The verb and what stands before it.
fn words_before(arguments: &[Option<String>]) -> &str {
    let words = arguments.iter().filter_map(|word| word.as_deref());
    let mut words = words.filter(|word| !word.starts_with('-'));
    words.next().unwrap_or("")
}

fn request(name: &str, words: &[&str]) -> Option<Request> {
    let verb_at = |verbs: &[&str]| words.iter().position(|word| verbs.contains(word));
    let system = |manager, with_value, verb: usize| Request {
        manager,
        directory: "/usr/bin",
        with_value,
        from: verb + 1,
    };
    let language = |manager, with_value, verb: usize| Request {
        manager,
        directory: "/usr/local/bin",
        with_value,
        from: verb + 1,
    };
    match name {
        "apt-get" | "apt" | "aptitude" => Some(system(
            "apt",
            &["-t", "-o", "-c", "--target-release"],
            verb_at(&["install"])?,
        )),
        "apk" => Some(system(
            "apk",
            &[
                "-t",
                "--virtual",
                "-X",
                "--repository",
                "-p",
                "--root",
                "--repositories-file",
            ],
            verb_at(&["add"])?,
        )),
        "yum" | "dnf" | "microdnf" | "tdnf" => Some(system(
            "dnf",
            &["-c", "--installroot"],
            verb_at(&["install"])?,
        )),
        "zypper" => Some(system(
            "zypper",
            &["-r", "--repo", "-t"],
            verb_at(&["install", "in"])?,
        )),
        "pacman" => Some(system(
            "pacman",
            &["--root"],
            words
                .iter()
                .position(|word| word.starts_with("-S") || *word == "--sync")?,
        )),
        "pip" | "pip3" => Some(language("pip", &PIP_VALUES, verb_at(&["install"])?)),
        "uv" => Some(language("pip", &PIP_VALUES, verb_at(&["install"])?)),
        "python" | "python3" if words.starts_with(&["-m", "pip"]) => {
            Some(language("pip", &PIP_VALUES, verb_at(&["install"])?))
        }
        "npm" | "pnpm" | "cnpm" => {
            let global = words.iter().any(|word| matches!(*word, "-g" | "--global"));
            let verb = verb_at(&["install", "i", "add"])?;
            global.then(|| language("npm", &["--prefix", "--registry"], verb))
        }
        "yarn" if words.starts_with(&["global", "add"]) => Some(language("npm", &["--prefix"], 1)),
        "gem" => Some(language(
            "gem",
            &["-v", "--version", "-n", "-i"],
            verb_at(&["install"])?,
        )),
        _ => None,
    }
}

const PIP_VALUES: [&str; 10] = [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
];

/// Commands of system package managers that bring no program.
fn is_housekeeping(name: &str, words: &[&str]) -> bool {
    let verbs = [
        "update",
        "upgrade",
        "clean",
        "autoremove",
        "autoclean",
        "makecache",
        "dist-upgrade",
        "check-update",
        "fix",
        "refresh",
        "ref",
        "del",
    ];
    let is_manager = matches!(
        name,
        "apt-get"
            | "apt"
            | "aptitude"
            | "apk"
            | "yum"
            | "dnf"
            | "microdnf"
            | "tdnf"
            | "zypper"
            | "pacman"
    );
    let is_query = name == "apt-cache" || name == "apt-mark" || name == "dpkg-query";
    is_query || (is_manager && words.iter().any(|word| verbs.contains(word)))
}

//! What a stage starts from, when that is no stage of the file.
//!
//! In: a reference, `scratch`, or the output of `docker image inspect`. Out: settings ([`BaseSettings`])
//! and what the files at the bottom of the image are ([`Ground`]). Looks nothing up in a registry.

use std::sync::Arc;

use serde_json::Value;

use super::Content;
use super::File;
use super::change::{Body, Node};
use super::files::{Raw, is_own_tree, root_of};
use super::path;
use crate::knowledge::{self, BaseImage, Signal};
use crate::source::{Mapped, Source, Span, Why};

/// The files below the first change.
#[derive(Clone, Debug)]
pub(super) enum Ground {
    /// Nothing is known of the base image.
    Unknown(Why),
    /// `scratch`.
    Empty,
    /// A base image that is known.
    Image(Arc<KnownBase>),
}

impl Default for Ground {
    fn default() -> Ground {
        Ground::Unknown(Why::new("the files of the image are not known"))
    }
}

/// A base image with the reference by which it is named.
#[derive(Debug)]
pub(super) struct KnownBase {
    reference: String,
    image: BaseImage,
}

/// Directories that every image but the smallest has.
const STANDARD_DIRECTORIES: [&str; 38] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/etc/init.d",
    "/etc/profile.d",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// Programs of POSIX that every image with a shell has (coreutils, busybox).
const BASIC_PROGRAMS: [&str; 31] = [
    "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "echo", "env", "false",
    "head", "id", "ln", "ls", "mkdir", "mv", "nohup", "printf", "pwd", "rm", "sleep", "sort",
    "tail", "tee", "test", "timeout", "touch", "tr", "true", "wc",
];

/// Where programs are.
const PROGRAM_DIRECTORIES: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// Images of distributions: what their packages bring is all that they have.
const DISTRIBUTIONS: [&str; 11] = [
    "alpine",
    "almalinux",
    "amazonlinux",
    "archlinux",
    "centos",
    "debian",
    "fedora",
    "oraclelinux",
    "rockylinux",
    "ubi9",
    "ubuntu",
];

/// Whether no package of a distribution's base image has such a program: `/usr/local` is the administrator's, and
/// programs are not called `x.sh` (Debian policy 10.4) or by names with backslashes.
fn is_foreign(directory: &str, name: &str) -> bool {
    let endings = [".sh", ".bash", ".py", ".js", ".jar"];
    directory.starts_with("/usr/local/")
        || name.contains('\\')
        || endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether programs are looked for there.
pub(super) fn is_program_directory(path: &str) -> bool {
    PROGRAM_DIRECTORIES.contains(&path)
}

/// Whether a directory is one that nearly every image has.
pub(super) fn is_standard_directory(path: &str) -> bool {
    path == "/" || STANDARD_DIRECTORIES.contains(&path)
}

impl Ground {
    /// The ground of an image reference; `span` is the place that names it.
    pub(super) fn of(reference: &str, span: &Span) -> Ground {
        match knowledge::base_image(reference) {
            Some(image) if image.windows => {
                let text = format!("`{reference}` is a Windows image");
                Ground::Unknown(Why::at(text, span.clone()))
            }
            Some(image) => Ground::Image(Arc::new(KnownBase {
                reference: reference.to_owned(),
                image,
            })),
            None => Ground::Unknown(not_known(reference, span)),
        }
    }

    /// What stands at a path.
    pub(super) fn node(&self, path: &str) -> Raw {
        let is_virtual = ["/dev", "/proc", "/sys"]
            .iter()
            .any(|top| path::below(path, top).is_some());
        if path == "/" {
            return node(Node::Directory);
        }
        match self {
            Ground::Unknown(why) => Raw::Unknown(why.clone()),
            _ if is_virtual => Raw::Unknown(Why::new(format!("`{path}` is made by the runtime"))),
            Ground::Empty => Raw::Absent,
            Ground::Image(base) => base.node(path),
        }
    }

    /// The reference by which a known image is named.
    pub(super) fn reference(&self) -> Option<&str> {
        match self {
            Ground::Image(base) => Some(&base.reference),
            Ground::Unknown(_) | Ground::Empty => None,
        }
    }

    /// Whether the base image may have something in the directory of a path.
    pub(super) fn owns(&self, path: &str) -> bool {
        match self {
            Ground::Unknown(_) => true,
            Ground::Empty => false,
            Ground::Image(base) => base.owns(path),
        }
    }

    /// Whether only root may enter `/root`.
    pub(super) fn closes_home(&self) -> bool {
        let Ground::Image(base) = self else {
            return false;
        };
        let sh = base.image.sh.as_deref().unwrap_or_default();
        sh.starts_with("dash") || sh.starts_with("ash")
    }

    /// A program that is known to be there, without being known where.
    pub(super) fn program(&self, name: &str) -> Option<File> {
        let Ground::Image(base) = self else {
            return None;
        };
        let listed = base.image.programs.iter().any(|program| program == name);
        listed.then(|| File {
            path: format!("/usr/bin/{name}"),
            mode: Some(0o755),
            owner: None,
            content: Content::Binary,
            was_script: false,
            origin: None,
        })
    }
}

impl KnownBase {
    fn node(&self, path: &str) -> Raw {
        let image = &self.image;
        if let Some((_, text)) = image.scripts.iter().find(|(script, _)| script == path) {
            let source = Source::new(format!("{}:{path}", self.reference), text.as_str());
            return program(Body::Text(Mapped::whole(&source)));
        }
        let name = path::name(path);
        let directory = path::parent(path);
        let in_path = PROGRAM_DIRECTORIES.contains(&directory);
        let is = |entry: &String| entry == path || (in_path && entry == name);
        if image.absent.iter().any(is) {
            return Raw::Absent;
        }
        let is_there = |program: &String| {
            program == path || (program == name && matches!(directory, "/bin" | "/usr/bin"))
        };
        if image.programs.iter().any(is_there) {
            return program(Body::Binary);
        }
        if in_path && self.is_distribution() && is_foreign(directory, name) {
            return Raw::Absent;
        }
        match &image.sh {
            None if in_path && matches!(name, "sh" | "bash" | "ash" | "dash") => {
                return Raw::Absent;
            }
            Some(_) if path == "/bin/sh" => return program(Body::Binary),
            Some(_)
                if BASIC_PROGRAMS.contains(&name) && matches!(directory, "/bin" | "/usr/bin") =>
            {
                return program(Body::Binary);
            }
            _ => {}
        }
        let inner = |other: &str| path::below(other, path).is_some();
        let scripts = image.scripts.iter().map(|(script, _)| script);
        let known = scripts
            .chain(&image.programs)
            .chain(&image.working_directory);
        if is_standard_directory(path) || known.into_iter().any(|other| inner(other)) {
            return node(Node::Directory);
        }
        if self.owns(path) {
            let why = format!("the files of `{}` are not known one by one", self.reference);
            return Raw::Unknown(Why::new(why));
        }
        Raw::Absent
    }

    /// Whether it is a distribution with nothing added.
    pub(super) fn is_distribution(&self) -> bool {
        let name = path::name(&self.image.name);
        DISTRIBUTIONS.contains(&name) && self.image.scripts.is_empty()
    }

    fn owns(&self, path: &str) -> bool {
        if !is_own_tree(path) {
            return true;
        }
        // Whatever of the image's own words lies in the same tree makes the tree the image's.
        let tree = root_of(path);
        let image = &self.image;
        let mut words = image
            .scripts
            .iter()
            .map(|(script, _)| script)
            .chain(&image.programs)
            .chain(&image.working_directory)
            .chain(image.environment.iter().map(|(_, value)| value))
            .chain(image.entrypoint.iter().flatten())
            .chain(image.cmd.iter().flatten());
        let inside = |word: &str| {
            word.split([':', '=', ','])
                .any(|part| path::below(part, tree).is_some())
        };
        words.any(|word| inside(word)) || (image.name.contains("node") && tree == "/home/node")
    }
}

fn node(node: Node) -> Raw {
    Raw::Node(node, None, Vec::new())
}

fn program(body: Body) -> Raw {
    node(Node::File {
        body,
        mode: Some(0o755),
        owner: None,
    })
}

/// Why a base image says nothing.
pub(super) fn not_known(reference: &str, span: &Span) -> Why {
    Why::at(
        format!("the base image `{reference}` is not known"),
        span.clone(),
    )
}

/// The settings of a base image, from the tables or from its configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BaseSettings {
    /// ENTRYPOINT, exec form.
    pub entrypoint: Option<Vec<String>>,
    /// CMD, exec form.
    pub cmd: Option<Vec<String>>,
    /// SHELL.
    pub shell: Option<Vec<String>>,
    /// STOPSIGNAL as written.
    pub stop_signal: Option<String>,
    /// WORKDIR.
    pub working_directory: Option<String>,
    /// USER.
    pub user: Option<String>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Whether it is a Windows image.
    pub windows: bool,
}

impl BaseSettings {
    /// Reads the output of `docker image inspect` (an array or one object), or an OCI or Docker image
    /// configuration. The error says in words what is wrong with it.
    pub fn from_json(text: &str) -> Result<BaseSettings, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let image = match &value {
            Value::Array(images) => images.first().ok_or("the list of images is empty")?,
            other => other,
        };
        let field = |value: &Value, name: &str| -> Option<Value> {
            let fields = value.as_object()?.iter();
            let mut fields = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            fields.next().map(|(_, value)| value.clone())
        };
        let config = field(image, "Config").filter(Value::is_object);
        let config =
            config.ok_or("it has no `Config`: expected the output of `docker image inspect`")?;
        let text = |value: Option<Value>| {
            let text = value.as_ref().and_then(Value::as_str).map(str::to_owned);
            text.filter(|text| !text.is_empty())
        };
        let words = |name: &str| -> Option<Vec<String>> {
            let list = field(&config, name)?;
            let words = list.as_array()?.iter();
            let words: Vec<String> = words
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect();
            (!words.is_empty()).then_some(words)
        };
        let environment = words("Env").unwrap_or_default().into_iter();
        let environment = environment.map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (pair, String::new()),
        });
        Ok(BaseSettings {
            entrypoint: words("Entrypoint"),
            cmd: words("Cmd"),
            shell: words("Shell"),
            stop_signal: text(field(&config, "StopSignal")),
            working_directory: text(field(&config, "WorkingDir")),
            user: text(field(&config, "User")),
            environment: environment.collect(),
            windows: text(field(image, "os")).is_some_and(|os| os.eq_ignore_ascii_case("windows")),
        })
    }

    /// The settings of a base image of the tables.
    pub(super) fn known(image: BaseImage) -> BaseSettings {
        BaseSettings {
            entrypoint: image.entrypoint,
            cmd: image.cmd,
            shell: None,
            stop_signal: image.stop_signal.map(Signal::short_name),
            working_directory: image.working_directory,
            user: image.user,
            environment: image.environment,
            windows: image.windows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inspect_output_and_image_configurations_are_read() {
        let inspect = r#"[{"Os":"linux","Config":{"Entrypoint":["/e.sh"],"Cmd":null,"StopSignal":"SIGQUIT",
            "Env":["PATH=/bin","A=b=c"],"WorkingDir":"","User":"app"}}]"#;
        let settings = BaseSettings::from_json(inspect).expect("it is valid");
        assert_eq!(settings.entrypoint, Some(vec!["/e.sh".to_owned()]));
        assert_eq!(settings.cmd, None);
        assert_eq!(settings.stop_signal.as_deref(), Some("SIGQUIT"));
        assert_eq!(settings.environment[1], ("A".to_owned(), "b=c".to_owned()));
        assert_eq!(settings.working_directory, None);
        assert!(!settings.windows);
        let oci = r#"{"os":"windows","config":{"Cmd":["x"]}}"#;
        let settings = BaseSettings::from_json(oci).expect("it is valid");
        assert!(settings.windows && settings.cmd.is_some());
        assert!(BaseSettings::from_json("{}").is_err());
        assert!(BaseSettings::from_json("[]").is_err());
        assert!(BaseSettings::from_json("nonsense").is_err());
    }
}

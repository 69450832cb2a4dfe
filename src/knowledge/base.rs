//! Base images: what `FROM` brings along.

use super::Signal;

/// What is known of a base image.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseImage {
    /// The entry's name (`nginx`).
    pub name: String,
    /// The shell behind `/bin/sh`: an id of `grammars/shells/`, or `None` when there is no shell.
    pub sh: Option<String>,
    /// What `bash` is there, if it is not a new one: an id of `grammars/shells/`.
    pub bash: Option<String>,
    /// ENTRYPOINT, exec form.
    pub entrypoint: Option<Vec<String>>,
    /// CMD, exec form.
    pub cmd: Option<Vec<String>>,
    /// STOPSIGNAL.
    pub stop_signal: Option<Signal>,
    /// WORKDIR.
    pub working_directory: Option<String>,
    /// USER.
    pub user: Option<String>,
    /// Environment that matters here; always with PATH.
    pub environment: Vec<(String, String)>,
    /// Programs that are known to exist, beyond the family's basics: name or absolute path.
    pub programs: Vec<String>,
    /// Programs that people expect and that are known to be absent (`bash` on alpine).
    pub absent: Vec<String>,
    /// Scripts of the image that matter at start: absolute path and a text that behaves as they do.
    pub scripts: Vec<(String, String)>,
    /// Whether it is a Windows image.
    pub windows: bool,
    /// Where this was read or measured.
    pub evidence: String,
}

//! Files in a directory of their own, and pidone run over them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// A directory that is removed in the end.
pub(crate) struct Tree(PathBuf);

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Tree {
    pub(crate) fn new(name: &str) -> Tree {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("fix-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the directory can be made");
        Tree(path)
    }

    /// Writes a file that may be run.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Tree {
        let path = self.0.join(name);
        let directory = path.parent().expect("the file is in the tree");
        fs::create_dir_all(directory).expect("the directory can be made");
        fs::write(&path, text).expect("the file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode can be set");
        self
    }

    /// Writes a file that may not be run.
    pub(crate) fn plain_file(&self, name: &str, text: impl AsRef<[u8]>) -> &Tree {
        self.file(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o644))
            .expect("its mode can be set");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file is text")
    }

    /// Runs pidone here: status, standard output, standard error.
    pub(crate) fn pidone(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_pidone"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .expect("pidone starts");
        (
            output.status.code().expect("no signal ended it"),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// Fixes the Dockerfile and what it runs until nothing is left; a second run must find nothing to do. Answers
    /// with what was said of the kinds of fixes.
    pub(crate) fn fix(&self, unsafe_too: bool) -> String {
        let mut arguments = vec!["check", "--fail-on", "never", "--fix"];
        arguments.extend(unsafe_too.then_some("--unsafe-fixes"));
        let (status, _, news) = self.pidone(&arguments);
        assert_eq!(status, 0, "{news}");
        let last = arguments.len() - 1;
        let flag = arguments.iter().position(|word| *word == "--fix");
        arguments[flag.unwrap_or(last)] = "--diff";
        let (_, diff, _) = self.pidone(&arguments);
        assert_eq!(diff, "", "a second run has nothing left to do");
        news
    }

    /// The argv of PID 1 and the name of the stop signal, as pidone reads the Dockerfile.
    pub(crate) fn start(&self) -> (Vec<String>, String) {
        let (_, text, _) = self.pidone(&["trace", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&text).expect("trace writes JSON");
        let target = &json["targets"][0];
        let words = target["argv"].as_array().expect("argv is known");
        let words = words
            .iter()
            .map(|word| word.as_str().expect("a string").to_owned());
        let signal = target["stop_signal"].as_str().expect("it is known");
        (words.collect(), signal.trim_start_matches("SIG").to_owned())
    }
}

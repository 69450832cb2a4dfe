//! Compilers and build tools in a RUN: what they leave, and what they surely do not touch.
//!
//! In: a command's words. Out: changes of the image's files.

use super::super::change::{Body, Change, Node, Opaque};
use super::Walker;
use super::arguments::options;

/// Tools that work in the current directory and change no file that a COPY put there by name.
pub(super) const BUILD_TOOLS: [&str; 46] = [
    "ant", "apt-key", "bun", "bundle", "bundler", "cargo", "cmake", "composer", "conda",
    "corepack", "curl", "deno", "dotnet", "gem", "git", "go", "gpg", "gradle", "gradlew", "gunzip",
    "java", "javac", "make", "mvn", "mvnw", "ninja", "node", "npm", "npx", "php", "pip", "pip3",
    "pipenv", "pnpm", "poetry", "pytest", "python", "python3", "rake", "ruby", "tar", "tsc",
    "unzip", "uv", "wget", "yarn",
];

impl Walker<'_> {
    pub(super) fn build_tool(&mut self, name: &str, arguments: &[String]) -> bool {
        let opaque = self.mentions(&format!("{name} {}", arguments.join(" ")));
        let installs = name == "make" && arguments.iter().any(|word| word.contains("install"));
        let mut roots = opaque.roots;
        if installs {
            roots.push("/".to_owned());
        }
        // What a download or an archive writes is named by its options.
        let is_given =
            |word: &String| matches!(word.as_str(), "-c" | "-e" | "-r" | "-p" | "--eval");
        let writes = matches!(name, "curl" | "wget") || arguments.iter().any(is_given);
        let named = if writes { opaque.named } else { Vec::new() };
        self.push(Change::Opaque(Box::new(Opaque {
            roots,
            named,
            deep: false,
            ..opaque
        })));
        true
    }

    /// A compiler with `-o FILE`: a native program comes into being.
    pub(super) fn compile(&mut self, name: &str, words: &[String]) -> bool {
        let (given, rest) = options(words, &["-o"]);
        let output = given.iter().find(|(option, _)| option == "-o");
        let builds = name != "go" || rest.first().is_some_and(|word| word == "build");
        // Other things come into being next to it (caches, objects).
        self.build_tool(name, &[]);
        if name == "go" {
            self.elsewhere(vec!["/go".to_owned(), "/root".to_owned()], false);
        }
        let Some((_, output)) = output.filter(|_| builds) else {
            return true;
        };
        let is_directory = output.ends_with('/');
        match self.absolute(output) {
            Some(path) if is_directory => self.elsewhere(vec![path], false),
            Some(path) => {
                let (mode, owner) = (Some(0o755), Some("root".to_owned()));
                self.put(
                    path,
                    Node::File {
                        body: Body::Binary,
                        mode,
                        owner,
                    },
                );
            }
            None => return false,
        }
        true
    }
}

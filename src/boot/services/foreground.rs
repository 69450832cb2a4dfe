//! What a server's own configuration says of how it runs (`daemon off;` in nginx.conf).
//!
//! In: a program of the tables and the files of the image. Out: the program, with that in it.

use super::stop_setting::with_setting;
use crate::boot::interpreter::absolute;
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::image::Found;
use crate::knowledge::{Lifetime, Program};

impl Start<'_, '_> {
    /// A program with what its configuration says of how it runs (`daemon off;` in nginx.conf).
    pub(in crate::boot) fn configured(&mut self, argv: &[Field], program: Program) -> Program {
        let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
        let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
        let directory = self.process().directory.to_string();
        let files = &self.machine.container.image.files;
        let program = with_setting(files, &directory, &words, program);
        self.kept_up(argv, program)
    }

    /// A program with what its configuration says of how long it stays in the foreground.
    fn kept_up(&mut self, argv: &[Field], mut program: Program) -> Program {
        let Some(switch) = &program.config else {
            return program;
        };
        if program.lifetime == switch.lifetime {
            return program;
        }
        let words: Vec<Option<String>> = argv.iter().map(Field::known).collect();
        let is_settled = |word: &String| switch.unless.contains(word);
        if words.iter().flatten().any(is_settled) {
            return program;
        }
        let given = switch.options.iter().find_map(|option| {
            words.iter().enumerate().find_map(|(at, word)| {
                let rest = word.as_ref()?.strip_prefix(option.as_str())?;
                match rest.strip_prefix('=') {
                    Some(path) => Some(path.to_owned()),
                    None => words
                        .get(at + 1)
                        .cloned()
                        .flatten()
                        .filter(|_| rest.is_empty()),
                }
            })
        });
        let operand = words.get(1).cloned().flatten();
        let operand = operand.filter(|word| switch.operand && !word.starts_with('-'));
        let given = given.or(operand);
        let is_own = given
            .as_ref()
            .is_some_and(|path| !switch.paths.contains(path));
        let paths = given.map_or_else(|| switch.paths.clone(), |path| vec![path]);
        let words_of = |line: &str| -> Vec<String> {
            let line = line.replace('=', " = ").replace(';', " ");
            line.split_whitespace().map(str::to_owned).collect()
        };
        let wanted = words_of(&switch.line);
        let has_line = |text: &str| text.lines().any(|line| words_of(line).starts_with(&wanted));
        for path in paths {
            let path = absolute(&self.process().directory, &path);
            match self.machine.container.image.files.look_up(&path) {
                Found::File(file) => {
                    // A RUN that adds the line to a file which is not known says it as well.
                    let by_text = matches!(&file.content, crate::image::Content::Text(text) if has_line(text.text()));
                    let run = file.origin.as_ref().map_or("", |origin| origin.text());
                    let by_run = run.contains(switch.line.trim_end_matches(';'));
                    // What `sed` makes of the package's own file says nothing of it if its text does not.
                    let first = wanted.first().map_or("", String::as_str);
                    let is_aside =
                        file.mode.is_none() && run.contains("sed ") && !run.contains(first);
                    if by_text || by_run {
                        program.lifetime = switch.lifetime.clone();
                    } else if is_aside {
                        return program;
                    } else if matches!(file.content, crate::image::Content::Unknown(_)) {
                        program.lifetime = Lifetime::Unknown;
                    }
                    return program;
                }
                Found::Absent | Found::Directory | Found::Unknown(_) => {}
            }
        }
        // A server that was built or copied in reads its configuration from elsewhere, and a file that is named and
        // not in the image is mounted; the package's own is known without being at hand.
        let name = argv.first().and_then(Field::known).unwrap_or_default();
        if program.lifetime == Lifetime::Daemonises
            && (is_own || !matches!(self.find(&name), Found::File(_)))
        {
            program.lifetime = Lifetime::Unknown;
        }
        program
    }
}

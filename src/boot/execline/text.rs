//! The text of an execline script as the argv that execlineb makes of it.
//!
//! In: the text. Out: words; those of a block begin with a blank for each block that they are in, and
//! an empty word (with the blanks of the block around it) ends the block, as in execline itself
//! (execline/src/libexecline/el_semicolon.c).

/// The words of a script; `None` if a quote or a block does not end.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(&first) = letters.peek() {
        if first.is_whitespace() {
            letters.next();
            continue;
        }
        if first == '#' {
            while letters.next_if(|letter| *letter != '\n').is_some() {}
            continue;
        }
        let mut word = String::new();
        let mut is_quoted = false;
        while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace()) {
            match letter {
                '"' => {
                    is_quoted = true;
                    loop {
                        match letters.next()? {
                            '"' => break,
                            '\\' => word.push(escaped(letters.next()?)),
                            other => word.push(other),
                        }
                    }
                }
                '\\' => {
                    is_quoted = true;
                    match letters.next()? {
                        '\n' => {}
                        other => word.push(other),
                    }
                }
                other => word.push(other),
            }
        }
        match (word.as_str(), is_quoted) {
            ("{", false) => depth += 1,
            ("}", false) => {
                depth = depth.checked_sub(1)?;
                words.push(" ".repeat(depth));
            }
            _ => words.push(" ".repeat(depth) + &word),
        }
    }
    (depth == 0).then_some(words)
}

fn escaped(letter: char) -> char {
    match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn blocks_and_quotes() {
        let text = "#!/bin/execlineb -P\nforeground { if { true } echo \"a b\" } # c\napp a#b\n";
        let expected = [
            "foreground",
            " if",
            "  true",
            " ",
            " echo",
            " a b",
            "",
            "app",
            "a#b",
        ];
        assert_eq!(words(text), Some(expected.map(str::to_owned).to_vec()));
        assert_eq!(words("foreground { app"), None);
        assert_eq!(words("}"), None);
    }
}

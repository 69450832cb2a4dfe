//! What `echo` and `printf` print, as far as their operands are known.
//!
//! In: the words behind the command, and whose builtin it is. Out: the text. Numbers that a conversion does not take
//! and conversions that a shell lacks leave it unknown.

use super::quoting;
use crate::boot::value::{Field, Piece, Value};
use crate::knowledge::ShellFamily;

/// What `echo` prints. dash reads escapes always, the others with `-e` (measured: dash 0.5.12, busybox 1.35, bash 5.2,
/// also as `sh`).
pub(super) fn echo(words: &[Field], family: ShellFamily) -> Value {
    let mut words = words;
    let mut newline = true;
    let mut escapes = family == ShellFamily::Dash;
    while let Some(option) = words.first().and_then(Field::known) {
        let letters = option.strip_prefix('-').unwrap_or_default();
        let is_option = match family {
            ShellFamily::Dash => letters == "n",
            _ => !letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter)),
        };
        if !is_option {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                letter => escapes = letter == 'e',
            }
        }
        words = &words[1..];
        if family == ShellFamily::Dash {
            break;
        }
    }
    let mut text = Value::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push_text(" ");
        }
        if !escapes {
            text.append(&word.value);
        } else if !push_escaped(&mut text, &word.value, Escapes::Echo, family) {
            return text;
        }
    }
    if newline {
        text.push_text("\n");
    }
    text
}

/// What `printf` prints.
pub(super) fn printf(words: &[Field], family: ShellFamily) -> Value {
    let unknown = || Value::unknown("$(printf …)");
    let Some(format) = words.first().and_then(Field::known) else {
        return unknown();
    };
    let mut operands = words[1..].iter();
    let mut text = Value::default();
    loop {
        let before = operands.len();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            if !push_escaped(
                &mut text,
                &Value::text(&rest[..at]),
                Escapes::Format,
                family,
            ) {
                return text;
            }
            let Some(conversion) = Conversion::read(&rest[at + 1..]) else {
                return unknown();
            };
            rest = &rest[at + 1 + conversion.length..];
            if conversion.letter == '%' {
                text.push_text("%");
                continue;
            }
            // An operand that may be several words or none moves those behind it.
            let operand = operands.next();
            if operand.is_some_and(|word| word.open) {
                return unknown();
            }
            let nothing = Value::default();
            let value = operand.map_or(&nothing, |word| &word.value);
            if conversion.letter == 'b' && conversion.is_plain() {
                if !push_escaped(&mut text, value, Escapes::Echo, family) {
                    return text;
                }
                continue;
            }
            match conversion.of(value, family) {
                Some(converted) => text.append(&converted),
                None => return unknown(),
            }
        }
        if !push_escaped(&mut text, &Value::text(rest), Escapes::Format, family) {
            return text;
        }
        // The format is used again while operands remain.
        if operands.len() == 0 || operands.len() == before {
            return text;
        }
    }
}

/// One `%…` of a format.
struct Conversion {
    left: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
    /// Bytes of the format behind the `%`.
    length: usize,
}

/// Beyond this many columns nothing is filled up.
const WIDEST: usize = 1000;

impl Conversion {
    /// What stands behind a `%`; `None` for what is not modelled.
    fn read(text: &str) -> Option<Conversion> {
        let flags = text.len() - text.trim_start_matches(['-', '0']).len();
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut end = flags + digits(&text[flags..]);
        let number = |text: &str| match text {
            "" => Some(0),
            text => text.parse().ok().filter(|number| *number <= WIDEST),
        };
        let width = number(&text[flags..end])?;
        let mut precision = None;
        if let Some(rest) = text[end..].strip_prefix('.') {
            let length = digits(rest);
            precision = Some(number(&rest[..length])?);
            end += 1 + length;
        }
        let letter = text[end..].chars().next()?;
        Some(Conversion {
            left: text[..flags].contains('-'),
            zero: text[..flags].contains('0'),
            width,
            precision,
            letter,
            length: end + letter.len_utf8(),
        })
    }

    fn is_plain(&self) -> bool {
        self.width == 0 && self.precision.is_none()
    }

    /// An operand as the conversion prints it.
    fn of(&self, value: &Value, family: ShellFamily) -> Option<Value> {
        let Some(text) = value.certain() else {
            // What is not known is handed on as it is.
            return match self.letter {
                's' | 'd' | 'i' | 'u' if self.is_plain() => Some(value.clone()),
                'q' if family == ShellFamily::Bash => Some(value.clone()),
                _ => None,
            };
        };
        let number = || match text.trim() {
            "" => Some(0),
            text => text
                .parse::<i64>()
                .ok()
                .filter(|_| !text.starts_with('0') || text == "0"),
        };
        let text = match self.letter {
            's' => match self.precision {
                Some(most) => text.chars().take(most).collect(),
                None => text,
            },
            'q' if family == ShellFamily::Bash => quoting::for_input(&text),
            'c' => text.chars().take(1).collect(),
            _ if self.precision.is_some() => return None,
            'd' | 'i' | 'u' => number()?.to_string(),
            'x' => format!("{:x}", number()?),
            'X' => format!("{:X}", number()?),
            'o' => format!("{:o}", number()?),
            _ => return None,
        };
        let missing = self.width.saturating_sub(text.chars().count());
        let is_number = !matches!(self.letter, 's' | 'q' | 'c');
        Some(Value::text(match (self.left, self.zero && is_number) {
            (true, _) => text + &" ".repeat(missing),
            (false, true) if text.starts_with('-') => {
                format!("-{}{}", "0".repeat(missing), &text[1..])
            }
            (false, true) => "0".repeat(missing) + &text,
            (false, false) => " ".repeat(missing) + &text,
        }))
    }
}

/// Whose escapes: the operands of `echo` and `%b`, where octal numbers begin with `\0`, or a format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Echo,
    Format,
}

/// Adds a value with its escapes read; `false` after a `\c`, which ends the output.
fn push_escaped(out: &mut Value, value: &Value, kind: Escapes, family: ShellFamily) -> bool {
    for piece in value.pieces() {
        let Piece::Text(text) = piece else {
            out.push(piece.clone());
            continue;
        };
        let mut rest: &str = text;
        while let Some(at) = rest.find('\\') {
            out.push_text(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(letter) = rest.chars().next() else {
                out.push_text("\\");
                break;
            };
            let behind = &rest[letter.len_utf8()..];
            let plain = match letter {
                'a' => "\x07",
                'b' => "\x08",
                'f' => "\x0c",
                'n' => "\n",
                'r' => "\r",
                't' => "\t",
                'v' => "\x0b",
                '\\' => "\\",
                'e' if family != ShellFamily::Dash => "\x1b",
                'c' if kind == Escapes::Echo => return false,
                _ => "",
            };
            rest = behind;
            if !plain.is_empty() {
                out.push_text(plain);
                continue;
            }
            let (digits, radix, most) = match letter {
                '0' if kind == Escapes::Echo => (behind, 8, 3),
                '0'..='7' if kind == Escapes::Format => {
                    (&text[text.len() - behind.len() - 1..], 8, 3)
                }
                'x' if family != ShellFamily::Dash => (behind, 16, 2),
                _ => ("", 8, 0),
            };
            let length = digits
                .chars()
                .take(most)
                .take_while(|c| c.is_digit(radix))
                .count();
            match u32::from_str_radix(&digits[..length], radix)
                .ok()
                .and_then(char::from_u32)
            {
                Some(letter) if length > 0 && letter.is_ascii() => {
                    out.push_text(letter.encode_utf8(&mut [0; 4]));
                    rest = &digits[length..];
                }
                _ => {
                    out.push_text("\\");
                    out.push_text(letter.encode_utf8(&mut [0; 4]));
                }
            }
        }
        out.push_text(rest);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(words: &[&str]) -> Vec<Field> {
        words.iter().map(Field::text).collect()
    }

    /// Every text is what the builtin of the shell prints.
    #[test]
    fn echo_reads_escapes_where_the_shell_does() {
        let printed = |words: &[&str], family| echo(&fields(words), family).known();
        let (dash, ash, bash) = (ShellFamily::Dash, ShellFamily::Ash, ShellFamily::Bash);
        for (words, in_dash, in_others) in [
            (&["a\\nb"][..], "a\nb\n", "a\\nb\n"),
            (&["-e", "a\\tb"], "-e a\tb\n", "a\tb\n"),
            (&["-n", "x"], "x", "x"),
            (&["-ne", "x\\n"], "-ne x\n\n", "x\n"),
            (&["-n", "-n", "x"], "-n x", "x"),
            (&["-e", "x\\cy"], "-e x", "x"),
            (&["-E", "\\0101"], "-E A\n", "\\0101\n"),
            (&["-nx", "y"], "-nx y\n", "-nx y\n"),
            (&["-e", "\\x41\\q\\"], "-e \\x41\\q\\\n", "A\\q\\\n"),
        ] {
            assert_eq!(printed(words, dash).as_deref(), Some(in_dash), "{words:?}");
            assert_eq!(printed(words, ash).as_deref(), Some(in_others), "{words:?}");
            assert_eq!(
                printed(words, bash).as_deref(),
                Some(in_others),
                "{words:?}"
            );
        }
    }

    /// Every text is what `printf` of bash 5.2 prints.
    #[test]
    fn printf_converts_and_uses_its_format_again() {
        for (words, text) in [
            (&["%s-", "a", "b"][..], "a-b-"),
            (&["%03d|%-4s|%4s|", "5", "ab", "cd"], "005|ab  |  cd|"),
            (
                &["%x %X %o %d\\n", "255", "255", "8", "-3"],
                "ff FF 10 -3\n",
            ),
            (&["\\141\\x62\\\\n\\n"], "ab\\n\n"),
            (&["%b", "a\\tb\\0101"], "a\tbA"),
            (&["%s %s\\n", "a"], "a \n"),
            (&["100%%\\n"], "100%\n"),
            (&["%.2s", "abc"], "ab"),
            (&["%q %q %q", "a b", "", "it's"], "a\\ b '' it\\'s"),
            (&["%q", "a\nb"], "$'a\\nb'"),
            (&["%d", ""], "0"),
        ] {
            let printed = printf(&fields(words), ShellFamily::Bash).known();
            assert_eq!(printed.as_deref(), Some(text), "{words:?}");
        }
        for words in [
            &["%d", "x"][..],
            &["%(%F)T", "1"],
            &["%5d%", "1"],
            &["%9999999999s", "x"],
        ] {
            assert_eq!(
                printf(&fields(words), ShellFamily::Bash).known(),
                None,
                "{words:?}"
            );
        }
        assert_eq!(
            printf(&fields(&["%q", "x"]), ShellFamily::Dash).known(),
            None
        );
    }
}

//! Lists, and-or lists, pipelines, simple commands and redirections.
//! Source: POSIX.1-2017 XCU 2.9 and 2.10.2, bash manual 3.2.

use super::super::{
    AndOr, AssignedValue, Assignment, Descriptor, Item, Kind, NodeId, Part, Redirect,
    RedirectOperator, RedirectTarget, Separator, Simple, Word,
};
use super::cursor::{Parsed, Parser, is_metacharacter, is_name};
use super::word::Place;

/// Commands whose arguments of the form `name=( … )` are array assignments (bash manual 3.4).
const DECLARING: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// How far a subscript before `=` may reach: it keeps a line of many `a[` cheap.
const LONGEST_SUBSCRIPT: usize = 1024;

impl Parser<'_> {
    /// A list up to what closes the surrounding construct; may be empty.
    pub(super) fn list(&mut self) -> Parsed<NodeId> {
        let mut items = Vec::new();
        let begin = self.position;
        loop {
            self.skip_newlines();
            if self.at_list_end() {
                break;
            }
            let item = self.item()?;
            let ended = item.end == Separator::End;
            items.push(item);
            if ended {
                break;
            }
        }
        self.skip_to_line_end();
        let nodes = &self.output.nodes;
        let node = |item: &Item| nodes[item.node as usize].range.clone();
        let range = match (items.first().map(node), items.last().map(node)) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => self.at(begin..begin),
        };
        Ok(self.push_at(Kind::List(items), range))
    }

    /// A list of at least one command.
    pub(super) fn commands(&mut self) -> Parsed<NodeId> {
        let list = self.list()?;
        match &self.output.nodes[list as usize].kind {
            Kind::List(items) if items.is_empty() => Err(self.unexpected()),
            _ => Ok(list),
        }
    }

    /// One and-or list with its separator.
    pub(super) fn item(&mut self) -> Parsed<Item> {
        let node = self.and_or()?;
        self.skip_to_line_end();
        let end = match (self.peek(), self.peek_at(1)) {
            (Some(b';'), Some(b';' | b'&')) => Separator::End,
            (Some(b';'), _) => {
                self.position += 1;
                Separator::Semicolon
            }
            (Some(b'&'), _) => {
                self.position += 1;
                Separator::Background
            }
            (Some(b'\n'), _) => {
                self.newline();
                Separator::Newline
            }
            _ => Separator::End,
        };
        Ok(Item { node, end })
    }

    fn and_or(&mut self) -> Parsed<NodeId> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let operator = if self.take("&&") {
                AndOr::And
            } else if self.take("||") {
                AndOr::Or
            } else {
                break;
            };
            self.skip_newlines();
            rest.push((operator, self.pipeline()?));
        }
        let Some((_, last)) = rest.last() else {
            return Ok(first);
        };
        let range = self.cover(first, *last);
        Ok(self.push_at(Kind::AndOr { first, rest }, range))
    }

    /// The script's range from the start of one node to the end of another.
    fn cover(&self, first: NodeId, last: NodeId) -> std::ops::Range<usize> {
        let nodes = &self.output.nodes;
        nodes[first as usize].range.start..nodes[last as usize].range.end
    }

    /// A node whose range is in the script's offsets already.
    fn push_at(&mut self, kind: Kind, range: std::ops::Range<usize>) -> NodeId {
        let id = self.push(kind, 0..0);
        self.output.nodes[id as usize].range = range;
        id
    }

    fn pipeline(&mut self) -> Parsed<NodeId> {
        let start = self.at(self.position..self.position).start;
        let (mut negated, mut timed) = (false, false);
        loop {
            if self.take_token("!") {
                negated = !negated;
            } else if self.at_time() {
                self.take("time");
                self.skip_blanks();
                if self.take_token("-p") {
                    self.skip_blanks();
                }
                self.take_token("--");
                timed = true;
            } else {
                break;
            }
            self.skip_blanks();
        }
        let mut parts = vec![self.command()?];
        let mut with_stderr = Vec::new();
        loop {
            self.skip_blanks();
            if self.looking_at("||") || !self.take("|") {
                break;
            }
            with_stderr.push(self.take("&"));
            self.skip_newlines();
            parts.push(self.command()?);
        }
        let last = parts[parts.len() - 1];
        if parts.len() == 1
            && !negated
            && !timed
            && self.output.nodes[last as usize].range.start == start
        {
            return Ok(last);
        }
        let end = self.output.nodes[last as usize].range.end;
        let kind = Kind::Pipeline {
            negated,
            timed,
            parts,
            with_stderr,
        };
        Ok(self.push_at(kind, start..end))
    }

    /// Whether `time` stands here as a reserved word. With an option other than `-p` it is the
    /// external command: bash in POSIX mode reads it so, and nobody means a command named `-f`.
    fn at_time(&self) -> bool {
        if !self.at_token("time") {
            return false;
        }
        let rest = self.text[self.position + 4..self.end].trim_start_matches([' ', '\t']);
        let option = rest.split(|c: char| c.is_ascii_whitespace()).next();
        option.is_none_or(|option| !option.starts_with('-') || matches!(option, "-p" | "--"))
    }

    /// A simple command or a function definition.
    pub(super) fn simple(&mut self) -> Parsed<NodeId> {
        let start = self.position;
        let mut simple = Simple::default();
        let mut end = start;
        let mut declares = false;
        loop {
            self.skip_blanks();
            if self.at_end() {
                break;
            }
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
            } else if self.at_word_end() {
                break;
            } else if self.peek() == Some(b'(') {
                let only_name = simple.words.len() == 1
                    && simple.assignments.is_empty()
                    && simple.redirects.is_empty();
                if only_name {
                    return self.function_after_name(start, end);
                }
                return Err(self.unexpected());
            } else if simple.words.is_empty() && self.assignment_length().is_some() {
                let assignment = self.assignment()?;
                simple.assignments.push(assignment);
            } else if declares && self.array_follows() {
                let assignment = self.assignment()?;
                simple.words.push(Word {
                    parts: vec![Part::Literal(assignment.name.as_str().into())],
                    range: assignment.range.clone(),
                });
                simple.assignments.push(assignment);
            } else {
                let word = self.word(Place::Command)?;
                let text = word.constant(false).unwrap_or_default();
                if simple.words.is_empty() && self.is_reserved(&word) {
                    // Spelled with a line continuation: shells see the reserved word, too.
                    return Err(self.failure(format!("reserved word `{text}` spelled unusually")));
                }
                let prefix_only = simple.words.iter().all(|word| {
                    matches!(word.constant(false).as_deref(), Some("command" | "builtin"))
                });
                declares |= prefix_only && DECLARING.contains(&&*text);
                simple.words.push(word);
            }
            end = self.position;
        }
        if end == start {
            return Err(self.unexpected());
        }
        Ok(self.push(Kind::Simple(simple), start..end))
    }

    /// Whether an unquoted word is a reserved word that the grammar would have taken.
    fn is_reserved(&self, word: &Word) -> bool {
        let [Part::Literal(text)] = word.parts.as_slice() else {
            return false;
        };
        const RESERVED: [&str; 17] = [
            "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case",
            "esac", "select", "function", "{", "}", "[[",
        ];
        RESERVED.contains(&&**text)
    }

    /// Whether nothing that belongs to a simple command stands here.
    fn at_word_end(&self) -> bool {
        match self.peek() {
            None | Some(b'\n' | b';' | b'&' | b'|' | b')' | b'#') => true,
            Some(_) => false,
        }
    }

    /// The length of `name`, its subscript and `=` or `+=`, if an assignment begins here.
    fn assignment_length(&self) -> Option<usize> {
        let bytes = &self.text.as_bytes()[self.position..self.end];
        let first = *bytes.first()?;
        if first.is_ascii_digit() || !is_name(first) {
            return None;
        }
        let mut length = bytes.iter().take_while(|byte| is_name(**byte)).count();
        if bytes.get(length) == Some(&b'[') {
            length += subscript_length(&bytes[length..])?;
        }
        if bytes.get(length) == Some(&b'+') {
            length += 1;
        }
        (bytes.get(length) == Some(&b'=')).then_some(length + 1)
    }

    /// Whether an assignment of an array begins here.
    fn array_follows(&self) -> bool {
        self.assignment_length()
            .is_some_and(|length| self.peek_at(length) == Some(b'('))
    }

    fn assignment(&mut self) -> Parsed<Assignment> {
        let start = self.position;
        let name = self.take_name().unwrap_or_default().to_owned();
        let index = if self.take("[") {
            let index = self.word(Place::Index)?;
            if !self.take("]") {
                return Err(self.unexpected());
            }
            Some(index)
        } else {
            None
        };
        let append = self.take("+");
        if !self.take("=") {
            return Err(self.unexpected());
        }
        let value = if self.take("(") {
            AssignedValue::Array(self.array()?)
        } else {
            AssignedValue::Word(self.word(Place::Command)?)
        };
        Ok(Assignment {
            name,
            index,
            append,
            value,
            range: self.at(start..self.position),
        })
    }

    /// The words of an array literal whose `(` was consumed, with its `)`.
    fn array(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.skip_newlines();
            if self.take(")") {
                return Ok(words);
            }
            let start = self.position;
            let word = self.word(Place::Command)?;
            if self.position == start {
                return Err(self.unexpected());
            }
            words.push(word);
        }
    }

    /// The redirections after a compound command.
    pub(super) fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            let before = self.position;
            self.skip_blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => {
                    // Blanks after the command are not part of it.
                    self.position = before;
                    return Ok(redirects);
                }
            }
        }
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.position;
        let descriptor = self.descriptor()?;
        let Some(operator) = self.redirect_operator(descriptor.is_some()) else {
            return Ok(None);
        };
        let strip = operator == RedirectOperator::HereDocument && self.take("-");
        self.skip_blanks();
        if operator == RedirectOperator::HereDocument {
            let redirect = self.at(start..start).start;
            self.here_delimiter(redirect, strip)?;
            return Ok(Some(Redirect {
                descriptor,
                operator,
                target: RedirectTarget::Body(Word::default()),
                range: self.at(start..self.position),
            }));
        }
        let before = self.position;
        let word = self.word(Place::Command)?;
        if self.position == before {
            return Err(self.unexpected());
        }
        let operator = match operator {
            RedirectOperator::DuplicateOutput
                if descriptor.is_none() && !may_name_descriptor(&word) =>
            {
                RedirectOperator::WriteBoth
            }
            operator => operator,
        };
        Ok(Some(Redirect {
            descriptor,
            operator,
            target: RedirectTarget::Word(word),
            range: self.at(start..self.position),
        }))
    }

    /// `2` or `{name}` directly before `<` or `>`.
    fn descriptor(&mut self) -> Parsed<Option<Descriptor>> {
        let bytes = &self.text.as_bytes()[self.position..self.end];
        let digits = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits > 0 && matches!(bytes.get(digits), Some(b'<' | b'>')) {
            let text = &self.text[self.position..self.position + digits];
            let Ok(number) = text.parse() else {
                return Err(self.failure("descriptor number out of range"));
            };
            self.position += digits;
            return Ok(Some(Descriptor::Number(number)));
        }
        if bytes.first() != Some(&b'{') {
            return Ok(None);
        }
        let length = bytes[1..].iter().take_while(|byte| is_name(**byte)).count();
        let closes = bytes.get(1 + length) == Some(&b'}');
        if length == 0 || !closes || !matches!(bytes.get(2 + length), Some(b'<' | b'>')) {
            return Ok(None);
        }
        let name = &self.text[self.position + 1..self.position + 1 + length];
        self.position += length + 2;
        Ok(Some(Descriptor::Variable(name.to_owned())))
    }

    fn redirect_operator(&mut self, described: bool) -> Option<RedirectOperator> {
        use RedirectOperator as R;
        const OPERATORS: [(&str, R); 11] = [
            ("&>>", R::AppendBoth),
            ("&>", R::WriteBoth),
            ("<<<", R::HereString),
            ("<<", R::HereDocument),
            ("<>", R::ReadWrite),
            ("<&", R::DuplicateInput),
            ("<", R::Read),
            (">>", R::Append),
            (">&", R::DuplicateOutput),
            (">|", R::Write),
            (">", R::Write),
        ];
        let substitution = self.looking_at("<(") || self.looking_at(">(");
        if substitution && !described {
            return None;
        }
        let found = OPERATORS.iter().find(|(text, _)| self.looking_at(text))?;
        self.position += found.0.len();
        Some(found.1)
    }
}

/// The length of `[…]` at the start of the bytes, on one line.
fn subscript_length(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut index = 0;
    while index < bytes.len().min(LONGEST_SUBSCRIPT) {
        match bytes[index] {
            b'\n' => return None,
            b'\\' => index += 1,
            quote @ (b'\'' | b'"') => {
                let rest = &bytes[index + 1..bytes.len().min(LONGEST_SUBSCRIPT)];
                index += 1 + rest.iter().position(|byte| *byte == quote)?;
            }
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            byte if depth == 0 && is_metacharacter(byte) => return None,
            _ => {}
        }
        index += 1;
    }
    None
}

/// Whether the word after `>&` can be a descriptor: a number, `-`, `N-`, or not constant.
fn may_name_descriptor(word: &Word) -> bool {
    match word.constant(false) {
        Some(text) => {
            let digits = text.strip_suffix('-').unwrap_or(&text);
            !text.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => true,
    }
}

//! A JSON reader for answers that are not ours: it keeps every number as it was written (a price
//! must not pass through floating point), does not recurse, and can be told to be lenient,
//! because much of the JSON-LD on real pages is broken.
//!
//! In strict mode it accepts exactly RFC 8259. In lenient mode it also accepts comments,
//! trailing and missing commas, raw control characters, single quotes, bare keys, unescaped
//! quotes inside of strings, several values one after the other, CDATA and comment wrappers, a
//! trailing `;`, and a text that ends before its brackets do.

use std::borrow::Cow;

use crate::steps;

/// How deep lists and objects may be nested.
pub(crate) const MAX_DEPTH: usize = 256;

/// Index of a node in its [`Document`].
pub(crate) type NodeId = usize;

/// One JSON value; containers hold the indices of their children.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// A number, as it was written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<NodeId>),
    Object(Vec<(Cow<'a, str>, NodeId)>),
}

/// A parsed text: all values of all levels in one list.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    nodes: Vec<Node<'a>>,
    /// The values at the top level; exactly one in strict mode.
    pub(crate) tops: Vec<NodeId>,
}

impl<'a> Document<'a> {
    pub(crate) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id]
    }

    /// The value of `key` in an object; of a repeated key the last counts.
    pub(crate) fn member(&self, id: NodeId, key: &str) -> Option<NodeId> {
        match self.node(id) {
            Node::Object(members) => members
                .iter()
                .rev()
                .inspect(|_| steps::count(1))
                .find(|(name, _)| name == key)
                .map(|(_, value)| *value),
            _ => None,
        }
    }

    /// The `index`-th value of a list.
    pub(crate) fn element(&self, id: NodeId, index: usize) -> Option<NodeId> {
        match self.node(id) {
            Node::List(values) => values.get(index).copied(),
            _ => None,
        }
    }
}

/// Why a text is not JSON: what was met, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) what: &'static str,
    pub(crate) at: usize,
}

/// Reads exactly RFC 8259.
pub(crate) fn parse_strict(text: &str) -> Result<Document<'_>, JsonError> {
    Reader::new(text, false).run()
}

/// Reads whatever can be understood without doubt.
pub(crate) fn parse_lenient(text: &str) -> Result<Document<'_>, JsonError> {
    Reader::new(text, true).run()
}

/// A list or object that is still open.
enum Open<'a> {
    List(Vec<NodeId>),
    Object(Vec<(Cow<'a, str>, NodeId)>, Option<Cow<'a, str>>),
}

/// What may come next inside the innermost open container.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A value, or the end of the container right after its beginning.
    First,
    /// A value (in an object: a key) after a comma.
    Next,
    /// A comma or the end.
    Separator,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    lenient: bool,
    nodes: Vec<Node<'a>>,
    tops: Vec<NodeId>,
    stack: Vec<Open<'a>>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, lenient: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            lenient,
            nodes: Vec::with_capacity(text.len() / 24),
            tops: Vec::new(),
            stack: Vec::new(),
        }
    }

    fn error<T>(&self, what: &'static str) -> Result<T, JsonError> {
        Err(JsonError { what, at: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn run(mut self) -> Result<Document<'a>, JsonError> {
        let mut expect = Expect::First;
        loop {
            self.skip_space()?;
            let Some(byte) = self.peek() else { break };
            let before = self.at;
            expect = if self.stack.is_empty() {
                self.top_level(byte)?
            } else {
                self.inside(byte, expect)?
            };
            steps::count(1 + self.at - before);
        }
        if !self.stack.is_empty() {
            if !self.lenient {
                return self.error("the end inside a list or an object");
            }
            if matches!(self.nodes.last(), Some(Node::Number(_))) {
                return self.error("an unfinished number");
            }
            while !self.stack.is_empty() {
                self.close();
            }
        }
        if self.tops.is_empty() {
            return self.error("no value");
        }
        Ok(Document {
            nodes: self.nodes,
            tops: self.tops,
        })
    }

    fn top_level(&mut self, byte: u8) -> Result<Expect, JsonError> {
        if !self.tops.is_empty() {
            if !self.lenient {
                return self.error("something after the value");
            }
            if matches!(byte, b';' | b',' | b'}' | b']') {
                self.at += 1;
                return Ok(Expect::First);
            }
        }
        self.value(byte)
    }

    /// One step inside of the innermost container.
    fn inside(&mut self, byte: u8, expect: Expect) -> Result<Expect, JsonError> {
        let is_list = matches!(self.stack.last(), Some(Open::List(_)));
        match byte {
            b']' | b'}' => {
                if (byte == b']') != is_list {
                    return self.error("the wrong closing bracket");
                }
                if expect == Expect::Next && !self.lenient {
                    return self.error("a comma before a closing bracket");
                }
                self.at += 1;
                self.close();
                Ok(Expect::Separator)
            }
            b',' => {
                if expect != Expect::Separator && !self.lenient {
                    return self.error("a comma without a value before it");
                }
                self.at += 1;
                Ok(Expect::Next)
            }
            _ => {
                if expect == Expect::Separator {
                    let starts = matches!(byte, b'"' | b'{' | b'[');
                    if !self.lenient || !starts {
                        return self.error("no comma between two values");
                    }
                }
                if !is_list {
                    self.key(byte)?;
                    self.skip_space()?;
                }
                match self.peek() {
                    Some(byte) => self.value(byte),
                    None => self.error("the end where a value should be"),
                }
            }
        }
    }

    fn key(&mut self, byte: u8) -> Result<(), JsonError> {
        let name = match byte {
            b'"' => self.string(b'"')?,
            b'\'' if self.lenient => self.string(b'\'')?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'@' if self.lenient => {
                let start = self.at;
                while self
                    .peek()
                    .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'@'))
                {
                    self.at += 1;
                }
                Cow::Borrowed(&self.text[start..self.at])
            }
            _ => return self.error("no key where one should be"),
        };
        self.skip_space()?;
        if self.peek() != Some(b':') {
            return self.error("no colon after a key");
        }
        self.at += 1;
        if let Some(Open::Object(_, key)) = self.stack.last_mut() {
            *key = Some(name);
        }
        Ok(())
    }

    fn value(&mut self, byte: u8) -> Result<Expect, JsonError> {
        let node = match byte {
            b'{' | b'[' => {
                if self.stack.len() >= MAX_DEPTH {
                    return self.error("lists or objects nested too deeply");
                }
                self.at += 1;
                self.stack.push(if byte == b'{' {
                    Open::Object(Vec::new(), None)
                } else {
                    Open::List(Vec::new())
                });
                return Ok(Expect::First);
            }
            b'"' => Node::Text(self.string(b'"')?),
            b'\'' if self.lenient => Node::Text(self.string(b'\'')?),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number()?,
            b'a'..=b'z' | b'A'..=b'Z' => self.word()?,
            // `$19.90`, `€ 12,50`: left to whoever reads text.
            b'$' | 0x80.. if self.lenient => self.bare_amount()?,
            _ => return self.error("no value where one should be"),
        };
        self.add(node);
        Ok(Expect::Separator)
    }

    fn add(&mut self, node: Node<'a>) {
        let id = self.nodes.len();
        self.nodes.push(node);
        match self.stack.last_mut() {
            None => self.tops.push(id),
            Some(Open::List(values)) => values.push(id),
            Some(Open::Object(members, key)) => {
                if let Some(key) = key.take() {
                    members.push((key, id));
                }
            }
        }
    }

    fn close(&mut self) {
        match self.stack.pop() {
            Some(Open::List(values)) => self.add(Node::List(values)),
            Some(Open::Object(members, _)) => self.add(Node::Object(members)),
            None => {}
        }
    }

    fn word(&mut self) -> Result<Node<'a>, JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "null" => Ok(Node::Null),
            "undefined" | "NaN" | "Infinity" if self.lenient => Ok(Node::Null),
            _ => self.error("a bare word"),
        }
    }

    /// An amount with its sign that nobody put into quotes.
    fn bare_amount(&mut self) -> Result<Node<'a>, JsonError> {
        let start = self.at;
        let digit_after = |at: usize| {
            let bytes = self.text.as_bytes();
            bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        };
        let length = self.text[start..]
            .bytes()
            .enumerate()
            .position(|(offset, byte)| {
                matches!(byte, b'}' | b']' | b'"' | b'\n' | b'{' | b'[' | b':')
                    || (byte == b',' && !digit_after(start + offset))
            });
        let Some(length) = length.filter(|length| *length <= 40) else {
            return self.error("no value where one should be");
        };
        self.at += length;
        let token = self.text[start..self.at].trim();
        if token.bytes().any(|b| b.is_ascii_digit()) {
            Ok(Node::Text(Cow::Borrowed(token)))
        } else {
            self.error("no value where one should be")
        }
    }

    fn number(&mut self) -> Result<Node<'a>, JsonError> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
        {
            self.at += 1;
        }
        // `1,299.00`, `12,50`: a comma directly between digits of a bare number in a script that
        // shops wrote by hand. A list has its commas before a space, a quote or a bracket, except
        // in arrays of numbers.
        while self.lenient
            && matches!(self.stack.last(), Some(Open::Object(..)))
            && self.peek() == Some(b',')
            && self
                .text
                .as_bytes()
                .get(self.at + 1)
                .is_some_and(u8::is_ascii_digit)
        {
            self.at += 1;
            while self.peek().is_some_and(|b| b.is_ascii_digit() || b == b'.') {
                self.at += 1;
            }
        }
        let token = &self.text[start..self.at];
        let followed_by_more = self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80);
        // A number that the end cuts off may have had more digits.
        let cut_off = self.peek().is_none() && !self.stack.is_empty();
        if followed_by_more || cut_off {
            return self.error("an unfinished number");
        }
        if is_number(token.as_bytes()) {
            Ok(Node::Number(token))
        } else if self.lenient {
            // `.99`, `1.299.000`: left to whoever reads text.
            Ok(Node::Text(Cow::Borrowed(token)))
        } else {
            self.error("a malformed number")
        }
    }

    fn string(&mut self, quote: u8) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            let Some(byte) = self.peek() else {
                return self.error("a string without an end");
            };
            match byte {
                _ if byte == quote => {
                    if self.lenient && !self.quote_ends_string() {
                        self.at += 1;
                        continue;
                    }
                    let rest = &self.text[copied..self.at];
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(rest),
                        Some(mut text) => {
                            text.push_str(rest);
                            Cow::Owned(text)
                        }
                    });
                }
                b'\\' => {
                    let text = owned.get_or_insert_with(String::new);
                    text.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    let c = self.escape()?;
                    owned.get_or_insert_with(String::new).push(c);
                    copied = self.at;
                }
                0..=0x1f if !self.lenient => {
                    return self.error("a raw control character in a string");
                }
                _ => self.at += 1,
            }
        }
    }

    /// Whether the quote at the current place is followed by what can follow a string.
    fn quote_ends_string(&self) -> bool {
        let mut newline = false;
        for &byte in &self.bytes[self.at + 1..] {
            steps::count(1);
            match byte {
                b'\n' | b'\r' => newline = true,
                b' ' | b'\t' => {}
                b',' | b':' | b'}' | b']' | b'/' => return true,
                b'"' => return newline,
                _ => return false,
            }
        }
        true
    }

    /// The character of an escape; the backslash is already behind.
    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(c) = self.text[self.at..].chars().next() else {
            return self.error("a string without an end");
        };
        self.at += c.len_utf8();
        Ok(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.hex()?;
                if (0xd800..0xdc00).contains(&first) {
                    let back = self.at;
                    if self.bytes[self.at..].starts_with(b"\\u") {
                        self.at += 2;
                        let second = self.hex()?;
                        if (0xdc00..0xe000).contains(&second) {
                            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                            return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                        }
                        self.at = back;
                    }
                }
                // A surrogate without its partner names no character.
                char::from_u32(first).unwrap_or('\u{fffd}')
            }
            _ if self.lenient => c,
            _ => return self.error("an unknown escape"),
        })
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.bytes.get(self.at..self.at + 4);
        match digits.filter(|d| d.iter().all(u8::is_ascii_hexdigit)) {
            Some(_) => {
                let code = u32::from_str_radix(&self.text[self.at..self.at + 4], 16);
                self.at += 4;
                Ok(code.unwrap_or(0xfffd))
            }
            None => self.error("an unfinished escape"),
        }
    }

    /// Skips white space and, in lenient mode, comments and wrappers.
    fn skip_space(&mut self) -> Result<(), JsonError> {
        loop {
            while self
                .peek()
                .is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            {
                self.at += 1;
            }
            if !self.lenient {
                return Ok(());
            }
            let rest = &self.text[self.at..];
            let skipped = match self.peek() {
                Some(b'/') if rest.starts_with("//") => {
                    rest.find(['\n', '\r']).unwrap_or(rest.len())
                }
                Some(b'/') if rest.starts_with("/*") => match rest.find("*/") {
                    Some(end) => end + 2,
                    None => return self.error("a comment without an end"),
                },
                Some(b'<') if rest.starts_with("<!--") => 4,
                Some(b'<') if rest.starts_with("<![CDATA[") => 9,
                Some(b'-') if rest.starts_with("-->") => 3,
                Some(b']') if rest.starts_with("]]>") && self.stack.is_empty() => 3,
                Some(0..=0x1f) => 1,
                Some(0x80..) => match rest.chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => c.len_utf8(),
                    _ => 0,
                },
                _ => 0,
            };
            if skipped == 0 {
                return Ok(());
            }
            self.at += skipped;
        }
    }
}

/// Whether `token` is a number by RFC 8259, section 6.
pub(crate) fn is_number(token: &[u8]) -> bool {
    fn digits(bytes: &[u8]) -> usize {
        bytes.iter().take_while(|b| b.is_ascii_digit()).count()
    }
    let mut rest = token.strip_prefix(b"-").unwrap_or(token);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', more @ ..] => more,
            _ => exponent,
        };
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests;

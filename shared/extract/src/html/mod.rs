//! One pass over a page's tags, in the order in which they stand.
//!
//! This is the tokenizer of the HTML Standard (section 13.2.5) without its tree: it knows comments,
//! raw text elements, and attributes quoted or not, and allocates nothing per tag. A price is
//! found by what tags say, for which a tree would be built in vain on nearly every page.

pub(crate) mod references;

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::steps;

/// An attribute as it stands in the page: the name in any case, the value with its references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// One piece of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A start tag; its attributes are at [`Tokenizer::attributes`] until the next token.
    Start {
        /// The element's name, in any case.
        name: &'a str,
        /// Whether it ends in `/>`.
        self_closing: bool,
    },
    /// An end tag.
    End(&'a str),
    /// Text with its references, or the content of a raw text element.
    Text(&'a str),
}

/// Elements whose content is text up to their end tag.
const RAW_TEXT: [&str; 8] = [
    "script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp",
];

/// Reads a page tag by tag.
pub(crate) struct Tokenizer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    attributes: Vec<Attribute<'a>>,
    /// The raw text element whose content comes next.
    raw: Option<&'a str>,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            attributes: Vec::with_capacity(16),
            raw: None,
        }
    }

    /// The attributes of the start tag that was read last.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The value of an attribute of the last start tag, references decoded. Of a repeated
    /// attribute the first counts.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        steps::count(self.attributes.len());
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .map(|attribute| references::decode(attribute.value))
    }

    /// Takes the content of the element `name`, whose start tag was read last, for text.
    pub(crate) fn raw_content(&mut self, name: &'a str) {
        self.raw = Some(name);
    }

    /// The next piece, or `None` at the page's end.
    pub(crate) fn next(&mut self) -> Option<Token<'a>> {
        let before = self.at;
        let token = self.piece();
        steps::count(1 + self.at - before);
        token
    }

    fn piece(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            let start = self.at;
            self.at = self.raw_end(name);
            if self.at > start {
                return Some(Token::Text(&self.text[start..self.at]));
            }
        }
        loop {
            let start = self.at;
            let mut from = start;
            // Text runs to the next `<` that begins something.
            let tag = loop {
                let Some(found) = memchr(b'<', &self.bytes[from..]) else {
                    self.at = self.bytes.len();
                    return (start < self.at).then(|| Token::Text(&self.text[start..]));
                };
                let tag = from + found;
                match self.bytes.get(tag + 1) {
                    Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?') => break tag,
                    _ => from = tag + 1,
                }
            };
            if tag > start {
                self.at = tag;
                return Some(Token::Text(&self.text[start..tag]));
            }
            self.at = tag + 1;
            match self.bytes[tag + 1] {
                b'!' => self.skip_comment(),
                b'?' => self.skip_to_close(),
                b'/' => {
                    self.at += 1;
                    if self.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
                        let name = self.tag_name();
                        self.read_attributes()?;
                        return Some(Token::End(name));
                    }
                    self.skip_to_close();
                }
                _ => {
                    let name = self.tag_name();
                    let self_closing = self.read_attributes()?;
                    if RAW_TEXT.iter().any(|raw| raw.eq_ignore_ascii_case(name)) {
                        self.raw = Some(name);
                    }
                    return Some(Token::Start { name, self_closing });
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn tag_name(&mut self) -> &'a str {
        let start = self.at;
        self.at += self.bytes[start..]
            .iter()
            .take_while(|b| !is_space(**b) && **b != b'/' && **b != b'>')
            .count();
        &self.text[start..self.at]
    }

    /// Reads up to and including the tag's `>` and tells whether a `/` stood before it; `None` when
    /// the page ends inside of the tag, which then is none.
    fn read_attributes(&mut self) -> Option<bool> {
        self.attributes.clear();
        let mut slash = false;
        loop {
            match self.peek()? {
                b'>' => {
                    self.at += 1;
                    return Some(slash);
                }
                b'/' => {
                    slash = true;
                    self.at += 1;
                }
                byte if is_space(byte) => self.at += 1,
                _ => {
                    slash = false;
                    self.read_attribute()?;
                }
            }
        }
    }

    fn read_attribute(&mut self) -> Option<()> {
        let start = self.at;
        // A leading `=` belongs to the name.
        self.at += 1;
        self.at += self.bytes[self.at..]
            .iter()
            .take_while(|b| !matches!(**b, b'=' | b'>' | b'/') && !is_space(**b))
            .count();
        // The first byte may have been the beginning of a longer character.
        let name = &self.text[start..self.at];
        let mut value = "";
        let after_name = self.at;
        self.skip_space();
        if self.peek()? == b'=' {
            self.at += 1;
            self.skip_space();
            match self.peek()? {
                quote @ (b'"' | b'\'') => {
                    let start = self.at + 1;
                    let length = memchr(quote, &self.bytes[start..])?;
                    value = &self.text[start..start + length];
                    self.at = start + length + 1;
                }
                b'>' => {}
                _ => {
                    let start = self.at;
                    self.at += self.bytes[start..]
                        .iter()
                        .take_while(|b| **b != b'>' && !is_space(**b))
                        .count();
                    value = &self.text[start..self.at];
                }
            }
        } else {
            self.at = after_name;
        }
        self.attributes.push(Attribute { name, value });
        Some(())
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Skips what `<!` begins; the place is at the `!`.
    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        if !rest.starts_with(b"!--") {
            return self.skip_to_close();
        }
        let body = &rest[3..];
        // `<!-->` and `<!--->` are empty comments.
        for empty in [&b">"[..], b"->"] {
            if body.starts_with(empty) {
                self.at += 3 + empty.len();
                return;
            }
        }
        let mut from = 0;
        while let Some(found) = memmem::find(&body[from..], b"--") {
            let after = from + found + 2;
            for close in [&b">"[..], b"!>"] {
                if body[after..].starts_with(close) {
                    self.at += 3 + after + close.len();
                    return;
                }
            }
            from += found + 1;
        }
        self.at = self.bytes.len();
    }

    fn skip_to_close(&mut self) {
        self.at = memchr(b'>', &self.bytes[self.at..])
            .map_or(self.bytes.len(), |found| self.at + found + 1);
    }

    /// Where the content of the raw text element `name` ends.
    fn raw_end(&self, name: &str) -> usize {
        let mut from = self.at;
        while let Some(found) = memmem::find(&self.bytes[from..], b"</") {
            let tag = from + found;
            let after = tag + 2 + name.len();
            let same = self
                .bytes
                .get(tag + 2..after)
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            let ends = self
                .bytes
                .get(after)
                .is_none_or(|b| is_space(*b) || matches!(b, b'/' | b'>'));
            if same && ends {
                return tag;
            }
            from = tag + 2;
        }
        self.bytes.len()
    }
}

/// White space of the HTML Standard.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// The title and the first `limit` bytes or so of the text that a page shows.
pub(crate) fn visible(page: &str, limit: usize) -> (String, String) {
    let mut tokenizer = Tokenizer::new(page);
    let (mut title, mut text) = (String::new(), String::new());
    let mut inside = "";
    while let Some(token) = tokenizer.next() {
        match token {
            Token::Start { name, .. } => inside = name,
            Token::End(_) => inside = "",
            Token::Text(raw) => match inside {
                "script" | "style" | "iframe" | "noembed" | "noframes" => {}
                "title" => title.push_str(&references::decode(raw)),
                _ if text.len() < limit => {
                    let decoded = references::decode(raw);
                    for word in decoded.split_whitespace() {
                        text.push_str(word);
                        text.push(' ');
                    }
                }
                _ => {}
            },
        }
    }
    (title, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page as one line: `start name [attributes]`, `/end` and `"text"`.
    fn shown(page: &str) -> String {
        let mut tokenizer = Tokenizer::new(page);
        let mut out = Vec::new();
        while let Some(token) = tokenizer.next() {
            out.push(match token {
                Token::Start { name, self_closing } => {
                    let mut tag = format!("<{name}");
                    for Attribute { name, value } in tokenizer.attributes() {
                        tag = format!("{tag} {name}={value}");
                    }
                    tag + if self_closing { "/>" } else { ">" }
                }
                Token::End(name) => format!("</{name}>"),
                Token::Text(text) => format!("{text:?}"),
            });
        }
        out.join(" ")
    }

    #[test]
    fn tags_and_attributes_in_every_spelling() {
        for (page, expected) in [
            ("<p>a</p>", r#"<p> "a" </p>"#),
            (r#"<a b="c>d" e='f"g' h=i j>"#, r#"<a b=c>d e=f"g h=i j=>"#),
            ("<A B = c/><br/>", "<A B=c/> <br/>"),
            ("<a\nb\n=\n'c'\n>", "<a b=c>"),
            ("<a =b>", "<a =b=>"),
            ("<a b=>c", r#"<a b=> "c""#),
            ("<가격>", r#""<가격>""#),
            ("<a 가격=12원>", "<a 가격=12원>"),
            ("1 < 2 <3", r#""1 < 2 <3""#),
            ("</p x=1></>a", r#"</p> "a""#),
            ("<a b='c", ""),
            ("a<", r#""a<""#),
        ] {
            assert_eq!(shown(page), expected, "{page}");
        }
    }

    #[test]
    fn comments_and_declarations_are_skipped() {
        for page in [
            "<!-- <p> -->a",
            "<!-->a",
            "<!--->a",
            "<!----!>a",
            "<!-- -- > --!>a",
            "<!DOCTYPE html>a",
            "<?xml version='1.0'?>a",
            "<![CDATA[x]]>a",
        ] {
            assert_eq!(shown(page), r#""a""#, "{page}");
        }
        assert_eq!(shown("<!-- never ends <p>"), "");
    }

    #[test]
    fn raw_text_ends_at_its_own_end_tag_only() {
        assert_eq!(
            shown("<script>if (a<b) '</p></scripts>'</SCRIPT >x"),
            r#"<script> "if (a<b) '</p></scripts>'" </SCRIPT> "x""#
        );
        assert_eq!(shown("<style></style>"), "<style> </style>");
        assert_eq!(shown("<title>a<b>"), r#"<title> "a<b>""#);
    }
}

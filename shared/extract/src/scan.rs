//! The first look at a page: one pass that gathers everything but microdata and RDFa, and
//! notices whether there are any.

use std::borrow::Cow;

use crate::graph::kept;
use crate::html::references;
use crate::html::{Token, Tokenizer};
use crate::struck;

/// What one pass over a page finds.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    /// The contents of `<script type="application/ld+json">`, in order.
    pub(crate) json_ld: Vec<&'a str>,
    /// `<meta>` elements: the `property` or `name` in lower case, and the content.
    pub(crate) metas: Vec<(String, Cow<'a, str>)>,
    /// The address in `<link rel="canonical">`.
    pub(crate) canonical: Option<Cow<'a, str>>,
    /// The address in `<base href>`.
    pub(crate) base: Option<Cow<'a, str>>,
    /// The content of the first `<title>`.
    pub(crate) title: Option<Cow<'a, str>>,
    /// The text of the first `<h1>` that has one.
    pub(crate) heading: String,
    /// Whether any element has `itemscope`.
    pub(crate) has_microdata: bool,
    /// Whether any element has `typeof`.
    pub(crate) has_rdfa: bool,
    /// Whether any text is struck through.
    pub(crate) has_struck: bool,
}

impl<'a> Page<'a> {
    /// Reads a page.
    pub(crate) fn scan(text: &'a str) -> Self {
        let mut page = Self::default();
        let mut tokenizer = Tokenizer::new(text);
        let (mut in_json_ld, mut in_title) = (false, false);
        // The content of a template is not part of the page.
        let mut templates = 0_usize;
        let mut in_heading = false;
        while let Some(token) = tokenizer.next() {
            match token {
                Token::Text(raw) => {
                    if in_json_ld {
                        page.json_ld.push(raw);
                    } else if in_title && page.title.is_none() {
                        page.title = Some(kept(references::decode(raw)));
                    } else if in_heading && templates == 0 && page.heading.len() < LONGEST_HEADING {
                        let end = raw.floor_char_boundary(LONGEST_HEADING);
                        page.heading.push_str(&references::decode(&raw[..end]));
                    }
                    (in_json_ld, in_title) = (false, false);
                }
                Token::End(name) => {
                    (in_json_ld, in_title) = (false, false);
                    in_heading &= !is_heading(name);
                    if templates > 0 && name.eq_ignore_ascii_case("template") {
                        templates -= 1;
                    }
                }
                Token::Start { name, .. } => {
                    (in_json_ld, in_title) = (false, false);
                    in_heading |= is_heading(name) && page.heading.trim().is_empty();
                    if name.eq_ignore_ascii_case("template") {
                        templates += 1;
                    } else if templates == 0 {
                        match page.element(name, &tokenizer) {
                            Next::JsonLd => in_json_ld = true,
                            Next::Title => in_title = true,
                            Next::Other => {}
                        }
                    }
                }
            }
        }
        page
    }

    fn element(&mut self, name: &str, tag: &Tokenizer<'a>) -> Next {
        for attribute in tag.attributes() {
            let name = attribute.name;
            match name.as_bytes().first() {
                Some(b'i' | b'I') if !self.has_microdata => {
                    self.has_microdata = name.eq_ignore_ascii_case("itemscope");
                }
                Some(b't' | b'T') if !self.has_rdfa => {
                    self.has_rdfa = name.eq_ignore_ascii_case("typeof");
                }
                _ => {}
            }
        }
        match name.as_bytes().first().map(u8::to_ascii_lowercase) {
            Some(b's' | b'd') if !self.has_struck && struck::is_struck(name) => {
                self.has_struck = true;
            }
            Some(b's') if name.eq_ignore_ascii_case("script") => {
                let json_ld = tag.attribute("type").is_some_and(|kind| {
                    let kind = kind.split(';').next().unwrap_or("").trim();
                    kind.eq_ignore_ascii_case("application/ld+json")
                });
                if json_ld {
                    return Next::JsonLd;
                }
            }
            Some(b't') if name.eq_ignore_ascii_case("title") => return Next::Title,
            Some(b'm') if name.eq_ignore_ascii_case("meta") => {
                let key = tag.attribute("property").or_else(|| tag.attribute("name"));
                if let (Some(key), Some(content)) = (key, tag.attribute("content")) {
                    self.metas.push((key.trim().to_lowercase(), kept(content)));
                }
            }
            Some(b'l') if name.eq_ignore_ascii_case("link") && self.canonical.is_none() => {
                let is_canonical = tag.attribute("rel").is_some_and(|rel| {
                    rel.split_ascii_whitespace()
                        .any(|kind| kind.eq_ignore_ascii_case("canonical"))
                });
                if is_canonical {
                    self.canonical = tag.attribute("href");
                }
            }
            Some(b'b') if name.eq_ignore_ascii_case("base") && self.base.is_none() => {
                self.base = tag.attribute("href");
            }
            _ => {}
        }
        Next::Other
    }

    /// The content of the first `<meta>` with one of these keys, in the keys' order.
    pub(crate) fn meta(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| {
            self.metas
                .iter()
                .find(|(name, content)| name == key && !content.trim().is_empty())
                .map(|(_, content)| content.as_ref())
        })
    }
}

/// No product's name is as long, in bytes.
const LONGEST_HEADING: usize = 1_000;

fn is_heading(element: &str) -> bool {
    element.eq_ignore_ascii_case("h1")
}

/// What the element's content is needed for.
enum Next {
    JsonLd,
    Title,
    Other,
}

//! What the HTML Standard says about elements: which contain nothing, which end by themselves,
//! and where their values are.

use std::borrow::Cow;

use crate::graph::{MAX_NAME, local_name};
use crate::html::Tokenizer;

/// What matters about an element for where others end.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "five independent properties")]
pub(super) struct Kind {
    /// It has no content and no end tag.
    pub(super) void: bool,
    /// Its start ends an open paragraph.
    pub(super) ends_paragraph: bool,
    /// The end tag of an inline element does not reach through it.
    pub(super) special: bool,
    /// No end tag but a table's reaches through it.
    pub(super) scope: bool,
    /// It is part of a table, or the page itself.
    pub(super) table: bool,
}

impl Kind {
    pub(super) fn of(name: &str) -> Self {
        let kind = Self::default();
        let special = Self {
            special: true,
            ..kind
        };
        match name {
            "area" | "base" | "br" | "col" | "embed" | "img" | "input" | "link" | "meta"
            | "param" | "source" | "track" | "wbr" => Self { void: true, ..kind },
            "hr" => Self {
                void: true,
                ends_paragraph: true,
                ..kind
            },
            "address" | "article" | "aside" | "blockquote" | "div" | "dl" | "fieldset"
            | "figure" | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header"
            | "main" | "nav" | "ol" | "p" | "pre" | "section" | "ul" => Self {
                ends_paragraph: true,
                ..special
            },
            "table" => Self {
                ends_paragraph: true,
                scope: true,
                table: true,
                ..special
            },
            "td" | "th" | "html" => Self {
                scope: true,
                table: true,
                ..special
            },
            "caption" => Self {
                scope: true,
                table: true,
                ..kind
            },
            "tbody" | "thead" | "tfoot" | "tr" | "body" => Self {
                table: true,
                ..special
            },
            "object" => Self {
                scope: true,
                ..special
            },
            "button" | "center" | "dd" | "details" | "dir" | "dt" | "figcaption" | "li"
            | "select" | "summary" => special,
            _ => kind,
        }
    }
}

/// An element's or attribute's name in lower case.
pub(crate) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The first names of several, without those that can be none of schema.org's.
pub(super) fn split_names(attribute: Option<Cow<'_, str>>) -> Vec<String> {
    attribute
        .map(|names| {
            names
                .split_ascii_whitespace()
                .map(local_name)
                .filter(|name| name.len() <= MAX_NAME)
                .take(16)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

pub(super) fn split_ids(attribute: Option<Cow<'_, str>>) -> Vec<String> {
    attribute
        .map(|ids| {
            ids.split_ascii_whitespace()
                .take(64)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

/// RDFa's names, without those of vocabularies that are not schema.org's (`og:title`).
pub(super) fn rdfa_names(attribute: Option<Cow<'_, str>>) -> Vec<String> {
    let mut names = split_names(attribute);
    names.retain(|name| !name.contains(':'));
    names
}

/// Properties whose value is text even on an element that has an address.
pub(super) fn is_textual(name: &str) -> bool {
    [
        "name",
        "price",
        "lowPrice",
        "highPrice",
        "priceCurrency",
        "sku",
        "mpn",
        "productID",
    ]
    .iter()
    .any(|textual| textual.eq_ignore_ascii_case(name))
}

/// The value that an element's attributes give its property; `None` if its text is the value.
pub(super) fn element_value<'a>(
    tag: &Tokenizer<'a>,
    element: &str,
    names: &[String],
) -> Option<Cow<'a, str>> {
    if let Some(content) = tag.attribute("content") {
        return Some(content);
    }
    match element {
        "meta" => Some(Cow::Borrowed("")),
        "data" | "meter" | "input" => tag.attribute("value"),
        "time" => tag.attribute("datetime"),
        "object" => tag.attribute("data"),
        "a" | "area" | "link" if !names.iter().all(|name| is_textual(name)) => {
            tag.attribute("href")
        }
        "audio" | "embed" | "iframe" | "img" | "source" | "track" | "video" => tag.attribute("src"),
        _ => None,
    }
}

//! What the HTML Standard says about elements: which contain nothing, which end by themselves,
//! and where their values are.

use std::borrow::Cow;

use crate::graph::local_name;
use crate::html::Tokenizer;

pub(super) const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements whose start ends an open paragraph.
pub(super) const ENDS_PARAGRAPH: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Elements that an end tag of an inline element does not reach through.
pub(super) const SPECIAL: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "html",
    "li",
    "main",
    "nav",
    "object",
    "ol",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Elements that no end tag but a table's reaches through.
pub(super) const SCOPE: &[&str] = &["table", "td", "th", "caption", "object", "html"];
pub(super) const TABLE: &[&str] = &[
    "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "body", "html",
];

pub(super) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

pub(super) fn split_names(attribute: Option<Cow<'_, str>>) -> Vec<String> {
    attribute
        .map(|names| {
            names
                .split_ascii_whitespace()
                .map(|name| local_name(name).to_owned())
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

//! The currencies that the cell styles of an `OpenDocument` spreadsheet show: in a currency
//! symbol of the number format (ODF 1.3, 16.29.8), or in a text beside the digits.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::ReadError;
use crate::read::formats::{NumberKind, kind_of_code};
use crate::read::xml::{Xml, attribute};
use crate::values::price::Sign;

/// How many styles are looked at; a spreadsheet program has no more cell formats.
const MAX_STYLES: usize = 65_536;
/// How many parents of a style are asked.
const MAX_PARENTS: usize = 16;

/// The cell styles that show a currency.
#[derive(Debug, Default)]
pub(super) struct Styles {
    money: HashMap<String, Sign>,
}

/// A number format.
#[derive(Debug, Default)]
struct Format {
    /// As a spreadsheet program would write it.
    code: String,
    /// The format of positive numbers, when that is another one.
    positive: Option<String>,
}

/// A cell style.
#[derive(Debug)]
struct Style {
    parent: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Default)]
struct Found {
    formats: HashMap<String, Format>,
    styles: HashMap<String, Style>,
}

impl Styles {
    /// Reads the parts that have styles, up to the document's body.
    pub(super) fn read(parts: impl IntoIterator<Item = Xml<'static>>) -> Result<Self, ReadError> {
        let mut found = Found::default();
        for part in parts {
            found.part(part)?;
        }
        let names = found.styles.keys();
        let money = names.filter_map(|name| Some((name.clone(), found.sign_of_style(name)?)));
        Ok(Self {
            money: money.collect(),
        })
    }

    /// What cells of a style show beside their digits.
    pub(super) fn sign(&self, style: &str) -> Option<Sign> {
        self.money.get(style).copied()
    }
}

impl Found {
    fn part(&mut self, mut xml: Xml<'static>) -> Result<(), ReadError> {
        enum Next {
            Text,
            Symbol(String),
            Other,
        }
        // The format that is being read.
        let mut open: Option<(String, Format)> = None;
        loop {
            let next = match xml.next()? {
                Event::Start(element) => match (element.local_name().as_ref(), &mut open) {
                    ("body", _) => return Ok(()),
                    ("number-style" | "currency-style", _) => {
                        let name = attribute(&element, "name").unwrap_or_default();
                        open = Some((name, Format::default()));
                        Next::Other
                    }
                    ("style", _)
                        if attribute(&element, "family").as_deref() == Some("table-cell") =>
                    {
                        let style = Style {
                            parent: attribute(&element, "parent-style-name"),
                            format: attribute(&element, "data-style-name"),
                        };
                        if let Some(name) = attribute(&element, "name")
                            && self.styles.len() < MAX_STYLES
                        {
                            self.styles.insert(name, style);
                        }
                        Next::Other
                    }
                    ("text", Some(_)) => Next::Text,
                    ("currency-symbol", Some(_)) => {
                        let locale = ["language", "country"]
                            .map(|name| attribute(&element, name).unwrap_or_default());
                        Next::Symbol(locale.join("-"))
                    }
                    ("number" | "scientific-number" | "fraction", Some((_, format))) => {
                        format.code.push('0');
                        Next::Other
                    }
                    ("map", Some((_, format))) => {
                        let condition = attribute(&element, "condition").unwrap_or_default();
                        if condition.contains('>') {
                            format.positive = attribute(&element, "apply-style-name");
                        }
                        Next::Other
                    }
                    _ => Next::Other,
                },
                Event::End(element)
                    if matches!(
                        element.local_name().as_ref(),
                        "number-style" | "currency-style"
                    ) =>
                {
                    if let Some((name, format)) = open.take()
                        && self.formats.len() < MAX_STYLES
                    {
                        self.formats.insert(name, format);
                    }
                    Next::Other
                }
                Event::Eof => return Ok(()),
                _ => Next::Other,
            };
            let mut text = String::new();
            if !matches!(next, Next::Other) {
                xml.text(&mut text)?;
            }
            let Some((_, format)) = &mut open else {
                continue;
            };
            let text = text.replace(['"', ']'], "");
            let pieces: &[&str] = match &next {
                Next::Text => &["\"", &text, "\""],
                Next::Symbol(locale) => &["[$", &text, "-", locale, "]"],
                Next::Other => &[],
            };
            format.code.extend(pieces.iter().copied());
        }
    }

    fn sign_of_style(&self, name: &str) -> Option<Sign> {
        let mut style = self.styles.get(name)?;
        for _ in 0..MAX_PARENTS {
            if let Some(format) = &style.format {
                return self.sign_of_format(format);
            }
            style = self.styles.get(style.parent.as_deref()?)?;
        }
        None
    }

    fn sign_of_format(&self, name: &str) -> Option<Sign> {
        let format = self.formats.get(name)?;
        let positive = format.positive.as_ref();
        let positive = positive.and_then(|name| self.formats.get(name));
        match kind_of_code(&positive.unwrap_or(format).code) {
            NumberKind::Money(sign) => Some(sign),
            _ => None,
        }
    }
}

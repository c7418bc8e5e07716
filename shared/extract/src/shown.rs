//! The text of an element as a browser shows it.
//!
//! Blocks, line breaks, list items and table cells are apart from each other. Raised or small
//! digits directly after a whole number are its minor units: `68<sup>50</sup>` is 68.50 and never
//! 6850. After a number that has its decimals they are a footnote.

use price_text::DECIMAL_ONLY;

/// Elements that stand on a line of their own, or end one.
const APART: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
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
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Elements whose digits are raised or small.
const RAISED: &[&str] = &["sup", "sub", "small"];

/// No mark of a currency is longer than this, in bytes, with the space before it.
const MAX_MARK: usize = 5;

/// A text that grows as its elements are passed.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    text: String,
    /// Where the text of the raised elements that are open begins.
    raised: Vec<usize>,
}

impl Shown {
    /// An element begins.
    pub(crate) fn begin(&mut self, element: &str) {
        if APART.contains(&element) {
            self.text.push('\n');
        } else if RAISED.contains(&element) {
            self.raised.push(self.text.len());
        }
    }

    /// A text follows.
    pub(crate) fn push(&mut self, text: &str) {
        // A line break of the source is white space.
        for (at, line) in text.split(['\n', '\r']).enumerate() {
            if at > 0 {
                self.text.push(' ');
            }
            self.text.push_str(line);
        }
    }

    /// An element ends.
    pub(crate) fn end(&mut self, element: &str) {
        if APART.contains(&element) {
            self.text.push('\n');
        } else if RAISED.contains(&element)
            && let Some(start) = self.raised.pop()
        {
            self.raise(start);
        }
    }

    /// How long the text is, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The lines that show something, white space folded.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text
            .split('\n')
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// Gives the raised text from `start` on its meaning for the number before it.
    fn raise(&mut self, start: usize) {
        let Some(raised) = self.text.get(start..) else {
            return;
        };
        let raised = raised.trim().to_owned();
        let before = self.text[..start].trim_end().len();
        let number = number_at_end(&self.text[..before]);
        let digits = raised.bytes().take_while(u8::is_ascii_digit).count();
        let more = raised[digits..].starts_with(['.', ',']);
        if digits == 0 || more {
            return;
        }
        if number.is_empty() {
            // `24,90 €` and a footnote.
            let marked = self.text[..before].trim_end_matches(|c: char| !c.is_ascii_digit());
            let is_mark = before - marked.len() <= MAX_MARK;
            if is_mark && has_decimals(number_at_end(marked)) && digits == raised.len() {
                self.text.truncate(before);
            }
            return;
        }
        self.text.truncate(before);
        if has_decimals(number_at_end(&self.text)) {
            // A footnote: what stands beside its digits still counts.
            self.text.push(' ');
            self.text.push_str(&raised[digits..]);
        } else {
            self.text.push(if digits == 2 { DECIMAL_ONLY } else { ' ' });
            self.text.push_str(&raised);
        }
    }
}

/// The digits and separators at the end of a text, if they end with a digit.
fn number_at_end(text: &str) -> &str {
    if !text.ends_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | DECIMAL_ONLY);
    &text[text.trim_end_matches(is_part).len()..]
}

/// Whether a number ends with one or two decimals.
fn has_decimals(number: &str) -> bool {
    number
        .rsplit_once(['.', ',', DECIMAL_ONLY])
        .is_some_and(|(_, decimals)| decimals.len() < 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` begins and ends a raised element, `/` a block.
    fn shown(text: &str) -> Vec<String> {
        let mut shown = Shown::default();
        let mut raised = false;
        for piece in text.split_inclusive(['|', '/']) {
            shown.push(piece.trim_end_matches(['|', '/']));
            match piece.chars().last() {
                Some('|') if raised => shown.end("sup"),
                Some('|') => shown.begin("sup"),
                Some('/') => shown.begin("br"),
                _ => {}
            }
            raised ^= piece.ends_with('|');
        }
        shown.lines()
    }

    #[test]
    fn raised_digits_after_a_whole_number_are_its_minor_units() {
        for (text, expected) in [
            ("68|50|", "68٫50"),
            ("68\n  |50|", "68٫50"),
            ("$1,019|99|", "$1,019٫99"),
            ("68|50 €|", "68٫50 €"),
            ("€ 1.249|00|", "€ 1.249٫00"),
        ] {
            assert_eq!(shown(text), [expected], "{text}");
        }
    }

    #[test]
    fn other_raised_digits_are_no_part_of_the_number() {
        for (text, expected) in [
            ("12,99|1|", "12,99"),
            ("12,99|2 €|", "12,99 €"),
            ("12,99 €|1|", "12,99 €"),
            ("12 €|90|", "12 €90"),
            ("68|5|", "68 5"),
            ("1.234|567|", "1.234 567"),
            ("|$|19|99|", "$19٫99"),
            ("68|,50|", "68,50"),
        ] {
            assert_eq!(shown(text), [expected], "{text}");
        }
    }

    #[test]
    fn blocks_are_apart() {
        assert_eq!(shown("€49/12 Farben"), ["€49", "12 Farben"]);
        assert_eq!(shown("89/\n/99"), ["89", "99"]);
    }
}

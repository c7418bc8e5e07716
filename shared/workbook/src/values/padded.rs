//! Codes that a workbook holds as numbers and shows with zeros before them: `0000123456` is 123456 in
//! the format `0000000000`, `A-000778` is 778 in `"A-"000000`.

use crate::values::number::Number;

/// The most letters that stand before the digits.
const MOST_LETTERS: usize = 5;
/// The most digits of a code.
const MOST_DIGITS: u8 = 15;

/// What a number format shows beside the digits of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Padding {
    /// ASCII; the rest is zero.
    letters: [u8; MOST_LETTERS],
    digits: u8,
}

impl Padding {
    /// The padding of a format code that has nothing but literal letters and zeros behind them.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        let code = code.split(';').next().unwrap_or(code);
        let digits = code.bytes().rev().take_while(|byte| *byte == b'0').count();
        let mut letters = String::new();
        let mut rest = code[..code.len() - digits].chars();
        while let Some(c) = rest.next() {
            match c {
                '"' => {
                    let (text, after) = rest.as_str().split_once('"')?;
                    letters.push_str(text);
                    rest = after.chars();
                }
                '\\' => letters.push(rest.next()?),
                '-' => letters.push('-'),
                _ => return None,
            }
        }
        Self::new(&letters, u8::try_from(digits).ok()?)
    }

    fn new(letters: &str, digits: u8) -> Option<Self> {
        // `00` shows hours and months, and a sign before it is an amount's.
        let is_code = letters.is_empty() && digits > 2
            || digits > 1 && letters.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_code || digits > MOST_DIGITS || !letters.is_ascii() || letters.len() > MOST_LETTERS {
            return None;
        }
        let mut kept = [0; MOST_LETTERS];
        kept[..letters.len()].copy_from_slice(letters.as_bytes());
        Some(Self {
            letters: kept,
            digits,
        })
    }

    /// The padding of zeros by which a whole number becomes a text of digits.
    pub(crate) fn between(number: Number, shown: &str) -> Option<Self> {
        let digits = u8::try_from(shown.len()).ok()?;
        let padding = Self::new("", digits).filter(|_| shown.starts_with('0'))?;
        (padding.adds_to(number) && padding.show(number) == shown).then_some(padding)
    }

    /// Whether a number is shown with more than its own digits.
    pub(crate) fn adds_to(self, number: Number) -> bool {
        let below = 10_i64.checked_pow(u32::from(self.digits.saturating_sub(1)));
        let has_letters = self.letters[0] != 0;
        let whole = i64::try_from(number.to_decimal()).ok();
        number.to_decimal().fract().is_zero()
            && whole.is_some_and(|whole| {
                whole > 0 && (has_letters || below.is_some_and(|below| whole < below))
            })
    }

    /// The code as a person sees it.
    pub(crate) fn show(self, number: Number) -> String {
        let letters = self.letters.iter().take_while(|byte| **byte != 0);
        let letters: String = letters.map(|byte| char::from(*byte)).collect();
        let digits = number.to_decimal().trunc().normalize().to_string();
        format!(
            "{letters}{digits:0>width$}",
            width = usize::from(self.digits)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(code: &str, number: f64) -> Option<String> {
        let number = Number::from_f64(number)?;
        let padding = Padding::of_code(code)?;
        padding.adds_to(number).then(|| padding.show(number))
    }

    #[test]
    fn codes_are_shown_with_their_zeros_and_letters() {
        for (code, number, shown) in [
            ("0000000000", 123_456.0, "0000123456"),
            ("\"A-\"000000", 778.0, "A-000778"),
            ("\"A-\"000", 123_456.0, "A-123456"),
            ("\\R-000", 7.0, "R-007"),
            ("00000;@", 12.0, "00012"),
        ] {
            assert_eq!(show(code, number).as_deref(), Some(shown), "{code}");
        }
    }

    #[test]
    fn amounts_are_no_codes() {
        for (code, number) in [
            ("0", 5.0),
            ("00", 5.0),
            ("0.00", 5.0),
            ("#,##0", 5.0),
            ("-000", 5.0),
            ("\"원\"000", 5.0),
            ("\"abcdefgh\"000", 5.0),
            ("\"open000", 5.0),
            ("0000000000000000", 5.0),
            ("00000", 12_345.0),
            ("00000", 1.5),
            ("00000", -5.0),
            ("00000", 0.0),
            ("", 5.0),
        ] {
            assert_eq!(show(code, number), None, "{code}");
        }
    }

    #[test]
    fn the_padding_of_a_shown_text_is_found() {
        let number = Number::from_f64(778.0).unwrap();
        let shown = |text| Padding::between(number, text).map(|padding| padding.show(number));
        assert_eq!(shown("0000778").as_deref(), Some("0000778"));
        for other in ["778", "0779", "07 78", "0778.0", ""] {
            assert_eq!(shown(other), None, "{other}");
        }
    }
}

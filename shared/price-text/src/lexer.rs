//! Splits a price's text into numbers, currency marks, counting words, words and signs.

use crate::currency::{self, Mark};
use crate::{number, words};
use model::Currency;

/// One piece of the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// Digits with their separators.
    Number(String),
    /// A counting word that multiplies the number before it.
    Factor(u64),
    /// A currency.
    Mark(Mark),
    /// Any other word, in lower case.
    Word(String),
    /// Any other character.
    Sign(char),
}

/// One spelling for digits, spaces, apostrophes and dashes of all scripts; what cannot be seen
/// (marks of direction, soft hyphens) goes.
pub(crate) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{61c}'
            | '\u{feff}'
            | '\u{ad}' => continue,
            '٬' | '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '＇' | '՚' => '\'',
            '٫' => number::DECIMAL_ONLY,
            '،' | '，' | '﹐' | '、' => ',',
            '．' | '。' | '﹒' => '.',
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' | '﹣' | '─' => '-',
            '～' | '〜' | '∼' | '˜' | '…' => '~',
            '％' | '٪' => '%',
            '￥' => '¥',
            '￦' => '₩',
            '￡' => '£',
            '￠' => '¢',
            '（' => '(',
            '）' => ')',
            '：' => ':',
            '／' | '⁄' => '/',
            // Full-width Latin letters and signs.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
            _ if c.is_whitespace() || c == '\u{3164}' => ' ',
            _ => digit(c).unwrap_or(c),
        };
        if c == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// The ASCII digit of a decimal digit of another script.
fn digit(c: char) -> Option<char> {
    // The first digits of the scripts whose shops write with them.
    const ZEROS: [u32; 9] = [
        0x660,  // Arabic-Indic
        0x6f0,  // Persian
        0x966,  // Devanagari
        0x9e6,  // Bengali
        0xbe6,  // Tamil
        0xe50,  // Thai
        0x1040, // Burmese
        0x17e0, // Khmer
        0xed0,  // Lao
    ];
    let code = u32::from(c);
    let zero = ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// The pieces of a normalised text, each with whether it stands directly (without a space)
/// behind the piece before it.
pub(crate) fn tokens(text: &str) -> Vec<(Token, bool)> {
    let mut tokens: Vec<(Token, bool)> = Vec::new();
    let mut at = 0;
    let mut tight = false;
    while let Some(c) = text[at..].chars().next() {
        if c == ' ' {
            tight = false;
            at += 1;
            continue;
        }
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        let (token, length) = next(rest, before, tokens.last().map(|(token, _)| token), tight);
        if let (
            Token::Factor(_),
            None | Some((Token::Mark(_) | Token::Word(_) | Token::Sign(_), _)),
        ) = (&token, tokens.last())
        {
            // `만원` alone means one of it.
            tokens.push((Token::Number("1".to_owned()), tight));
        }
        tokens.push((token, tight));
        at += length;
        tight = true;
    }
    tokens
}

fn next(rest: &str, before: Option<char>, last: Option<&Token>, tight: bool) -> (Token, usize) {
    let counts = matches!(last, Some(Token::Number(_) | Token::Factor(_)));
    if let Some((number, length)) = number_at(rest, before) {
        return (Token::Number(number), length);
    }
    if let Some((factor, length)) = factor_at(rest, before, counts) {
        return (Token::Factor(factor), length);
    }
    if counts && tight && rest.starts_with('p') && !starts_with_letter(&rest[1..]) {
        let pence = Mark {
            currencies: &[Currency::GBP],
            usual: Some(Currency::GBP),
            hundredths: true,
        };
        return (Token::Mark(pence), 1);
    }
    if let Some((mark, length)) = currency::mark_at(rest, before)
        && !is_part_of_a_word(rest, length, before, counts, tight)
    {
        return (Token::Mark(mark), length + dot_after(rest, length));
    }
    let length = word_length(rest);
    if length > 0 {
        let word = rest[..length].to_lowercase();
        if counts && let Some(factor) = words::latin_factor(&word) {
            return (Token::Factor(factor), length + dot_after(rest, length));
        }
        return (Token::Word(word), length + dot_after(rest, length));
    }
    let c = rest.chars().next().unwrap_or(' ');
    (Token::Sign(c), c.len_utf8())
}

/// A point that belongs to the abbreviation before it (`Rs.`, `руб.`).
fn dot_after(rest: &str, length: usize) -> usize {
    let abbreviated = rest[..length].ends_with(char::is_alphabetic);
    usize::from(abbreviated && rest[length..].starts_with('.'))
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(char::is_alphabetic)
}

fn word_length(rest: &str) -> usize {
    rest.char_indices()
        .find(|(_, c)| !c.is_alphabetic() && !is_combining(*c))
        .map_or(rest.len(), |(at, _)| at)
}

/// Vowel signs and accents that stand on their own in the text.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}'
        | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Whether a mark of a script that writes without borders (`원`, `円`) is only the beginning of a
/// longer word (`원가`).
fn is_part_of_a_word(
    rest: &str,
    length: usize,
    before: Option<char>,
    counts: bool,
    tight: bool,
) -> bool {
    let letter = rest.chars().next().is_some_and(char::is_alphabetic);
    if !letter || rest.is_char_boundary(1) {
        return false;
    }
    if counts && tight {
        return false;
    }
    let after = &rest[length..];
    let next_word = after[..word_length(after)].to_lowercase();
    let known = next_word.is_empty() || words::sense(&next_word) != words::Sense::Unknown;
    !known || (!counts && (before.is_some_and(char::is_alphabetic) || !next_word.is_empty()))
}

/// A counting word: after a number, or on its own before a currency (`만원`).
fn factor_at(rest: &str, before: Option<char>, counts: bool) -> Option<(u64, usize)> {
    let (factor, length) = words::factor_at(rest)?;
    let after = &rest[length..];
    let goes_on = !starts_with_letter(after)
        || words::factor_at(after).is_some()
        || currency::mark_at(after, None).is_some();
    if !goes_on {
        return None;
    }
    if counts {
        return Some((factor, length));
    }
    let alone = !before.is_some_and(char::is_alphabetic);
    (alone && starts_with_letter(after)).then_some((factor, length))
}

/// Digits with separators between them, and the marker for "no cents" behind them.
fn number_at(rest: &str, before: Option<char>) -> Option<(String, usize)> {
    let bytes = rest.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut number = String::new();
    let mut at = 0;
    // `.99`
    if !is_digit(0) {
        let after_digit = before.is_some_and(|c| c.is_ascii_digit());
        if !(rest.starts_with(['.', ',']) && is_digit(1)) || after_digit {
            return None;
        }
        let digits = bytes[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 2 {
            return None;
        }
        number.push('0');
        number.push(number::DECIMAL_ONLY);
        number.push_str(&rest[1..=digits]);
        return Some((number, 1 + digits));
    }
    let mut run = 0;
    while let Some(c) = rest[at..].chars().next() {
        let next = at + c.len_utf8();
        match c {
            '0'..='9' => run += 1,
            '.' | ',' | '\'' | number::DECIMAL_ONLY if is_digit(next) => run = 0,
            ' ' if run <= 3 && (next..next + 3).all(is_digit) && !is_digit(next + 3) => run = 0,
            _ => break,
        }
        number.push(c);
        at = next;
    }
    Some((number, at + no_cents(&rest[at..])))
}

/// The length of `.-`, `,--`, `:-` and the like.
fn no_cents(rest: &str) -> usize {
    let trimmed = rest.trim_start_matches(' ');
    let Some(after) = trimmed.strip_prefix(['.', ',', ':']) else {
        return 0;
    };
    let tail = after.trim_start_matches('-');
    let dashes = after.len() - tail.len();
    if !(1..=2).contains(&dashes) || tail.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    rest.len() - tail.len()
}

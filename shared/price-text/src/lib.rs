//! Prices as people write them: `₩12,900`, `1만 2,900원`, `1.234,56 €`, `CHF 1'299.-`.
//!
//! The text must hold one price and nothing that makes it something else. What cannot be read
//! without doubt is a failure:
//!
//! - no number, a negative one, a percentage, a sign that is not understood: `unreadable_price`;
//! - two numbers, a range (`from 10 €`, `10 - 20`), or `1.234` with nothing that tells whether the
//!   point groups thousands: `ambiguous`;
//! - an instalment, a reduction, a former price, a delivery charge: `unreadable_price`;
//! - another currency than the hint's: `wrong_currency`. Nothing is ever converted.
//!
//! **Separators.** The last of two kinds of separator starts the decimals. A single separator
//! before exactly three digits is settled, in this order, by a currency without decimals (won,
//! yen: it groups), by the locale, by the currency's two decimals (it groups), and, for a comma
//! alone, by custom (it groups). A point alone stays ambiguous.
//!
//! **Policies.** [`parse`] reads a page's text, [`parse_column`] a cell of a column of prices. Both
//! have one table of marks, one of words and one of separators; [`Policy`] says what differs.
//!
//! **Currency.** `$`, `¥` and `kr` name several currencies: without a hint or a locale that settles
//! it the currency stays open. `£` is GBP and `Rs` is INR unless a hint or locale says otherwise.

mod column;
pub mod currency;
mod exact;
mod kinds;
mod lexer;
mod locale;
mod number;
mod words;

use std::borrow::Cow;

use model::{Currency, Decimal, Failure, FailureReason, PriceKind};

pub use column::{ColumnPrice, NotAPrice, parse_column};
use currency::Mark;
pub use exact::decimal;
use lexer::Token;
use locale::Locale;
pub use number::DECIMAL_ONLY;
use number::{Habits, Reading};
use words::Sense;

/// Where a text stands, which decides what it may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// What a shop shows: a price is never negative, never has more decimals than its currency,
    /// and a hint of a currency must hold.
    Page,
    /// A cell of a column: it may be negative (a refund), it may be computed and have more
    /// decimals (`1.234`), and its own mark counts for more than its column's heading.
    Column,
}

/// What is known about a price before it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextHints<'a> {
    /// The currency it must be in.
    pub currency: Option<Currency>,
    /// The locale it was written in: `de`, `de-CH`, `pt_BR`. An unknown one is ignored.
    pub locale: Option<&'a str>,
    /// The kind of price that it may be, though not everybody pays it.
    pub kind: Option<PriceKind>,
}

/// An amount as it was written, and its currency where the text or the hint names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// The exact amount, with the decimals that were written: `1099.00`.
    pub amount: Decimal,
    /// The currency.
    pub currency: Option<Currency>,
}

/// Whether `locale` names a language whose way of writing prices is known.
pub fn is_locale(locale: &str) -> bool {
    Locale::read(locale).is_some()
}

/// The longest text, in characters, in which a price is looked for.
pub const MAX_CHARS: usize = 200;

/// Reads the one price in `text`.
pub fn parse(text: &str, hints: &TextHints<'_>) -> Result<Amount, Failure> {
    let reader = Reader {
        hints,
        policy: Policy::Page,
    };
    match reader.read(&lexer::normalise(text)) {
        Ok(read) => Ok(read.amount),
        Err(refusal) => {
            let shown: String = text.trim().chars().take(80).collect();
            let why = format!("{shown:?}: {}", refusal.why);
            Err(Failure::new(refusal.reason(), why))
        }
    }
}

/// An amount, and the marks of currencies that stood with it.
struct Read {
    amount: Amount,
    marks: Vec<Mark>,
}

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    doubt: Doubt,
    why: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// A separator that may group or start the decimals.
    Separators,
    /// Several numbers or currencies, or a range.
    Several,
    OtherCurrency,
    Unreadable,
}

impl Refusal {
    fn reason(&self) -> FailureReason {
        match self.doubt {
            Doubt::Separators | Doubt::Several => FailureReason::Ambiguous,
            Doubt::OtherCurrency => FailureReason::WrongCurrency,
            Doubt::Unreadable => FailureReason::UnreadablePrice,
        }
    }
}

fn refused<T>(doubt: Doubt, why: impl Into<Cow<'static, str>>) -> Result<T, Refusal> {
    let why = why.into();
    Err(Refusal { doubt, why })
}

/// Whether a text beside a price is about something else than the selling price (a former price, a
/// reduction, delivery), or only a label, so that the price stands in another text.
pub fn is_beside_the_price(text: &str) -> bool {
    let normal = lexer::normalise(text);
    let tokens = lexer::tokens(&normal);
    let senses = || {
        tokens.iter().filter_map(|(token, _)| match token {
            Token::Word(word) => Some(words::sense(word)),
            _ => None,
        })
    };
    let number = tokens
        .iter()
        .any(|(token, _)| matches!(token, Token::Number(_)));
    if number {
        senses().any(|sense| matches!(sense, Sense::Spoils(why) if words::is_beside(why)))
    } else {
        senses().all(|sense| matches!(sense, Sense::Harmless | Sense::Excuse))
    }
}

/// Of a text that holds the former price and the present one, each after its word (`Was $120.00
/// Now $60.00`), what is about the present one; any other text whole.
fn selling_part(mut tokens: Vec<(Token, bool)>) -> Vec<(Token, bool)> {
    let word = |at: usize| match &tokens[at].0 {
        Token::Word(word) => word.as_str(),
        _ => "",
    };
    let numbers = |range: std::ops::Range<usize>| {
        let tokens = &tokens[range];
        let numbers = tokens.iter().filter(|(t, _)| matches!(t, Token::Number(_)));
        numbers.count()
    };
    let end = tokens.len();
    let now = (0..end).find(|at| words::is_now(word(*at)));
    let was = (0..end).find(|at| words::is_former(word(*at)));
    // Brazil: `De R$ 199,00 por R$ 149,00`.
    let por = (0..end).find(|at| word(*at) == "por");
    if let Some(por) = por
        && end > 0
        && word(0) == "de"
        && (numbers(0..por), numbers(por..end)) == (1, 1)
    {
        return tokens.split_off(por + 1);
    }
    match (was, now) {
        (Some(0), Some(now)) if numbers(0..now) == 1 && numbers(now..end) == 1 => {
            tokens.split_off(now)
        }
        (Some(was), Some(0)) if numbers(0..was) == 1 && numbers(was..end) == 1 => {
            tokens.truncate(was);
            tokens
        }
        _ => tokens,
    }
}

/// Whether the sign at `at` stands tightly between two words.
fn joins_words(tokens: &[(Token, bool)], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    tokens[at].1
        && matches!(before, Some((Token::Word(_), _)))
        && matches!(tokens.get(at + 1), Some((Token::Word(_), true)))
}

struct Reader<'a> {
    hints: &'a TextHints<'a>,
    policy: Policy,
}

impl Reader<'_> {
    fn read(&self, normal: &str) -> Result<Read, Refusal> {
        if normal.chars().count() > MAX_CHARS {
            return refused(Doubt::Unreadable, "too long for a price");
        }
        let tokens = selling_part(lexer::tokens(normal));
        let Some(span) = Self::number_span(&tokens)? else {
            return refused(Doubt::Unreadable, "there is no number in it");
        };
        let marks: Vec<(usize, Mark)> = tokens
            .iter()
            .enumerate()
            .filter_map(|(at, (token, _))| match token {
                Token::Mark(mark) => Some((at, *mark)),
                _ => None,
            })
            .collect();
        let beside = marks
            .iter()
            .any(|(at, _)| *at + 1 == span.start || *at == span.end || span.contains(at));
        Self::check_signs(&tokens, beside)?;
        let allowed = self.hints.kind.and_then(kinds::why);
        Self::check_words(&tokens, &span, beside, allowed)?;

        let locale = self.hints.locale.and_then(Locale::read);
        let currency = self.currency(&marks, locale.as_ref())?;
        let habits = Habits {
            locale: locale.as_ref(),
            currency,
            some_currency: !marks.is_empty(),
            counted: false,
            policy: self.policy,
        };
        let mut amount = match value(&tokens[span], habits) {
            Reading::Exact(amount) => amount,
            Reading::Ambiguous => {
                return refused(
                    Doubt::Separators,
                    "the separator may group thousands or start the decimals; \
                     a locale or a currency would settle it",
                );
            }
            Reading::Unreadable => {
                return refused(Doubt::Unreadable, "its digits do not form an amount");
            }
        };
        if marks.iter().any(|(_, mark)| mark.hundredths) {
            let scale = amount.scale() + 2;
            if amount.set_scale(scale).is_err() {
                return refused(Doubt::Unreadable, "it has too many decimals");
            }
        }
        let whole = currency.is_some_and(|currency| number::places(currency) == 0);
        if whole && self.policy == Policy::Page && !amount.fract().is_zero() {
            return refused(Doubt::Unreadable, "the currency has no decimals");
        }
        Ok(Read {
            amount: Amount { amount, currency },
            marks: marks.into_iter().map(|(_, mark)| mark).collect(),
        })
    }

    /// The tokens of the one number. `Ok(None)` when there is none.
    fn number_span(tokens: &[(Token, bool)]) -> Result<Option<std::ops::Range<usize>>, Refusal> {
        let is_number = |at: usize| matches!(tokens.get(at), Some((Token::Number(_), _)));
        let is_factor = |at: usize| matches!(tokens.get(at), Some((Token::Factor(_), _)));
        let Some(first) = (0..tokens.len()).find(|at| is_number(*at)) else {
            return Ok(None);
        };
        let start = Self::without_pieces(tokens, first);
        let mut end = start + 1;
        while is_factor(end) || (is_number(end) && is_factor(end - 1)) {
            end += 1;
        }
        // `12€99`: the currency in the place of the point.
        if let (Some((Token::Mark(_), true)), Some((Token::Number(cents), true))) =
            (tokens.get(end), tokens.get(end + 1))
        {
            let whole = matches!(&tokens[start].0, Token::Number(n) if n.bytes().all(|b| b.is_ascii_digit()));
            let plain = cents.len() == 2 && cents.bytes().all(|b| b.is_ascii_digit());
            let other_mark = tokens[end + 1..]
                .iter()
                .any(|(token, _)| matches!(token, Token::Mark(_)));
            if whole && plain && !other_mark && end == start + 1 {
                end += 2;
            }
        }
        if (end..tokens.len()).any(is_number) {
            return refused(Doubt::Several, "it holds several numbers");
        }
        Ok(Some(start..end))
    }

    /// The number after a count of pieces: `Pack of 3 … 14,85 EUR`, `3er-Pack für 14,85 €`, where
    /// only the later one has a currency beside it.
    fn without_pieces(tokens: &[(Token, bool)], first: usize) -> usize {
        let word_at = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
            Some((Token::Word(word), _)) => Some(word.as_str()),
            _ => None,
        };
        let before = word_at(first.checked_sub(1));
        let before_that = word_at(first.checked_sub(2));
        let after = word_at(Some(first + 1));
        let counts = (before == Some("of") && before_that.is_some_and(words::is_pack))
            || after.is_some_and(|word| words::is_pack(word) || word == "er");
        let later = (first + 1..tokens.len())
            .find(|at| matches!(tokens.get(*at), Some((Token::Number(_), _))));
        let marked = |at: usize| {
            let mark = |at: Option<usize>| {
                matches!(at.and_then(|at| tokens.get(at)), Some((Token::Mark(_), _)))
            };
            mark(at.checked_sub(1)) || mark(Some(at + 1))
        };
        match later {
            Some(later) if counts && marked(later) && !marked(first) => later,
            _ => first,
        }
    }

    fn check_signs(tokens: &[(Token, bool)], beside: bool) -> Result<(), Refusal> {
        let bracketed = matches!(tokens.first(), Some((Token::Sign('('), _)))
            && matches!(tokens.last(), Some((Token::Sign(')'), _)));
        if bracketed {
            return refused(
                Doubt::Unreadable,
                "brackets around an amount mean a negative one",
            );
        }
        for (at, (token, _)) in tokens.iter().enumerate() {
            let Token::Sign(sign) = token else { continue };
            match sign {
                '%' | '‰' => return refused(Doubt::Unreadable, "it is a percentage"),
                '~' => return refused(Doubt::Several, "it is one end of a range"),
                // A hyphen within a word (`3er-Pack`).
                '-' if joins_words(tokens, at) => {}
                '-' => return refused(Doubt::Unreadable, "it is negative, or a range"),
                '/' => match tokens.get(at + 1) {
                    Some((Token::Word(word), _)) if words::is_piece(word) => {}
                    _ => {
                        return refused(
                            Doubt::Unreadable,
                            "it is a price for a time or a quantity",
                        );
                    }
                },
                '.' if matches!(tokens.get(at + 1), Some((Token::Number(number), true))
                    if number.contains(DECIMAL_ONLY)) =>
                {
                    return refused(Doubt::Unreadable, "several points stand before its digits");
                }
                '.' | ',' | ':' | ';' | '!' | '*' | '|' | '(' | ')' | '[' | ']' | '"' | '•'
                | '·' | '\'' => {}
                '+' | '<' | '>' | '=' | '±' | '≈' | '≤' | '≥' | '^' | '#' | '@' | '?' | '×'
                | '_' | '\\' => {
                    return refused(Doubt::Unreadable, "it holds a sign that no price has");
                }
                _ if beside => {}
                _ => return refused(Doubt::Unreadable, "it holds a sign that no price has"),
            }
        }
        Ok(())
    }

    fn check_words(
        tokens: &[(Token, bool)],
        number: &std::ops::Range<usize>,
        beside: bool,
        allowed: Option<&str>,
    ) -> Result<(), Refusal> {
        let sense_at = |at: usize| match tokens.get(at) {
            Some((Token::Word(word), _)) => Some(words::sense(word)),
            _ => None,
        };
        for (at, (token, tight)) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let previous = at.checked_sub(1).and_then(sense_at);
            let excused =
                previous == Some(Sense::Excuse) || sense_at(at + 1) == Some(Sense::Excuse);
            // Brazil writes a former price so: `De R$ 199,00 por R$ 149,00`.
            let is_reais = |mark: &Mark| *mark.currencies == [Currency::BRL];
            if word == "de"
                && matches!(tokens.get(at + 1), Some((Token::Mark(mark), _)) if is_reais(mark))
            {
                return refused(Doubt::Unreadable, words::FORMER_PRICE);
            }
            match words::sense(word) {
                Sense::Harmless | Sense::Excuse => {}
                Sense::Spoils(_) if excused => {}
                Sense::Spoils(why) if allowed == Some(why) => {}
                Sense::Spoils(why) => return refused(Doubt::Unreadable, why),
                Sense::Range => return refused(Doubt::Several, "it is one end of a range"),
                Sense::Unknown => {
                    let glued = (at == number.end && *tight)
                        || (at + 1 == number.start && tokens[number.start].1);
                    let latin = word.chars().any(|c| c < '\u{250}');
                    if !beside || (glued && latin) {
                        return refused(
                            Doubt::Unreadable,
                            "what stands beside the number is not a currency",
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// The currency that the marks, the hint and the locale agree on.
    fn currency(
        &self,
        marks: &[(usize, Mark)],
        locale: Option<&Locale>,
    ) -> Result<Option<Currency>, Refusal> {
        let Some(((_, first), others)) = marks.split_first() else {
            return Ok(self.hints.currency);
        };
        let mut possible = first.candidates();
        possible.retain(|currency| others.iter().all(|(_, mark)| mark.allows(*currency)));
        if possible.is_empty() {
            return refused(Doubt::Several, "it names two currencies");
        }
        let hint = self
            .hints
            .currency
            .filter(|hint| self.policy == Policy::Page || possible.contains(hint));
        if let Some(hint) = hint {
            return if possible.contains(&hint) {
                Ok(Some(hint))
            } else {
                refused(
                    Doubt::OtherCurrency,
                    format!("it is not in {}", hint.code()),
                )
            };
        }
        if let [only] = possible[..] {
            return Ok(Some(only));
        }
        Ok(marks
            .iter()
            .filter_map(|(_, mark)| match self.policy {
                Policy::Page => mark.settle(locale),
                Policy::Column => mark.in_a_column(),
            })
            .find(|currency| possible.contains(currency)))
    }
}

/// The value of a number with its counting words: `1억 2천만`, `1만 2,900`, `12€99`.
fn value(tokens: &[(Token, bool)], habits: Habits<'_>) -> Reading {
    let exact = |number: &str, counted: bool| number::read(number, Habits { counted, ..habits });
    match tokens {
        [(Token::Number(number), _)] => return exact(number, false),
        [
            (Token::Number(whole), _),
            (Token::Mark(_), _),
            (Token::Number(cents), _),
        ] => {
            return exact(&format!("{whole}{}{cents}", number::DECIMAL_ONLY), false);
        }
        _ => {}
    }
    counted_value(tokens, exact).unwrap_or(Reading::Unreadable)
}

/// Sums counting words: those below ten thousand multiply the number before them, those from
/// ten thousand on everything since the last of their kind.
fn counted_value(
    tokens: &[(Token, bool)],
    exact: impl Fn(&str, bool) -> Reading,
) -> Option<Reading> {
    let mut total = Decimal::ZERO;
    let mut section = Decimal::ZERO;
    let mut pending: Option<Decimal> = None;
    // What comes next must be smaller than the last factor.
    let mut limit = Decimal::MAX;
    let mut section_limit = Decimal::MAX;
    for (at, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Number(number) => {
                let counted = matches!(tokens.get(at + 1), Some((Token::Factor(_), _)));
                match exact(number, counted) {
                    Reading::Exact(amount) => pending = Some(amount),
                    other => return Some(other),
                }
            }
            Token::Factor(factor) => {
                let factor = Decimal::from(*factor);
                if factor < Decimal::from(10_000) {
                    let product = pending.take()?.checked_mul(factor)?;
                    if factor >= section_limit {
                        return None;
                    }
                    section_limit = factor;
                    section = section.checked_add(product)?;
                } else {
                    let before = section.checked_add(pending.take().unwrap_or_default())?;
                    if before.is_zero() || factor >= limit {
                        return None;
                    }
                    total = total.checked_add(before.checked_mul(factor)?)?;
                    section = Decimal::ZERO;
                    section_limit = Decimal::MAX;
                    limit = factor;
                }
            }
            _ => return None,
        }
    }
    let rest = section.checked_add(pending.unwrap_or_default())?;
    if pending.is_some_and(|last| last >= section_limit) || rest >= limit {
        return None;
    }
    Some(Reading::Exact(total.checked_add(rest)?.normalize()))
}

//! The digits of a price: which separator groups them and which one starts the decimals.

use model::Currency;
use rust_decimal::Decimal;

use crate::Policy;
use crate::locale::Locale;

/// What a run of digits means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Exactly this.
    Exact(Decimal),
    /// Two readings are possible (`1.234`).
    Ambiguous,
    /// No way of writing numbers gives this.
    Unreadable,
}

/// The sign that can only start decimals (U+066B, `٫`), after normalisation.
pub const DECIMAL_ONLY: char = '\u{66b}';

/// What is known about how the number was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits<'a> {
    pub(crate) locale: Option<&'a Locale>,
    /// The currency, once it is known.
    pub(crate) currency: Option<Currency>,
    /// The number of decimals that all possible currencies have at most, when the mark is
    /// ambiguous but present (`$`).
    pub(crate) some_currency: bool,
    /// Whether a counting word follows (`1.5만`).
    pub(crate) counted: bool,
    pub(crate) policy: Policy,
}

/// Reads digits with separators out of `. , ' space` and [`DECIMAL_ONLY`], no two of them in a
/// row, none at the end.
pub(crate) fn read(text: &str, habits: Habits<'_>) -> Reading {
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let Some((&last_separator, earlier)) = separators.split_last() else {
        return exact(text, "");
    };
    let Some((&last, whole)) = groups.split_last() else {
        return Reading::Unreadable;
    };
    let grouped =
        |sign: char| separators.iter().all(|s| *s == sign) && is_grouped(&groups, sign == ',');
    if last_separator == DECIMAL_ONLY {
        return decimals(whole, earlier, last);
    }
    if earlier.is_empty() {
        return single(
            whole.first().copied().unwrap_or(""),
            last,
            last_separator,
            habits,
        );
    }
    if separators.iter().all(|s| *s == last_separator) {
        return if grouped(last_separator) {
            exact(&groups.concat(), "")
        } else {
            Reading::Unreadable
        };
    }
    // Several kinds: the last one starts the decimals and occurs once.
    let decimal_sign = matches!(last_separator, '.' | ',');
    if !decimal_sign || earlier.contains(&last_separator) {
        return Reading::Unreadable;
    }
    decimals(whole, earlier, last)
}

/// Groups, all by the same sign, then decimals.
fn decimals(whole: &[&str], signs: &[char], fraction: &str) -> Reading {
    let one_sign = signs.windows(2).all(|pair| pair[0] == pair[1]);
    let groups_of_two = signs.first() == Some(&',');
    if one_sign && (signs.is_empty() || is_grouped(whole, groups_of_two)) {
        exact(&whole.concat(), fraction)
    } else {
        Reading::Unreadable
    }
}

/// One separator of `sign` between `whole` and `rest`.
fn single(whole: &str, rest: &str, sign: char, habits: Habits<'_>) -> Reading {
    let groups = is_grouped(&[whole, rest], false);
    match sign {
        '\'' if rest.len() == 2 => exact(whole, rest),
        ' ' | '\'' if groups => exact(&format!("{whole}{rest}"), ""),
        ' ' | '\'' => Reading::Unreadable,
        _ if rest.len() == 3 && groups => match grouping(sign, habits) {
            Some(true) => exact(&format!("{whole}{rest}"), ""),
            Some(false) => exact(whole, rest),
            None => Reading::Ambiguous,
        },
        '.' => exact(whole, rest),
        // Four and more digits after a comma are decimals only where a comma is the sign.
        _ if rest.len() <= 3 || decimal_sign(habits) == Some(',') => exact(whole, rest),
        _ => Reading::Unreadable,
    }
}

fn decimal_sign(habits: Habits<'_>) -> Option<char> {
    habits.locale.and_then(Locale::decimal_sign)
}

/// Whether a single `sign` before exactly three digits groups them; `None` if nobody can tell.
fn grouping(sign: char, habits: Habits<'_>) -> Option<bool> {
    if habits.counted {
        // `1.500만` is written by nobody who groups, and by hardly anybody who does not.
        return (sign == ',').then_some(true);
    }
    let places = habits.currency.map(places);
    if places == Some(0) {
        return Some(true);
    }
    if let Some(decimal) = decimal_sign(habits) {
        return Some(decimal != sign);
    }
    if sign == '.' && habits.policy == Policy::Column {
        return point_in_a_column(habits.currency);
    }
    match (sign, places) {
        // Three places: the Gulf writes `1.234`, Tunisia `1,234`.
        ('.', Some(3)) => Some(false),
        (_, Some(3)) => (habits.currency != Some(Currency::TND)).then_some(true),
        ('.', None) => habits.some_currency.then_some(true),
        // No currency of two places is quoted in thousandths, and a comma alone groups.
        _ => Some(true),
    }
}

/// In a column of prices a point alone starts decimals, for means and prices of fuel have three of
/// them (`1.234`), unless the countries of its currency group with a point: then nobody can tell.
fn point_in_a_column(currency: Option<Currency>) -> Option<bool> {
    use Currency as C;
    let groups_with_a_point = matches!(
        currency,
        Some(
            C::EUR | C::BRL | C::TRY | C::DKK | C::IDR | C::ARS | C::COP | C::UYU | C::RON | C::RSD
        )
    );
    (!groups_with_a_point).then_some(false)
}

/// The number of decimals of a currency in practice.
pub(crate) fn places(currency: Currency) -> u16 {
    currency.exponent().unwrap_or(2)
}

/// Whether groups are those of thousands, or (for commas) of lakhs: `1,29,999`.
fn is_grouped(groups: &[&str], lakhs: bool) -> bool {
    let Some((first, rest)) = groups.split_first() else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return !first.is_empty();
    };
    if first.is_empty() || first.len() > 3 || last.len() != 3 || first.starts_with('0') {
        return false;
    }
    let all = |length: usize| middle.iter().all(|group| group.len() == length);
    all(3) || (lakhs && first.len() <= 2 && all(2))
}

fn exact(whole: &str, fraction: &str) -> Reading {
    let text = if fraction.is_empty() {
        whole.to_owned()
    } else if whole.is_empty() {
        format!("0.{fraction}")
    } else {
        format!("{whole}.{fraction}")
    };
    crate::decimal(&text).map_or(Reading::Unreadable, Reading::Exact)
}

//! Labels: texts that name no product, because their row adds up others or has no code.

use rust_decimal::Decimal;

use crate::values::texts::{NO_TEXT, TextId};

const TOTAL_ENDINGS: [&str; 7] = ["합계", "소계", "총계", "누계", "평균", "총액", "subtotal"];

/// Labels of rows that add up others. In a row `without_date` of a table with dates, which is no
/// data anyway, also `이어폰 소계`, `합계 (4건)` and `October total`.
pub(crate) fn is_total(label: &str, without_date: bool) -> bool {
    if label.is_empty() || label.len() > 60 {
        return false;
    }
    let open = |c| matches!(c, '(' | '[' | '（');
    // `=SUM(A1)` is a text like any other.
    let is_odd = |c| open(c) || c == '=';
    let outside = if without_date && !label.starts_with(is_odd) {
        label.split(open).next().unwrap_or(label)
    } else {
        label
    };
    let plain: String = outside
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let last_word = outside.rsplit(' ').next().unwrap_or(outside);
    if without_date
        && (TOTAL_ENDINGS.iter().any(|ending| plain.ends_with(ending))
            || last_word.eq_ignore_ascii_case("total"))
    {
        return true;
    }
    matches!(
        plain.as_str(),
        "합계"
            | "총계"
            | "소계"
            | "누계"
            | "계"
            | "총합계"
            | "총합"
            | "부분합"
            | "합산"
            | "평균"
            | "전체합계"
            | "total"
            | "totals"
            | "subtotal"
            | "grandtotal"
            | "sum"
            | "average"
            | "avg"
            | "mean"
            | "합"
            // What Excel calls the last row of a table in Korean.
            | "요약"
    )
}

/// Endings that no product's name has.
const SURE_ENDINGS: [&str; 6] = ["소계", "합계", "총계", "누계", "부분합", "subtotal"];

/// Words with which a label may begin or end that adds up others.
const TOTAL_WORDS: [&str; 10] = [
    "합계", "소계", "총계", "평균", "요약", "total", "subtotal", "average", "mean", "sum",
];

/// What a text says as a label of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Anything: a name, a code, a category.
    Plain,
    /// `Audio Total`, `음향 요약`: a total if its amount adds up those above it. `Total` and
    /// `Colgate Total` are products as well.
    PerhapsTotal,
    /// `소계`, `음향 소계`, `Subtotal`: a total, dated or not.
    Total,
    /// `-`, `N/A`, `0`: in a column of codes, no code.
    NoCode,
}

impl Label {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        if matches!(text, "-" | "--" | "—" | "." | "0" | "없음" | "미정")
            || ["n/a", "na", "none", "null", "#n/a"]
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word))
        {
            return Self::NoCode;
        }
        if text.len() > 60 || text.starts_with('=') || !may_total(text) {
            return Self::Plain;
        }
        let outside = text.split(['(', '[', '（']).next().unwrap_or(text).trim();
        let lower = outside.to_lowercase();
        if SURE_ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            return Self::Total;
        }
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        let mut ends = [words.next(), words.next_back()].into_iter().flatten();
        if is_total(text, true) || ends.any(|word| TOTAL_WORDS.contains(&word)) {
            return Self::PerhapsTotal;
        }
        Self::Plain
    }
}

/// Whether a text has any of the words, which nearly none has.
fn may_total(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().any(|byte| !byte.is_ascii())
        && ["계", "합", "균", "요약"]
            .iter()
            .any(|word| text.contains(word))
        || ["total", "average", "avg", "mean", "sum"]
            .iter()
            .any(|word| {
                let word = word.as_bytes();
                bytes
                    .windows(word.len())
                    .any(|part| part.eq_ignore_ascii_case(word))
            })
}

/// What every text says as a label, by its number.
#[derive(Default)]
pub(crate) struct Labels {
    all: Vec<Label>,
    /// Whether any is not plain: else there is nothing to look up.
    any: bool,
}

impl Labels {
    /// Takes note of a text that may be new.
    pub(crate) fn note(&mut self, id: TextId, text: &str) {
        if id == NO_TEXT || (id as usize) < self.all.len() {
            return;
        }
        let label = Label::of(text);
        self.any |= label != Label::Plain;
        self.all.resize(id as usize, Label::Plain);
        self.all.push(label);
    }

    /// Whether any label is not plain.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    pub(crate) fn get(&self, id: TextId) -> Label {
        let label = self.all.get(id as usize).copied();
        label.unwrap_or(Label::Plain)
    }
}

/// How many prices there were, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) sum: Decimal,
}

impl Tally {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            count: self.count - before.count,
            sum: self.sum - before.sum,
        }
    }

    /// Whether an amount is the sum of these prices, or their mean where the label says so. One
    /// price proves nothing: the next product may cost as much.
    pub(crate) fn is_added_up_by(self, amount: Decimal, label: &str) -> bool {
        if self.count < 2 {
            return false;
        }
        let lower = label.to_lowercase();
        if !["평균", "average", "avg", "mean"]
            .iter()
            .any(|word| lower.contains(word))
        {
            return amount == self.sum;
        }
        let mean = (self.sum / Decimal::from(self.count)).round_dp_with_strategy(
            amount.scale(),
            rust_decimal::RoundingStrategy::MidpointAwayFromZero,
        );
        amount == mean
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{Label, Tally, is_total};

    #[test]
    fn rows_that_add_up_others_are_known_by_their_labels() {
        for label in ["합계", "합 계", "[합계]", "요약", "Total:", "Sub-total"] {
            assert!(is_total(label, false), "{label}");
            assert!(is_total(label, true), "{label}");
        }
        for label in [
            "이어폰 소계",
            "합계 (4건)",
            "October total",
            "TOTAL (KRW)",
            "전체 평균",
        ] {
            assert!(is_total(label, true), "{label}");
            assert!(!is_total(label, false), "{label}");
        }
        for label in ["", "=SUM(A1)", "Total War", "합계기", "평균대"] {
            assert!(!is_total(label, true), "{label}");
        }
    }

    #[test]
    fn a_name_that_ends_like_a_total_needs_proof() {
        for label in ["소계", "음향 소계", "합계(VAT별도)", "Subtotal", "총합계"] {
            assert_eq!(Label::of(label), Label::Total, "{label}");
        }
        for label in [
            "Audio Total",
            "음향 요약",
            "Grand Average",
            "Colgate Total",
            "Total (Audio)",
        ] {
            let label = Label::of(label);
            assert!(
                matches!(label, Label::PerhapsTotal | Label::Total),
                "{label:?}"
            );
        }
        assert_eq!(Label::of("Colgate Total"), Label::PerhapsTotal);
        for label in [
            "무선 이어폰",
            "합계기",
            "체온계",
            "Summer hat",
            "Totally",
            "=SUM(A1)",
            "",
        ] {
            assert_eq!(Label::of(label), Label::Plain, "{label}");
        }
        assert_eq!(Label::of("N/A"), Label::NoCode);
    }

    #[test]
    fn a_total_is_proven_by_the_prices_above_it() {
        let above = Tally {
            count: 2,
            sum: Decimal::from(268),
        };
        let is_total =
            |above: Tally, amount: i64, label| above.is_added_up_by(Decimal::from(amount), label);
        assert!(is_total(above, 268, "Audio Total"));
        assert!(is_total(above, 134, "Audio Average"));
        // A product whose price is that of the rows above it.
        assert!(!is_total(above, 134, "Colgate Total"));
        let one = Tally {
            count: 1,
            sum: Decimal::from(134),
        };
        assert!(!is_total(one, 134, "Colgate Total"));
        assert!(!is_total(Tally::default(), 0, "Total"));
    }
}

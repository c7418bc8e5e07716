//! Day, month and year in which order: settled over the whole date column of an upload.

use crate::Language;
use crate::figures::warnings;
use crate::header::find::Layout;
use crate::header::headings::Role;
use crate::values::cell::{Cells, Stop, Value};
use crate::values::date::{
    DayMonth, ShortDate, ShortYear, TextDate, has_year_first, read_date, with_year,
};

/// What is known about the order of day and month in this upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DateOrder {
    /// Nothing yet: the first date that needs it stops the reading.
    #[default]
    Unknown,
    /// One order for every ambiguous date.
    Known(DayMonth),
    /// The column has both orders, so that an ambiguous date cannot be read.
    Mixed,
}

/// What the date columns of all used sheets prove.
#[derive(Debug)]
pub(crate) struct Votes {
    language: Language,
    plain: Tally,
    short: ShortVotes,
}

/// How many dates prove or need an order of day and month.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    day_first: u64,
    month_first: u64,
    either: u64,
    slashes: u64,
}

impl Tally {
    fn add(&mut self, date: Option<TextDate>) {
        match date {
            Some(TextDate::Proof(_, DayMonth::DayFirst)) => self.day_first += 1,
            Some(TextDate::Proof(_, DayMonth::MonthFirst)) => self.month_first += 1,
            Some(TextDate::Either { separator, .. }) => {
                self.either += 1;
                self.slashes += u64::from(separator == b'/');
            }
            _ => {}
        }
    }
}

/// What the dates with two digits for the year prove about its place.
#[derive(Debug, Default)]
struct ShortVotes {
    /// Their days and months, if the year stands last.
    tally: Tally,
    /// Dates that may have the year first, and last.
    can_be: [u64; 2],
    /// The least and the greatest year, if it stands first, and last.
    years: [Option<(i64, i64)>; 2],
    has_slashes: bool,
    /// Whether one has a day of one digit, so that its year stands first: `26.10.5`.
    is_first: bool,
}

impl ShortVotes {
    fn add(&mut self, date: ShortDate) {
        for (at, (year, end)) in [(date.first, ShortYear::First), (date.last, ShortYear::Last)]
            .into_iter()
            .enumerate()
        {
            self.can_be[at] += u64::from(date.can_be(end));
            let (least, most) = self.years[at].unwrap_or((year, year));
            self.years[at] = Some((least.min(year), most.max(year)));
        }
        self.has_slashes |= date.separator == b'/';
    }
}

impl Votes {
    pub(crate) fn new(language: Language) -> Self {
        Self {
            language,
            plain: Tally::default(),
            short: ShortVotes::default(),
        }
    }

    fn add(&mut self, text: &str) {
        if let Some(date) = ShortDate::of(text) {
            self.short.add(date);
            self.short.tally.add(read_date(text, Some(ShortYear::Last)));
        } else {
            self.short.is_first |= has_year_first(text);
            // A day without its year says as much, but in Korean.
            let whole = with_year(text, 2_024).filter(|_| self.language != Language::Ko);
            let text = whole.as_deref().unwrap_or(text);
            self.plain.add(read_date(text, None));
        }
    }

    /// Where the year of short dates stands: where more of them are dates, or else where the
    /// years are closer together, because days change more often than years. When that says
    /// nothing it stands first, as in Korea, but for slashes below English headings.
    pub(crate) fn short_year(&self) -> ShortYear {
        let short = &self.short;
        if short.is_first {
            return ShortYear::First;
        }
        let spread = |at: usize| short.years[at].map_or(0, |(least, most)| most - least);
        let says_last = short.can_be[1]
            .cmp(&short.can_be[0])
            .then(spread(0).cmp(&spread(1)));
        let is_last = if says_last.is_eq() {
            short.has_slashes && self.language != Language::Ko
        } else {
            says_last.is_gt()
        };
        if is_last {
            ShortYear::Last
        } else {
            ShortYear::First
        }
    }

    fn tally(&self) -> Tally {
        let mut all = self.plain;
        if self.short_year() == ShortYear::Last {
            let short = self.short.tally;
            all.day_first += short.day_first;
            all.month_first += short.month_first;
            all.either += short.either;
            all.slashes += short.slashes;
        }
        all
    }

    pub(crate) fn order(&self) -> DateOrder {
        let all = self.tally();
        match (all.day_first > 0, all.month_first > 0) {
            (true, true) => DateOrder::Mixed,
            (false, true) => DateOrder::Known(DayMonth::MonthFirst),
            // No proof: slashes are American more often than not, points and dashes are not.
            (false, false) if all.slashes * 2 >= all.either => {
                DateOrder::Known(DayMonth::MonthFirst)
            }
            _ => DateOrder::Known(DayMonth::DayFirst),
        }
    }

    pub(crate) fn note(&self) -> Option<warnings::OrderNote> {
        let all = self.tally();
        let proven = (all.day_first > 0) != (all.month_first > 0);
        (!proven && all.either > 0).then_some(warnings::OrderNote {
            order: self.order(),
            dates: all.either,
        })
    }
}

/// Takes the votes of a sheet's date column.
pub(crate) struct Scout<'a> {
    last_header_row: u32,
    column: u32,
    votes: &'a mut Votes,
}

impl<'a> Scout<'a> {
    /// `None` for a sheet without a date column.
    pub(crate) fn new(layout: &Layout, votes: &'a mut Votes) -> Option<Self> {
        let mut columns = layout.columns.iter();
        let (column, _, _) = columns.find(|(_, role, _)| *role == Role::Date)?;
        Some(Self {
            last_header_row: layout.last_header_row,
            column: *column,
            votes,
        })
    }
}

impl Cells for Scout<'_> {
    fn wants(&self, column: u32) -> bool {
        column == self.column
    }

    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if row <= self.last_header_row || column != self.column {
            return Ok(());
        }
        match value {
            Value::Text(text) => self.votes.add(text),
            Value::Shared(index, strings) => self.votes.add(&strings.get(index)),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(language: Language, texts: &[&str]) -> Votes {
        let mut votes = Votes::new(language);
        for text in texts {
            votes.add(text);
        }
        votes
    }

    #[test]
    fn the_years_of_short_dates_are_closer_together_than_their_days() {
        use ShortYear::{First, Last};
        for (texts, in_korean, in_english) in [
            (&["26.11.19", "26.11.20"][..], First, First),
            (&["19.11.26", "20.11.26"], Last, Last),
            (&["26/11/19", "26/11/20"], First, First),
            (&["03/11/26", "04/11/26"], Last, Last),
            (&["11/05/26", "11/21/26"], Last, Last),
            (&["26.11.21"], First, First),
            (&["26/11/21"], First, Last),
            (&["25.12.31", "26.01.01", "26.01.02"], First, First),
            (&[], First, First),
        ] {
            assert_eq!(
                votes(Language::Ko, texts).short_year(),
                in_korean,
                "{texts:?}"
            );
            assert_eq!(
                votes(Language::En, texts).short_year(),
                in_english,
                "{texts:?}"
            );
        }
    }

    #[test]
    fn short_dates_with_the_year_first_say_nothing_of_day_and_month() {
        let votes = votes(Language::Ko, &["26.11.19", "26.11.20", "03/04/2026"]);
        assert_eq!(votes.order(), DateOrder::Known(DayMonth::MonthFirst));
        assert_eq!(votes.note().map(|note| note.dates), Some(1));
        assert!(self::votes(Language::Ko, &["26.11.19"]).note().is_none());
    }
}

//! The time that the message of a throttle names, in one of many spellings.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, offset};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Where a time without a zone is meant.
const KOREA: Offset = offset(9);
/// A time further ahead is not the end of a pause.
const FURTHEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How much of a message is read, in characters.
const LONGEST: usize = 2_000;

/// The latest instant that a message names and that lies within the next month.
pub(super) fn named(message: &str, now: Timestamp) -> Option<Timestamp> {
    let end = message.char_indices().nth(LONGEST);
    let tokens = tokens(end.map_or(message, |(end, _)| &message[..end]));
    let named = (0..tokens.len()).filter_map(|start| {
        let mut reader = Reader {
            tokens: &tokens[start..],
        };
        reader.instant(now)
    });
    let furthest = now.checked_add(FURTHEST).ok()?;
    named.filter(|at| *at > now && *at <= furthest).max()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

/// The numbers, words and other characters of a text, without its spaces.
fn tokens(mut text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else {
            return tokens;
        };
        let end_of = |is_part: fn(char) -> bool| text.find(|c| !is_part(c)).unwrap_or(text.len());
        let (end, token) = if first.is_ascii_digit() {
            let end = end_of(|c| c.is_ascii_digit());
            (end, Token::Number(&text[..end]))
        } else if first.is_alphabetic() {
            let end = end_of(char::is_alphabetic);
            (end, Token::Word(&text[..end]))
        } else {
            (first.len_utf8(), Token::Sign(first))
        };
        tokens.push(token);
        text = &text[end..];
    }
}

/// Reads what stands at the start of some tokens.
#[derive(Clone, Copy)]
struct Reader<'a> {
    tokens: &'a [Token<'a>],
}

impl<'a> Reader<'a> {
    /// An instant: a day and a time of it, or a number of seconds or milliseconds.
    fn instant(&mut self, now: Timestamp) -> Option<Timestamp> {
        if let Some(Token::Number(number)) = self.tokens.first() {
            match number.len() {
                10 => return Timestamp::from_second(number.parse().ok()?).ok(),
                13 => return Timestamp::from_millisecond(number.parse().ok()?).ok(),
                14 => return korean(compact(number)?),
                _ => {}
            }
        }
        if let Some(at) = self.attempt(Self::basic) {
            return Some(at);
        }
        if let Some(day) = self.day(now) {
            return self.instant_of(day);
        }
        // Nov 22 13:00:00 KST 2026
        let (month, day) = self.month_and_day()?;
        let (time, zone) = self.time()?;
        let year = self.number(4)?;
        let day = Date::new(year, month, day).ok()?;
        zone.to_timestamp(day.to_datetime(time)).ok()
    }

    /// `20261122T133000+0900`, and `261122T043000Z` as in the API's signatures.
    fn basic(&mut self) -> Option<Timestamp> {
        let (Token::Number(day), Token::Word("T"), Token::Number(time)) =
            (self.next()?, self.next()?, self.next()?)
        else {
            return None;
        };
        let century = if day.len() == 6 { "20" } else { "" };
        let at = compact(&format!("{century}{day}{time}"))?;
        self.zone().to_timestamp(at).ok()
    }

    fn instant_of(&mut self, day: Date) -> Option<Timestamp> {
        match self.time() {
            Some((time, zone)) => zone.to_timestamp(day.to_datetime(time)).ok(),
            // All of that day.
            None => korean(day.checked_add(1.day()).ok()?.to_datetime(Time::midnight())),
        }
    }

    /// `2026-11-22`, `2026. 11. 22.`, `2026/11/22`, `2026년 11월 22일`, `20261122`, `11월 22일`,
    /// `Nov 22, 2026`, `22 November 2026`.
    fn day(&mut self, now: Timestamp) -> Option<Date> {
        self.attempt(|it| {
            let Token::Number(number) = it.next()? else {
                return None;
            };
            (number.len() == 8).then(|| Some(compact(&format!("{number}000000"))?.date()))?
        })
        .or_else(|| {
            self.attempt(|it| {
                let year = it.number(4)?;
                it.between("년")?;
                let month = it.number(2)?;
                it.between("월")?;
                let day = it.number(2)?;
                Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
            })
        })
        .or_else(|| {
            self.attempt(|it| {
                let month = i8::try_from(it.number(2)?).ok()?;
                it.word("월")?;
                let day = i8::try_from(it.number(2)?).ok()?;
                it.word("일")?;
                let today = KOREA.to_datetime(now).date();
                [0, 1].iter().find_map(|years| {
                    let next = Date::new(today.year() + years, month, day).ok()?;
                    (next >= today).then_some(next)
                })
            })
        })
        .or_else(|| {
            self.attempt(|it| {
                let (month, day) = it.month_and_day()?;
                let _ = it.sign(&[',']);
                let year = it.number(4)?;
                // Not the hour of `Nov 22 13:00`.
                Date::new(year, month, day).ok()
            })
        })
        .or_else(|| {
            self.attempt(|it| {
                let day = i8::try_from(it.number(2)?).ok()?;
                let month = it.month()?;
                Date::new(it.number(4)?, month, day).ok()
            })
        })
    }

    /// A time of day and its zone, behind at most some signs and words.
    fn time(&mut self) -> Option<(Time, Offset)> {
        let mut afternoon = None;
        for _ in 0..6 {
            if let Some(time) = self.attempt(|it| it.clock(afternoon)) {
                return Some(time);
            }
            match self.next()? {
                Token::Word(word) => afternoon = half(word).or(afternoon),
                Token::Sign(_) => {}
                Token::Number(_) => return None,
            }
        }
        None
    }

    /// `13:00`, `13:00:00.5`, `13시 30분`, `1:00 PM`, and the zone behind it.
    fn clock(&mut self, mut afternoon: Option<bool>) -> Option<(Time, Offset)> {
        let mut hour = i8::try_from(self.number(2)?).ok()?;
        let minute;
        let mut second = 0;
        if self.sign(&[':']).is_some() {
            minute = self.number(2)?;
            if let Some(exact) = self.attempt(|it| {
                it.sign(&[':'])?;
                it.number(2)
            }) {
                second = exact;
                let _ = self.attempt(|it| {
                    it.sign(&['.', ','])?;
                    it.next().filter(|token| matches!(token, Token::Number(_)))
                });
            }
        } else {
            self.word("시")?;
            let part = |it: &mut Self, unit| {
                it.attempt(|it| {
                    let value = it.number(2)?;
                    it.word(unit)?;
                    Some(value)
                })
            };
            minute = part(self, "분").unwrap_or(0);
            second = part(self, "초").unwrap_or(0);
        }
        if let Some(Token::Word(word)) = self.tokens.first()
            && let Some(half) = half(word)
        {
            afternoon = Some(half);
            self.next()?;
        }
        match afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        let time = Time::new(
            hour,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            0,
        );
        Some((time.ok()?, self.zone()))
    }

    /// `Z`, `UTC`, `+09:00`, `+0900`, `GMT+9`, `(KST)`; else Korea's.
    fn zone(&mut self) -> Offset {
        let named = self.attempt(|it| {
            let _ = it.sign(&['(']);
            match it.next()? {
                Token::Word("Z" | "UTC" | "GMT") => Some(Offset::UTC),
                Token::Word("KST") => Some(KOREA),
                _ => None,
            }
        });
        if named == Some(KOREA) {
            return KOREA;
        }
        let numeric = self.attempt(|it| {
            let sign = it.sign(&['+', '-'])?;
            let Token::Number(digits) = it.next()? else {
                return None;
            };
            let (hours, minutes): (i32, i32) = match digits.len() {
                4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
                1 | 2 => {
                    let minutes = it.attempt(|it| {
                        it.sign(&[':'])?;
                        it.number(2)
                    });
                    (digits.parse().ok()?, minutes.unwrap_or(0).into())
                }
                _ => return None,
            };
            let seconds = (hours * 60 + minutes) * 60;
            let plausible = hours <= 14 && minutes < 60;
            let seconds = if sign == '-' { -seconds } else { seconds };
            plausible.then(|| Offset::from_seconds(seconds).ok())?
        });
        numeric.or(named).unwrap_or(KOREA)
    }

    fn month_and_day(&mut self) -> Option<(i8, i8)> {
        self.attempt(|it| Some((it.month()?, i8::try_from(it.number(2)?).ok()?)))
    }

    fn month(&mut self) -> Option<i8> {
        const MONTHS: [&str; 12] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ];
        let Token::Word(word) = self.next()? else {
            return None;
        };
        let word = word.to_lowercase();
        let month = MONTHS.iter().position(|month| word.starts_with(month))?;
        i8::try_from(month + 1).ok()
    }

    /// What stands between the numbers of a day: a sign, or its Korean unit.
    fn between(&mut self, unit: &str) -> Option<()> {
        match self.next()? {
            Token::Sign('-' | '.' | '/') => Some(()),
            Token::Word(word) if word == unit => Some(()),
            _ => None,
        }
    }

    /// A number of as many digits (of one or two, for two).
    fn number(&mut self, digits: usize) -> Option<i16> {
        match self.next()? {
            Token::Number(number) if number.len() == digits || (number.len(), digits) == (1, 2) => {
                number.parse().ok()
            }
            _ => None,
        }
    }

    /// A word that begins so, as Korean particles follow without a space.
    fn word(&mut self, start: &str) -> Option<()> {
        match self.next()? {
            Token::Word(word) if word.starts_with(start) => Some(()),
            _ => None,
        }
    }

    /// One of these signs. Otherwise nothing is read.
    fn sign(&mut self, signs: &[char]) -> Option<char> {
        match self.tokens.first()? {
            Token::Sign(sign) if signs.contains(sign) => {
                self.next()?;
                Some(*sign)
            }
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    /// Reads something, or nothing at all.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let read = read(&mut ahead)?;
        *self = ahead;
        Some(read)
    }
}

/// Whether a word is of the afternoon, or else of the morning.
fn half(word: &str) -> Option<bool> {
    match word {
        "오후" | "PM" | "pm" => Some(true),
        "오전" | "AM" | "am" => Some(false),
        _ => None,
    }
}

/// `20261122130000`.
fn compact(digits: &str) -> Option<DateTime> {
    if digits.len() != 14 {
        return None;
    }
    DateTime::strptime("%Y%m%d%H%M%S", digits).ok()
}

fn korean(at: DateTime) -> Option<Timestamp> {
    KOREA.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(message: &str) -> Option<String> {
        let now = date(2026, 11, 21).at(12, 0, 0, 0);
        named(message, KOREA.to_timestamp(now).unwrap()).map(|at| KOREA.to_datetime(at).to_string())
    }

    #[test]
    fn the_end_of_a_pause_is_read_in_many_spellings() {
        for message in [
            "2026-11-22 13:30:00",
            "2026-11-22 13:30",
            "다음 시간 이후에 시도해 주세요: 2026-11-22 13:30:00.123",
            "You can call again after 2026-11-22T13:30:00+09:00.",
            "You can call again after 2026-11-22T04:30:00Z",
            "until 2026-11-22T04:30:00.000+0000",
            "2026/11/22 13:30:00 KST",
            "2026/11/22 04:30:00 (UTC)",
            "2026-11-22 13:30 GMT+9",
            "2026-11-22 13:30 (UTC+09:00)",
            "2026.11.22 13:30까지 제한됩니다",
            "2026. 11. 22. 오후 1:30:00 이후",
            "2026년 11월 22일 13시 30분까지 이용할 수 없습니다",
            "2026년 11월 22일(일) 오후 1시 30분 이후",
            "11월 22일 13시 30분 이후에 다시 시도해 주세요",
            "Nov 22, 2026 1:30:00 PM",
            "Nov 22, 2026, 1:30 PM",
            "22 November 2026 13:30",
            "Sun, 22 Nov 2026 04:30:00 GMT",
            "Sun Nov 22 13:30:00 KST 2026",
            "20261122133000",
            "20261122T133000",
            "20261122T133000+0900",
            "261122T043000Z",
            "retryAfter=1795321800000",
            "1795321800",
            "blocked from 2026-11-21 13:30:00 to 2026-11-22 13:30:00",
            "10 calls since 2026-11-21 11:00; wait until 2026-11-22 13:30",
        ] {
            assert_eq!(
                read(message).as_deref(),
                Some("2026-11-22T13:30:00"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_day_without_a_time_is_all_of_it() {
        for message in [
            "2026-11-22까지",
            "2026년 11월 22일",
            "20261122",
            "Nov 22, 2026",
        ] {
            assert_eq!(
                read(message).as_deref(),
                Some("2026-11-23T00:00:00"),
                "{message}"
            );
        }
    }

    #[test]
    fn midnight_and_noon_are_read() {
        for (message, at) in [
            ("2026-11-22 12:00 AM", "2026-11-22T00:00:00"),
            ("2026-11-22 12:00 PM", "2026-11-22T12:00:00"),
            ("2026-11-22 오전 0시", "2026-11-22T00:00:00"),
            ("1월 2일 9시", "2027-01-02T09:00:00"),
        ] {
            let late = date(2026, 12, 20).at(12, 0, 0, 0);
            let now = if message.starts_with('1') {
                late
            } else {
                date(2026, 11, 21).at(12, 0, 0, 0)
            };
            let read = named(message, KOREA.to_timestamp(now).unwrap());
            assert_eq!(
                read.map(|at| KOREA.to_datetime(at).to_string()).as_deref(),
                Some(at)
            );
        }
    }

    #[test]
    fn what_is_no_time_to_come_is_none() {
        for message in [
            "",
            "호출 한도를 초과하였습니다",
            "Too many requests: 10 per 1 hour",
            "2026-11-21 11:59",
            "2027-11-22 13:30",
            "2026-13-45 99:99",
            "2026-11-22-",
            "1234567890123",
            "9999999999",
            "2026-11-31 13:30",
            "20261322999999",
            "11-22",
            "Nov 22",
            "::::----....",
        ] {
            // A day that is followed by rubbish is still that day.
            let expected = (message == "2026-11-22-").then(|| "2026-11-23T00:00:00".to_owned());
            assert_eq!(read(message), expected, "{message}");
        }
    }

    #[test]
    fn a_message_without_end_is_read_to_a_bound() {
        let long = "2026-11-".repeat(100_000);
        assert_eq!(read(&long), None);
        assert_eq!(read(&"가".repeat(100_000)), None);
    }
}

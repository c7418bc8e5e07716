//! All prices of a product in as little memory as they allow, each with its day and its vendor:
//! for the exact median and standard deviation, and for what its vendors' prices did.

use rust_decimal::Decimal;

use crate::figures::occasions::OccasionId;
use crate::values::number::{Number, POWERS, decimal, mean};

/// Integers at a common scale, four bytes each as long as they fit.
///
/// The last ones wait beside the group that they belong to: rows mostly come day by day, each
/// to another product, and a list of its own far away in memory for each would be slow to reach.
#[derive(Debug)]
pub(crate) struct Values {
    held: Held,
    occasions: HeldOccasions,
    waiting: [i32; WAITING],
    waiting_occasions: [u16; WAITING],
    waits: u8,
    scale: u8,
}

const WAITING: usize = 7;

/// By price, when and where it was: two bytes each as long as they fit.
#[derive(Debug)]
enum HeldOccasions {
    Narrow(Vec<u16>),
    Wide(Vec<OccasionId>),
}

impl HeldOccasions {
    fn push(&mut self, occasion: OccasionId) {
        match (&mut *self, u16::try_from(occasion)) {
            (Self::Narrow(all), Ok(occasion)) => all.push(occasion),
            (Self::Wide(all), _) => all.push(occasion),
            (Self::Narrow(all), Err(_)) => {
                let mut wide: Vec<OccasionId> = all.iter().copied().map(Into::into).collect();
                wide.push(occasion);
                *self = Self::Wide(wide);
            }
        }
    }
}

#[derive(Debug)]
enum Held {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
    Huge(Vec<i128>),
}

/// What all prices of a product together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) count: u64,
    pub(crate) mean: Decimal,
    pub(crate) median: Decimal,
    /// The sample standard deviation; of a single price there is none.
    pub(crate) deviation: Option<Decimal>,
}

impl Values {
    pub(crate) fn new(first: Number, occasion: OccasionId) -> Self {
        let mut values = Self::empty();
        values.scale = first.scale();
        values.push(first, occasion);
        values
    }

    #[inline]
    pub(crate) fn push(&mut self, number: Number, occasion: OccasionId) {
        let at = usize::from(self.waits);
        if number.scale() == self.scale
            && let Ok(value) = i32::try_from(number.mantissa())
            && let Ok(occasion) = u16::try_from(occasion)
            && let Some(place) = self.waiting.get_mut(at)
            && let Some(occasion_place) = self.waiting_occasions.get_mut(at)
        {
            *place = value;
            *occasion_place = occasion;
            self.waits += 1;
        } else {
            self.push_other(number, occasion);
        }
    }

    /// Holds those that waited.
    fn hold(&mut self) {
        let waiting = &self.waiting[..usize::from(self.waits)];
        match &mut self.held {
            Held::Narrow(values) => values.extend_from_slice(waiting),
            Held::Wide(values) => values.extend(waiting.iter().map(|value| i64::from(*value))),
            Held::Huge(values) => values.extend(waiting.iter().map(|value| i128::from(*value))),
        }
        let waiting = &self.waiting_occasions[..usize::from(self.waits)];
        match &mut self.occasions {
            HeldOccasions::Narrow(all) => all.extend_from_slice(waiting),
            HeldOccasions::Wide(all) => all.extend(waiting.iter().copied().map(OccasionId::from)),
        }
        self.waits = 0;
    }

    /// Hands over every price in the order of the rows, as an integer at [`Self::scale`].
    pub(crate) fn each(&mut self, mut take: impl FnMut(i128, OccasionId)) {
        self.hold();
        let occasion = |at: usize| match &self.occasions {
            HeldOccasions::Narrow(all) => all.get(at).copied().unwrap_or(0).into(),
            HeldOccasions::Wide(all) => all.get(at).copied().unwrap_or(0),
        };
        match &self.held {
            Held::Narrow(values) => {
                let values = values.iter().enumerate();
                values.for_each(|(at, value)| take((*value).into(), occasion(at)));
            }
            Held::Wide(values) => {
                let values = values.iter().enumerate();
                values.for_each(|(at, value)| take((*value).into(), occasion(at)));
            }
            Held::Huge(values) => {
                let values = values.iter().enumerate();
                values.for_each(|(at, value)| take(*value, occasion(at)));
            }
        }
    }

    /// How many digits after the point all prices have.
    pub(crate) fn scale(&self) -> u8 {
        self.scale
    }

    #[inline(never)]
    fn push_other(&mut self, number: Number, occasion: OccasionId) {
        self.hold();
        self.occasions.push(occasion);
        if number.scale() > self.scale {
            self.rescale(number.scale());
        }
        let value = number.at_scale(self.scale);
        loop {
            match &mut self.held {
                Held::Narrow(values) => match i32::try_from(value) {
                    Ok(value) => return values.push(value),
                    Err(_) => {
                        self.held =
                            Held::Wide(values.iter().map(|value| i64::from(*value)).collect());
                    }
                },
                Held::Wide(values) => match i64::try_from(value) {
                    Ok(value) => return values.push(value),
                    Err(_) => {
                        self.held =
                            Held::Huge(values.iter().map(|value| i128::from(*value)).collect());
                    }
                },
                Held::Huge(values) => return values.push(value),
            }
        }
    }

    /// Brings all values to a larger scale. A number has at most 15 digits and 15 places, so
    /// that 128 bits always hold it.
    fn rescale(&mut self, scale: u8) {
        let factor = i128::from(POWERS[usize::from(scale - self.scale)]);
        let all: Vec<i128> = match &self.held {
            Held::Narrow(values) => values
                .iter()
                .map(|value| i128::from(*value) * factor)
                .collect(),
            Held::Wide(values) => values
                .iter()
                .map(|value| i128::from(*value) * factor)
                .collect(),
            Held::Huge(values) => values.iter().map(|value| value * factor).collect(),
        };
        self.scale = scale;
        self.held = if let Ok(narrow) = all.iter().map(|value| i32::try_from(*value)).collect() {
            Held::Narrow(narrow)
        } else if let Ok(wide) = all.iter().map(|value| i64::try_from(*value)).collect() {
            Held::Wide(wide)
        } else {
            Held::Huge(all)
        };
    }

    /// What stands where values were taken away.
    pub(crate) fn empty() -> Self {
        Self {
            held: Held::Narrow(Vec::new()),
            occasions: HeldOccasions::Narrow(Vec::new()),
            waiting: [0; WAITING],
            waiting_occasions: [0; WAITING],
            waits: 0,
            scale: 0,
        }
    }

    pub(crate) fn statistics(&mut self) -> Statistics {
        self.hold();
        match &self.held {
            Held::Narrow(values) => statistics(values.clone(), self.scale),
            Held::Wide(values) => statistics(values.clone(), self.scale),
            Held::Huge(values) => statistics(values.clone(), self.scale),
        }
    }
}

fn statistics<T: Copy + Ord + Into<i128>>(mut values: Vec<T>, scale: u8) -> Statistics {
    let count = values.len();
    let sum: i128 = values.iter().map(|value| (*value).into()).sum();
    let middle = count / 2;
    let (below, at, _) = values.select_nth_unstable(middle);
    let upper: i128 = (*at).into();
    let median = if count % 2 == 1 {
        decimal(upper, scale)
    } else {
        let lower: i128 = below.iter().copied().max().map_or(upper, Into::into);
        // Half of an odd sum needs one more place.
        decimal((lower + upper) * 5, scale + 1)
    };
    let count = count as u64;
    Statistics {
        count,
        mean: mean(sum, scale, count),
        median,
        deviation: deviation(&values, sum, scale),
    }
}

/// The sample standard deviation to six places. The squares are summed as integers around the
/// rounded mean, which keeps them small; sums beyond 128 bits fall back to floating point,
/// where only the last of some fifteen digits suffer.
fn deviation<T: Copy + Into<i128>>(values: &[T], sum: i128, scale: u8) -> Option<Decimal> {
    let count = i128::try_from(values.len())
        .ok()
        .filter(|count| *count > 1)?;
    let around = sum / count;
    let exact = || {
        let mut squares = 0_i128;
        let mut rest = 0_i128;
        for value in values {
            let off = (*value).into() - around;
            rest = rest.checked_add(off)?;
            // A product of 64 bits each is one instruction and never too large.
            let square = match i64::try_from(off) {
                Ok(off) => i128::from(off) * i128::from(off),
                Err(_) => off.checked_mul(off)?,
            };
            squares = squares.checked_add(square)?;
        }
        // n Σx² - (Σx)² over n (n - 1), times 10^12 to have six places after the root.
        let above = count
            .checked_mul(squares)?
            .checked_sub(rest.checked_mul(rest)?)?;
        let below = count * (count - 1);
        let scaled = (above / below)
            .checked_mul(1_000_000_000_000)?
            .checked_add((above % below).checked_mul(1_000_000_000_000)? / below)?;
        let root = scaled.checked_isqrt()?;
        // Rounded half up once: digits that are not kept are cut from the whole part of the
        // root, which is below a half wherever the root is; without any, root or its successor,
        // whichever square is nearer.
        let unit = i128::from(POWERS[usize::from(scale.min(6))]);
        let rounded = if unit == 1 {
            root + i128::from(scaled - root * root > root)
        } else {
            (root + unit / 2) / unit
        };
        Some(decimal(rounded, scale.max(6)))
    };
    if let Some(exact) = exact() {
        return Some(exact);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "the fallback for sums beyond 128 bits"
    )]
    let float = {
        let squares: f64 = values
            .iter()
            .map(|value| (((*value).into() - around) as f64).powi(2))
            .sum();
        (squares / (count - 1) as f64).sqrt() / 10_f64.powi(i32::from(scale))
    };
    Decimal::try_from(float).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Statistics {
        let numbers: Vec<Number> = texts
            .iter()
            .map(|text| Number::from_f64(text.parse().unwrap()).unwrap())
            .collect();
        let mut values = Values::new(numbers[0], 0);
        for number in &numbers[1..] {
            values.push(*number, 70_000);
        }
        let statistics = values.statistics();
        assert_eq!(statistics.count, texts.len() as u64);
        statistics
    }

    #[test]
    fn median_and_deviation_are_exact() {
        let odd = of(&["10", "30", "20"]);
        assert_eq!(
            (odd.median.to_string(), odd.deviation.unwrap().to_string()),
            ("20".into(), "10".into())
        );
        let even = of(&["1", "2.5", "4", "2"]);
        assert_eq!(even.median.to_string(), "2.25");
        assert_eq!(even.mean.to_string(), "2.375");
        // Python: statistics.stdev([1, 2.5, 4, 2]) = 1.25
        assert_eq!(even.deviation.unwrap().to_string(), "1.25");
        assert_eq!(of(&["12900"]).deviation, None);
        // statistics.stdev([1, 2, 4]) = 1.5275252316519468
        assert_eq!(
            of(&["1", "2", "4"]).deviation.unwrap().to_string(),
            "1.527525"
        );
        assert_eq!(of(&["5", "5"]).deviation.unwrap(), Decimal::ZERO);
        // 383.5167105007…, 126.0731534995…, 35.5558194955…: rounded once.
        for (prices, deviation) in [
            (["132.24", "273.12", "855.65"], "383.516711"),
            (["788.52", "678.52", "537.03"], "126.073153"),
            (["474.14", "545.11", "513.51"], "35.555819"),
        ] {
            assert_eq!(of(&prices).deviation.unwrap().to_string(), deviation);
        }
    }

    #[test]
    fn values_of_every_size_live_together() {
        let mixed = of(&["1", "999999999999999", "0.000000000000001"]);
        assert_eq!(mixed.median.to_string(), "1");
        assert_eq!(mixed.mean.round_dp(3).to_string(), "333333333333333.333");
        let wide = of(&["3000000000", "1", "2"]);
        assert_eq!(wide.median.to_string(), "2");
    }
}

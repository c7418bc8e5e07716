//! Numbers as a sheet holds them: an integer and the digits after its point. Binary floating
//! point ends here.

use rust_decimal::Decimal;

use crate::values::eight::{all, eight_digits, first_zero, right_aligned};

/// A decimal, `mantissa / 10^scale`, without trailing zeros after the point, so that equal
/// numbers are equal values. Of 15 digits, as many as a spreadsheet program keeps; there is room
/// for 17.
///
/// The scale lies in the lowest four bits: half as many bytes, and prices of a million rows pass
/// through memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Number(i64);

const SCALE_BITS: u32 = 4;

/// The most digits after the point that are kept.
pub(crate) const MAX_SCALE: u8 = 15;

pub(crate) const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

impl std::fmt::Debug for Number {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_decimal().fmt(out)
    }
}

impl Number {
    /// A mantissa of at most 17 digits and at most [`MAX_SCALE`] digits after the point.
    pub(crate) fn new(mut mantissa: i64, mut scale: u8) -> Self {
        if mantissa == 0 {
            scale = 0;
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        debug_assert!(mantissa.abs() < 1 << (63 - SCALE_BITS) && scale <= MAX_SCALE);
        Self((mantissa << SCALE_BITS) | i64::from(scale))
    }

    /// An integer of at most 17 digits.
    #[inline]
    pub(crate) fn whole(mantissa: i64) -> Self {
        debug_assert!(mantissa.abs() < 1 << (63 - SCALE_BITS));
        Self(mantissa << SCALE_BITS)
    }

    #[inline]
    pub(crate) fn mantissa(self) -> i64 {
        self.0 >> SCALE_BITS
    }

    #[inline]
    pub(crate) fn scale(self) -> u8 {
        self.0.to_le_bytes()[0] & MAX_SCALE
    }

    /// Whether this number is less than another.
    #[inline]
    pub(crate) fn less(self, other: Self) -> bool {
        if self.scale() == other.scale() {
            return self.0 < other.0;
        }
        let scale = self.scale().max(other.scale());
        self.at_scale(scale) < other.at_scale(scale)
    }

    /// The mantissa that it has at a scale that is not smaller.
    pub(crate) fn at_scale(self, scale: u8) -> i128 {
        i128::from(self.mantissa()) * i128::from(POWERS[usize::from(scale - self.scale())])
    }

    /// A stored number, with the fifteen significant digits that a spreadsheet program shows:
    /// a stored 0.30000000000000004 is the 0.3 that its owner sees.
    pub(crate) fn from_f64(value: f64) -> Option<Self> {
        const WHOLE: f64 = 1e15;
        if !value.is_finite() || value.abs() >= WHOLE {
            return None;
        }
        if value.fract() == 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 10^15")]
            return Some(Self::whole(value as i64));
        }
        let text = format!("{value:.14e}");
        let (digits, exponent) = text.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let mut mantissa: i64 = digits.replace('.', "").parse().ok()?;
        let mut scale = 14 - exponent;
        while scale > i32::from(MAX_SCALE) {
            // Beyond fifteen places only digits of tiny numbers are left: round half away.
            mantissa = if scale == i32::from(MAX_SCALE) + 1 {
                (mantissa + 5 * mantissa.signum()) / 10
            } else {
                mantissa / 10
            };
            scale -= 1;
        }
        Some(Self::new(mantissa, u8::try_from(scale).ok()?))
    }

    /// Plain digits with at most one point and a sign, at most fifteen significant digits;
    /// anything else is `None`, to be parsed as floating point.
    #[inline]
    pub(crate) fn from_plain(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        if digits.is_empty() || digits.len() > 16 {
            return None;
        }
        let mut mantissa: i64 = 0;
        let mut point = None;
        for (at, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa * 10 + i64::from(digit);
            } else if byte == b'.' && point.is_none() && at > 0 {
                point = Some(at);
            } else {
                return None;
            }
        }
        let scale = match point {
            None if digits.len() > 15 => return None,
            None => 0,
            Some(at) if at + 1 == digits.len() => return None,
            Some(at) => digits.len() - at - 1,
        };
        let mantissa = if negative { -mantissa } else { mantissa };
        if scale == 0 {
            return Some(Self::whole(mantissa));
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most fifteen digits")]
        Some(Self::new(mantissa, scale as u8))
    }

    /// The same for a text of one to eight bytes, at once: `text` holds them with the first in
    /// the lowest bits. Plain digits, with a point or with `.0` behind them; anything else is
    /// `None`, also where [`Self::from_plain`] would know it.
    #[inline]
    pub(crate) fn from_short(text: u64, width: usize) -> Option<Self> {
        let has_zero = width > 2 && text >> (8 * (width - 2)) & 0xffff == 0x302e;
        let width = if has_zero { width - 2 } else { width };
        let digits = right_aligned(text, width);
        if let Some(whole) = eight_digits(digits) {
            return Some(Self::whole(i64::from(whole)));
        }
        let point = first_zero(digits ^ all(b'.'));
        if has_zero || point <= 8 - width || point >= 7 {
            return None;
        }
        let before = digits & ((1 << (8 * point)) - 1);
        let after = digits & (!0 << (8 * point + 8));
        let mantissa = i64::from(eight_digits(after | before << 8 | u64::from(b'0'))?);
        #[expect(clippy::cast_possible_truncation, reason = "at most seven")]
        Some(Self::new(mantissa, (7 - point) as u8))
    }

    /// This number times a positive power of ten, exactly; `None` from 10^15 on, the most that a
    /// price can be.
    pub(crate) fn times(self, factor: i64) -> Option<Self> {
        let mantissa = self.mantissa().checked_mul(factor)?;
        let whole = mantissa / POWERS[usize::from(self.scale())];
        let fits = whole.abs() < POWERS[15] && mantissa.abs() < POWERS[17];
        fits.then(|| Self::new(mantissa, self.scale()))
    }

    pub(crate) fn to_decimal(self) -> Decimal {
        Decimal::new(self.mantissa(), u32::from(self.scale()))
    }
}

/// `mantissa / 10^scale` in the 28 digits of a `Decimal`, rounded only where it has more.
pub(crate) fn decimal(mut mantissa: i128, mut scale: u8) -> Decimal {
    const MOST: i128 = (1 << 96) - 1;
    while scale > 0 && (mantissa.abs() > MOST || mantissa % 10 == 0) {
        let half = if mantissa % 10 == 0 {
            0
        } else {
            5 * mantissa.signum()
        };
        mantissa = (mantissa + half) / 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(mantissa, u32::from(scale)).unwrap_or(Decimal::MAX)
}

/// An exact running sum of numbers of any scale.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    mantissa: i128,
    scale: u8,
}

impl Sum {
    #[inline]
    pub(crate) fn add(&mut self, number: Number) {
        if number.scale() == self.scale {
            self.mantissa += i128::from(number.mantissa());
        } else {
            self.add_all(Self {
                mantissa: i128::from(number.mantissa()),
                scale: number.scale(),
            });
        }
    }

    /// Numbers stay below 10^15 with at most 15 places, so 10^8 of them fit.
    pub(crate) fn add_all(&mut self, other: Self) {
        let scale = self.scale.max(other.scale);
        let at_scale =
            |sum: Self| sum.mantissa * i128::from(POWERS[usize::from(scale - sum.scale)]);
        self.mantissa = at_scale(*self) + at_scale(other);
        self.scale = scale;
    }

    pub(crate) fn to_decimal(self) -> Decimal {
        decimal(self.mantissa, self.scale)
    }

    pub(crate) fn mean(self, count: u64) -> Decimal {
        mean(self.mantissa, self.scale, count)
    }
}

/// A sum divided by a count, to six places or as many as its parts have.
pub(crate) fn mean(mantissa: i128, scale: u8, count: u64) -> Decimal {
    let count = i128::from(count.max(1));
    let places = scale.max(6);
    // Unless the sum is so large that the places do not fit.
    let (wide, places) = match mantissa.checked_mul(i128::from(POWERS[usize::from(places - scale)]))
    {
        Some(wide) => (wide, places),
        None => (mantissa, scale),
    };
    let (whole, rest) = (wide / count, wide % count);
    let up = i128::from(2 * rest.abs() >= count) * wide.signum();
    decimal(whole + up, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::eight::short_digits;

    #[test]
    fn a_stored_number_is_what_its_owner_sees() {
        for (stored, seen) in [
            (12_900.0, "12900"),
            (12.99, "12.99"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.333333333333333"),
            (-5.5, "-5.5"),
            (1e-16, "0"),
            (999_999_999_999_999.0, "999999999999999"),
            (0.000_123, "0.000123"),
        ] {
            assert_eq!(
                Number::from_f64(stored).unwrap().to_decimal().to_string(),
                seen
            );
        }
        for bad in [f64::NAN, f64::INFINITY, 1e15, -1e300] {
            assert_eq!(Number::from_f64(bad), None);
        }
    }

    #[test]
    fn plain_digits_are_the_same_number_as_their_float() {
        for text in [
            "0",
            "12900",
            "12.99",
            "-1.50",
            "100",
            "999999999999999",
            "0.00000000000001",
            "1234567.12345678",
        ] {
            let plain = Number::from_plain(text.as_bytes()).unwrap();
            assert_eq!(
                Some(plain),
                Number::from_f64(text.parse().unwrap()),
                "{text}"
            );
        }
        for other in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1,2",
            "1.2.3",
            " 1",
            "1234567890123456",
        ] {
            assert_eq!(Number::from_plain(other.as_bytes()), None, "{other}");
        }
    }

    fn short(text: &str) -> (u64, usize) {
        // Whatever lies behind the text in memory.
        let mut bytes = *b"<7.<07/<";
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        (u64::from_le_bytes(bytes), text.len())
    }

    #[test]
    fn short_numbers_are_read_at_once() {
        for text in [
            "0", "7", "12900", "12900.0", "99999999", "12.99", "0.50", "0.001", "100.5", "0.0",
        ] {
            let (word, width) = short(text);
            assert_eq!(
                Number::from_short(word, width),
                Number::from_plain(text.as_bytes()),
                "{text}"
            );
            assert!(Number::from_short(word, width).is_some(), "{text}");
        }
        for other in [
            ".5", "5.", ".0", "-1", "1.2.0", "1..0", "1e3", "1,2", " 1", "1 ", "1:", "1/",
            "\u{ff}1",
        ] {
            let (word, width) = short(other);
            assert_eq!(Number::from_short(word, width), None, "{other}");
            assert_eq!(short_digits(word, width), None, "{other}");
        }
        let (word, width) = short("00012345");
        assert_eq!(short_digits(word, width), Some(12_345));
    }

    proptest::proptest! {
        #[test]
        fn short_numbers_are_the_same_as_long_ones(text in "[0-9.]{1,8}|[0-9]{1,6}\\.0|[!-~]{1,8}") {
            let (word, width) = short(&text);
            let plain = Number::from_plain(text.as_bytes());
            if let Some(number) = Number::from_short(word, width) {
                assert_eq!(Some(number), plain);
            } else if !text.starts_with('-') {
                assert_eq!(plain, None);
            }
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            assert_eq!(short_digits(word, width), digits.then(|| text.parse().unwrap()));
        }
    }

    #[test]
    fn sums_are_exact_over_scales() {
        let mut sum = Sum::default();
        for _ in 0..10 {
            sum.add(Number::from_f64(0.1).unwrap());
        }
        sum.add(Number::from_f64(12_900.0).unwrap());
        sum.add(Number::from_f64(0.001).unwrap());
        assert_eq!(sum.to_decimal().to_string(), "12901.001");
        assert_eq!(mean(10, 0, 3).to_string(), "3.333333");
        assert_eq!(mean(20, 0, 3).to_string(), "6.666667");
        assert_eq!(mean(-20, 0, 3).to_string(), "-6.666667");
    }
}

//! Numbers of machines as exact decimals: no rounding, no floating point.

use rust_decimal::Decimal;

/// The value of a plain or scientific number (`12.10`, `1.29e4`), or `None` if it is not one, or
/// has more digits than a [`Decimal`] keeps. Trailing zeros stay: `12.10` is `12.10`.
pub fn decimal(token: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match token.find(['e', 'E']) {
        Some(at) => (&token[..at], token[at + 1..].parse::<i32>().ok()?),
        None => (token, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if exponent == 0 {
        return Decimal::from_str_exact(&format!("{sign}{}", plain(whole, fraction))).ok();
    }
    // Move the point by the exponent. A decimal has 28 places at most on either side of it.
    if whole.len() + fraction.len() > 64 || exponent.abs() > 64 {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (whole, fraction) = if point <= 0 {
        let zeros = "0".repeat(usize::try_from(-point).ok()?);
        ("0".to_owned(), format!("{zeros}{digits}"))
    } else {
        let point = usize::try_from(point).ok()?;
        let padded = format!("{digits:0<point$}");
        (padded[..point].to_owned(), padded[point..].to_owned())
    };
    let fraction = if fraction.len() > 28 {
        fraction.trim_end_matches('0')
    } else {
        &fraction
    };
    Decimal::from_str_exact(&format!("{sign}{}", plain(&whole, fraction))).ok()
}

fn plain(whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_kept() {
        for (token, value) in [
            ("12.10", "12.10"),
            ("0", "0"),
            ("-0.5", "-0.5"),
            ("12345678901234567890.12", "12345678901234567890.12"),
            ("1e3", "1000"),
            ("1.29E+4", "12900"),
            ("1299e-2", "12.99"),
            ("5e-3", "0.005"),
            ("0012.5", "12.5"),
            (
                "79228162514264337593543950335",
                "79228162514264337593543950335",
            ),
        ] {
            assert_eq!(
                decimal(token).map(|d| d.to_string()).as_deref(),
                Some(value),
                "{token}"
            );
        }
    }

    #[test]
    fn what_a_decimal_cannot_keep_is_no_number() {
        for token in [
            "1e400",
            "1e-400",
            "1e99999999999",
            "79228162514264337593543950336",
            "0.12345678901234567890123456789",
            "",
            ".",
            "1.2.3",
            "1,5",
            "abc",
            "1e",
            "--1",
        ] {
            assert_eq!(decimal(token), None, "{token}");
        }
    }
}

//! Which text every store and queue can carry.
//!
//! SQS takes no control characters and neither U+FFFE nor U+FFFF; a table, a spreadsheet and a
//! header line have trouble with some of them as well. People's text that holds one is refused
//! where it enters, with the field's name; a shop's text loses it.

use crate::Invalid;

/// Whether a character is neither a control character nor one that is none (U+FFFE, U+FFFF).
pub fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Checks a text of a person: 1 to `most` bytes, not only white space, all of it plain.
/// `what` and `expected` are the words of the refusal.
pub fn check(
    what: &'static str,
    text: &str,
    most: usize,
    expected: &'static str,
) -> Result<(), Invalid> {
    let fits = !text.trim().is_empty() && text.len() <= most && text.chars().all(is_plain);
    fits.then_some(())
        .ok_or_else(|| Invalid::new(what, text, expected))
}

/// A text of a shop as it is kept: its plain characters, at most `most` bytes of them. What is not
/// plain becomes a space, and each run of spaces one.
pub fn clean(text: &str, most: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(most));
    for c in text.chars() {
        let c = if is_plain(c) { c } else { ' ' };
        if kept.len() + c.len_utf8() > most {
            break;
        }
        if c != ' ' || !kept.ends_with(' ') {
            kept.push(c);
        }
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_queue_cannot_carry_is_refused() {
        for bad in ["", " ", "a\u{ffff}", "\u{fffe}", "a\0b", "a\nb", "a\u{85}"] {
            assert!(check("name", bad, 200, "text").is_err(), "{bad:?}");
        }
        for good in ["a", "무선 이어폰", "👩‍👩‍👧", "\u{fffd}", "\u{10ffff}"] {
            assert_eq!(check("name", good, 200, "text"), Ok(()), "{good:?}");
        }
    }

    proptest! {
        #[test]
        fn a_clean_text_is_accepted_and_stays_as_it_is(text in any::<String>(), most in 1_usize..60) {
            let kept = clean(&text, most);
            prop_assert!(kept.len() <= most && kept.chars().all(is_plain));
            prop_assert_eq!(clean(&kept, most), kept.clone());
            prop_assert!(kept.is_empty() || check("name", &kept, most, "text").is_ok());
        }
    }
}

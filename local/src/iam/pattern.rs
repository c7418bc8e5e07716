//! Texts with the wildcards of IAM: `*` for any characters, also none, and `?` for exactly one.

/// A text with wildcards, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: Vec<char>,
    wild: bool,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            wild: text.contains(['*', '?']),
            text: text.chars().collect(),
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if self.wild {
            wild(&self.text, text)
        } else {
            self.text.iter().copied().eq(text.chars())
        }
    }
}

/// Goes back to the last `*` only: steps in proportion to the product of both lengths at most.
fn wild(pattern: &[char], text: &str) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut star: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let here = rest.clone();
        match (pattern.get(at), rest.next()) {
            (Some('*'), _) => {
                rest = here.clone();
                star = Some((at, here));
                at += 1;
            }
            (Some('?'), Some(_)) => at += 1,
            (Some(wanted), Some(found)) if *wanted == found => at += 1,
            (None, None) => return true,
            _ => {
                let Some((starred, mut from)) = star.take() else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                at = starred + 1;
                rest = from.clone();
                star = Some((starred, from));
            }
        }
    }
}

/// The pattern of a resource: an ARN whose parts are compared one by one, because a wildcard
/// does not reach over the colons between them, or `*` for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArnPattern {
    Everything,
    Parts(Vec<Pattern>),
}

/// `arn`, partition, service, region, account, resource.
const PARTS: usize = 6;

impl ArnPattern {
    pub(super) fn new(text: &str) -> Self {
        if text == "*" {
            return Self::Everything;
        }
        Self::Parts(text.splitn(PARTS, ':').map(Pattern::new).collect())
    }

    pub(super) fn matches(&self, arn: &str) -> bool {
        let Self::Parts(parts) = self else {
            return true;
        };
        let mut found = arn.splitn(PARTS, ':');
        parts
            .iter()
            .all(|part| found.next().is_some_and(|found| part.matches(found)))
            && found.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_what_iam_says() {
        for (pattern, matching, others) in [
            ("abc", &["abc"][..], &["ab", "abcd", "ABC", ""][..]),
            ("a*", &["a", "ab", "a*c가"], &["", "ba"]),
            ("*", &["", "anything"], &[]),
            ("a?c", &["abc", "a가c", "a?c"], &["ac", "abbc"]),
            ("*a*b", &["ab", "aab", "xaybzb"], &["aba", "b"]),
            ("a**b?", &["abc", "axbc"], &["ab"]),
            ("", &[""], &["a"]),
        ] {
            let compiled = Pattern::new(pattern);
            for text in matching {
                assert!(compiled.matches(text), "{pattern} and {text}");
            }
            for text in others {
                assert!(!compiled.matches(text), "{pattern} and {text}");
            }
        }
    }

    #[test]
    fn many_wildcards_take_no_more_than_a_moment() {
        let pattern = Pattern::new(&"*a".repeat(200));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(20_000))));
    }

    #[test]
    fn a_wildcard_of_an_arn_stays_within_its_part() {
        let object = "arn:aws:s3:::files/exports/a:b.xlsx";
        for (pattern, matches) in [
            ("*", true),
            ("arn:aws:s3:::files/*", true),
            ("arn:aws:s3:::files/exports/*.xlsx", true),
            ("arn:aws:s3:*:*:files/exports/a:b.xlsx", true),
            ("arn:aws:s3:::file?/exports/*", true),
            ("arn:aws:s3:::files", false),
            ("arn:aws:s3:::files/reports/*", false),
            ("arn:aws:*:files/*", false),
            ("arn:aws:sqs:::files/*", false),
        ] {
            assert_eq!(
                ArnPattern::new(pattern).matches(object),
                matches,
                "{pattern}"
            );
        }
    }
}

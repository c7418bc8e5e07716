//! What a host's robots.txt allows (RFC 9309).
//!
//! The rules that hold for us are taken out of the file, brought into one spelling, and kept
//! small enough for an item of the table. Where the RFC leaves a choice, the stricter reading
//! counts.

use std::fmt::Write as _;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};

/// How much of a file is read, in bytes: what the RFC asks for at least (2.5).
const MAX_FILE: usize = 500 * 1024;
/// The longest form in which rules are kept, in bytes.
const MAX_COMPACT: usize = 16 * 1024;
/// The longest `Crawl-delay`.
const MAX_DELAY: Duration = Duration::from_mins(1);

/// What is encoded before paths and patterns are compared (2.2.2). All that is encoded otherwise
/// is decoded, so that every spelling of a path is one. A `*` or `$` that means itself is encoded
/// (2.2.3), which leaves the others to be operators.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'*').add(b'$');

/// Names of the lines that count, as they are written, rightly and often wrongly.
const USER_AGENT: [&str; 3] = ["user-agent", "useragent", "user agent"];
const DISALLOW: [&str; 5] = ["disallow", "dissallow", "disalow", "dissalow", "diasllow"];

/// The rules of a host for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    allows: bool,
    /// The path it is for, in the one spelling, with `*` for anything and a `$` at its end for
    /// the path's end.
    pattern: String,
}

impl Robots {
    /// Everything is allowed: there is no file (2.3.1.3).
    pub(super) fn allow_all() -> Self {
        Self::default()
    }

    /// Nothing is allowed: the file cannot be had (2.3.1.4).
    pub(super) fn disallow_all() -> Self {
        Self {
            rules: vec![Rule {
                allows: false,
                pattern: "/".to_owned(),
            }],
            crawl_delay: None,
        }
    }

    /// Reads the rules for a product token (`Pricetide`) out of a file: those of all groups that
    /// name it, or else of all groups for `*`. What is no line of a robots.txt is passed over.
    ///
    /// Rules that are too many to be kept are made fewer and stricter, never laxer: what is left
    /// out first are permissions, then disallowed paths are cut, which disallows more.
    pub(super) fn parse(body: &[u8], agent: &str) -> Self {
        let mut own = Group::default();
        let mut every = Group::default();
        let mut names_agents = false;
        for line in lines(body) {
            let Some((name, value)) = field(line) else {
                continue;
            };
            let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
            if is(&USER_AGENT) {
                if !names_agents {
                    (own.is_named, every.is_named) = (false, false);
                }
                names_agents = true;
                own.is_named |= is_agent(value, agent);
                every.is_named |= is_agent(value, "*");
                own.exists |= own.is_named;
                continue;
            }
            let groups = [&mut own, &mut every].into_iter();
            let groups = groups.filter(|group| group.is_named);
            if is(&["allow"]) {
                names_agents = false;
                groups.for_each(|group| group.rule(true, value));
            } else if is(&DISALLOW) {
                names_agents = false;
                groups.for_each(|group| group.rule(false, value));
            } else if is(&["crawl-delay"]) {
                names_agents = false;
                groups.for_each(|group| group.delay(value));
            }
        }
        let group = if own.exists { own } else { every };
        Self {
            rules: bounded(group.rules),
            crawl_delay: group.crawl_delay,
        }
    }

    /// Whether an address may be fetched, by its path and query (`/p/1?a=2`). Of the rules that
    /// match, the longest decides, and of two as long the one that allows.
    pub(super) fn allows(&self, path_and_query: &str) -> bool {
        let path = spelled(path_and_query.as_bytes());
        if path == "/robots.txt" {
            return true;
        }
        let path = if path.is_empty() { "/" } else { &path };
        let matching = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, path));
        let decisive = matching.max_by_key(|rule| (rule.pattern.len(), rule.allows));
        decisive.is_none_or(|rule| rule.allows)
    }

    /// How long to wait between two requests, at most a minute. No part of the RFC, but in use.
    pub(super) fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The rules as text of at most 16 KiB: a line `cMILLISECONDS`, then `aPATTERN` for what is
    /// allowed and `dPATTERN` for what is not.
    pub(super) fn to_compact(&self) -> String {
        let delay = self.crawl_delay.unwrap_or_default();
        let mut compact = format!("c{}", delay.as_millis());
        for rule in &self.rules {
            let kind = if rule.allows { 'a' } else { 'd' };
            let _ = write!(compact, "\n{kind}{}", rule.pattern);
        }
        compact
    }

    /// The rules that [`Self::to_compact`] gave. Any other text allows nothing.
    pub(super) fn from_compact(compact: &str) -> Self {
        Self::kept(compact).unwrap_or_else(Self::disallow_all)
    }

    fn kept(compact: &str) -> Option<Self> {
        let mut lines = compact.split('\n');
        let delay: u64 = lines.next()?.strip_prefix('c')?.parse().ok()?;
        let rules = lines.map(|line| {
            let (allows, pattern) = match line.strip_prefix('a') {
                Some(pattern) => (true, pattern),
                None => (false, line.strip_prefix('d')?),
            };
            let pattern = pattern.to_owned();
            Some(Rule { allows, pattern })
        });
        Some(Self {
            rules: rules.collect::<Option<_>>()?,
            crawl_delay: (delay > 0).then(|| Duration::from_millis(delay).min(MAX_DELAY)),
        })
    }
}

/// The groups of a file that are for the same agent.
#[derive(Debug, Default)]
struct Group {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    /// Whether the lines that are read are for it.
    is_named: bool,
    exists: bool,
}

impl Group {
    fn rule(&mut self, allows: bool, value: &[u8]) {
        let mut pattern = pattern(value);
        if pattern.is_empty() {
            return;
        }
        if !pattern.starts_with(['/', '*']) {
            // Such a rule can match nothing; what it was to forbid is forbidden.
            if allows {
                return;
            }
            pattern.insert(0, '/');
        }
        self.rules.push(Rule { allows, pattern });
    }

    fn delay(&mut self, value: &[u8]) {
        let seconds = str::from_utf8(value).ok().and_then(|s| s.parse().ok());
        let delay = seconds.and_then(|seconds: f64| {
            Duration::try_from_secs_f64(seconds.min(MAX_DELAY.as_secs_f64())).ok()
        });
        let delay = delay.filter(|delay| delay.as_millis() > 0);
        self.crawl_delay = self.crawl_delay.max(delay);
    }
}

/// The lines of a file, as far as it is read. A line that is cut at its end is not read.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let body = match body.get(..MAX_FILE) {
        Some(start) if body.len() > MAX_FILE => {
            let end = start.iter().rposition(is_end).unwrap_or_default();
            &start[..end]
        }
        _ => body,
    };
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.split(is_end)
}

/// The name and the value of a line, without its comment. The colon may be missing.
fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let line = line.split(|byte| *byte == b'#').next()?.trim_ascii();
    let end = line
        .iter()
        .position(|byte| *byte == b':')
        .or_else(|| line.iter().position(u8::is_ascii_whitespace))?;
    let name = str::from_utf8(line[..end].trim_ascii_end()).ok()?;
    Some((name, line[end + 1..].trim_ascii()))
}

/// Whether a `User-agent` line names an agent, with or without a version.
fn is_agent(value: &[u8], agent: &str) -> bool {
    let token = value
        .split(|byte| *byte == b'/' || byte.is_ascii_whitespace())
        .next();
    token.is_some_and(|token| !token.is_empty() && token.eq_ignore_ascii_case(agent.as_bytes()))
}

/// A path in the spelling in which paths are compared.
fn spelled(path: &[u8]) -> String {
    let decoded: Vec<u8> = percent_decode(path).collect();
    percent_encode(&decoded, ENCODED).to_string()
}

/// A pattern in that spelling, with its operators. Several `*` in a row are one.
fn pattern(value: &[u8]) -> String {
    let (value, end) = match value.strip_suffix(b"$") {
        Some(value) => (value, "$"),
        None => (value, ""),
    };
    let mut pattern = String::with_capacity(value.len());
    for (index, part) in value.split(|byte| *byte == b'*').enumerate() {
        if index > 0 && !pattern.ends_with('*') {
            pattern.push('*');
        }
        pattern += &spelled(part);
    }
    pattern + end
}

/// Whether a pattern matches the beginning of a path, in time proportional to their lengths:
/// each part between `*` is best where it is found first.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let (first, parts) = match pattern.split_once('*') {
        Some((first, rest)) => (first, Some(rest)),
        None => (pattern, None),
    };
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let Some(parts) = parts else {
        return rest.is_empty() || !to_the_end;
    };
    let (parts, last) = match parts.rsplit_once('*') {
        Some((parts, last)) => (Some(parts), last),
        None => (None, parts),
    };
    for part in parts.into_iter().flat_map(|parts| parts.split('*')) {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    if to_the_end {
        rest.ends_with(last)
    } else {
        rest.contains(last)
    }
}

/// As many rules as can be kept. Without a permission, or with a disallowed path cut short, less
/// is allowed, never more.
fn bounded(mut rules: Vec<Rule>) -> Vec<Rule> {
    /// Besides the rules: the delay.
    const ROOM: usize = MAX_COMPACT - 16;
    let size = |rules: &[Rule]| {
        rules
            .iter()
            .map(|rule| rule.pattern.len() + 2)
            .sum::<usize>()
    };
    if size(&rules) <= ROOM {
        return rules;
    }
    rules.sort_unstable();
    rules.dedup();
    let mut allows = rules.split_off(rules.partition_point(|rule| !rule.allows));
    let mut longest = rules.iter().map(|rule| rule.pattern.len()).max();
    while let Some(length) = longest.filter(|_| size(&rules) > ROOM) {
        // A path that is cut counts for less beside a permission.
        allows.clear();
        let length = (length / 2).max(1);
        for rule in &mut rules {
            rule.pattern.truncate(length);
        }
        rules.dedup();
        longest = Some(length);
    }
    let mut used = size(&rules);
    rules.extend(allows.into_iter().take_while(|rule| {
        used += rule.pattern.len() + 2;
        used <= ROOM
    }));
    rules
}

#[cfg(test)]
mod tests;

//! A note in words, as Slack takes them.
//!
//! <https://docs.slack.dev/messaging/formatting-message-text/>,
//! <https://docs.slack.dev/reference/block-kit/blocks/section-block/>

use model::{ExportNotification, ExportOutcome, ReportNumbers, UploadNotification, UploadOutcome};
use pricing::Language;
use serde::Serialize;
use serde_json::{Value, json};

/// How many characters Slack takes in the text of a block.
const BLOCK: usize = 3_000;
/// How many blocks Slack takes in a message.
const BLOCKS: usize = 50;

/// A message: a text for notifications, and blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Post {
    text: String,
    blocks: Vec<Value>,
    /// Slack would fetch a link to show what is behind it: a report is for people.
    unfurl_links: bool,
}

impl Post {
    pub(crate) fn new(headline: &str, body: &str, link: Option<(&str, &str)>) -> Self {
        let mut blocks = vec![section(&format!("*{headline}*\n{body}"))];
        if let Some((label, address)) = link {
            blocks.push(section(&format!("<{}|{label}>", escaped(address))));
        }
        Self {
            text: cut(headline, BLOCK).to_owned(),
            blocks,
            unfurl_links: false,
        }
    }

    /// Adds a block of text; one that is longer than Slack takes becomes several, at line ends.
    pub(crate) fn add(&mut self, text: &str) {
        let mut block = String::new();
        for line in text.lines() {
            let line = cut(line, BLOCK);
            if !block.is_empty() && block.chars().count() + 1 + line.chars().count() > BLOCK {
                self.blocks.push(section(&std::mem::take(&mut block)));
            }
            if !block.is_empty() {
                block.push('\n');
            }
            block.push_str(line);
        }
        self.blocks.push(section(&block));
        self.blocks.truncate(BLOCKS);
    }

    /// The message as plain text: links by their labels, nothing marked or escaped.
    pub(crate) fn plain(&self) -> String {
        let mut plain = String::new();
        let marked = self.texts().join("\n");
        let mut rest = marked.as_str();
        while let Some(start) = rest.find('<') {
            let Some(length) = rest[start..].find('>') else {
                break;
            };
            let link = &rest[start + 1..start + length];
            plain.push_str(&rest[..start]);
            plain.push_str(link.rsplit('|').next().unwrap_or(link));
            rest = &rest[start + length + 1..];
        }
        plain.push_str(rest);
        // What others wrote has no angle bracket of its own: it is escaped.
        let plain = plain.lines().map(|line| {
            let heading = line
                .strip_prefix('*')
                .and_then(|line| line.strip_suffix('*'));
            heading.unwrap_or(line)
        });
        let plain = plain.collect::<Vec<_>>().join("\n");
        plain
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    /// The texts of its blocks.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let texts = self.blocks.iter();
        texts
            .filter_map(|block| block["text"]["text"].as_str())
            .collect()
    }
}

/// A message that only shows that it arrives.
pub(crate) fn of_trial(language: Language) -> Post {
    let (headline, body) = match language {
        Language::English => (
            "Pricetide reaches you",
            "This is the test message that was asked for on the settings page.",
        ),
        Language::Korean => (
            "Pricetide 알림이 잘 도착합니다",
            "설정 화면에서 보낸 시험 메시지입니다.",
        ),
    };
    Post::new(headline, body, None)
}

/// What came of an upload in words; `link` makes the address of a file.
pub(crate) fn of_upload(note: &UploadNotification, link: impl Fn(&str) -> String) -> Post {
    let name = escaped(&note.name);
    match &note.outcome {
        UploadOutcome::Done { report, numbers } => Post::new(
            &format!("The report of {name} is ready"),
            &in_words(numbers),
            Some(("Open the report", &link(report))),
        ),
        UploadOutcome::Failed { reason } => Post::new(
            &format!("No report could be made of {name}"),
            &escaped(reason),
            None,
        ),
    }
}

/// What came of an export in words; `link` makes the address of a file.
pub(crate) fn of_export(note: &ExportNotification, link: impl Fn(&str) -> String) -> Post {
    let title = escaped(&note.title);
    match &note.outcome {
        ExportOutcome::Done {
            file,
            rows,
            made_before,
        } => {
            let mut body = counted(*rows, "row");
            if *made_before {
                body.push_str("; nothing has changed since this file was made");
            }
            Post::new(
                &format!("{title} is ready"),
                &body,
                Some(("Open the file", &link(file))),
            )
        }
        ExportOutcome::Empty => Post::new(&format!("{title}: nothing to show"), "0 rows", None),
        ExportOutcome::Failed { reason } => Post::new(
            &format!("{title} could not be answered"),
            &escaped(reason),
            None,
        ),
    }
}

fn in_words(numbers: &ReportNumbers) -> String {
    let mut lines = vec![format!(
        "{} of {} used, {}",
        grouped(numbers.rows_used),
        counted(numbers.rows_read, "row"),
        counted(numbers.products as u64, "product"),
    )];
    if let (Some(first), Some(last)) = (&numbers.first_date, &numbers.last_date) {
        let day = |date: &str| escaped(date.split('T').next().unwrap_or(date));
        lines.push(format!("Prices from {} to {}", day(first), day(last)));
    }
    if let Some(followed) = numbers.products_followed.filter(|followed| *followed > 0) {
        lines.push(format!(
            "Compared with the stored prices of {}",
            counted(followed, "followed product")
        ));
    }
    if numbers.rows_rejected > 0 {
        lines.push(format!(
            "{} could not be read; the report lists them",
            counted(numbers.rows_rejected, "row")
        ));
    }
    if numbers.warnings > 0 {
        lines.push(format!(
            "{} in the report",
            counted(numbers.warnings as u64, "warning")
        ));
    }
    lines.join("\n")
}

/// `1 row`, `1,200 rows`.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Text of other people: what Slack would read as markup is escaped, and it stays on its line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A block of text. `verbatim`: Slack makes no links or mentions of its own from it.
fn section(text: &str) -> Value {
    let text = json!({"type": "mrkdwn", "text": cut(text, BLOCK), "verbatim": true});
    json!({"type": "section", "text": text})
}

/// At most so many characters of an escaped text, never half an escape.
fn cut(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text;
    };
    let kept = &text[..end];
    match kept.rfind('&') {
        Some(start) if !kept[start..].contains(';') => &kept[..start],
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &str, outcome: UploadOutcome) -> UploadNotification {
        UploadNotification {
            file: "a1".parse().unwrap(),
            version: "0055".to_owned(),
            name: name.to_owned(),
            outcome,
        }
    }

    #[test]
    fn a_report_is_told_in_plain_words_with_its_link() {
        let numbers = ReportNumbers {
            rows_read: 12_345,
            rows_used: 12_340,
            rows_rejected: 5,
            products: 1,
            products_followed: Some(1),
            first_date: Some("2026-01-01".to_owned()),
            last_date: Some("2026-11-21T10:15:00".to_owned()),
            warnings: 2,
        };
        let done = UploadOutcome::Done {
            report: "reports/a1/0055/x.xlsx".to_owned(),
            numbers,
        };
        let message = of_upload(&note("11월 가격.xlsx", done), |key| {
            format!("https://api.example/files/{key}?expires=1&signature=2")
        });
        assert_eq!(message.text, "The report of 11월 가격.xlsx is ready");
        assert_eq!(
            message.texts(),
            [
                "*The report of 11월 가격.xlsx is ready*\n\
                 12,340 of 12,345 rows used, 1 product\n\
                 Prices from 2026-01-01 to 2026-11-21\n\
                 Compared with the stored prices of 1 followed product\n\
                 5 rows could not be read; the report lists them\n\
                 2 warnings in the report",
                "<https://api.example/files/reports/a1/0055/x.xlsx?expires=1&amp;signature=2\
                 |Open the report>",
            ]
        );
    }

    #[test]
    fn a_message_has_a_plain_form() {
        let mut post = Post::new(
            "A &amp; B",
            "x &lt;y&gt;",
            Some(("Open", "https://a.example")),
        );
        post.add("• <https://b.example|one> · two");
        assert_eq!(post.plain(), "A & B\nx <y>\nOpen\n• one · two");
    }

    #[test]
    fn an_export_is_told_with_its_title_and_whether_it_is_new() {
        let note = |made_before| ExportNotification {
            export: "a1".parse().unwrap(),
            template: "movers".parse().unwrap(),
            title: "Movers <of a period>".to_owned(),
            outcome: ExportOutcome::Done {
                file: "exports/questions/1/movers.xlsx".to_owned(),
                rows: 1,
                made_before,
            },
        };
        let link = "<exports/questions/1/movers.xlsx|Open the file>";
        let title = "*Movers &lt;of a period&gt; is ready*\n1 row";
        assert_eq!(
            of_export(&note(false), str::to_owned).texts(),
            [title, link]
        );
        let before = format!("{title}; nothing has changed since this file was made");
        assert_eq!(
            of_export(&note(true), str::to_owned).texts(),
            [&before, link]
        );
    }

    #[test]
    fn markup_of_others_is_escaped_and_stays_on_its_line() {
        let failed = UploadOutcome::Failed {
            reason: "Columns: <!channel>, A & B".to_owned(),
        };
        let message = of_upload(&note("<https://evil|x>\n.xlsx", failed), str::to_owned);
        assert_eq!(
            message.texts(),
            [
                "*No report could be made of &lt;https://evil|x&gt; .xlsx*\n\
              Columns: &lt;!channel&gt;, A &amp; B"
            ]
        );
    }

    #[test]
    fn a_block_is_cut_but_never_in_an_escape() {
        let failed = UploadOutcome::Failed {
            reason: "가&".repeat(BLOCK),
        };
        let message = of_upload(&note("x.xlsx", failed), str::to_owned);
        let text = message.texts()[0];
        let length = text.chars().count();
        assert!((BLOCK - 5..=BLOCK).contains(&length), "{length}");
        assert!(text.ends_with("&amp;") || text.ends_with('가'), "{text}");
    }
}

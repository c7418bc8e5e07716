//! A run's digest and an alert in words, Korean or English, as blocks of Slack.
//!
//! A message opens with what an owner wants to know first: what fired, what moved, what fails and
//! did not before. What fails every day alike is one line at the end.

use jiff::tz::TimeZone;
use model::{Alert, Decimal, FailingSource, FailureReason, Mover, RunDigest};
use pricing::Language::{self, English, Korean};
use pricing::{money, percent_of};

use crate::message::{Post, escaped, grouped};

/// What words need beside the digest.
pub(crate) struct Place<'a> {
    pub(crate) language: Language,
    pub(crate) zone: &'a TimeZone,
    /// The address of the page, without a path.
    pub(crate) page: &'a str,
}

impl Place<'_> {
    fn says(&self, english: impl Into<String>, korean: impl Into<String>) -> String {
        match self.language {
            English => english.into(),
            Korean => korean.into(),
        }
    }

    fn product(&self, product: &str, name: &str, vendor: Option<&str>) -> String {
        let id: String = url::form_urlencoded::byte_serialize(product.as_bytes()).collect();
        let id = id.replace('+', "%20");
        let name = escaped(name).replace('|', "/");
        let vendor = vendor.map_or(String::new(), |vendor| format!(" · {}", escaped(vendor)));
        format!("<{}/#/products/{id}|{name}>{vendor}", escaped(self.page))
    }
}

/// An urgent alert.
pub(crate) fn of_alert(alert: &Alert, place: &Place<'_>) -> Post {
    let headline = format!("🔔 {}", escaped(&alert.name));
    let product = place.product(alert.product.as_str(), &alert.name, alert.vendor.as_deref());
    Post::new(
        &headline,
        &format!("{}\n{product}", escaped(&alert.text)),
        None,
    )
}

/// A run's digest; `workbook` is a link to its workbook.
pub(crate) fn of_run(digest: &RunDigest, workbook: &str, place: &Place<'_>) -> Post {
    let at = digest.run.slot.instant().to_zoned(place.zone.clone());
    let at = at.strftime("%Y-%m-%d %H:%M");
    let schedule = escaped(digest.run.schedule.as_str());
    let again = match digest.redrives {
        0 => String::new(),
        times => place.says(
            format!(", tried again ({times})"),
            format!(", 재시도 {times}회"),
        ),
    };
    let headline = place.says(
        format!("Prices of {at} ({schedule}){again}"),
        format!("{at} 가격 ({schedule}){again}"),
    );
    let mut post = Post::new(&headline, &counts(digest, place), None);
    for text in [
        findings(digest, place),
        alerts(digest, place),
        movers(digest, place),
        failures(digest, place),
    ] {
        if !text.is_empty() {
            post.add(&text);
        }
    }
    let (open, page) = (
        place.says("Open the workbook", "엑셀 파일 열기"),
        place.says("Open the page", "페이지 열기"),
    );
    post.add(&format!(
        "<{}|{open}> · <{}|{page}>",
        escaped(workbook),
        escaped(place.page)
    ));
    post
}

fn counts(digest: &RunDigest, place: &Place<'_>) -> String {
    let failed: u64 = digest.failures.values().sum();
    let prices = grouped(digest.prices);
    let against = match digest.prices_before {
        None => String::new(),
        Some(before) if before == digest.prices => place.says(" (as before)", " (지난번과 같음)"),
        Some(before) => {
            let (more, less) = (
                digest.prices.saturating_sub(before),
                before.saturating_sub(digest.prices),
            );
            if more > 0 {
                place.says(
                    format!(" (+{})", grouped(more)),
                    format!(" (+{})", grouped(more)),
                )
            } else {
                format!(" (−{})", grouped(less))
            }
        }
    };
    let mut parts = vec![place.says(
        format!("{prices} prices{against}"),
        format!("가격 {prices}건{against}"),
    )];
    let mut also = |count: u64, english: &str, korean: &str| {
        if count > 0 {
            let count = grouped(count);
            parts.push(place.says(format!("{count} {english}"), format!("{korean} {count}건")));
        }
    };
    also(digest.fell, "fell", "내림");
    also(digest.rose, "rose", "오름");
    also(failed, "failed", "실패");
    also(digest.unconfirmed, "not confirmed", "확인되지 않음");
    also(digest.missing, "without an outcome", "결과 없음");
    if digest.is_quiet() {
        parts.push(place.says("nothing changed", "바뀐 것이 없습니다"));
    }
    parts.join(" · ")
}

/// What the watcher found about itself.
fn findings(digest: &RunDigest, place: &Place<'_>) -> String {
    let mut lines = Vec::new();
    if digest.has_few_prices() {
        let before = grouped(digest.prices_before.unwrap_or_default());
        lines.push(place.says(
            format!("⚠️ Far fewer prices than the last time ({before})"),
            format!("⚠️ 지난번({before}건)보다 가격이 크게 줄었습니다"),
        ));
    }
    if digest.skipped > 0 {
        let skipped = grouped(digest.skipped);
        lines.push(place.says(
            format!("⚠️ {skipped} scheduled runs before this one did not take place"),
            format!("⚠️ 이전에 예정된 실행 {skipped}번이 이루어지지 않았습니다"),
        ));
    }
    for source in digest.failing.iter().filter(|source| source.is_new) {
        lines.push(format!("⚠️ {}", failing(source, place)));
    }
    lines.join("\n")
}

fn alerts(digest: &RunDigest, place: &Place<'_>) -> String {
    if digest.alerts.is_empty() {
        return String::new();
    }
    let count = grouped(digest.alerts_fired);
    let mut lines = vec![place.says(format!("*Alerts: {count}*"), format!("*알림 {count}건*"))];
    lines.extend(digest.alerts.iter().map(|alert| {
        let product = place.product(alert.product.as_str(), &alert.name, alert.vendor.as_deref());
        format!("• {product}: {}", escaped(&alert.text))
    }));
    let told = digest.alerts.len() as u64;
    if digest.alerts_fired > told {
        let more = grouped(digest.alerts_fired - told);
        lines.push(place.says(
            format!("and {more} more, on the page"),
            format!("그 밖에 {more}건은 페이지에 있습니다"),
        ));
    }
    lines.join("\n")
}

fn movers(digest: &RunDigest, place: &Place<'_>) -> String {
    let list = |title: String, movers: &[Mover], sign: char| {
        let lines = movers.iter().map(|mover| moved(mover, sign, place));
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| format!("*{title}*\n{}", lines.join("\n")))
    };
    let best = place.says("Fell most", "가장 많이 내린 가격");
    let worst = place.says("Rose most", "가장 많이 오른 가격");
    let best = list(best, &digest.best, '▼');
    let worst = list(worst, &digest.worst, '▲');
    best.into_iter().chain(worst).collect::<Vec<_>>().join("\n")
}

fn moved(mover: &Mover, sign: char, place: &Place<'_>) -> String {
    let product = place.product(mover.product.as_str(), &mover.name, mover.vendor.as_deref());
    let percent = percent_of(mover.to.amount, mover.from.amount)
        .map(|percent: Decimal| format!(" {}%", percent.normalize()))
        .unwrap_or_default();
    let (from, to) = (
        money(mover.from, place.language),
        money(mover.to, place.language),
    );
    format!("{sign}{percent} {product}: {from} → {to}")
}

/// What fails, but for what was named as a finding.
fn failures(digest: &RunDigest, place: &Place<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let known = digest.failing.iter().filter(|source| !source.is_new);
    let known: Vec<String> = known.map(|source| failing(source, place)).collect();
    if !known.is_empty() {
        let still = place.says("Still failing", "계속 실패하는 곳");
        lines.push(format!("{still}: {}", known.join("; ")));
    }
    let reasons: Vec<String> = digest
        .failures
        .iter()
        .map(|(reason, count)| format!("{} {}", reason_in_words(*reason), grouped(*count)))
        .collect();
    if !reasons.is_empty() {
        let by_reason = place.says("Failures by reason", "실패 사유");
        lines.push(format!("{by_reason}: {}", reasons.join(", ")));
    }
    lines.join("\n")
}

fn failing(source: &FailingSource, place: &Place<'_>) -> String {
    let (name, reason) = (escaped(&source.source), reason_in_words(source.reason));
    let (failed, jobs) = (grouped(source.failed), grouped(source.jobs));
    place.says(
        format!("{name}: {failed} of {jobs} failed ({reason})"),
        format!("{name}: {jobs}건 중 {failed}건 실패 ({reason})"),
    )
}

/// The name of a reason as the page and the history have it, which people can look for.
fn reason_in_words(reason: FailureReason) -> String {
    reason.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{Currency, Money};

    use super::*;

    fn won(amount: i64) -> Money {
        Money::new(amount.into(), Currency::KRW)
    }

    fn digest() -> RunDigest {
        let mover = |name: &str, from, to| Mover {
            product: "p?1".parse().unwrap(),
            name: name.to_owned(),
            vendor: Some("A & B".to_owned()),
            from: won(from),
            to: won(to),
        };
        RunDigest {
            redrives: 0,
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            prices: 40,
            prices_before: Some(50),
            unconfirmed: 1,
            missing: 0,
            failures: BTreeMap::from([(FailureReason::Blocked, 9)]),
            fell: 1,
            rose: 1,
            best: vec![mover("<!channel> 이어폰", 10_000, 9_000)],
            worst: vec![mover("Cable|x", 3_000, 3_100)],
            alerts: vec![Alert {
                scope: None,
                product: "p?1".parse().unwrap(),
                name: "이어폰".to_owned(),
                vendor: None,
                rule: "target".parse().unwrap(),
                run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
                urgent: false,
                text: "9,000원".to_owned(),
            }],
            alerts_fired: 3,
            failing: vec![FailingSource {
                source: "shop.example".to_owned(),
                jobs: 10,
                failed: 9,
                reason: FailureReason::Blocked,
                is_new: true,
            }],
            skipped: 2,
            workbook: "exports/x.xlsx".to_owned(),
        }
    }

    fn texts(language: Language, digest: &RunDigest) -> String {
        let zone = TimeZone::get("Asia/Seoul").unwrap();
        let place = Place {
            language,
            zone: &zone,
            page: "https://page.example",
        };
        of_run(digest, "https://api.example/x?a=1&b=2", &place)
            .texts()
            .join("\n--\n")
    }

    #[test]
    fn a_digest_in_english() {
        assert_eq!(
            texts(English, &digest()),
            "*Prices of 2026-11-21 10:15 (daily)*\n\
             40 prices (−10) · 1 fell · 1 rose · 9 failed · 1 not confirmed\n--\n\
             ⚠️ Far fewer prices than the last time (50)\n\
             ⚠️ 2 scheduled runs before this one did not take place\n\
             ⚠️ shop.example: 9 of 10 failed (blocked)\n--\n\
             *Alerts: 3*\n\
             • <https://page.example/#/products/p%3F1|이어폰>: 9,000원\n\
             and 2 more, on the page\n--\n\
             *Fell most*\n\
             ▼ 10% <https://page.example/#/products/p%3F1|&lt;!channel&gt; 이어폰> · A &amp; B: \
             10,000 KRW → 9,000 KRW\n\
             *Rose most*\n\
             ▲ 3.3% <https://page.example/#/products/p%3F1|Cable/x> · A &amp; B: \
             3,000 KRW → 3,100 KRW\n--\n\
             Failures by reason: blocked 9\n--\n\
             <https://api.example/x?a=1&amp;b=2|Open the workbook> · \
             <https://page.example|Open the page>"
        );
    }

    #[test]
    fn a_digest_in_korean_and_a_quiet_one() {
        let korean = texts(Korean, &digest());
        for part in [
            "가격 40건 (−10)",
            "내림 1건",
            "알림 3건",
            "10,000원 → 9,000원",
            "엑셀 파일 열기",
        ] {
            assert!(korean.contains(part), "{part}: {korean}");
        }
        let quiet = RunDigest {
            prices_before: Some(40),
            failures: BTreeMap::new(),
            unconfirmed: 0,
            fell: 0,
            rose: 0,
            best: Vec::new(),
            worst: Vec::new(),
            alerts: Vec::new(),
            alerts_fired: 0,
            failing: Vec::new(),
            skipped: 0,
            ..digest()
        };
        assert_eq!(
            texts(English, &quiet),
            "*Prices of 2026-11-21 10:15 (daily)*\n\
             40 prices (as before) · nothing changed\n--\n\
             <https://api.example/x?a=1&amp;b=2|Open the workbook> · \
             <https://page.example|Open the page>"
        );
    }
}

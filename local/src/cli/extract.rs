//! `pricetide extract`: what Pricetide reads from a page, a file or a text.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ArgGroup;
use extract::{CompiledPaths, Hints, Inspection};
use fetch::{Addresses, Answer, Fetcher, Limits};
use model::{Currency, Failure, FailureReason, JsonPaths, Offer, PriceKind, RangePrice, Variant};
use price_text::TextHints;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// Show what Pricetide reads from a shop's page, a file or a text.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("what").required(true).args(["source", "text"])))]
pub(crate) struct Extract {
    /// The address of a product page, or a file with one.
    #[arg(value_name = "URL|FILE")]
    source: Option<String>,
    /// A price as people write it.
    #[arg(long, allow_hyphen_values = true)]
    text: Option<String>,
    /// The address that the file was saved from.
    #[arg(long, value_name = "URL", requires = "source", value_parser = web_address)]
    base_url: Option<String>,
    /// The currency that the price must be in, an ISO 4217 code.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// The locale in which prices are written: `de`, `de-CH`.
    #[arg(long, value_parser = locale)]
    locale: Option<String>,
    /// The article number of the variant that is meant.
    #[arg(long, requires = "source")]
    sku: Option<String>,
    /// The CSS selector of the element that holds the price.
    #[arg(long, value_name = "CSS", requires = "source")]
    selector: Option<String>,
    /// Take the lowest price of the page's variants.
    #[arg(long, requires = "source", conflicts_with = "sku")]
    lowest: bool,
    /// The kind of price at the selector, or in the text, if not everybody pays it: `member`,
    /// `card`, `coupon`, ….
    #[arg(long, value_name = "KIND")]
    price_kind: Option<PriceKind>,
    /// The JSONPath of the price, if the answer is JSON and no page.
    #[arg(long, value_name = "JSONPATH", requires = "source", conflicts_with_all = ["selector", "sku"])]
    json_price: Option<String>,
    /// The name to go by when a page is fetched.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "Pricetide/0.1 (price tracking)"
    )]
    user_agent: String,
    /// Hosts in private networks that may be fetched, `host` or `host:port`.
    #[arg(long, value_name = "HOSTS", default_value = "")]
    allow_hosts: String,
}

/// A locale that prices can be read in.
fn locale(text: &str) -> Result<String, String> {
    if price_text::is_locale(text) {
        Ok(text.to_owned())
    } else {
        Err("it is no locale; write one as de, de-CH or pt_BR".to_owned())
    }
}

/// An address with its scheme.
fn web_address(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err("it is no address that begins with http:// or https://".to_owned()),
    }
}

/// A page, and where it came from.
struct Source {
    body: Vec<u8>,
    content_type: Option<String>,
    url: Option<String>,
}

/// Prints JSON; exit code 1 when there is no price.
pub(crate) fn run(extract: &Extract) -> Result<ExitCode> {
    let (found, answer) = match (&extract.text, &extract.source) {
        (Some(text), _) => of_text(extract, text),
        (None, Some(source)) => match read(extract, source)? {
            Ok(source) => of_page(extract, &source),
            Err(failure) => (false, json!({"error": error(&failure)})),
        },
        (None, None) => (false, Value::Null),
    };
    println!("{answer:#}");
    Ok(if found {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn of_text(extract: &Extract, text: &str) -> (bool, Value) {
    let hints = TextHints {
        currency: extract.currency,
        locale: extract.locale.as_deref(),
        kind: extract.price_kind,
    };
    match price_text::parse(text, &hints) {
        Ok(amount) => (
            true,
            json!({
                "amount": amount.amount.to_string(),
                "currency": amount.currency,
                "availability": null,
                "name": null,
                "found_in": "text",
                "candidates": [],
            }),
        ),
        Err(failure) => {
            let mut error = error(&failure);
            error["sentence"] = json!(match failure.reason {
                FailureReason::UnreadablePrice =>
                    "The text holds no selling price that can be read.",
                FailureReason::Ambiguous => "The text can be read as several prices.",
                FailureReason::WrongCurrency => "The text is in another currency.",
                other => other.sentence(),
            });
            (false, json!({"error": error}))
        }
    }
}

/// The offer in an answer of JSON, or why there is none.
fn of_json(hints: &Hints<'_>, price: &str, body: &[u8]) -> Result<Offer, Failure> {
    let paths = CompiledPaths::compile(&JsonPaths {
        price: price.to_owned(),
        currency: None,
        availability: None,
        name: None,
    })?;
    extract::from_json(body, &paths, hints)
}

fn of_page(extract: &Extract, source: &Source) -> (bool, Value) {
    let variant = extract.sku.clone().map(Variant::Sku);
    let hints = Hints {
        currency: extract.currency,
        locale: extract.locale.as_deref(),
        variant: variant.as_ref(),
        selector: extract.selector.as_deref(),
        range: extract.lowest.then_some(RangePrice::Lowest),
        price_kind: extract.price_kind,
        base_url: source.url.as_deref(),
        at: Some(jiff::Timestamp::now()),
    };
    let content_type = source.content_type.as_deref();
    let Inspection {
        candidates,
        remarks,
        product,
        chosen,
    } = match &extract.json_price {
        Some(price) => Inspection {
            candidates: Vec::new(),
            remarks: Vec::new(),
            product: None,
            chosen: of_json(&hints, price, &source.body),
        },
        None => extract::inspect_html(&source.body, content_type, &hints),
    };
    let found = chosen.is_ok();
    let mut answer = match chosen {
        Ok(offer) => json!({
            "amount": offer.price.amount.to_string(),
            "currency": offer.price.currency,
            "availability": offer.availability,
            "name": offer.name,
            "found_in": offer.found_in,
            "list_price": offer.list_price.map(|list| list.amount.to_string()),
            "remark": offer.remark,
        }),
        Err(failure) => json!({"error": error(&failure)}),
    };
    answer["product"] = json!(product);
    answer["candidates"] = json!(candidates);
    answer["remarks"] = json!(remarks);
    (found, answer)
}

fn error(failure: &Failure) -> Value {
    json!({
        "reason": failure.reason,
        "sentence": failure.reason.sentence(),
        "detail": failure.detail,
        "permanent": failure.reason.is_permanent(),
    })
}

fn read(extract: &Extract, source: &str) -> Result<Result<Source, Failure>> {
    // A scheme is the same in capitals (RFC 3986, section 3.1).
    let scheme = source.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_url = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if !is_url || Path::new(source).exists() {
        let body = std::fs::read(source).with_context(|| format!("read {source}"))?;
        return Ok(Ok(Source {
            body,
            content_type: None,
            url: extract.base_url.clone(),
        }));
    }
    let addresses = Addresses::allowing(&extract.allow_hosts);
    let fetcher = Fetcher::new(&extract.user_agent, addresses, Limits::default())?;
    let answer = super::runtime()?.block_on(fetcher.get(source, HeaderMap::new(), None));
    Ok(match answer {
        Ok(Answer::Page(page)) => Ok(Source {
            body: page.body,
            content_type: page.content_type,
            url: Some(extract.base_url.clone().unwrap_or(page.url)),
        }),
        Ok(Answer::NotModified) => Err(Failure::new(
            FailureReason::UnreadablePage,
            "not modified, though no earlier page was named",
        )),
        Err(no_page) => Err(no_page.into_failure()),
    })
}

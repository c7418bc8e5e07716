//! A product page, from bytes to an offer: asks the sources one after the other.

use std::borrow::Cow;

use model::{Currency, Decimal, Failure, FailureReason, Money, Offer};
use serde::{Serialize, Serializer};

use crate::address::Pages;
use crate::choose::{self, Choice, Context, Decision, Reading, Refusal};
use crate::graph::Graph;
use crate::markup::{self, Syntax};
use crate::prices::{self, Price, Prices, Role};
use crate::products::{self, Found};
use crate::scan::Page;
use crate::{Hints, availability, block, charset, json_ld, metas, selector, steps, struck, which};
use price_text::TextHints;

/// A price that was seen on a page, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The source: `selector`, `json-ld`, `microdata`, `rdfa` or `meta`.
    pub found_in: &'static str,
    /// The property that holds it, or the selector.
    pub property: String,
    /// The product it belongs to, where the page says so.
    pub product: Option<String>,
    /// That product's or offer's article number.
    pub sku: Option<String>,
    /// What stands there.
    pub written: String,
    /// The exact amount as a decimal string; null if it cannot be read.
    pub amount: Option<String>,
    /// The currency the page gives it.
    #[serde(serialize_with = "as_code")]
    pub currency: Option<Currency>,
    /// What kind of price it is.
    pub role: Role,
    /// Whether it is the answer.
    pub chosen: bool,
    /// Why it is the answer, or why not.
    pub because: String,
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn as_code<S: Serializer>(currency: &Option<Currency>, serializer: S) -> Result<S::Ok, S::Error> {
    currency
        .map(|currency| currency.code())
        .serialize(serializer)
}

/// The product that a page is about, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnProduct {
    /// Its name.
    pub name: Option<String>,
    /// The source that says so.
    pub found_in: &'static str,
    /// Why it was taken for the page's own.
    pub because: &'static str,
}

/// Everything that was seen on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Every price, in the order of the sources.
    pub candidates: Vec<Candidate>,
    /// What is wrong with the page's data, for a person.
    pub remarks: Vec<String>,
    /// The product that was taken for the page's own, and why.
    pub product: Option<OwnProduct>,
    /// The answer; the same that [`from_html`] gives.
    pub chosen: Result<Offer, Failure>,
}

/// Reads the offer on a product page. `content_type` is the HTTP header's value.
pub fn from_html(
    body: &[u8],
    content_type: Option<&str>,
    hints: &Hints<'_>,
) -> Result<Offer, Failure> {
    let text = charset::decode(body, content_type);
    run(&text, hints, None)
}

/// Reads the offer on a product page as [`from_html`] does, and shows all that was seen.
pub fn inspect_html(body: &[u8], content_type: Option<&str>, hints: &Hints<'_>) -> Inspection {
    let text = charset::decode(body, content_type);
    let mut seen = Seen::default();
    let chosen = run(&text, hints, Some(&mut seen));
    Inspection {
        candidates: seen.candidates,
        remarks: seen.remarks,
        product: seen.product,
        chosen,
    }
}

/// What kind of block or challenge page an answer is, in a sentence, if it is one. Meant for
/// answers in which no product was found: error statuses, HTML where JSON was expected.
pub fn block_sign(body: &[u8], content_type: Option<&str>) -> Option<String> {
    block::sign(&charset::decode(body, content_type))
}

/// What an inspection gathers on the way.
#[derive(Default)]
struct Seen {
    candidates: Vec<Candidate>,
    remarks: Vec<String>,
    product: Option<OwnProduct>,
}

#[derive(Clone, Copy)]
enum Source {
    JsonLd,
    Microdata,
    Rdfa,
    Meta,
}

impl Source {
    const ALL: [Self; 4] = [Self::JsonLd, Self::Microdata, Self::Rdfa, Self::Meta];

    fn name(self) -> &'static str {
        match self {
            Self::JsonLd => "json-ld",
            Self::Microdata => "microdata",
            Self::Rdfa => "rdfa",
            Self::Meta => "meta",
        }
    }
}

fn run(text: &str, hints: &Hints<'_>, mut seen: Option<&mut Seen>) -> Result<Offer, Failure> {
    let page = Page::scan(text);
    let selected = hints
        .selector
        .map(|css| by_selector(text, css, hints, seen.as_deref_mut()));
    let amount = selected.as_ref().and_then(|found| found.as_ref().ok());
    let mut context = context(&page, hints);
    context.selected = amount.map(|(amount, _)| *amount);
    let quietly = selected.is_some();
    let structured = by_sources(text, &page, &context, hints, quietly, seen.as_deref_mut());
    let outcome = match selected {
        // Most pages strike nothing through, and are not read again.
        None if !page.has_struck => structured,
        None => structured.and_then(
            |offer| match struck::lower_price(text, offer.price, hints) {
                None => Ok(offer),
                Some(lower) => Err(sale_unknown_to(&offer, lower)),
            },
        ),
        Some(selected) => selected.and_then(|(amount, currency)| {
            // What the selector's text does not say, the page's own data may.
            let structured = structured.ok();
            let currency = currency
                .or(hints.currency)
                .or(structured.as_ref().map(|offer| offer.price.currency))
                .or_else(|| metas::currency(&page).and_then(price_text::currency::named))
                .ok_or_else(|| {
                    let detail = format!("{amount} at the selector has no currency");
                    Failure::new(FailureReason::NoCurrency, detail)
                })?;
            // A list price is one of the same price only.
            let list_price = structured
                .as_ref()
                .filter(|offer| offer.price == Money::new(amount, currency))
                .and_then(|offer| offer.list_price);
            let (availability, name) = structured
                .map(|offer| (offer.availability, offer.name))
                .unwrap_or_default();
            Ok(Offer {
                price: Money::new(amount, currency),
                availability: availability
                    .or_else(|| metas::availability(&page).and_then(availability::read)),
                name: name.or_else(|| page.title.as_deref().and_then(crate::tidy_name)),
                found_in: "selector".to_owned(),
                list_price,
                remark: None,
            })
        }),
    };
    // A price at the selector may yet lack its currency, and a later source contradict an earlier.
    if let (Err(failure), Some(seen)) = (&outcome, seen) {
        for candidate in seen.candidates.iter_mut().filter(|found| found.chosen) {
            candidate.chosen = false;
            candidate.because.clone_from(&failure.detail);
        }
    }
    outcome.map_err(|failure| match failure.reason {
        FailureReason::NoPrice => match block::sign(text) {
            Some(sign) => Failure::new(FailureReason::Blocked, sign),
            None => failure,
        },
        _ => failure,
    })
}

/// Asks the sources in order. `quietly` is set when a selector decides and the sources only
/// complete its answer.
fn by_sources(
    text: &str,
    page: &Page<'_>,
    context: &Context<'_>,
    hints: &Hints<'_>,
    quietly: bool,
    mut seen: Option<&mut Seen>,
) -> Result<Offer, Failure> {
    let mut answer: Option<Result<Offer, Failure>> = None;
    let mut contradicted: Option<Failure> = None;
    let mut failures: Vec<Failure> = Vec::new();
    let mut errors = Vec::new();
    let mut others = Vec::new();
    let mut remarks = Vec::new();
    for source in Source::ALL {
        if matches!(answer, Some(Err(_))) && seen.is_none() {
            break;
        }
        let graph = match source {
            Source::JsonLd if !page.json_ld.is_empty() => {
                let (graph, broken) = json_ld::graph(&page.json_ld);
                errors.extend(broken.iter().map(|error| {
                    format!(
                        "a JSON-LD script is broken: {} at byte {}",
                        error.what, error.at
                    )
                }));
                graph
            }
            Source::Microdata if page.has_microdata => markup::graph(text, Syntax::Microdata),
            Source::Rdfa if page.has_rdfa => markup::graph(text, Syntax::Rdfa),
            Source::Meta => metas::graph(page),
            _ => continue,
        };
        let found = products::find(&graph);
        let prices = prices::read(&graph, &found, hints);
        if prices.all.is_empty() && found.products.is_empty() {
            continue;
        }
        let reading = Reading {
            graph: &graph,
            found: &found,
            prices: &prices,
        };
        let decision = choose::choose(&reading, context, hints);
        if let Some(seen) = seen.as_deref_mut() {
            let decides = answer.is_none() && !quietly;
            seen.candidates.extend(candidates(
                source, &graph, &found, &prices, &decision, decides,
            ));
            if let Ok(choice) = &decision.choice
                && !decision.own.is_empty()
            {
                seen.product.get_or_insert_with(|| OwnProduct {
                    name: choice.name.clone(),
                    found_in: source.name(),
                    because: decision.own,
                });
            }
        }
        match decision.choice {
            Ok(mut choice) if answer.is_none() => {
                others = std::mem::take(&mut choice.others);
                if choice.has_ended {
                    remarks.push(format!(
                        "the date until which {} says that its price holds is over",
                        source.name()
                    ));
                }
                if let Some((low, high)) = choice.range {
                    remarks.push(format!(
                        "the lowest of its variants' prices, which go up to {high}"
                    ));
                    others.push(low);
                    others.push(high);
                }
                let mut offer = offer(choice, source);
                offer.remark = remarks.last().cloned();
                answer = Some(Ok(offer));
            }
            // Sources that know no variants show the first one's price.
            Ok(choice) if others.contains(&choice.amount) => {}
            Ok(choice) if contradicted.is_none() => {
                if let Some(Ok(first)) = &mut answer {
                    contradicted = confirm(first, &choice, source, &context.titles).err();
                }
            }
            Err(Refusal::Final(failure)) if answer.is_none() => answer = Some(Err(failure)),
            Err(Refusal::Weak(failure)) if answer.is_none() => failures.push(Failure {
                detail: format!("{}: {}", source.name(), failure.detail),
                ..failure
            }),
            _ => {}
        }
    }
    if let Some(seen) = seen {
        seen.remarks.extend(errors.iter().cloned());
        seen.remarks.extend(remarks);
    }
    match (contradicted, answer) {
        (Some(contradiction), _) => Err(contradiction),
        (None, Some(answer)) => answer,
        (None, None) => Err(most_telling(failures, &errors)),
    }
}

/// Holds a later source's choice against the first one's: the same price may complete it, another
/// one contradicts it.
fn confirm(
    first: &mut Offer,
    later: &Choice,
    source: Source,
    titles: &[Cow<'_, str>],
) -> Result<(), Failure> {
    let same = later.amount == first.price.amount;
    if !same && is_of_another_product(first, later, titles) {
        return Ok(());
    }
    if same || later.currency != first.price.currency {
        if same && first.availability.is_none() {
            first.availability = later.availability;
        }
        if same && first.list_price.is_none() && later.currency == first.price.currency {
            let list_price = later.list_price;
            first.list_price = list_price.map(|list| Money::new(list, later.currency));
        }
        return Ok(());
    }
    let detail = format!(
        "{} says {}, {} says {} {}",
        first.found_in,
        first.price,
        source.name(),
        later.amount,
        later.currency.code()
    );
    Err(Failure::new(FailureReason::Ambiguous, detail))
}

/// Whether the page is named after the first source's product, and not after the later one's.
fn is_of_another_product(first: &Offer, later: &Choice, titles: &[Cow<'_, str>]) -> bool {
    let titles: Vec<String> = titles.iter().map(|title| which::folded(title)).collect();
    let is_in_a_title = |name: &Option<String>| {
        let name = name.as_deref().map(which::folded);
        name.map(|name| titles.iter().any(|title| title.contains(&name)))
    };
    is_in_a_title(&first.name) == Some(true) && is_in_a_title(&later.name) == Some(false)
}

/// The page shows the price of its data struck through, and a lower one after it.
fn sale_unknown_to(offer: &Offer, lower: Decimal) -> Failure {
    let detail = format!(
        "{} says {}, which the page shows struck through before {lower}",
        offer.found_in, offer.price
    );
    Failure::new(FailureReason::Ambiguous, detail)
}

/// The failure that tells the owner most: that a price was there beats that none was.
fn most_telling(failures: Vec<Failure>, errors: &[String]) -> Failure {
    let rank = |failure: &Failure| match failure.reason {
        FailureReason::UnreadablePrice | FailureReason::Ambiguous => 0,
        FailureReason::WrongCurrency => 1,
        FailureReason::NoCurrency => 2,
        _ => 3,
    };
    failures.into_iter().min_by_key(rank).unwrap_or_else(|| {
        let detail = match errors.first() {
            Some(error) => error.clone(),
            None => "there is no JSON-LD, microdata, RDFa or meta tag with a price".to_owned(),
        };
        Failure::new(FailureReason::NoPrice, detail)
    })
}

fn context<'p>(page: &'p Page<'_>, hints: &Hints<'p>) -> Context<'p> {
    let addresses = [
        hints.base_url,
        page.canonical.as_deref(),
        page.meta(&["og:url"]),
    ];
    Context {
        pages: Pages::new(addresses, page.base.as_deref()),
        article: metas::article(page),
        titles: [
            page.meta(&["og:title"]),
            page.title.as_deref(),
            Some(page.heading.as_str()).filter(|heading| !heading.trim().is_empty()),
        ]
        .into_iter()
        .flatten()
        .map(Cow::Borrowed)
        .collect(),
        currency: metas::currency(page).and_then(price_text::currency::named),
        availability: metas::availability(page).and_then(availability::read),
        selected: None,
    }
}

fn offer(choice: Choice, source: Source) -> Offer {
    Offer {
        price: Money::new(choice.amount, choice.currency),
        availability: choice.availability,
        name: choice.name,
        found_in: source.name().to_owned(),
        list_price: choice
            .list_price
            .map(|amount| Money::new(amount, choice.currency)),
        remark: None,
    }
}

fn candidates(
    source: Source,
    graph: &Graph<'_>,
    found: &Found,
    prices: &Prices,
    decision: &Decision,
    decides: bool,
) -> Vec<Candidate> {
    let chosen = decides && decision.choice.is_ok();
    let refusal = match &decision.choice {
        Err(Refusal::Weak(failure) | Refusal::Final(failure)) => failure.detail.as_str(),
        Ok(_) => "an earlier source decides",
    };
    let texts: Vec<_> = found
        .products
        .iter()
        .map(|product| {
            let item = product.item.map(|id| &graph.items[id]);
            let name = item.and_then(|item| item.text("name"));
            let sku = item.and_then(|item| item.text("sku"));
            (name.and_then(crate::tidy_name), sku.map(shown))
        })
        .collect();
    let candidate = |(price, verdict): (&Price, &&str)| {
        let offer = &found.offers[price.offer];
        let (name, sku) = &texts[offer.product];
        let own_sku = graph.items[offer.item].text("sku").map(shown);
        let why = match (&price.amount, verdict.is_empty()) {
            (Err(failure), _) => failure.detail.clone(),
            (Ok(_), false) => (*verdict).to_owned(),
            (Ok(_), true) if chosen => "it is the page's selling price".to_owned(),
            (Ok(_), true) => refusal.to_owned(),
        };
        Candidate {
            found_in: source.name(),
            property: price.property.to_owned(),
            product: name.clone(),
            sku: own_sku.or_else(|| sku.clone()),
            written: price.written.clone(),
            amount: price.amount.as_ref().ok().map(ToString::to_string),
            currency: price.currency,
            role: price.role,
            chosen: chosen && verdict.is_empty(),
            because: why,
        }
    };
    prices
        .all
        .iter()
        .zip(&decision.verdicts)
        .map(candidate)
        .collect()
}

/// A text as it is shown with each candidate that it belongs to.
fn shown(text: &str) -> String {
    let end = text.floor_char_boundary(100);
    steps::count(end);
    text[..end].to_owned()
}

/// The price at the owner's selector.
fn by_selector(
    text: &str,
    css: &str,
    hints: &Hints<'_>,
    seen: Option<&mut Seen>,
) -> Result<(model::Decimal, Option<Currency>), Failure> {
    let text_hints = TextHints {
        currency: hints.currency,
        locale: hints.locale,
        kind: hints.price_kind,
    };
    let texts = selector::read(text, css, &text_hints)?;
    let outcome = agree(css, &texts);
    if let Some(seen) = seen {
        seen.candidates
            .extend(texts.iter().map(|(text, reading)| Candidate {
                found_in: "selector",
                property: css.to_owned(),
                product: None,
                sku: None,
                written: text.chars().take(100).collect(),
                amount: reading.as_ref().ok().map(|read| read.amount.to_string()),
                currency: reading.as_ref().ok().and_then(|read| read.currency),
                role: Role::Selling,
                chosen: outcome.is_ok() && reading.is_ok(),
                because: match (reading, &outcome) {
                    (Err(failure), _) | (Ok(_), Err(failure)) => failure.detail.clone(),
                    (Ok(_), Ok(_)) => "the owner's selector decides".to_owned(),
                },
            }));
    }
    outcome
}

/// The one price in the texts at a selector. The first that is about the selling price decides: if
/// it cannot be read, a card further down is no answer.
fn agree(
    css: &str,
    texts: &[selector::Reading],
) -> Result<(model::Decimal, Option<Currency>), Failure> {
    let own = texts
        .iter()
        .find(|(text, reading)| reading.is_ok() || !price_text::is_beside_the_price(text));
    if let Some((_, Err(failure))) = own {
        return Err(failure.clone());
    }
    let mut read: Vec<price_text::Amount> = Vec::new();
    for amount in texts
        .iter()
        .filter_map(|(_, reading)| reading.as_ref().ok())
    {
        if !read.iter().any(|other| other == amount) {
            read.push(*amount);
        }
    }
    match (
        read.as_slice(),
        texts.iter().find_map(|(_, reading)| reading.as_ref().err()),
    ) {
        ([one], _) if one.amount.is_zero() => Err(Failure::new(
            FailureReason::NoPrice,
            format!("{css} gives 0, which stands for no price"),
        )),
        ([one], _) => Ok((one.amount, one.currency)),
        ([], Some(failure)) => Err(failure.clone()),
        ([], None) => Err(Failure::new(
            FailureReason::NoPrice,
            format!("no element matches {css}"),
        )),
        (several, _) => {
            let shown: Vec<String> = several.iter().map(|a| a.amount.to_string()).collect();
            let detail = format!("{css} matches several prices: {}", shown.join(", "));
            Err(Failure::new(FailureReason::Ambiguous, detail))
        }
    }
}

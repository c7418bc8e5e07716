//! Answers of JSON APIs: RFC 9535 queries name the price and what belongs to it.
//!
//! The queries run over a tree in which numbers are floating point, as the library has it, but
//! only to find *where* the price is: the amount itself is read from the answer's own text.

use model::{Availability, Currency, Decimal, Failure, FailureReason, JsonPaths, Money, Offer};
use serde_json::Value;
use serde_json_path::{JsonPath, NormalizedPath, PathElement};

use crate::json::{Document, Node, NodeId};
use crate::{Hints, availability, block, charset, json};
use price_text::TextHints;

/// A product's [`JsonPaths`], checked and ready to run.
#[derive(Debug, Clone)]
pub struct CompiledPaths {
    price: JsonPath,
    price_text: String,
    currency: Option<JsonPath>,
    availability: Option<JsonPath>,
    name: Option<JsonPath>,
    /// Whether one of them looks at all levels (`..`).
    descends: bool,
}

/// A query with `..` notes the path of every value that it comes by. More steps of paths than
/// these are not taken, for they would need a thousand times the memory of the answer.
const MAX_STEPS: usize = 2_000_000;

impl CompiledPaths {
    /// Checks the queries; one that is not RFC 9535 is a `bad_product` that says what is wrong.
    pub fn compile(paths: &JsonPaths) -> Result<Self, Failure> {
        let compile = |what: &str, query: &str| {
            JsonPath::parse(query).map_err(|error| {
                Failure::new(
                    FailureReason::BadProduct,
                    format!("the JSONPath of the {what} ({query}) is wrong: {error}"),
                )
            })
        };
        let optional = |what: &str, query: Option<&String>| {
            query.map(|query| compile(what, query)).transpose()
        };
        let mut queries = [&paths.currency, &paths.availability, &paths.name].into_iter();
        let descends = |query: &str| query.contains("..");
        Ok(Self {
            descends: descends(&paths.price) || queries.any(|q| q.as_deref().is_some_and(descends)),
            price: compile("price", &paths.price)?,
            price_text: paths.price.clone(),
            currency: optional("currency", paths.currency.as_ref())?,
            availability: optional("availability", paths.availability.as_ref())?,
            name: optional("name", paths.name.as_ref())?,
        })
    }
}

/// Reads the offer out of a JSON answer. Of `hints` the currency and the locale count.
///
/// The price may be a number or text as people write prices; the availability a schema.org value,
/// a boolean or a number in stock. Each query must give exactly one value; for the optional
/// ones `null` and nothing at all mean that the answer does not say.
pub fn from_json(body: &[u8], paths: &CompiledPaths, hints: &Hints<'_>) -> Result<Offer, Failure> {
    let text = charset::decode(body, None);
    let document = json::parse_strict(&text).map_err(|error| not_json(&text, error))?;
    let Some(&top) = document.tops.first() else {
        return Err(Failure::new(
            FailureReason::UnreadablePage,
            "the answer is empty",
        ));
    };
    if paths.descends && steps_of_paths(&document, top, 0) > MAX_STEPS {
        let detail = "the answer is too deep and too large for a query with `..`";
        return Err(Failure::new(FailureReason::UnreadablePage, detail));
    }
    let tree = tree(&document, top);
    let answer = Answer {
        document: &document,
        top,
        tree: &tree,
    };

    let price = answer
        .one("price", &paths.price)?
        .filter(|id| *document.node(*id) != Node::Null)
        .ok_or_else(|| {
            let detail = format!("there is nothing at {}", paths.price_text);
            Failure::new(FailureReason::NoPrice, detail)
        })?;
    let currency = match answer.optional("currency", paths.currency.as_ref())? {
        Some(id) => Some(answer.currency(id)?),
        None => None,
    };
    if let (Some(found), Some(hint)) = (currency, hints.currency)
        && found != hint
    {
        let detail = format!("the answer is in {}, not in {}", found.code(), hint.code());
        return Err(Failure::new(FailureReason::WrongCurrency, detail));
    }
    let (amount, currency) = answer.amount(price, currency.or(hints.currency), hints.locale)?;
    let currency = currency.ok_or_else(|| {
        Failure::new(
            FailureReason::NoCurrency,
            format!("{amount} in the answer has no currency"),
        )
    })?;
    if amount.is_zero() {
        let detail = format!("{} is 0, which stands for no price", paths.price_text);
        return Err(Failure::new(FailureReason::NoPrice, detail));
    }
    if amount.is_sign_negative() {
        let detail = format!("{} is negative: {amount}", paths.price_text);
        return Err(Failure::new(FailureReason::UnreadablePrice, detail));
    }
    Ok(Offer {
        price: Money::new(amount, currency),
        availability: answer
            .optional("availability", paths.availability.as_ref())?
            .and_then(|id| answer.availability(id)),
        name: answer
            .optional("name", paths.name.as_ref())?
            .and_then(|id| answer.text(id))
            .and_then(crate::tidy_name),
        found_in: paths.price_text.clone(),
        list_price: None,
        remark: None,
    })
}

fn not_json(text: &str, error: json::JsonError) -> Failure {
    if let Some(sign) = block::sign(text) {
        return Failure::new(FailureReason::Blocked, sign);
    }
    let detail = format!(
        "the answer is not JSON: {} at byte {}",
        error.what, error.at
    );
    Failure::new(FailureReason::UnreadablePage, detail)
}

struct Answer<'a> {
    document: &'a Document<'a>,
    top: NodeId,
    tree: &'a Value,
}

impl Answer<'_> {
    /// The one value that `query` gives, if it gives any.
    fn one(&self, what: &str, query: &JsonPath) -> Result<Option<NodeId>, Failure> {
        let found = query.query_located(self.tree).dedup();
        if found.len() > 1 {
            let detail = format!("the JSONPath of the {what} gives {} values", found.len());
            return Err(Failure::new(FailureReason::Ambiguous, detail));
        }
        Ok(found.first().and_then(|node| self.locate(node.location())))
    }

    fn optional(&self, what: &str, query: Option<&JsonPath>) -> Result<Option<NodeId>, Failure> {
        let Some(query) = query else { return Ok(None) };
        let found = self.one(what, query)?;
        Ok(found.filter(|id| *self.document.node(*id) != Node::Null))
    }

    fn locate(&self, path: &NormalizedPath<'_>) -> Option<NodeId> {
        path.iter().try_fold(self.top, |id, element| match element {
            PathElement::Name(name) => self.document.member(id, name),
            PathElement::Index(index) => self.document.element(id, *index),
        })
    }

    fn text(&self, id: NodeId) -> Option<&str> {
        match self.document.node(id) {
            Node::Text(text) => Some(text),
            Node::Number(number) => Some(number),
            _ => None,
        }
    }

    fn currency(&self, id: NodeId) -> Result<Currency, Failure> {
        let text = self.text(id).unwrap_or_default();
        price_text::currency::named(text).ok_or_else(|| {
            let detail = format!("{text:?} is not an ISO 4217 currency");
            Failure::new(FailureReason::NoCurrency, detail)
        })
    }

    fn amount(
        &self,
        id: NodeId,
        currency: Option<Currency>,
        locale: Option<&str>,
    ) -> Result<(Decimal, Option<Currency>), Failure> {
        let unreadable = |detail: String| Failure::new(FailureReason::UnreadablePrice, detail);
        match self.document.node(id) {
            Node::Number(number) => price_text::decimal(number)
                .map(|amount| (amount, currency))
                .ok_or_else(|| unreadable(format!("{number} has too many digits"))),
            Node::Text(text) => price_text::parse(
                text,
                &TextHints {
                    currency,
                    locale,
                    kind: None,
                },
            )
            .map(|read| (read.amount, read.currency)),
            _ => Err(unreadable(
                "the price is neither a number nor text".to_owned(),
            )),
        }
    }

    fn availability(&self, id: NodeId) -> Option<Availability> {
        match self.document.node(id) {
            Node::Bool(true) => Some(Availability::InStock),
            Node::Bool(false) => Some(Availability::OutOfStock),
            Node::Text(text) => availability::read(text),
            Node::Number(number) => price_text::decimal(number).map(|stock| {
                if stock > Decimal::ZERO {
                    Availability::InStock
                } else {
                    Availability::OutOfStock
                }
            }),
            _ => None,
        }
    }
}

/// How many steps the paths to all values below one have together, which is at `depth` itself.
fn steps_of_paths(document: &Document<'_>, id: NodeId, depth: usize) -> usize {
    let below = |id: &NodeId| steps_of_paths(document, *id, depth + 1);
    let inner: usize = match document.node(id) {
        Node::List(values) => values.iter().map(below).sum(),
        Node::Object(members) => members.iter().map(|(_, id)| below(id)).sum(),
        _ => 0,
    };
    depth + inner
}

/// The document as the tree that queries run over. Its depth is bounded by the reader's.
fn tree(document: &Document<'_>, id: NodeId) -> Value {
    match document.node(id) {
        Node::Null => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Text(text) => Value::String(text.to_string()),
        Node::List(values) => values.iter().map(|id| tree(document, *id)).collect(),
        Node::Object(members) => members
            .iter()
            .map(|(key, id)| (key.to_string(), tree(document, *id)))
            .collect(),
        // A filter may compare it; a number beyond floating point compares as text.
        Node::Number(number) => {
            serde_json::from_str(number).unwrap_or_else(|_| Value::String((*number).to_owned()))
        }
    }
}

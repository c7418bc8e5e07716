//! What an answer means: a list of products, or a refusal in one of its several shapes.
//!
//! | Shape | With |
//! |---|---|
//! | `{"rCode":"0","data":{"productData":[…]}}` | the list of a search |
//! | `{"rCode":"0","data":[…]}` | the other lists |
//! | `{"rCode":"403","rMessage":"…"}` | a throttle, with HTTP 200, until a time in its message |
//! | `{"rCode":"…","rMessage":"…"}` | another error of the application, with HTTP 200 |
//! | `{"code":"ERROR","message":"…","transactionId":"…"}` | an error of the gateway |
//! | HTML | a block page, or an error of something in between, with HTTP 200 too |

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::pause;

/// How long a throttled account is left alone when the answer names no time.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// How many products of a list are kept; the longest documented list has a hundred.
const MAX_ITEMS: usize = 300;
/// The longest name that is kept, in bytes.
const MAX_NAME: usize = 200;
/// How many bytes all the names of a list may have together, so that a list of a hundred
/// products is stored in less than 20 KB.
const ALL_NAMES: usize = 12_000;
/// The longest price that is kept, in bytes. No price has as many digits.
const MAX_PRICE: usize = 40;
/// How much of Coupang's own words is repeated, in characters.
const MAX_QUOTE: usize = 160;

/// The products of a list, as they are stored for all jobs of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct List(pub(super) Vec<Item>);

/// One product of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    /// `productId`.
    #[serde(rename = "i")]
    pub(super) id: u64,
    /// `rank`, or else its place in the list, from 1.
    #[serde(rename = "r")]
    pub(super) rank: u32,
    /// `productPrice` as it stands in the answer, digit by digit.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) price: Option<String>,
    /// `productName`.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// Coupang gives no list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) failure: Failure,
    /// Until when the account must not ask again. A throttled account that does is restricted.
    pub(crate) closed_until: Option<Timestamp>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            closed_until: None,
        }
    }
}

/// Reads an answer with a status of success.
pub(crate) fn read(body: &[u8], now: Timestamp) -> Result<List, Refusal> {
    let Some(answer) = Answer::parse(body) else {
        return Err(no_json(body).into());
    };
    if let Some(error) = answer.error(now) {
        return Err(error.refusal(FailureReason::ShopError));
    }
    if answer.r_code.is_none() {
        let detail = "Coupang's answer has no rCode";
        return Err(Failure::new(FailureReason::UnreadablePage, detail).into());
    }
    let list = answer.data.and_then(products).map(list);
    list.ok_or_else(|| {
        let detail = "Coupang's answer has no list of products";
        Failure::new(FailureReason::UnreadablePage, detail).into()
    })
}

/// What an answer with a status of failure means: more than the failure that the status stands
/// for, where the body says more.
pub(crate) fn refused(by_status: Failure, body: &[u8], now: Timestamp) -> Refusal {
    let mut refusal = match Answer::parse(body).and_then(|answer| answer.error(now)) {
        Some(mut error) => {
            error.detail = format!("{}: {}", by_status.detail, error.detail);
            error.refusal(by_status.reason)
        }
        None => match extract::block_sign(body, None) {
            Some(sign) => {
                let detail = format!("{}: {sign}", by_status.detail);
                Failure::new(FailureReason::Blocked, detail).into()
            }
            None => by_status.into(),
        },
    };
    if refusal.failure.reason == FailureReason::Throttled && refusal.closed_until.is_none() {
        refusal.closed_until = now.checked_add(PAUSE).ok();
    }
    refusal
}

/// An answer, none of whose members is taken for what it should be.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, rename = "rCode")]
    r_code: Option<&'a RawValue>,
    #[serde(borrow, rename = "rMessage")]
    r_message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

impl<'a> Answer<'a> {
    /// An answer that is a JSON object.
    fn parse(body: &'a [u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let is_object = body.trim_ascii_start().starts_with(b"{");
        is_object.then(|| serde_json::from_slice(body).ok())?
    }

    /// The error that the answer is, unless it is none.
    fn error(&self, now: Timestamp) -> Option<ApiError> {
        let code = self.r_code.or(self.code).map(text)?;
        if self.r_code.is_some() && code == "0" {
            return None;
        }
        let message = self.r_message.or(self.message).map(text);
        let message = message.unwrap_or_default();
        let said = format!("Coupang says {code} {:?}", quote(&message));
        if let Some(advice) = advice(&message) {
            return Some(ApiError {
                reason: Some(FailureReason::RefusedRequest),
                detail: format!("{said}: {advice}"),
                closed_until: None,
            });
        }
        let reason = match code.as_ref() {
            "403" | "429" => Some(FailureReason::Throttled),
            code if code.len() == 3 && code.starts_with('4') => Some(FailureReason::RefusedRequest),
            _ => None,
        };
        let is_throttle = reason == Some(FailureReason::Throttled);
        Some(ApiError {
            reason,
            detail: said,
            closed_until: is_throttle
                .then(|| pause::named(&message, now).or(now.checked_add(PAUSE).ok()))
                .flatten(),
        })
    }
}

/// An error in either of its JSON shapes.
struct ApiError {
    /// What it means, where it says.
    reason: Option<FailureReason>,
    detail: String,
    closed_until: Option<Timestamp>,
}

impl ApiError {
    fn refusal(self, otherwise: FailureReason) -> Refusal {
        Refusal {
            failure: Failure::new(self.reason.unwrap_or(otherwise), self.detail),
            closed_until: self.closed_until,
        }
    }
}

/// What the owner has to look at, where Coupang does not accept who asks.
fn advice(message: &str) -> Option<&'static str> {
    const ADVICE: [(&str, &str); 4] = [
        (
            "invalid signature",
            "check the secret_key of the Coupang secret",
        ),
        (
            "not authorized",
            "check the access_key of the Coupang secret, and that the account may use the API",
        ),
        (
            "signature is expired",
            "check the clock of the machine that asks",
        ),
        (
            "hmac format is invalid",
            "check that access_key and secret_key are not swapped or cut in the Coupang secret",
        ),
    ];
    let message = message.to_ascii_lowercase();
    let known = ADVICE.iter().find(|(part, _)| message.contains(part));
    known.map(|(_, advice)| *advice)
}

/// The failure of an answer that is not even JSON.
fn no_json(body: &[u8]) -> Failure {
    if let Some(sign) = extract::block_sign(body, None) {
        return Failure::new(FailureReason::Blocked, sign);
    }
    let start = String::from_utf8_lossy(&body[..body.len().min(2 * MAX_QUOTE)]);
    let detail = format!(
        "Coupang's answer is no JSON object, it begins with {:?}",
        quote(&start)
    );
    Failure::new(FailureReason::UnreadablePage, detail)
}

/// The members of `data`, or of its `productData`.
fn products(data: &RawValue) -> Option<Vec<&RawValue>> {
    #[derive(Deserialize)]
    struct Search<'a> {
        #[serde(borrow, rename = "productData")]
        products: Vec<&'a RawValue>,
    }
    if data.get().starts_with('[') {
        return serde_json::from_str(data.get()).ok();
    }
    let search: Search<'_> = serde_json::from_str(data.get()).ok()?;
    Some(search.products)
}

/// The products as they are kept. What is no product is left out, and its place with it.
fn list(products: Vec<&RawValue>) -> List {
    #[derive(Deserialize)]
    struct Product<'a> {
        #[serde(borrow, rename = "productId")]
        id: Option<&'a RawValue>,
        #[serde(borrow, rename = "productPrice")]
        price: Option<&'a RawValue>,
        #[serde(borrow, rename = "productName")]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        rank: Option<&'a RawValue>,
    }
    let count = products.len().clamp(1, MAX_ITEMS);
    let longest_name = MAX_NAME.min(ALL_NAMES / count);
    let items = products.into_iter().take(MAX_ITEMS).zip(1_u32..);
    let items = items.filter_map(|(product, place)| {
        let is_object = product.get().starts_with('{');
        let product: Product<'_> =
            is_object.then(|| serde_json::from_str(product.get()).ok())??;
        Some(Item {
            id: text(product.id?).parse().ok()?,
            rank: product
                .rank
                .and_then(|rank| rank.get().parse().ok())
                .unwrap_or(place),
            price: product.price.map(|price| digits(price.get())),
            name: product.name.and_then(|name| {
                let name = tidy(&text(name));
                let name = &name[..name.floor_char_boundary(longest_name)];
                (!name.is_empty()).then(|| name.to_owned())
            }),
        })
    });
    List(items.collect())
}

/// A price's own digits. One that is too long to be a price is made one that cannot be read, not
/// one that is cut.
fn digits(price: &str) -> String {
    let end = price.floor_char_boundary(MAX_PRICE);
    let more = if end < price.len() { "…" } else { "" };
    format!("{}{more}", &price[..end])
}

/// A text's own characters, any other value's JSON.
fn text(value: &RawValue) -> Cow<'_, str> {
    serde_json::from_str(value.get()).map_or(Cow::Borrowed(value.get()), Cow::Owned)
}

/// Coupang's own words, shortened.
fn quote(words: &str) -> String {
    tidy(words).chars().take(MAX_QUOTE).collect()
}

/// Without control characters, line breaks and needless spaces.
fn tidy(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|c| !c.is_control()).collect())
        .collect();
    words.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests;

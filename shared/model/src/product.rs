//! What is followed.

use std::collections::BTreeMap;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use url::Url;

use crate::{
    AlertRule, Costs, Invalid, ItemId, Pack, PriceKind, ProductId, RangePrice, ScheduleName, Tag,
    text,
};

/// A product to follow, as its owner defined it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The owner's id.
    pub id: ProductId,
    /// The name that people see.
    pub name: String,
    /// The owner's grouping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who sells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Where its price is read.
    pub source: Source,
    /// The currency its price is in. Settles a page that names none; a page that names another
    /// is a failure, never a silent conversion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, example = "KRW"))]
    pub currency: Option<Currency>,
    /// How its shop writes numbers, as a BCP 47 tag (`de`, `de-CH`): settles `1.234`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The schedule that fetches it.
    #[serde(default = "daily")]
    pub schedule: ScheduleName,
    /// Whether it is fetched at all.
    #[serde(default = "active")]
    pub active: bool,
    /// What it is an offer of: products that name one item stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// How much of it is sold for the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Pack>,
    /// What is paid beside the price. Without it the total is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Costs>,
    /// The owner's further groupings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What its owner wants to be told about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertRule>,
}

impl Product {
    /// The longest name, category or vendor, in bytes. With it an observation stays below one
    /// kilobyte, which is one write unit of the table.
    pub const MAX_TEXT: usize = 200;
    /// The most tags.
    pub const MAX_TAGS: usize = 20;
    /// The most alert rules of its own.
    pub const MAX_ALERTS: usize = 20;

    /// Checks what the types do not: names that are there and not too long, an address that is
    /// one, a locale that can be one.
    pub fn check(&self) -> Result<(), Invalid> {
        let texts = [
            ("name", Some(self.name.as_str())),
            ("category", self.category.as_deref()),
            ("vendor", self.vendor.as_deref()),
        ];
        for (what, text) in texts {
            let Some(text) = text else { continue };
            text::check(what, text, Self::MAX_TEXT, TEXT)?;
        }
        if let Some(locale) = &self.locale
            && !is_locale(locale)
        {
            let expected = "a language and, if need be, a region: de, de-CH";
            return Err(Invalid::new("locale", locale, expected));
        }
        if let Some(pack) = &self.pack {
            pack.check()?;
        }
        if let Some(costs) = &self.costs {
            costs.check()?;
        }
        if self.tags.len() > Self::MAX_TAGS {
            let given = self.tags.len().to_string();
            return Err(Invalid::new("number of tags", &given, "at most 20"));
        }
        self.check_alerts()?;
        self.source.check()
    }

    fn check_alerts(&self) -> Result<(), Invalid> {
        if self.alerts.len() > Self::MAX_ALERTS {
            let given = self.alerts.len().to_string();
            return Err(Invalid::new("number of alerts", &given, "at most 20"));
        }
        for (at, rule) in self.alerts.iter().enumerate() {
            rule.check()?;
            if self.alerts[..at].iter().any(|other| other.id == rule.id) {
                let expected = "an id that no other rule of the product has";
                return Err(Invalid::new("rule id", rule.id.as_str(), expected));
            }
        }
        Ok(())
    }
}

/// Whether a text has the form of a language tag (BCP 47, or POSIX with its `_`).
fn is_locale(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn daily() -> ScheduleName {
    ScheduleName::new("daily").expect("`daily` is a schedule name")
}

fn active() -> bool {
    true
}

/// Where a product's price is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A product page for people: schema.org data and meta tags in HTML.
    Html {
        /// The page's address, http or https.
        url: String,
        /// A CSS selector of the element that holds the price, for a page that publishes no
        /// structured data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selector: Option<String>,
        /// Which variant of a page with several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variant: Option<Variant>,
        /// Which price of several variants is followed when none of them is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<RangePrice>,
        /// Which kind of price stands at the selector, if it is not what everybody pays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_kind: Option<PriceKind>,
        /// Request headers whose values are secrets, as a JSON endpoint's: a page behind a login.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        secret_headers: BTreeMap<String, String>,
    },
    /// A JSON endpoint.
    Json {
        /// The endpoint's address, http or https.
        url: String,
        /// Where in the answer things are.
        paths: JsonPaths,
        /// Request headers whose values are secrets: header name to the secret's name. The
        /// value itself never stands in a product.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        secret_headers: BTreeMap<String, String>,
    },
    /// A product in the lists of the Coupang Partners API, which has no look-up by product.
    /// Products that name the same list share one request in a run.
    Coupang {
        /// Coupang's number of the product: `productId`.
        product_id: u64,
        /// The list it is looked for in.
        list: CoupangList,
    },
}

/// A list of the Coupang Partners API: `{"search": "무선 이어폰"}`, `{"best_category": 1016}`
/// or `"gold_box"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CoupangList {
    /// The ten products that a search for a keyword gives.
    Search(String),
    /// The hundred best selling products of a category, by its number.
    BestCategory(u32),
    /// The deals of the day.
    GoldBox,
}

impl Source {
    /// The address that is fetched, where the product names one.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Html { url, .. } | Self::Json { url, .. } => Some(url),
            Self::Coupang { .. } => None,
        }
    }

    fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Html {
                url,
                selector,
                variant,
                secret_headers,
                ..
            } => {
                check_url(url)?;
                check_headers(secret_headers)?;
                if let Some(selector) = selector {
                    check_query("CSS selector", selector)?;
                }
                match variant {
                    None => Ok(()),
                    Some(Variant::Sku(text)) => check_query("article number", text),
                    Some(Variant::Gtin(text)) => check_query("GTIN", text),
                    Some(Variant::Url(url)) => check_url(url),
                }
            }
            Self::Json {
                url,
                paths,
                secret_headers,
            } => {
                check_url(url)?;
                let JsonPaths {
                    price,
                    currency,
                    availability,
                    name,
                } = paths;
                for path in [
                    Some(price),
                    currency.as_ref(),
                    availability.as_ref(),
                    name.as_ref(),
                ] {
                    path.map_or(Ok(()), |path| check_query("JSONPath", path))?;
                }
                check_headers(secret_headers)
            }
            Self::Coupang { list, .. } => match list {
                CoupangList::Search(keyword) => {
                    text::check("keyword", keyword, Product::MAX_TEXT, TEXT)
                }
                CoupangList::BestCategory(_) | CoupangList::GoldBox => Ok(()),
            },
        }
    }

    /// The most secret headers of a source.
    pub const MAX_HEADERS: usize = 20;
}

/// What a short text is.
const TEXT: &str = "1 to 200 bytes of text without control characters";

fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), Invalid> {
    if headers.len() > Source::MAX_HEADERS {
        let given = headers.len().to_string();
        return Err(Invalid::new("number of headers", &given, "at most 20"));
    }
    for (header, secret) in headers {
        text::check("header", header, Product::MAX_TEXT, TEXT)?;
        // The longest name that Secrets Manager takes.
        text::check("secret's name", secret, 512, "1 to 512 bytes of text")?;
    }
    Ok(())
}

fn check_query(what: &'static str, query: &str) -> Result<(), Invalid> {
    let expected = "1 to 1000 bytes of text without control characters";
    text::check(what, query, 1_000, expected)
}

fn check_url(url: &str) -> Result<(), Invalid> {
    let expected = "an http or https address of at most 2000 bytes, without control characters";
    text::check("web address", url, 2_000, expected)?;
    match Url::parse(url) {
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            // Not quoted: it may be a secret.
            let expected = "an address without user:password@; give a secret header instead";
            Err(Invalid::new("web address", "user:password@…", expected))
        }
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => Ok(()),
        _ => Err(Invalid::new("web address", url, expected)),
    }
}

/// RFC 9535 JSONPath queries into a JSON answer; each must give exactly one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JsonPaths {
    /// The price: a number, or text as people write prices.
    pub price: String,
    /// The ISO 4217 code; without it the product's own currency counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The availability: a schema.org value or a boolean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<String>,
    /// The product's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Names one variant on a page that describes several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// By the shop's article number.
    Sku(String),
    /// By GTIN (8, 12, 13 or 14 digits).
    Gtin(String),
    /// By the variant's own address.
    Url(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(name: &str, url: &str) -> Product {
        serde_json::from_value(serde_json::json!({
            "id": "p-1",
            "name": name,
            "source": {"kind": "html", "url": url},
        }))
        .unwrap()
    }

    #[test]
    fn a_product_needs_little_more_than_an_address() {
        let product = product("무선 이어폰", "https://shop.example/p/1");
        assert_eq!(product.schedule.as_str(), "daily");
        assert!(product.active);
        assert_eq!(product.check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        assert!(product(" ", "https://shop.example/p/1").check().is_err());
        assert!(
            product(&"x".repeat(201), "https://shop.example/p/1")
                .check()
                .is_err()
        );
        assert!(product("x", "shop.example/p/1").check().is_err());
        assert!(product("x", "ftp://shop.example/p/1").check().is_err());
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_quoted() {
        for url in [
            "https://me:hunter2@shop.example/p",
            "https://hunter2@shop.example/",
        ] {
            let refused = product("x", url).check().unwrap_err().to_string();
            assert!(refused.contains("secret header"), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn every_text_of_a_source_has_a_limit() {
        let long = "x".repeat(2_001);
        let url = "https://shop.example/p";
        let headers = |count: usize, secret: &str| -> BTreeMap<String, String> {
            let names = (0..count).map(|n| (format!("x-{n}"), secret.to_owned()));
            names.collect()
        };
        for source in [
            serde_json::json!({"kind": "html", "url": url, "selector": long}),
            serde_json::json!({"kind": "html", "url": url, "selector": "a\u{ffff}"}),
            serde_json::json!({"kind": "html", "url": url, "variant": {"sku": long}}),
            serde_json::json!({"kind": "html", "url": url, "variant": {"url": long}}),
            serde_json::json!({"kind": "json", "url": url, "paths": {"price": long}}),
            serde_json::json!({"kind": "json", "url": url, "paths": {"price": "$.p"},
                "secret_headers": headers(21, "s")}),
            serde_json::json!({"kind": "json", "url": url, "paths": {"price": "$.p"},
                "secret_headers": headers(1, &long)}),
            serde_json::json!({"kind": "coupang", "product_id": 1, "list": {"search": long}}),
        ] {
            let mut product = product("x", url);
            product.source = serde_json::from_value(source.clone()).unwrap();
            assert!(product.check().is_err(), "{source}");
        }
    }

    proptest::proptest! {
        /// Whatever is accepted is stored as JSON and travels with a job, and comes back equal.
        #[test]
        fn what_is_accepted_comes_back_equal(
            id in proptest::prelude::any::<String>(),
            texts in proptest::prelude::any::<[String; 5]>(),
        ) {
            let [name, category, vendor, selector, path] = texts;
            let Ok(id) = ProductId::new(format!("p{id}")) else { return Ok(()) };
            let mut product = product(&name, &format!("https://shop.example/{path}"));
            product.id = id.clone();
            product.category = Some(category);
            product.vendor = Some(vendor);
            if let Source::Html { selector: text, .. } = &mut product.source {
                *text = Some(selector);
            }
            if product.check().is_ok() {
                let json = serde_json::to_string(&product).unwrap();
                proptest::prop_assert!(json.chars().all(text::is_plain));
                proptest::prop_assert_eq!(Product::from_json(&id, &json).unwrap(), product);
            }
        }
    }

    #[test]
    fn a_product_of_a_coupang_list_needs_no_address() {
        for list in [
            r#"{"search":"무선 이어폰"}"#,
            r#"{"best_category":1016}"#,
            r#""gold_box""#,
        ] {
            let json = format!(
                r#"{{"id":"c-1","name":"n","source":{{"kind":"coupang","product_id":27664441,"list":{list}}}}}"#
            );
            let product: Product = serde_json::from_str(&json).unwrap();
            assert_eq!((product.check(), product.source.url()), (Ok(()), None));
        }
    }

    #[test]
    fn a_locale_has_the_form_of_one() {
        let mut product = product("x", "https://shop.example/p/1");
        for (locale, fits) in [("de", true), ("de-CH", true), ("pt_BR", true), ("", false)] {
            product.locale = Some(locale.to_owned());
            assert_eq!(product.check().is_ok(), fits, "{locale}");
        }
        for locale in ["german!", "d", "de-", "de--CH", "독일"] {
            product.locale = Some(locale.to_owned());
            assert!(product.check().is_err(), "{locale}");
        }
    }

    #[test]
    fn a_field_that_does_not_exist_is_named() {
        let error = serde_json::from_str::<Product>(
            r#"{"id":"p","name":"n","source":{"kind":"html","url":"u"},"currencey":"KRW"}"#,
        )
        .unwrap_err();
        assert!(error.to_string().contains("currencey"), "{error}");
    }
}

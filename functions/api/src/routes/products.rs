//! `/api/products`: what is followed.

use model::{Availability, Failure, Money, Product, ProductId, Slot};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::StoredProduct;
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::ApiError;
use crate::http::{Done, Json, Request};
use crate::listing::{self, ProductRow, State};

/// Which products to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct ListQuery {
    /// Words that the name, id, vendor, category or a tag must contain, each of them.
    q: Option<String>,
    /// Only this category.
    category: Option<String>,
    /// Only this vendor.
    vendor: Option<String>,
    /// Only products with this tag.
    tag: Option<String>,
    /// Only offers of this item.
    item: Option<String>,
    /// Only products in this state.
    #[param(inline)]
    state: Option<State>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many, at most.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
}

/// In which order products are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// By name.
    #[default]
    Name,
    /// What fell the most first.
    Change,
    /// What moved the most, either way, first.
    Moved,
    /// The cheapest first.
    Price,
}

/// A page of products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductsView {
    /// The products.
    products: Vec<ProductRow>,
    /// How many there are on all pages.
    total: usize,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A product as it is defined, and its last price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductView {
    /// Its definition; missing if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<Product>,
    /// Why its definition cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<Failure>,
    /// Its last price that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastView>,
}

/// The newest price of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastView {
    /// The price.
    price: Money,
    /// Whether it could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<Availability>,
    /// The slot it was fetched for.
    slot: Slot,
}

/// A product's definition; its id stands in the address and may be left out.
#[derive(Debug, ToSchema)]
#[schema(value_type = Product)]
#[expect(
    dead_code,
    reason = "the body is read as `model::Product`, which this describes"
)]
pub(crate) struct ProductBody(Product);

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<ProductsView>, ApiError> {
    let query: ListQuery = request.query()?;
    let rows = listing::rows(api).await?;
    Ok(Json(query.page(rows)?))
}

impl ListQuery {
    /// The page of `rows` that is asked for.
    fn page(&self, mut rows: Vec<ProductRow>) -> Result<ProductsView, ApiError> {
        let words: Vec<String> = self
            .q
            .as_deref()
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        rows.retain(|row| self.takes(row) && row.contains_all(&words));
        let sort = self.sort.unwrap_or_default();
        rows.sort_by(|one, other| sort.order(one, other).then_with(|| one.id.cmp(&other.id)));
        let total = rows.len();
        let start = match &self.cursor {
            None => 0,
            Some(cursor) => cursor.parse::<usize>().map_err(|_| {
                ApiError::field(
                    "cursor",
                    "The cursor is not one that a page named as `next`.",
                )
            })?,
        };
        let limit = usize::from(self.limit.unwrap_or(1_000)).clamp(1, 10_000);
        let end = start.saturating_add(limit).min(total);
        let products = rows.drain(start.min(end)..end).collect();
        Ok(ProductsView {
            products,
            total,
            next: (end < total).then(|| end.to_string()),
        })
    }

    fn takes(&self, row: &ProductRow) -> bool {
        fn is(wanted: Option<&String>, has: Option<&str>) -> bool {
            wanted.is_none_or(|wanted| has == Some(wanted))
        }
        is(self.category.as_ref(), row.category.as_deref())
            && is(self.vendor.as_ref(), row.vendor.as_deref())
            && is(
                self.item.as_ref(),
                row.item.as_ref().map(model::ItemId::as_str),
            )
            && self.state.is_none_or(|state| row.state == state)
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| row.tags.iter().any(|has| has.as_str() == tag))
    }
}

impl ProductRow {
    fn contains_all(&self, words: &[String]) -> bool {
        words.iter().all(|word| {
            let texts = [
                Some(self.name.as_str()),
                Some(self.id.as_str()),
                self.vendor.as_deref(),
                self.category.as_deref(),
            ];
            let texts = texts.into_iter().flatten();
            let tags = self.tags.iter().map(model::Tag::as_str);
            texts
                .chain(tags)
                .any(|text| text.to_lowercase().contains(word))
        })
    }

    fn change(&self) -> Option<model::Decimal> {
        self.change_percent.as_deref()?.parse().ok()
    }
}

impl Sort {
    fn order(self, one: &ProductRow, other: &ProductRow) -> std::cmp::Ordering {
        // What has no figure comes last.
        fn last<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> std::cmp::Ordering {
            (one.is_none(), one).cmp(&(other.is_none(), other))
        }
        match self {
            Self::Name => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
            Self::Change => last(one.change(), other.change()),
            Self::Moved => last(
                one.change().map(|change| std::cmp::Reverse(change.abs())),
                other.change().map(|change| std::cmp::Reverse(change.abs())),
            ),
            Self::Price => last(
                one.price.map(|price| (price.currency.code(), price.amount)),
                other
                    .price
                    .map(|price| (price.currency.code(), price.amount)),
            ),
        }
    }
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<ProductView>, ApiError> {
    let id: ProductId = request.id("id")?;
    let stored = known(api, &id).await?;
    let (product, unreadable) = match stored.definition {
        Ok(product) => (Some(product), None),
        Err(failure) => (None, Some(failure)),
    };
    Ok(Json(ProductView {
        product,
        unreadable,
        last: stored.last.map(|last| LastView {
            price: last.price,
            availability: last.availability,
            slot: last.slot,
        }),
    }))
}

pub(crate) async fn put(api: &Api, request: &Request) -> Result<Json<Product>, ApiError> {
    let id: ProductId = request.id("id")?;
    let mut body: Map<String, Value> = request.body()?;
    let named = body.entry("id").or_insert_with(|| json!(id));
    if *named != json!(id) {
        let detail = format!("The body names the id {named}, the address {id}.");
        return Err(ApiError::field("id", detail));
    }
    let body = Value::Object(body);
    let product: Product = serde_path_to_error::deserialize(&body).map_err(|error| {
        let detail = format!("The body is not a product: {}.", error.inner());
        ApiError::field(error.path().to_string(), detail)
    })?;
    if let Some(place) = model::misplaced_array(&body, &json!(product)) {
        let field = place.trim_start_matches('/').replace('/', ".");
        return Err(ApiError::field(
            field,
            "It is an array and should be an object.",
        ));
    }
    product.check()?;
    let terms = pricing::Terms::of(&product);
    for rule in &product.alerts {
        pricing::alert::check_basis(rule, terms)?;
    }
    if !api.schedules.iter().any(|one| one.name == product.schedule) {
        let known: Vec<&str> = api.schedules.iter().map(|one| one.name.as_str()).collect();
        let detail = format!(
            "There is no schedule {}: {}.",
            product.schedule,
            known.join(", ")
        );
        return Err(ApiError::field("schedule", detail));
    }
    api.products.define(&product).await?;
    Ok(Json(product))
}

pub(crate) async fn delete(api: &Api, request: &Request) -> Result<Done, ApiError> {
    let id: ProductId = request.id("id")?;
    if !api.products.delete(&id).await? {
        return Err(ApiError::not_found(format!("There is no product {id}.")));
    }
    Ok(Done)
}

/// A product, or the problem that there is none.
pub(crate) async fn known(api: &Api, id: &ProductId) -> Result<StoredProduct, ApiError> {
    let stored = api.products.get(id).await?;
    stored.ok_or_else(|| {
        ApiError::not_found(format!(
            "There is no product {id}. GET /api/products lists those that there are."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<ProductRow> {
        let row = |id: &str, name: &str, price: u32, change: &str| ProductRow {
            id: id.parse().unwrap(),
            name: name.to_owned(),
            category: Some("전자".to_owned()),
            vendor: None,
            item: None,
            tags: vec!["gift".parse().unwrap()],
            alerts: 0,
            source: "shop.example".to_owned(),
            verdict: None,
            state: State::Priced,
            price: Some(Money::new(price.into(), model::Currency::KRW)),
            availability: None,
            slot: None,
            change_percent: (!change.is_empty()).then(|| change.to_owned()),
            changed: None,
            trend: Vec::new(),
            failure: None,
        };
        vec![
            row("a", "무선 이어폰", 300, "-10"),
            row("b", "유선 이어폰", 100, ""),
            row("c", "키보드", 200, "25"),
        ]
    }

    fn ids(query: &ListQuery) -> Vec<String> {
        let page = query.page(rows()).unwrap();
        page.products.iter().map(|row| row.id.to_string()).collect()
    }

    #[test]
    fn products_are_found_by_words_and_ordered() {
        let query = |q: &str, sort| ListQuery {
            q: Some(q.to_owned()),
            sort: Some(sort),
            ..ListQuery::default()
        };
        assert_eq!(ids(&query("이어폰", Sort::Name)), ["a", "b"]);
        assert_eq!(ids(&query("이어폰 무선", Sort::Name)), ["a"]);
        assert_eq!(ids(&query("GIFT", Sort::Price)), ["b", "c", "a"]);
        assert_eq!(ids(&query("", Sort::Change)), ["a", "c", "b"]);
        assert_eq!(ids(&query("", Sort::Moved)), ["c", "a", "b"]);
    }

    #[test]
    fn pages_follow_each_other() {
        let mut query = ListQuery {
            limit: Some(2),
            ..ListQuery::default()
        };
        let first = query.page(rows()).unwrap();
        assert_eq!((first.products.len(), first.total), (2, 3));
        query.cursor = first.next;
        let second = query.page(rows()).unwrap();
        assert_eq!((second.products.len(), second.next), (1, None));
        query.cursor = Some("x".to_owned());
        assert!(query.page(rows()).is_err());
    }
}

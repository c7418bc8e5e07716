//! Products in the table: definition and last price.
//!
//! `PRODUCT#id` / `META`. Attributes: `definition` (the product as JSON text, passed on to jobs
//! unread), `name`, `category` (for queries by people), `active_shard` (`schedule#07`, only on
//! active products, the key of the index `active`), `list_shard` and `list_key` (see `listing`),
//! and the last price: `last_slot`,
//! `last_price` (number), `last_currency`, `last_availability`, and where a shop names versions
//! of its pages the one it was read from: `page_etag`, `page_modified`, `page_read_as`,
//! `page_read_at`, `page_found_in`, `page_name`, `page_list_price`, `page_remark`.
//!
//! `ITEM#id` / `OFFER#product` finds the offers of an item; whether it still is one, the product says.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use iso_currency::Currency;
use jiff::Timestamp;
use model::{
    Availability, Decimal, Failure, ItemId, Money, Offer, PreviousPrice, Product, ProductId,
    ScheduleName, Slot, Validators,
};
use serde_json::value::RawValue;

use crate::item::{self, Item, n, parsed, parsed_if_any, s, text};
use crate::listing::Listing;
use crate::{Cursor, Observations, Page, Table, shard};

/// How often a last price is corrected that changes at the same time.
const ATTEMPTS: usize = 5;

/// The products.
#[derive(Debug, Clone)]
pub struct Products {
    table: Table,
}

/// A product as stored.
#[derive(Debug, Clone)]
pub struct StoredProduct {
    /// Its definition, or why it cannot be read.
    pub definition: Result<Product, Failure>,
    /// Its last price, if one was ever found.
    pub last: Option<LastPrice>,
}

/// The newest price of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPrice {
    /// The price.
    pub price: Money,
    /// Whether it could be had.
    pub availability: Option<Availability>,
    /// The slot it was fetched for.
    pub slot: Slot,
    /// The page it was read from, where the shop names its versions.
    pub page: Option<PageVersion>,
}

/// A version of a page that was read, for asking the shop whether there is a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageVersion {
    /// What the shop calls the version.
    pub validators: Validators,
    /// What of the product's definition decided how it was read.
    pub read_as: String,
    /// When it was read.
    pub read_at: Timestamp,
    /// Where in it the price stood.
    pub found_in: String,
    /// The product's name in it.
    pub name: Option<String>,
    /// The list price in it, in the currency of the price.
    pub list_price: Option<Decimal>,
    /// The remark about how it was read.
    pub remark: Option<String>,
}

/// An active product: its id, and its definition as unread JSON.
#[derive(Debug)]
pub struct ActiveProduct {
    /// Its id.
    pub id: ProductId,
    /// Its definition, to be passed on.
    pub definition: Box<RawValue>,
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProduct {
    /// Its id.
    pub id: ProductId,
    /// Its definition, or why it cannot be read.
    pub definition: Result<Product, Failure>,
}

/// A page of the active products of a shard.
#[derive(Debug)]
pub struct ActivePage {
    /// The products, ordered by id.
    pub products: Vec<ActiveProduct>,
    /// Where the next page begins; none after the last.
    pub next: Option<ProductId>,
}

impl LastPrice {
    /// This price as the one before an outcome at `slot`; `None` unless it is from earlier.
    pub fn before(&self, slot: Slot) -> Option<PreviousPrice> {
        (self.slot < slot).then_some(PreviousPrice {
            price: self.price,
            slot: self.slot,
        })
    }
}

impl Products {
    /// The products of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Stores a definition, new or changed. The last price stays.
    pub async fn define(&self, product: &Product) -> Result<()> {
        if let Some(item) = &product.item {
            // Before the definition, which alone says whether it still is an offer of the item.
            let offer = item::key(format!("ITEM#{item}"), &format!("OFFER#{}", product.id));
            let put = self.table.put(offer).send().await;
            put.with_context(|| format!("store {} as an offer of {item}", product.id))?;
        }
        let mut set = "SET #definition = :d, #name = :n".to_owned();
        let mut remove = Vec::new();
        let mut update = self
            .table
            .update(key(&product.id), "META")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":d", s(serde_json::to_string(product)?))
            .expression_attribute_values(":n", s(&product.name));
        for (name, value) in Listing::of_product(&product.id) {
            let _ = write!(set, ", {name} = :{name}");
            update = update.expression_attribute_values(format!(":{name}"), s(value));
        }
        if let Some(category) = &product.category {
            set.push_str(", category = :c");
            update = update.expression_attribute_values(":c", s(category));
        } else {
            remove.push("category");
        }
        if product.active {
            set.push_str(", active_shard = :a");
            let shard = active_shard(&product.schedule, shard::of(&product.id));
            update = update.expression_attribute_values(":a", s(shard));
        } else {
            remove.push("active_shard");
        }
        if !remove.is_empty() {
            set.push_str(" REMOVE ");
            set.push_str(&remove.join(", "));
        }
        update
            .update_expression(set)
            .send()
            .await
            .with_context(|| format!("store the product {}", product.id))?;
        Ok(())
    }

    /// Looks a product up.
    pub async fn get(&self, id: &ProductId) -> Result<Option<StoredProduct>> {
        let item = self.table.get(key(id), "META").await;
        let item = item.with_context(|| format!("read the product {id}"))?;
        item.map(|item| read(id, &item)).transpose()
    }

    /// Ends following a product; false when there is none. Its history stays.
    pub async fn delete(&self, id: &ProductId) -> Result<bool> {
        let deleted = self.table.delete(key(id), "META").await;
        deleted.with_context(|| format!("delete the product {id}"))
    }

    /// A page of all products, active or not, by shard and id. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<ListedProduct>> {
        let page = self.table.page(Listing::Products, cursor, limit).await?;
        let products = page.items.iter().filter_map(|item| {
            let id = product_id(item).inspect_err(skipped).ok()?;
            let definition = Product::from_json(&id, text(item, "definition").unwrap_or("null"));
            Some(ListedProduct { id, definition })
        });
        Ok(Page {
            items: products.collect(),
            next: page.next,
        })
    }

    /// Looks several products up. Eventually consistent.
    pub async fn several(
        &self,
        ids: impl IntoIterator<Item = &ProductId>,
    ) -> Result<HashMap<ProductId, StoredProduct>> {
        let ids: HashSet<&ProductId> = ids.into_iter().collect();
        let keys = ids.into_iter().map(|id| item::key(key(id), "META"));
        let items = self.table.batch_get(keys.collect(), None).await?;
        items
            .iter()
            .map(|item| {
                let id = product_id(item)?;
                let stored = read(&id, item)?;
                Ok((id, stored))
            })
            .collect()
    }

    /// The products that are offers of an item, by id. Eventually consistent.
    pub async fn of_item(&self, id: &ItemId) -> Result<Vec<Product>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p AND begins_with(SK, :o)")
            .expression_attribute_values(":p", s(format!("ITEM#{id}")))
            .expression_attribute_values(":o", s("OFFER#"))
            .into_paginator()
            .items()
            .send();
        let mut ids = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the offers of {id}"))?;
            let product = text(&item, "SK").and_then(|key| key.strip_prefix("OFFER#"));
            ids.push(product.context("an offer is of no product")?.parse()?);
        }
        let stored = self.several(&ids).await?;
        let defined = stored.into_values().filter_map(|it| it.definition.ok());
        let mut offers: Vec<Product> = defined
            .filter(|product| product.item.as_ref() == Some(id))
            .collect();
        offers.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(offers)
    }

    /// At most `limit` active products of a schedule in one shard, from `from` on.
    pub async fn active(
        &self,
        schedule: &ScheduleName,
        shard: u8,
        from: Option<&ProductId>,
        limit: u16,
    ) -> Result<ActivePage> {
        let shard_key = active_shard(schedule, shard);
        let mut query = self
            .table
            .query()
            .index_name("active")
            .expression_attribute_values(":shard", s(&shard_key))
            .limit(i32::from(limit));
        query = if let Some(from) = from {
            query
                .key_condition_expression("active_shard = :shard AND PK > :from")
                .expression_attribute_values(":from", s(key(from)))
        } else {
            query.key_condition_expression("active_shard = :shard")
        };
        let answer = query
            .send()
            .await
            .with_context(|| format!("read the active products of {shard_key}"))?;
        let products = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .filter_map(|item| active_product(item).inspect_err(skipped).ok())
            .collect();
        let next = answer
            .last_evaluated_key
            .as_ref()
            .map(product_id)
            .transpose()?;
        Ok(ActivePage { products, next })
    }

    /// Moves a product's last price forward to `slot`, read from this version of its page. Does
    /// nothing when a price of this or a later slot is there, or when the product is not.
    pub async fn advance(
        &self,
        id: &ProductId,
        slot: Slot,
        offer: &Offer,
        page: Option<&PageVersion>,
    ) -> Result<()> {
        let update = self.set_last(id, slot, offer, page).condition_expression(
            "attribute_exists(PK) AND (attribute_not_exists(last_slot) OR last_slot < :s)",
        );
        let written = self.table.update_if(update).await;
        written.with_context(|| format!("move the last price of {id} forward"))?;
        Ok(())
    }

    /// Makes a product's last price the newest of its history that counts, or none, after a price was
    /// voided or counts again.
    pub async fn follow_history(&self, id: &ProductId, observations: &Observations) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let item = self.table.get_latest(key(id), "META").await;
            let item = item.with_context(|| format!("read the product {id}"))?;
            let Some(item) = item else { return Ok(()) };
            let standing = parsed_if_any::<Slot>(&item, "last_slot")?;
            let newest = observations.last_counted(id).await?;
            let newest = newest.as_ref();
            if standing == newest.map(|seen| seen.run.slot) {
                return Ok(());
            }
            let counted = newest.and_then(|seen| Some((seen.run.slot, seen.counted()?)));
            let update = match counted {
                Some((slot, offer)) => self.set_last(id, slot, offer, None),
                None => self.remove_last(id),
            };
            let update = match standing {
                Some(slot) => update
                    .condition_expression("last_slot = :standing")
                    .expression_attribute_values(":standing", s(slot.to_string())),
                None => update.condition_expression(
                    "attribute_exists(PK) AND attribute_not_exists(last_slot)",
                ),
            };
            let written = self.table.update_if(update).await;
            let written = written.with_context(|| format!("correct the last price of {id}"))?;
            if written.is_applied() {
                return Ok(());
            }
        }
        bail!("the last price of {id} changed again and again")
    }

    fn set_last(
        &self,
        id: &ProductId,
        slot: Slot,
        offer: &Offer,
        page: Option<&PageVersion>,
    ) -> UpdateItemFluentBuilder {
        let mut set = "SET last_slot = :s, last_price = :p, last_currency = :c".to_owned();
        let mut remove = Vec::new();
        let mut update = self
            .table
            .update(key(id), "META")
            .expression_attribute_values(":s", s(slot.to_string()))
            .expression_attribute_values(":p", n(offer.price.amount))
            .expression_attribute_values(":c", s(offer.price.currency.code()));
        if let Some(availability) = offer.availability {
            set.push_str(", last_availability = :a");
            update = update.expression_attribute_values(":a", s(availability.name()));
        } else {
            remove.push("last_availability");
        }
        for (name, value) in page_attributes(page) {
            if let Some(value) = value {
                let _ = write!(set, ", {name} = :{name}");
                update = update.expression_attribute_values(format!(":{name}"), s(value));
            } else {
                remove.push(name);
            }
        }
        if !remove.is_empty() {
            let _ = write!(set, " REMOVE {}", remove.join(", "));
        }
        update.update_expression(set)
    }

    fn remove_last(&self, id: &ProductId) -> UpdateItemFluentBuilder {
        let mut remove = vec![
            "last_slot",
            "last_price",
            "last_currency",
            "last_availability",
        ];
        remove.extend(page_attributes(None).map(|(name, _)| name));
        let update = self.table.update(key(id), "META");
        update.update_expression(format!("REMOVE {}", remove.join(", ")))
    }
}

/// The attributes of a page's version; those without a value are not stored.
fn page_attributes(page: Option<&PageVersion>) -> [(&'static str, Option<String>); 8] {
    let text = |get: fn(&PageVersion) -> Option<String>| page.and_then(get);
    [
        ("page_etag", text(|page| page.validators.etag.clone())),
        (
            "page_modified",
            text(|page| page.validators.last_modified.clone()),
        ),
        ("page_read_as", text(|page| Some(page.read_as.clone()))),
        ("page_read_at", text(|page| Some(page.read_at.to_string()))),
        ("page_found_in", text(|page| Some(page.found_in.clone()))),
        ("page_name", text(|page| page.name.clone())),
        (
            "page_list_price",
            text(|page| page.list_price.map(|amount| amount.to_string())),
        ),
        ("page_remark", text(|page| page.remark.clone())),
    ]
}

fn page_version(item: &Item) -> Result<Option<PageVersion>> {
    let owned = |name| text(item, name).map(str::to_owned);
    let Some(read_as) = owned("page_read_as") else {
        return Ok(None);
    };
    Ok(Some(PageVersion {
        validators: Validators {
            etag: owned("page_etag"),
            last_modified: owned("page_modified"),
        },
        read_as,
        read_at: parsed(item, "page_read_at")?,
        found_in: owned("page_found_in").unwrap_or_default(),
        name: owned("page_name"),
        list_price: owned("page_list_price").and_then(|amount| amount.parse().ok()),
        remark: owned("page_remark"),
    }))
}

fn key(id: &ProductId) -> String {
    format!("PRODUCT#{id}")
}

fn active_shard(schedule: &ScheduleName, shard: u8) -> String {
    format!("{schedule}#{shard:02}")
}

/// An id that is not one any more must not stop the products beside it.
fn skipped(error: &anyhow::Error) {
    tracing::warn!("a product is left out of a list: {error:#}");
}

/// The product id in an item's partition key.
pub(crate) fn product_id(item: &Item) -> Result<ProductId> {
    let key = text(item, "PK").context("the item has no PK")?;
    let id = key
        .strip_prefix("PRODUCT#")
        .with_context(|| format!("the key {key:?} is not a product's"))?;
    Ok(id.parse()?)
}

fn active_product(mut item: Item) -> Result<ActiveProduct> {
    let id = product_id(&item)?;
    let definition = match item.remove("definition") {
        Some(aws_sdk_dynamodb::types::AttributeValue::S(json)) => json,
        _ => String::new(),
    };
    // Text that is not even JSON still has to become that product's own failure.
    let definition =
        RawValue::from_string(definition).or_else(|_| RawValue::from_string("null".to_owned()))?;
    Ok(ActiveProduct { id, definition })
}

fn read(id: &ProductId, item: &Item) -> Result<StoredProduct> {
    let definition = Product::from_json(id, text(item, "definition").unwrap_or("null"));
    let last = match parsed_if_any::<Slot>(item, "last_slot")? {
        None => None,
        Some(slot) => Some(LastPrice {
            price: Money::new(
                parsed(item, "last_price")?,
                parsed::<Currency>(item, "last_currency")?,
            ),
            availability: text(item, "last_availability").and_then(Availability::from_schema_org),
            slot,
            page: page_version(item)?,
        }),
    };
    Ok(StoredProduct { definition, last })
}

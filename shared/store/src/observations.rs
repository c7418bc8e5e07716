//! Observations in the table: the outcome of every job, written once.
//!
//! `PRODUCT#id` / `OBS#slot#schedule`: the history of a product is one partition in the order
//! of time, and two schedules that meet at one slot each have their outcome. `run_shard`
//! (`run id#07`) is the key of the index `run`. A price is the attributes `price` (number),
//! `currency`, `availability`, `found_in`, `previous` (the price before and its slot, as one short
//! text: `12900 KRW 2026-11-20T01:15:00Z`), `unconfirmed` while it does not count, and `void` with
//! `void_at` when its owner took it out; a failure is `reason` and `detail`, and `redriving` while its
//! job is tried again.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::types::Select;
use futures::{StreamExt, TryStreamExt, stream};
use iso_currency::Currency;
use jiff::Timestamp;
use model::{
    Availability, Failure, FailureReason, Money, Observation, Offer, Outcome, PreviousPrice,
    ProductId, RunId, Slot, Unconfirmed, Void,
};

use crate::item::{Item, n, parsed, s, text};
use crate::products::product_id;
use crate::{SHARDS, Table, shard};

/// How many outcomes of a run are read at a time.
const PAGE: u16 = 1_000;

/// The observations.
#[derive(Debug, Clone)]
pub struct Observations {
    table: Table,
}

/// What became of a put.
#[derive(Debug)]
pub enum Recorded {
    /// The observation is the job's outcome now.
    New,
    /// The job had its outcome already: this one.
    Already(Box<Observation>),
}

impl Observations {
    /// The observations of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Records the outcome of a job, unless it has one.
    pub async fn record(&self, observation: &Observation) -> Result<Recorded> {
        let standing = self.table.put_once(write(observation)).await;
        let standing = standing
            .with_context(|| format!("record {} of {}", observation.product, observation.run))?;
        Ok(match standing {
            None => Recorded::New,
            Some(item) => Recorded::Already(Box::new(read(&item)?)),
        })
    }

    /// Settles a price that is still to be confirmed by putting `settled` in its place: the same
    /// job's price, confirmed or [`Unconfirmed::Final`]. False when there is none to settle: it
    /// is settled already, or was never recorded.
    pub async fn settle(&self, settled: &Observation) -> Result<bool> {
        let put = self
            .table
            .put(write(settled))
            .condition_expression("unconfirmed = :pending")
            .expression_attribute_values(":pending", s(Unconfirmed::Pending.name()));
        let written = self.table.put_if(put).await;
        let written =
            written.with_context(|| format!("settle {} of {}", settled.product, settled.run))?;
        Ok(written.is_applied())
    }

    /// Marks a failure as being fetched again; false when the outcome is none.
    pub async fn begin_redrive(&self, product: &ProductId, run: &RunId) -> Result<bool> {
        let update = self
            .table
            .update(partition(product), &sort_key(run))
            .update_expression("SET redriving = :yes")
            .condition_expression("attribute_exists(reason)")
            .expression_attribute_values(":yes", n(1));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("redrive {product} of {run}"))?;
        Ok(written.is_applied())
    }

    /// Ends the redrive of a failure. A price takes its place, another failure leaves it as it is.
    /// Returns the outcome that stands then; `None` when there is none.
    pub async fn end_redrive(&self, found: &Observation) -> Result<Option<Observation>> {
        let (product, run) = (&found.product, &found.run);
        let written = if matches!(found.outcome, Outcome::Price(_)) {
            let put = self.table.put(write(found));
            let put = put.condition_expression("attribute_exists(redriving)");
            self.table.put_if(put).await
        } else {
            let update = self
                .table
                .update(partition(product), &sort_key(run))
                .update_expression("REMOVE redriving")
                .condition_expression("attribute_exists(redriving)");
            self.table.update_if(update).await
        };
        written.with_context(|| format!("end the redrive of {product} of {run}"))?;
        self.get(product, run).await
    }

    /// The outcome of a product in a run.
    pub async fn get(&self, product: &ProductId, run: &RunId) -> Result<Option<Observation>> {
        let sort = sort_key(run);
        let item = self.table.get_latest(partition(product), &sort).await;
        let item = item.with_context(|| format!("read the outcome of {product} in {run}"))?;
        item.as_ref().map(read).transpose()
    }

    /// The outcomes of several jobs, those that have one. Eventually consistent.
    pub async fn several(
        &self,
        jobs: impl IntoIterator<Item = (&ProductId, &RunId)>,
    ) -> Result<HashMap<(ProductId, RunId), Observation>> {
        let jobs: HashSet<(&ProductId, &RunId)> = jobs.into_iter().collect();
        let keys = jobs.into_iter().map(|(product, run)| {
            Item::from([
                ("PK".to_owned(), s(format!("PRODUCT#{product}"))),
                ("SK".to_owned(), s(sort_key(run))),
            ])
        });
        let items = self.table.batch_get(keys.collect(), None).await?;
        let seen = items.iter().map(|item| {
            let seen = read(item)?;
            Ok(((seen.product.clone(), seen.run.clone()), seen))
        });
        seen.collect()
    }

    /// Claims the asking for a job until then; false while another `holder` does. For jobs that
    /// were sent or received before: the first message of a job claims nothing, which would cost
    /// a write.
    pub async fn claim(
        &self,
        product: &ProductId,
        run: &RunId,
        holder: &str,
        until: Timestamp,
    ) -> Result<bool> {
        let claim = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .key("PK", s(format!("PRODUCT#{product}")))
            .key("SK", s(format!("LEASE#{}#{}", run.slot, run.schedule)))
            .update_expression("SET holder = :h, held_until = :u, expires_at = :e")
            .condition_expression("attribute_not_exists(PK) OR holder = :h OR held_until < :now")
            .expression_attribute_values(":h", s(holder))
            .expression_attribute_values(":u", n(until.as_millisecond()))
            .expression_attribute_values(":e", n(until.as_second()))
            .expression_attribute_values(":now", n(Timestamp::now().as_millisecond()));
        let claimed = self.table.update_if(claim).await;
        let claimed = claimed.with_context(|| format!("claim the job of {product} in {run}"))?;
        Ok(claimed.is_applied())
    }

    /// The newest observations of a product, newest first.
    pub async fn history(&self, product: &ProductId, limit: u16) -> Result<Vec<Observation>> {
        let answer = self
            .table
            .query()
            .key_condition_expression("PK = :p AND begins_with(SK, :o)")
            .expression_attribute_values(":p", s(partition(product)))
            .expression_attribute_values(":o", s("OBS#"))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .with_context(|| format!("read the history of {product}"))?;
        answer.items().iter().map(read).collect()
    }

    /// The newest observation of a product whose price counts, as the latest write left it.
    pub async fn last_counted(&self, product: &ProductId) -> Result<Option<Observation>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p AND begins_with(SK, :o)")
            .filter_expression("attribute_exists(price)")
            .expression_attribute_values(":p", s(partition(product)))
            .expression_attribute_values(":o", s("OBS#"))
            .scan_index_forward(false)
            .consistent_read(true)
            .into_paginator()
            .page_size(100)
            .items()
            .send();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the history of {product}"))?;
            let seen = read(&item)?;
            if seen.counted().is_some() {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    /// The observations of a product whose slots are from `from` to `to`, both included, oldest
    /// first; of all its slots where a bound is not given.
    pub async fn between(
        &self,
        product: &ProductId,
        from: Option<Slot>,
        to: Option<Slot>,
    ) -> Result<Vec<Observation>> {
        let from = from.map_or_else(|| "OBS#".to_owned(), |slot| format!("OBS#{slot}"));
        // `$` follows the `#` behind a slot.
        let to = to.map_or_else(|| "OBS$".to_owned(), |slot| format!("OBS#{slot}$"));
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":p", s(partition(product)))
            .expression_attribute_values(":from", s(from))
            .expression_attribute_values(":to", s(to))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the history of {product}"))?;
            found.push(read(&item)?);
        }
        Ok(found)
    }

    /// Voids a product's price in a run, or takes that back; false when there is no price.
    pub async fn void(
        &self,
        product: &ProductId,
        run: &RunId,
        void: Option<&Void>,
    ) -> Result<bool> {
        let update = self
            .table
            .update(partition(product), &sort_key(run))
            .condition_expression("attribute_exists(price)");
        let update = match void {
            Some(void) => update
                .update_expression("SET #void = :v, void_at = :at")
                .expression_attribute_values(":v", s(&void.reason))
                .expression_attribute_values(":at", s(void.at.to_string())),
            None => update.update_expression("REMOVE #void, void_at"),
        };
        let update = update.expression_attribute_names("#void", "void");
        let written = self.table.update_if(update).await;
        Ok(written
            .with_context(|| format!("void {product} of {run}"))?
            .is_applied())
    }

    /// How many outcomes a run has. Eventually consistent: it can be too low for a moment,
    /// never too high.
    pub async fn count(&self, run: &RunId) -> Result<u64> {
        let counts = stream::iter(0..SHARDS)
            .map(|shard| self.count_shard(run, shard))
            .buffer_unordered(4);
        counts.try_fold(0, async |sum, count| Ok(sum + count)).await
    }

    async fn count_shard(&self, run: &RunId, shard: u8) -> Result<u64> {
        let mut pages = self
            .run_query(run, shard)
            .select(Select::Count)
            .into_paginator()
            .send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("count the outcomes of {run}"))?;
            count += u64::try_from(page.count).unwrap_or_default();
        }
        Ok(count)
    }

    /// The outcomes of a run by product. Eventually consistent, as [`Self::count`], and held in
    /// memory all together: for small runs and tests.
    pub async fn of_run(&self, run: &RunId) -> Result<BTreeMap<ProductId, Observation>> {
        let mut all = BTreeMap::new();
        for shard in 0..SHARDS {
            let mut after = None;
            loop {
                let page = self.run_page(run, shard, after.as_ref(), PAGE).await?;
                after = page.last().map(|seen| seen.product.clone());
                if after.is_none() {
                    break;
                }
                all.extend(page.into_iter().map(|seen| (seen.product.clone(), seen)));
            }
        }
        Ok(all)
    }

    /// The next outcomes of a run in a shard, in the order of the products' ids: at most `limit`,
    /// after the product `after`. None is the end. Eventually consistent, as [`Self::count`].
    pub async fn run_page(
        &self,
        run: &RunId,
        shard: u8,
        after: Option<&ProductId>,
        limit: u16,
    ) -> Result<Vec<Observation>> {
        let query = self.run_query(run, shard).limit(i32::from(limit));
        let query = match after {
            None => query,
            Some(after) => query
                .key_condition_expression("run_shard = :r AND PK > :after")
                .expression_attribute_values(":after", s(format!("PRODUCT#{after}"))),
        };
        let answer = query.send().await;
        let answer = answer.with_context(|| format!("read the outcomes of {run}"))?;
        answer.items().iter().map(read).collect()
    }

    fn run_query(
        &self,
        run: &RunId,
        shard: u8,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.table
            .query()
            .index_name("run")
            .key_condition_expression("run_shard = :r")
            .expression_attribute_values(":r", s(run_shard(run, shard)))
    }
}

fn partition(product: &ProductId) -> String {
    format!("PRODUCT#{product}")
}

fn sort_key(run: &RunId) -> String {
    format!("OBS#{}#{}", run.slot, run.schedule)
}

fn run_shard(run: &RunId, shard: u8) -> String {
    format!("{run}#{shard:02}")
}

fn write(observation: &Observation) -> Item {
    let Observation {
        product,
        run,
        name,
        category,
        vendor,
        fetched_at,
        outcome,
        previous,
        unconfirmed,
        void,
        redriving,
    } = observation;
    let mut item = Item::from([
        ("PK".to_owned(), s(partition(product))),
        ("SK".to_owned(), s(sort_key(run))),
        ("run".to_owned(), s(run.to_string())),
        (
            "run_shard".to_owned(),
            s(run_shard(run, shard::of(product))),
        ),
        ("name".to_owned(), s(name)),
        ("fetched_at".to_owned(), s(format!("{fetched_at:.3}"))),
    ]);
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    if let Some(category) = category {
        put("category", s(category));
    }
    if let Some(vendor) = vendor {
        put("vendor", s(vendor));
    }
    if let Some(PreviousPrice { price, slot }) = previous {
        put("previous", s(format!("{price} {slot}")));
    }
    if let Some(unconfirmed) = unconfirmed {
        put("unconfirmed", s(unconfirmed.name()));
    }
    if let Some(Void { reason, at }) = void {
        put("void", s(reason));
        put("void_at", s(at.to_string()));
    }
    if *redriving {
        put("redriving", n(1));
    }
    match outcome {
        Outcome::Price(offer) => {
            put("price", n(offer.price.amount));
            put("currency", s(offer.price.currency.code()));
            put("found_in", s(&offer.found_in));
            if let Some(availability) = offer.availability {
                put("availability", s(availability.name()));
            }
            if let Some(name) = &offer.name {
                put("offer_name", s(name));
            }
            // In the price's own currency.
            if let Some(list_price) = offer.list_price {
                put("list_price", n(list_price.amount));
            }
            if let Some(remark) = &offer.remark {
                put("remark", s(remark));
            }
        }
        Outcome::Failure(failure) => {
            put("reason", s(failure.reason.name()));
            put("detail", s(&failure.detail));
        }
    }
    item
}

fn read(item: &Item) -> Result<Observation> {
    let owned = |name| text(item, name).map(str::to_owned);
    let outcome = if let Some(reason) = text(item, "reason") {
        let Some(reason) = FailureReason::from_name(reason) else {
            bail!("the attribute reason is {reason:?}");
        };
        Outcome::Failure(Failure::new(reason, owned("detail").unwrap_or_default()))
    } else {
        let currency = parsed::<Currency>(item, "currency")?;
        let list_price = if item.contains_key("list_price") {
            Some(Money::new(parsed(item, "list_price")?, currency))
        } else {
            None
        };
        Outcome::Price(Offer {
            price: Money::new(parsed(item, "price")?, currency),
            availability: text(item, "availability").and_then(Availability::from_schema_org),
            name: owned("offer_name"),
            found_in: owned("found_in").unwrap_or_default(),
            list_price,
            remark: owned("remark"),
        })
    };
    Ok(Observation {
        product: product_id(item)?,
        run: parsed(item, "run")?,
        name: owned("name").unwrap_or_default(),
        category: owned("category"),
        vendor: owned("vendor"),
        fetched_at: parsed(item, "fetched_at")?,
        outcome,
        previous: text(item, "previous").map(previous).transpose()?,
        unconfirmed: match text(item, "unconfirmed") {
            None => None,
            Some("pending") => Some(Unconfirmed::Pending),
            Some(_) => Some(Unconfirmed::Final),
        },
        redriving: item.contains_key("redriving"),
        void: match owned("void") {
            None => None,
            Some(reason) => Some(Void {
                reason,
                at: parsed(item, "void_at")?,
            }),
        },
    })
}

/// The price before, from its text: amount, currency, slot.
fn previous(text: &str) -> Result<PreviousPrice> {
    let mut parts = text.split(' ');
    let mut next = || {
        parts
            .next()
            .with_context(|| format!("{text:?} is no price"))
    };
    Ok(PreviousPrice {
        price: Money::new(next()?.parse()?, next()?.parse::<Currency>()?),
        slot: next()?.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(outcome: Outcome) -> Observation {
        Observation {
            product: "무선이어폰-01".parse().unwrap(),
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            name: "무선 이어폰".to_owned(),
            category: Some("전자".to_owned()),
            vendor: None,
            fetched_at: "2026-11-21T01:15:03.25Z".parse().unwrap(),
            outcome,
            previous: Some(PreviousPrice {
                price: Money::new("0.10".parse().unwrap(), Currency::USD),
                slot: "2026-11-20T01:15:00Z".parse().unwrap(),
            }),
            unconfirmed: None,
            void: None,
            redriving: false,
        }
    }

    #[test]
    fn a_price_reads_back_as_it_was_written() {
        let price = observation(Outcome::Price(Offer {
            price: Money::new("1234567.89".parse().unwrap(), Currency::EUR),
            availability: Some(Availability::InStock),
            name: Some("Earbuds".to_owned()),
            found_in: "json-ld".to_owned(),
            list_price: None,
            remark: None,
        }));
        assert_eq!(read(&write(&price)).unwrap(), price);
        for unconfirmed in [Unconfirmed::Pending, Unconfirmed::Final] {
            let price = Observation {
                unconfirmed: Some(unconfirmed),
                ..price.clone()
            };
            assert_eq!(read(&write(&price)).unwrap(), price);
        }
        let void = Observation {
            void: Some(Void {
                reason: "가격 오류".to_owned(),
                at: "2026-11-22T08:00:00Z".parse().unwrap(),
            }),
            ..price
        };
        assert_eq!(read(&write(&void)).unwrap(), void);
    }

    #[test]
    fn every_failure_reads_back_as_it_was_written() {
        for reason in FailureReason::ALL {
            let failure = observation(Outcome::Failure(Failure::new(*reason, "HTTP 404")));
            assert_eq!(read(&write(&failure)).unwrap(), failure);
        }
    }
}

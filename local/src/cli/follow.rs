//! `pricetide follow` and `pricetide fetch`: a product of one's own, and its price now.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::{
    Costs, CoupangList, Currency, ItemId, JsonPaths, Pack, PriceKind, Product, ProductId,
    RangePrice, RunId, ScheduleName, Slot, Source, Tag, Unit, Variant,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::remote::{Remote, path_segment};

/// Follow a product, by way of a running `pricetide up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Follow {
    /// Follow every product of a CSV file. Its first row names the columns: `id` and `url`, and any of
    /// `name`, `category`, `vendor`, `currency`, `locale`, `schedule`, `selector`, `sku`, `json_price`,
    /// `item`, `pack`, `costs` and `tags` (separated by white space).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "url"])]
    from: Option<PathBuf>,
    /// The product's id, of your choice.
    #[arg(required_unless_present = "from")]
    id: Option<ProductId>,
    /// The address of its page, or of a JSON answer. With one of the Coupang lists: the page at
    /// Coupang, or Coupang's number of the product.
    #[arg(required_unless_present = "from")]
    url: Option<String>,
    /// Its name; the id, if not given.
    #[arg(long)]
    name: Option<String>,
    /// Its category.
    #[arg(long)]
    category: Option<String>,
    /// Who sells it.
    #[arg(long)]
    vendor: Option<String>,
    /// Its currency, an ISO 4217 code, where the page names none.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// How its shop writes numbers: `de`, `de-CH`. Settles whether `1.234` is a thousand.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    #[command(flatten)]
    kind: Kind,
    /// What it is an offer of, an id of your choice: products of one item are compared.
    #[arg(long, value_name = "ITEM")]
    item: Option<ItemId>,
    /// How much is sold for the price, for prices by unit: `500g`, `1.5 kg`, `12 piece`.
    #[arg(long, value_name = "QUANTITY UNIT", value_parser = pack)]
    pack: Option<Pack>,
    /// What shipping costs, in the price's currency, and from which price on it is free: `3000` or
    /// `3000,30000`.
    #[arg(long, value_name = "SHIPPING[,FREE_FROM]", value_parser = costs)]
    costs: Option<Costs>,
    /// Groupings of your own: `gift,kitchen`.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tags: Vec<Tag>,
    /// The schedule that fetches it.
    #[arg(long, default_value = "daily")]
    schedule: ScheduleName,
    /// Stop following it; its history stays.
    #[arg(long)]
    stop: bool,
    /// The data folder of the running pipeline.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    data: PathBuf,
}

/// How the price is read, when not from the page's own structured data.
#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
#[expect(
    clippy::struct_field_names,
    reason = "they are the names of the options"
)]
struct Kind {
    /// The CSS selector of the element that holds the price, for a page without structured
    /// data.
    #[arg(long, value_name = "CSS")]
    selector: Option<String>,
    /// The article number of the variant that is meant, on a page that describes several.
    #[arg(long)]
    sku: Option<String>,
    /// Follow the lowest price of the page's variants; the history says so.
    #[arg(long, conflicts_with = "sku")]
    lowest: bool,
    /// The kind of price at the selector, if not everybody pays it: `member`, `card`, `coupon`, ….
    #[arg(long, value_name = "KIND", requires = "selector")]
    price_kind: Option<PriceKind>,
    /// The JSONPath of the price: the address answers with JSON.
    #[arg(long, value_name = "JSONPATH")]
    json_price: Option<String>,
    /// Coupang Partners API: the product is found by searching for this.
    #[arg(long, value_name = "KEYWORD")]
    coupang_search: Option<String>,
    /// Coupang Partners API: the product is among the best of this category.
    #[arg(long, value_name = "NUMBER")]
    coupang_category: Option<u32>,
    /// Coupang Partners API: the product is among the deals of the day.
    #[arg(long)]
    coupang_gold_box: bool,
}

impl Kind {
    fn source(&self, url: &str) -> Result<Source> {
        if let Some(list) = self.coupang_list() {
            let product_id = coupang_number(url)
                .with_context(|| format!("{url:?} names no product at Coupang"))?;
            return Ok(Source::Coupang { product_id, list });
        }
        let url = url.to_owned();
        Ok(match &self.json_price {
            Some(price) => Source::Json {
                url,
                paths: JsonPaths {
                    price: price.clone(),
                    currency: None,
                    availability: None,
                    name: None,
                },
                secret_headers: BTreeMap::new(),
            },
            None => Source::Html {
                url,
                selector: self.selector.clone(),
                variant: self.sku.clone().map(Variant::Sku),
                range: self.lowest.then_some(RangePrice::Lowest),
                price_kind: self.price_kind,
                secret_headers: BTreeMap::new(),
            },
        })
    }

    fn coupang_list(&self) -> Option<CoupangList> {
        let search = self.coupang_search.clone().map(CoupangList::Search);
        let category = self.coupang_category.map(CoupangList::BestCategory);
        let gold_box = self.coupang_gold_box.then_some(CoupangList::GoldBox);
        search.or(category).or(gold_box)
    }
}

/// `500g` or `1.5 kg`.
pub(super) fn pack(text: &str) -> Result<Pack> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (quantity, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = unit.trim();
    let known = || Unit::ALL.iter().map(|unit| unit.name());
    let Some(unit) = Unit::ALL.iter().find(|known| known.name() == unit) else {
        let known: Vec<&str> = known().collect();
        bail!(
            "write a number and one of {}, such as 500g",
            known.join(", ")
        );
    };
    let quantity = quantity
        .parse()
        .context("write a number before the unit, such as 500g")?;
    let pack = Pack {
        quantity,
        unit: *unit,
    };
    pack.check()?;
    Ok(pack)
}

/// `3000`, or `3000,30000` where shipping is free from a price on.
pub(super) fn costs(text: &str) -> Result<Costs> {
    let amount = |text: &str| {
        text.trim()
            .parse()
            .with_context(|| format!("{text:?} is no amount: write 3000 or 3000,30000"))
    };
    let (shipping, free_from) = match text.split_once(',') {
        Some((shipping, from)) => (shipping, Some(amount(from)?)),
        None => (text, None),
    };
    let costs = Costs {
        shipping: amount(shipping)?,
        free_from,
    };
    costs.check()?;
    Ok(costs)
}

/// The product's number, alone or in the address of its page (`/vp/products/7335597976`).
fn coupang_number(text: &str) -> Option<u64> {
    let number = text.split_once("/products/").map_or(text, |(_, rest)| rest);
    let end = number.find(|c: char| !c.is_ascii_digit());
    number[..end.unwrap_or(number.len())].parse().ok()
}

/// Defines the product, or those of a file.
pub(crate) fn follow(follow: &Follow) -> Result<ExitCode> {
    if let Some(file) = &follow.from {
        return super::follow_file::follow(file, &follow.data, !follow.stop);
    }
    let (Some(id), Some(url)) = (&follow.id, &follow.url) else {
        bail!("name a product by its id and its address, or a file with --from");
    };
    let product = Product {
        id: id.clone(),
        name: follow.name.clone().unwrap_or_else(|| id.to_string()),
        category: follow.category.clone(),
        vendor: follow.vendor.clone(),
        source: follow.kind.source(url)?,
        currency: follow.currency,
        locale: follow.locale.clone(),
        schedule: follow.schedule.clone(),
        active: !follow.stop,
        item: follow.item.clone(),
        pack: follow.pack,
        costs: follow.costs,
        tags: follow.tags.clone(),
        alerts: Vec::new(),
    };
    let remote = Remote::of(&follow.data)?;
    let path = format!("/products/{}", path_segment(id.as_str()));
    let body = serde_json::to_value(&product)?;
    super::runtime()?.block_on(remote.api(Method::PUT, &path, Some(&body)))?;
    let verb = if product.active {
        "follows"
    } else {
        "no longer follows"
    };
    println!("Pricetide {verb} {}", product.id);
    Ok(ExitCode::SUCCESS)
}

/// Fetch the prices of a schedule's products now, by way of a running `pricetide up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// The schedule whose products are fetched.
    #[arg(long, default_value = "daily")]
    schedule: ScheduleName,
    /// The data folder of the running pipeline.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    data: PathBuf,
}

/// Starts a run at this instant and waits until it is closed.
pub(crate) fn fetch(fetch: &Fetch) -> Result<ExitCode> {
    let remote = Remote::of(&fetch.data)?;
    let run = RunId::new(fetch.schedule.clone(), Slot::at(Timestamp::now()));
    let event = json!({"schedule": run.schedule, "slot": run.slot});
    super::runtime()?.block_on(async {
        let started = remote.invoke("scheduler", &event).await?;
        println!("run {run}: {} jobs", started["jobs"]);
        let run = closed(&remote, &run).await?;
        println!("{run:#}");
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn closed(remote: &Remote, run: &RunId) -> Result<Value> {
    let path = format!("/runs/{}", path_segment(&run.to_string()));
    for _ in 0..3_000 {
        let answer = remote.api(Method::GET, &path, None).await?;
        if matches!(answer["status"].as_str(), Some("complete" | "incomplete")) {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    bail!("the run {run} is still open; ask for it again with GET {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_and_costs_are_read_as_a_person_writes_them() {
        for (text, read) in [
            ("500g", "500 g"),
            (" 1.5 kg", "1.5 kg"),
            ("12 piece", "12 piece"),
        ] {
            assert_eq!(pack(text).unwrap().to_string(), read);
        }
        for text in ["", "500", "g", "0g", "-1g", "5 stone", "1.2.3kg"] {
            assert!(pack(text).is_err(), "{text}");
        }
        let read = costs("3000, 30000").unwrap();
        assert_eq!(read.shipping, 3_000.into());
        assert_eq!(read.free_from, Some(30_000.into()));
        assert_eq!(costs("2.50").unwrap().free_from, None);
        for text in ["", "free", "-1", "3000,", "3,000,30000"] {
            assert!(costs(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_product_at_coupang_is_named_by_its_number_or_its_page() {
        for text in [
            "7335597976",
            "https://www.coupang.com/vp/products/7335597976",
            "https://www.coupang.com/vp/products/7335597976?itemId=1&vendorItemId=2",
            "https://m.coupang.com/vm/products/7335597976#reviews",
        ] {
            assert_eq!(coupang_number(text), Some(7_335_597_976), "{text}");
        }
        for text in ["", "earbuds", "https://www.coupang.com/vp/products/", "-1"] {
            assert_eq!(coupang_number(text), None, "{text}");
        }
    }
}

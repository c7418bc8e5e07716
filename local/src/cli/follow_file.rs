//! `pricetide follow --from FILE.csv`: the products of a list, each defined as `pricetide follow` would.
//!
//! Every row is read before the first product is sent, so that a file with a mistake changes nothing; what
//! the API refuses is named with its row, and the others go on.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use model::Product;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::follow::{costs, pack};
use super::remote::Remote;
use super::remote::path_segment;

/// The columns whose text is a field of the product.
const PLAIN: [&str; 8] = [
    "id", "name", "category", "vendor", "currency", "locale", "schedule", "item",
];
/// The columns that are read as the command line's options of these names; tags are separated by white
/// space.
const MORE: [&str; 3] = ["tags", "pack", "costs"];
/// The columns that say where the price is.
const SOURCE: [&str; 4] = ["url", "selector", "sku", "json_price"];

/// Follows the products of a file, or follows them no longer.
pub(super) fn follow(file: &Path, data: &Path, active: bool) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let products = read(&text, active).with_context(|| file.display().to_string())?;
    let remote = Remote::of(data)?;
    let refused = super::runtime()?.block_on(async {
        let mut refused = 0;
        for (row, product) in &products {
            let path = format!("/products/{}", path_segment(product.id.as_str()));
            let body = serde_json::to_value(product)?;
            if let Err(error) = remote.api(Method::PUT, &path, Some(&body)).await {
                eprintln!("row {row}, {}: {error:#}", product.id);
                refused += 1;
            }
        }
        anyhow::Ok(refused)
    })?;
    let verb = if active {
        "follows"
    } else {
        "no longer follows"
    };
    let done = products.len() - refused;
    let s = if done == 1 { "" } else { "s" };
    println!("Pricetide {verb} {done} product{s} of {}", file.display());
    Ok(if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The products of a file, each with its row as a person counts it.
fn read(text: &str, active: bool) -> Result<Vec<(u64, Product)>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headings = reader.headers()?.clone();
    for heading in &headings {
        if !PLAIN.contains(&heading) && !SOURCE.contains(&heading) && !MORE.contains(&heading) {
            let known = [&PLAIN[..], &SOURCE[..], &MORE[..]].concat();
            bail!("no column is called {heading:?}: {}", known.join(", "));
        }
    }
    for needed in ["id", "url"] {
        if !headings.iter().any(|heading| heading == needed) {
            bail!("the first row names no column {needed:?}");
        }
    }
    let mut products: Vec<(u64, Product)> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let row = record.position().map_or(0, csv::Position::line);
        let cells = headings.iter().zip(record.iter());
        let cells: BTreeMap<&str, &str> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        let product = product(&cells, active).with_context(|| format!("row {row}"))?;
        if let Some((first, _)) = products.iter().find(|(_, known)| known.id == product.id) {
            bail!("the rows {first} and {row} have the id {}", product.id);
        }
        products.push((row, product));
    }
    Ok(products)
}

fn product(cells: &BTreeMap<&str, &str>, active: bool) -> Result<Product> {
    let cell = |name: &str| cells.get(name).copied();
    let id = cell("id").context("the cell `id` is empty")?;
    let url = cell("url").context("the cell `url` is empty")?;
    let mut fields: Map<String, Value> = Map::new();
    for name in PLAIN {
        if let Some(text) = cell(name) {
            fields.insert(name.to_owned(), json!(text));
        }
    }
    fields.entry("name").or_insert_with(|| json!(id));
    fields.insert("active".to_owned(), json!(active));
    if let Some(tags) = cell("tags") {
        let tags: Vec<&str> = tags.split_whitespace().collect();
        fields.insert("tags".to_owned(), json!(tags));
    }
    if let Some(text) = cell("pack") {
        fields.insert("pack".to_owned(), serde_json::to_value(pack(text)?)?);
    }
    if let Some(text) = cell("costs") {
        fields.insert("costs".to_owned(), serde_json::to_value(costs(text)?)?);
    }
    let source = match (cell("json_price"), cell("selector"), cell("sku")) {
        (Some(price), None, None) => json!({"kind": "json", "url": url, "paths": {"price": price}}),
        (None, selector, sku) => {
            let mut source = json!({"kind": "html", "url": url});
            if let Some(selector) = selector {
                source["selector"] = json!(selector);
            }
            if let Some(sku) = sku {
                source["variant"] = json!({"sku": sku});
            }
            source
        }
        _ => bail!("`json_price` goes with neither `selector` nor `sku`"),
    };
    fields.insert("source".to_owned(), source);
    let product: Product = serde_json::from_value(fields.into())?;
    product.check()?;
    Ok(product)
}

#[cfg(test)]
mod tests {
    use model::Source;

    use super::*;

    #[test]
    fn a_list_of_products_is_read_with_what_it_says() {
        let text = "\u{feff}id, url, name, currency, item, tags, pack, costs, json_price\n\
                    p-1,https://a.example/1,\"Mug, blue\",USD,mug,gift home,2 piece,\"3.50,30\",\n\
                    p-2,https://b.example/2.json,,,mug,,,,$.price\n";
        let products = read(text, true).unwrap();
        let [(2, first), (3, second)] = &products[..] else {
            panic!("{products:?}");
        };
        assert_eq!((first.name.as_str(), first.tags.len()), ("Mug, blue", 2));
        assert_eq!(first.pack.unwrap().to_string(), "2 piece");
        assert_eq!(first.costs.unwrap().free_from, Some(30.into()));
        assert_eq!(second.name, "p-2");
        assert!(matches!(second.source, Source::Json { .. }));
        assert_eq!(first.item, second.item);
    }

    #[test]
    fn a_mistake_names_its_row_and_its_column() {
        for (text, said) in [
            ("id,url\np-1,\n", "row 2: the cell `url` is empty"),
            ("id,url\np 1,https://a.example\n", "row 2"),
            ("id,url\np-1,ftp://a.example\n", "row 2"),
            (
                "id,link\np-1,https://a.example\n",
                "no column is called \"link\"",
            ),
            ("id\np-1\n", "names no column \"url\""),
            (
                "id,url\np-1,https://a.example\np-1,https://b.example\n",
                "the rows 2 and 3 have the id p-1",
            ),
        ] {
            let error = format!("{:#}", read(text, true).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }
}

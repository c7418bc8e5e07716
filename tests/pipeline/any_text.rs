//! Arbitrary Unicode in every text that enters: whatever is accepted comes back equal, and nothing
//! that one field holds stops another product.

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use integration_tests::{ScriptedShop, TestPipeline, page_named, status};
use model::{Outcome, Product, ProductId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{FileState, Products};

crate::trials!(
    any_text_of_a_product_comes_back_equal_or_is_refused,
    any_name_of_an_upload_comes_back_equal_or_is_refused,
    any_name_of_a_page_ends_its_own_job_and_no_other,
);

/// How many texts are tried in each place.
const TEXTS: usize = 60;

/// A text of the kinds of characters that break programs.
fn text(random: &mut Rng) -> String {
    const ODD: &[char] = &[
        '\0',
        '\u{1}',
        '\t',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{a0}',
        '\u{ad}',
        '\u{200b}',
        '\u{200d}',
        '\u{202e}',
        '\u{2066}',
        '\u{2028}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{1fffe}',
        '\u{10ffff}',
        '"',
        '\'',
        '\\',
        '/',
        '#',
        '%',
        '?',
        '&',
        '<',
        '>',
        '{',
        '}',
        '=',
        '+',
        '@',
        '|',
        '`',
        ';',
        '이',
        '어',
        '\u{1112}',
        '\u{1161}',
        '\u{11ab}',
        'é',
        'e',
        '\u{301}',
        'א',
        'ع',
        '👩',
        '🏽',
        '🇰',
        '🇷',
        ' ',
    ];
    let length = random.usize(1..30);
    (0..length)
        .map(|_| match random.u8(..8) {
            0..=3 => ODD[random.usize(..ODD.len())],
            4 => random.char('\u{ac00}'..='\u{d7a3}'),
            5 => random.char('\0'..='\u{10ffff}'),
            _ => random.alphanumeric(),
        })
        .collect()
}

async fn any_text_of_a_product_comes_back_equal_or_is_refused() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let honest = pipeline.shop().catalogue().swap_remove(0);
    let source = serde_json::to_value(&honest.source)?;
    pipeline.define([honest.clone()]).await?;
    let mut random = Rng::with_seed(20_261_126);
    let mut accepted: Vec<ProductId> = vec![honest.id.clone()];
    let (mut refused, mut number) = (0, 0);
    let fields = [
        "/name",
        "/category",
        "/vendor",
        "/item",
        "/locale",
        "/schedule",
        "/tags/0",
        "/alerts/0/id",
        "/source/url",
        "/source/selector",
        "/source/variant/sku",
        "/source/variant/name",
    ];
    for field in fields {
        for _ in 0..TEXTS / 4 {
            number += 1;
            let id = format!("any-{number}");
            let mut body = json!({
                "name": "n", "source": source, "tags": ["t"],
                "alerts": [{"id": "r", "when": {"kind": "any_change"}}],
            });
            body["source"]["variant"] = json!({});
            place(&mut body, field, json!(text(&mut random)));
            if body["source"]["variant"] == json!({}) {
                body["source"]
                    .as_object_mut()
                    .context("no source")?
                    .remove("variant");
            }
            let path = format!("/products/{id}");
            let answer = pipeline.api(Method::PUT, &path, Some(&body)).await?;
            let status = answer.status();
            ensure!(
                status == StatusCode::OK || status == StatusCode::BAD_REQUEST,
                "{field}: {status} for {body}"
            );
            if status == StatusCode::BAD_REQUEST {
                refused += 1;
                continue;
            }
            let stored = pipeline.api(Method::GET, &path, None).await?.text().await?;
            let stored: Value = serde_json::from_str(&stored)?;
            let (sent, came) = (body.pointer(field), stored["product"].pointer(field));
            ensure!(sent == came, "{field}: {sent:?} came back as {came:?}");
            accepted.push(id.parse()?);
        }
    }
    println!("{} products accepted, {refused} refused", accepted.len());
    ensure!(
        accepted.len() > 20 && refused > 20,
        "the texts are of one kind"
    );

    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    let closed = pipeline.closed(&run).await?;
    let totals = closed.totals.context("no totals")?;
    ensure!(totals.missing == 0, "{totals:?}");
    let outcome = pipeline.outcome(&run, &honest.id).await?;
    ensure!(matches!(outcome.outcome, Outcome::Price(_)), "{outcome:?}");
    pipeline.stop().await;
    Ok(())
}

/// Puts a value at a place of a body, whose parents are there.
fn place(body: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("the parent is there");
    match parent {
        Value::Array(list) => list[0] = value,
        other => other[field] = value,
    }
}

async fn any_name_of_an_upload_comes_back_equal_or_is_refused() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut random = Rng::with_seed(7);
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for _ in 0..TEXTS {
        let name = format!("{}.csv", text(&mut random));
        let body = json!({"name": name});
        let answer = pipeline.api(Method::POST, "/uploads", Some(&body)).await?;
        match answer.status() {
            StatusCode::BAD_REQUEST => refused += 1,
            status if status.is_success() => accepted.push(name),
            status => anyhow::bail!("{status} for {name:?}"),
        }
    }
    println!("{} names accepted, {refused} refused", accepted.len());
    ensure!(
        !accepted.is_empty() && refused > 0,
        "the names are of one kind"
    );
    for name in accepted.iter().take(12) {
        let prices = b"date,product,price\n2026-11-01,Cable,900\n".to_vec();
        let file = pipeline.upload(name, prices).await?;
        let state = pipeline.settled(&file).await?;
        ensure!(
            matches!(state, FileState::Done { .. }),
            "{name:?}: {state:?}"
        );
        let path = format!("/uploads/{file}");
        let view = pipeline.api(Method::GET, &path, None).await?.text().await?;
        let view: Value = serde_json::from_str(&view)?;
        ensure!(view["name"] == json!(name), "{name:?} came back as {view}");
    }
    pipeline.runner().wait_idle().await;
    pipeline.stop().await;
    Ok(())
}

async fn any_name_of_a_page_ends_its_own_job_and_no_other() -> Result<()> {
    let shop = ScriptedShop::start(|visit| {
        let number = visit.path.trim_start_matches("/p/p-").parse();
        match number {
            Ok(number) => page_named(&text(&mut Rng::with_seed(number)), 900),
            Err(_) => status(404),
        }
    })
    .await?;
    let pipeline = TestPipeline::start_with(|options| {
        options.with_variable("PRICETIDE_ALLOWED_HOSTS", shop.host())
    })
    .await?;
    let products = (0..TEXTS).map(|n| shop.product(&format!("p-{n}")));
    let products: Vec<Product> = products.collect::<Result<_>>()?;
    pipeline.define(products.clone()).await?;
    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    let totals = pipeline.closed(&run).await?.totals.context("no totals")?;
    ensure!(totals.prices == TEXTS as u64, "{totals:?}");
    for (number, product) in products.iter().enumerate() {
        let outcome = pipeline.outcome(&run, &product.id).await?;
        let Outcome::Price(offer) = outcome.outcome else {
            anyhow::bail!("{outcome:?}");
        };
        // A shop's text is kept as it can be shown: without what no store carries.
        let name = offer.name.unwrap_or_default();
        let kept = name.chars().all(model::text::is_plain) && name.len() <= Product::MAX_TEXT;
        ensure!(kept, "page {number}: {name:?}");
    }
    let stored = Products::new(pipeline.table()?)
        .get(&products[0].id)
        .await?;
    ensure!(stored.is_some_and(|stored| stored.last.is_some()));
    pipeline.stop().await;
    Ok(())
}

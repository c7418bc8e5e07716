//! Products in the lists of Coupang: few calls, signed right, and none that could cost the
//! account.

use anyhow::{Result, ensure};
use integration_tests::{CoupangApi, TestPipeline, coupang_list, coupang_product};
use jiff::{SignedDuration, Timestamp};
use model::{CoupangList, FailureReason, Observation, Outcome, Product, RunId, Source};
use serde_json::{Value, json};

crate::trials!(
    products_that_share_a_list_cost_one_call,
    a_product_that_is_not_in_the_list_is_not_listed,
    a_price_is_not_borne_out_by_the_answer_it_came_from,
    a_throttled_account_is_never_asked_again,
    the_tenth_call_of_an_hour_is_held_back,
    an_account_that_is_not_let_in_is_a_clear_failure,
    without_keys_nothing_is_asked,
);

fn run(day: u8) -> Result<RunId> {
    Ok(format!("daily@2026-11-{day:02}T01:15:00Z").parse()?)
}

/// A pipeline that asks this API with these keys, and whose jobs wait only a little.
async fn pipeline(api: &CoupangApi, secret: Option<&str>) -> Result<TestPipeline> {
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", api.host())
            .with_variable("PRICETIDE_COUPANG_URL", api.url())
            .with_variable("PRICETIDE_PATIENCE_SECONDS", "20")
            .with_variable("PRICETIDE_CONFIRM_DELAY_SECONDS", "1")
    })
    .await?;
    if let Some(keys) = secret {
        let name = pipeline.files_bucket()?.replace("-files", "/coupang");
        let secrets = pipeline.clients().secrets_manager();
        let secret = secrets.create_secret().name(name).secret_string(keys);
        secret.send().await?;
    }
    Ok(pipeline)
}

/// The product with this number, looked for in a list.
fn product(product_id: u64, list: &CoupangList) -> Result<Product> {
    let list = list.clone();
    Ok(serde_json::from_value(json!({
        "id": format!("c-{product_id}"),
        "name": format!("Product {product_id}"),
        "source": Source::Coupang { product_id, list },
    }))?)
}

/// The outcomes of a run that is closed.
async fn outcomes(pipeline: &TestPipeline, run: &RunId) -> Result<Vec<Observation>> {
    pipeline.schedule(run).await?;
    pipeline.closed(run).await?;
    let observations = store::Observations::new(pipeline.table()?);
    Ok(observations.of_run(run).await?.into_values().collect())
}

/// What is said about the failures with this reason.
fn failures(outcomes: &[Observation], reason: FailureReason) -> Vec<&str> {
    outcomes
        .iter()
        .filter_map(|seen| match &seen.outcome {
            Outcome::Failure(failure) if failure.reason == reason => Some(failure.detail.as_str()),
            _ => None,
        })
        .collect()
}

/// A list whose products cost their number in won.
fn answer(target: &str, products: std::ops::RangeInclusive<u64>) -> Value {
    let products = products.zip(1..).map(|(id, rank)| {
        let won = u32::try_from(id).unwrap_or(u32::MAX);
        coupang_product(id, rank, won)
    });
    coupang_list(target, &products.collect::<Vec<_>>())
}

async fn products_that_share_a_list_cost_one_call() -> Result<()> {
    let api = CoupangApi::start(|target| match target {
        "/products/search?keyword=%EB%AC%B4%EC%84%A0%20%EC%9D%B4%EC%96%B4%ED%8F%B0&limit=10" => {
            answer(target, 201..=210)
        }
        _ => answer(target, 101..=200),
    })
    .await?;
    let pipeline = pipeline(&api, Some(&CoupangApi::secret())).await?;
    let search = CoupangList::Search("무선 이어폰".to_owned());
    // Ten jobs to a batch: several workers have jobs of each list.
    for id in 101..=140 {
        let list = CoupangList::BestCategory(1016);
        pipeline.define([product(id, &list)?]).await?;
    }
    for id in 201..=210 {
        pipeline.define([product(id, &search)?]).await?;
    }

    for day in 1..=2 {
        let outcomes = outcomes(&pipeline, &run(day)?).await?;
        ensure!(outcomes.len() == 50, "{} outcomes", outcomes.len());
        for seen in &outcomes {
            let Outcome::Price(offer) = &seen.outcome else {
                anyhow::bail!("{seen:?}");
            };
            let id: u32 = seen.product.as_str().trim_start_matches("c-").parse()?;
            ensure!(offer.price.to_string() == format!("{id} KRW"), "{seen:?}");
            let (list, rank) = match id {
                201.. => ("search", id - 200),
                _ => ("best category", id - 100),
            };
            ensure!(
                offer.found_in == format!("coupang {list} rank {rank}"),
                "{seen:?}"
            );
        }
        let calls = api.calls();
        ensure!(calls.len() == 2 * usize::from(day), "{calls:?}");
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_product_that_is_not_in_the_list_is_not_listed() -> Result<()> {
    let api = CoupangApi::start(|target| answer(target, 1..=9)).await?;
    let pipeline = pipeline(&api, Some(&CoupangApi::secret())).await?;
    for id in [9, 10] {
        let product = product(id, &CoupangList::GoldBox)?;
        pipeline.define([product]).await?;
    }
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    let failed = failures(&outcomes, FailureReason::NotListed);
    ensure!(
        failed == ["product 10 is not among the 9 products of the gold box"],
        "{outcomes:?}"
    );
    ensure!(api.calls() == ["/products/goldbox"], "{:?}", api.calls());
    pipeline.stop().await;
    Ok(())
}

async fn a_price_is_not_borne_out_by_the_answer_it_came_from() -> Result<()> {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let api = CoupangApi::start(move |target| {
        let nth = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let won = [10_000, 99, 9_900][nth.min(2)];
        let products = [7, 8].map(|id| coupang_product(id, 1, won));
        coupang_list(target, &products)
    })
    .await?;
    let pipeline = pipeline(&api, Some(&CoupangApi::secret())).await?;
    for id in [7, 8] {
        pipeline
            .define([product(id, &CoupangList::GoldBox)?])
            .await?;
    }
    outcomes(&pipeline, &run(1)?).await?;
    for seen in outcomes(&pipeline, &run(2)?).await? {
        ensure!(
            matches!(&seen.outcome, Outcome::Price(offer) if offer.price.to_string() == "9900 KRW"),
            "{seen:?}"
        );
        ensure!(seen.unconfirmed.is_none(), "{seen:?}");
    }
    ensure!(api.calls().len() == 3, "{:?}", api.calls());
    pipeline.stop().await;
    Ok(())
}

async fn a_throttled_account_is_never_asked_again() -> Result<()> {
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    let api = CoupangApi::start(move |_| {
        let message = format!("{tomorrow:.0} 이후에 다시 시도해 주세요");
        json!({"rCode": "403", "rMessage": message, "data": null})
    })
    .await?;
    let pipeline = pipeline(&api, Some(&CoupangApi::secret())).await?;
    for id in 1..=25 {
        let product = product(id, &CoupangList::BestCategory(1))?;
        pipeline.define([product]).await?;
    }
    // The next run has a list more. The pause holds for the account.
    for day in 1..=2 {
        let outcomes = outcomes(&pipeline, &run(day)?).await?;
        let throttled = failures(&outcomes, FailureReason::Throttled);
        ensure!(throttled.len() == outcomes.len(), "{outcomes:?}");
        ensure!(outcomes.len() >= 25);
        ensure!(api.calls().len() == 1, "{:?}", api.calls());
        let product = product(26, &CoupangList::GoldBox)?;
        pipeline.define([product]).await?;
    }
    pipeline.stop().await;
    Ok(())
}

async fn the_tenth_call_of_an_hour_is_held_back() -> Result<()> {
    let api = CoupangApi::start(|target| answer(target, 1..=20)).await?;
    let pipeline = pipeline(&api, Some(&CoupangApi::secret())).await?;
    for id in 1..=12_u32 {
        let product = product(id.into(), &CoupangList::BestCategory(id))?;
        pipeline.define([product]).await?;
    }
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(outcomes.len() == 12, "{outcomes:?}");
    let held_back = failures(&outcomes, FailureReason::Quota);
    ensure!(held_back.len() == 3, "{outcomes:?}");
    let mut calls = api.calls();
    calls.sort_unstable();
    calls.dedup();
    ensure!(
        calls.len() == 9 && api.calls().len() == 9,
        "{:?}",
        api.calls()
    );
    pipeline.stop().await;
    Ok(())
}

async fn an_account_that_is_not_let_in_is_a_clear_failure() -> Result<()> {
    let api = CoupangApi::start(|target| answer(target, 1..=20)).await?;
    let wrong = CoupangApi::secret().replace("0123456789abcdef", "0000000000000000");
    let pipeline = pipeline(&api, Some(&wrong)).await?;
    for id in 1..=12 {
        let product = product(id, &CoupangList::GoldBox)?;
        pipeline.define([product]).await?;
    }
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    let refused = failures(&outcomes, FailureReason::RefusedRequest);
    ensure!(refused.len() == 12, "{outcomes:?}");
    for detail in refused {
        ensure!(
            detail.contains("Invalid signature.") && detail.contains("check the secret_key"),
            "{detail}"
        );
    }
    ensure!(api.calls().len() == 1, "{:?}", api.calls());
    pipeline.stop().await;
    Ok(())
}

async fn without_keys_nothing_is_asked() -> Result<()> {
    let api = CoupangApi::start(|target| answer(target, 1..=20)).await?;
    let pipeline = pipeline(&api, None).await?;
    let product = product(1, &CoupangList::GoldBox)?;
    pipeline.define([product]).await?;
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    let refused = failures(&outcomes, FailureReason::RefusedRequest);
    ensure!(
        matches!(refused[..], [detail] if detail.contains("access_key")),
        "{outcomes:?}"
    );
    ensure!(api.calls().is_empty(), "{:?}", api.calls());
    pipeline.stop().await;
    Ok(())
}

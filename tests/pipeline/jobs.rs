//! Jobs on the queue: each ends alone, whatever is beside it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use integration_tests::{TestPipeline, patiently};
use model::{FailureReason, Outcome, ProductId, RunId};
use serde_json::json;
use store::Products;

crate::trials!(
    an_unreadable_message_and_an_unknown_product_leave_the_others_alone,
    a_dead_job_becomes_an_outcome,
    a_job_twice_has_one_outcome,
    a_definition_that_is_wrong_fails_its_own_job,
    the_last_price_never_goes_back,
    a_job_that_is_to_wait_for_ages_ends,
);

fn run() -> Result<RunId> {
    Ok("daily@2026-11-05T01:15:00Z".parse()?)
}

fn job(run: &RunId, product: &str) -> String {
    json!({"run": run, "product": product}).to_string()
}

async fn an_unreadable_message_and_an_unknown_product_leave_the_others_alone() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let run = run()?;
    let unreadable = "{\"run\": 7, 이건 JSON이 아니다";
    let bodies = [
        unreadable.to_owned(),
        job(&run, "nobody-knows-me"),
        job(&run, id.as_str()),
    ];
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send_all(bodies.into_iter()).await?;

    let price = pipeline.outcome(&run, &id).await?;
    ensure!(matches!(price.outcome, Outcome::Price(_)), "{price:?}");
    let unknown = ProductId::new("nobody-knows-me")?;
    let unknown = pipeline.outcome(&run, &unknown).await?;
    ensure!(
        matches!(&unknown.outcome, Outcome::Failure(failure) if failure.reason == FailureReason::UnknownProduct),
        "{unknown:?}"
    );
    // After its receives the unreadable one is kept, to the letter, where a person finds it.
    let s3 = pipeline.clients().s3();
    let bucket = pipeline.files_bucket()?;
    let kept = patiently("the letter is kept", async || {
        let listed = s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix("dead-letters/")
            .send()
            .await?;
        let key = listed.contents().first().and_then(|object| object.key());
        let Some(key) = key else { return Ok(None) };
        let object = s3.get_object().bucket(bucket).key(key).send().await?;
        Ok(Some(object.body.collect().await?.into_bytes()))
    })
    .await?;
    ensure!(kept == unreadable.as_bytes(), "{kept:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_dead_job_becomes_an_outcome() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(3);
    let id = product.id.clone();
    let name = product.name.clone();
    pipeline.define([product]).await?;
    let run = run()?;
    let dead = pipeline.queue("JobsDeadQueue")?;
    dead.send(job(&run, id.as_str()), Duration::ZERO).await?;
    let seen = pipeline.outcome(&run, &id).await?;
    ensure!(seen.name == name, "{seen:?}");
    ensure!(
        matches!(&seen.outcome, Outcome::Failure(failure) if failure.reason == FailureReason::Abandoned),
        "{seen:?}"
    );
    // A late worker changes nothing: the first outcome is the outcome.
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send(job(&run, id.as_str()), Duration::ZERO).await?;
    pipeline.runner().wait_idle().await;
    ensure!(pipeline.outcome(&run, &id).await? == seen);
    pipeline.stop().await;
    Ok(())
}

async fn a_job_twice_has_one_outcome() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(1);
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let run = run()?;
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send_all(std::iter::repeat_n(job(&run, id.as_str()), 25))
        .await?;
    let first = pipeline.outcome(&run, &id).await?;
    pipeline.runner().wait_idle().await;
    ensure!(pipeline.outcome(&run, &id).await? == first);
    let history = store::Observations::new(pipeline.table()?)
        .history(&id, 10)
        .await?;
    ensure!(history == [first], "{history:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_definition_that_is_wrong_fails_its_own_job() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let run = run()?;
    let body = json!({"run": run, "product": "p-1", "definition": {"id": "p-2", "name": "other"}});
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send(body.to_string(), Duration::ZERO).await?;
    let seen = pipeline.outcome(&run, &ProductId::new("p-1")?).await?;
    ensure!(
        matches!(&seen.outcome, Outcome::Failure(failure) if failure.reason == FailureReason::BadProduct),
        "{seen:?}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn the_last_price_never_goes_back() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let jobs = pipeline.queue("JobsQueue")?;
    // The newer slot first, then an older one that was late.
    for (day, slot) in [(9, "2026-11-09"), (3, "2026-11-03")] {
        let run: RunId = format!("daily@{slot}T01:15:00Z").parse()?;
        pipeline.shop().set_day(jiff::civil::date(2026, 11, day));
        jobs.send(job(&run, id.as_str()), Duration::ZERO).await?;
        pipeline.outcome(&run, &id).await?;
    }
    pipeline.runner().wait_idle().await;
    let stored = Products::new(pipeline.table()?).get(&id).await?;
    let last = stored
        .and_then(|stored| stored.last)
        .context("no last price")?;
    ensure!(last.slot.to_string() == "2026-11-09T01:15:00Z", "{last:?}");
    let shown = pipeline
        .shop()
        .price_on(&id, jiff::civil::date(2026, 11, 9));
    ensure!(Some(last.price) == shown, "{last:?} {shown:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_job_that_is_to_wait_for_ages_ends() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(1);
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let run = run()?;
    let body = json!({"run": run, "product": id, "not_before": "9999-12-30T00:00:00Z"});
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send(body.to_string(), Duration::ZERO).await?;
    let seen = pipeline.outcome(&run, &id).await?;
    ensure!(
        matches!(&seen.outcome, Outcome::Failure(failure)
            if failure.reason == FailureReason::Quota && failure.detail.contains("9999")),
        "{seen:?}"
    );
    pipeline.stop().await;
    Ok(())
}

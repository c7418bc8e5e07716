//! What only rare events need of the roles: a schedule that fires by itself, events and messages
//! that nobody can handle, an upload that is gone, a secret header.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use integration_tests::{ScriptedShop, TestPipeline, page_of, patiently, status};
use model::{Outcome, Product, RunId, Source};
use reqwest::Method;
use serde_json::{Value, json};

use crate::uploads::inbox;

crate::trials!(
    a_schedule_starts_its_function_under_its_own_role,
    events_that_cannot_be_handled_are_kept_as_files,
    messages_that_nobody_can_read_are_kept_as_files,
    an_upload_that_is_gone_is_missing_and_not_forbidden,
    a_secret_header_is_sent_and_another_secret_is_not,
    a_function_cannot_do_what_its_role_does_not_allow,
    a_person_lists_starts_and_deletes_through_the_api,
);

async fn a_schedule_starts_its_function_under_its_own_role() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    pipeline.define([product]).await?;
    let run: RunId = "daily@2026-11-01T01:15:00Z".parse()?;
    ensure!(
        pipeline
            .runner()
            .fire("scheduler", run.slot.instant())
            .await
    );
    let closed = pipeline.closed(&run).await?;
    ensure!(closed.totals.context("no totals")?.prices == 1);
    ensure!(!pipeline.runner().fire("worker", run.slot.instant()).await);
    pipeline.stop().await;
    Ok(())
}

async fn events_that_cannot_be_handled_are_kept_as_files() -> Result<()> {
    let pipeline = TestPipeline::start_with(|mut options| {
        options.async_retry_delays = Some([Duration::ZERO; 2]);
        options
    })
    .await?;
    for function in ["scheduler", "reporter"] {
        let event = json!({"unreadable": function});
        pipeline.runner().invoke_async(function, &event).await?;
    }
    let kept = kept(&pipeline, 2).await?;
    for function in ["scheduler", "reporter"] {
        let text = format!("{{\"unreadable\":\"{function}\"}}");
        ensure!(kept.iter().any(|kept| kept.contains(&text)), "{kept:?}");
    }
    pipeline.stop().await;
    Ok(())
}

async fn messages_that_nobody_can_read_are_kept_as_files() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let (looks, starts) = (
        pipeline.queue("ClosingQueue")?,
        pipeline.queue("StartsQueue")?,
    );
    looks.send("no look".to_owned(), Duration::ZERO).await?;
    starts.send("no run".to_owned(), Duration::ZERO).await?;
    let kept = kept(&pipeline, 2).await?;
    for text in ["no look", "no run"] {
        ensure!(kept.iter().any(|kept| kept.contains(text)), "{kept:?}");
    }
    pipeline.runner().wait_idle().await;
    pipeline.stop().await;
    Ok(())
}

/// The dead letters that are kept as files, once there are so many.
async fn kept(pipeline: &TestPipeline, count: usize) -> Result<Vec<String>> {
    let s3 = pipeline.clients().s3();
    let bucket = pipeline.files_bucket()?;
    patiently("the dead letters are kept", async || {
        let listed = s3.list_objects_v2().bucket(bucket).prefix("dead-letters/");
        let listed = listed.send().await?;
        let mut texts = Vec::new();
        for object in listed.contents() {
            let key = object.key().unwrap_or_default();
            let read = s3.get_object().bucket(bucket).key(key).send().await?;
            let bytes = read.body.collect().await?.to_vec();
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(Some(texts).filter(|texts| texts.len() == count))
    })
    .await
}

async fn an_upload_that_is_gone_is_missing_and_not_forbidden() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut event: Value = serde_json::from_str(include_str!("../../events/s3-put-prices.json"))?;
    event["Records"][0]["s3"]["bucket"]["name"] = inbox(&pipeline)?.into();
    let answer = pipeline.runner().invoke("reporter", &event).await;
    let told = format!("{answer:?}");
    ensure!(!told.contains("AccessDenied"), "{told}");
    pipeline.stop().await;
    Ok(())
}

async fn a_secret_header_is_sent_and_another_secret_is_not() -> Result<()> {
    let shop = ScriptedShop::start(|visit| {
        let key = visit.headers.get("x-api-key");
        let allowed = key.is_some_and(|key| key == "a key of the shop");
        if visit.path.starts_with("/page") {
            return if allowed { page_of(9_900) } else { status(401) };
        }
        let body = if allowed { r#"{"price": 12900}"# } else { "{}" };
        hyper::Response::new(http_body_util::Full::new(body.into()))
    })
    .await?;
    let host = shop.host().to_owned();
    let pipeline =
        TestPipeline::start_with(|options| options.with_variable("PRICETIDE_ALLOWED_HOSTS", host))
            .await?;
    let prefix = pipeline.files_bucket()?.replace("-files", "/headers/");
    let secrets = pipeline.clients().secrets_manager();
    let create = secrets.create_secret().name(format!("{prefix}shop"));
    create.secret_string("a key of the shop").send().await?;
    let product = |id: &str, secret: &str| -> Result<Product> {
        Ok(Product {
            id: id.parse()?,
            source: Source::Json {
                url: format!("http://{}/{id}", shop.host()),
                paths: serde_json::from_value(json!({"price": "$.price"}))?,
                secret_headers: BTreeMap::from([("x-api-key".to_owned(), secret.to_owned())]),
            },
            currency: Some("KRW".parse()?),
            ..pipeline.shop().catalogue().swap_remove(0)
        })
    };
    let (good, other) = (product("good", "shop")?, product("other", "nothing")?);
    // A page behind a login.
    let page = Product {
        id: "page".parse()?,
        source: Source::Html {
            url: format!("http://{}/page", shop.host()),
            selector: None,
            variant: None,
            range: None,
            price_kind: None,
            secret_headers: BTreeMap::from([("x-api-key".to_owned(), "shop".to_owned())]),
        },
        ..good.clone()
    };
    pipeline
        .define([good.clone(), other.clone(), page.clone()])
        .await?;
    let run: RunId = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    let found = pipeline.outcome(&run, &good.id).await?;
    ensure!(matches!(found.outcome, Outcome::Price(_)), "{found:?}");
    let behind = pipeline.outcome(&run, &page.id).await?;
    ensure!(matches!(behind.outcome, Outcome::Price(_)), "{behind:?}");
    let missing = pipeline.outcome(&run, &other.id).await?;
    let told = format!("{:?}", missing.outcome);
    ensure!(told.contains("is missing or empty"), "{told}");
    pipeline.stop().await;
    Ok(())
}

async fn a_function_cannot_do_what_its_role_does_not_allow() -> Result<()> {
    let pipeline = TestPipeline::start_with(|mut options| {
        options.withheld = Some(local::iam::Permission {
            role: "SchedulerRole".to_owned(),
            action: "sqs:SendMessage".to_owned(),
            resource: "!GetAtt JobsQueue.Arn".to_owned(),
        });
        options
    })
    .await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    pipeline.define([product]).await?;
    let run: RunId = "daily@2026-11-01T01:15:00Z".parse()?;
    let started = pipeline.schedule(&run).await;
    let error = started.err().context("it was allowed")?.to_string();
    ensure!(error.contains("AccessDenied"), "{error}");
    let refused = pipeline.refusals();
    ensure!(
        refused.iter().any(
            |refusal| refusal.contains("`scheduler` asked for sqs:SendMessage on arn:aws:sqs:")
        ),
        "{refused:?}"
    );
    Ok(())
}

async fn a_person_lists_starts_and_deletes_through_the_api() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    pipeline.define([product.clone()]).await?;
    let ask = async |method: Method, path: &str, body: Value| -> Result<Value> {
        let response = pipeline.api(method, path, Some(&body)).await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    };
    let daily = json!({"schedule": "daily"});
    let started = ask(Method::POST, "/runs", daily).await?;
    let run: RunId = started["id"].as_str().context("no id")?.parse()?;
    pipeline.closed(&run).await?;
    let listed = ask(Method::GET, "/products", Value::Null).await?;
    ensure!(listed.to_string().contains(product.id.as_str()), "{listed}");
    let outcomes = ask(Method::GET, &format!("/runs/{run}/outcomes"), Value::Null).await?;
    ensure!(
        outcomes.to_string().contains(product.id.as_str()),
        "{outcomes}"
    );

    let token = json!({"name": "the dashboard", "role": "viewer"});
    ask(Method::POST, "/tokens", token).await?;
    let grants = ask(Method::GET, "/grants", Value::Null).await?;
    let grant = grants.pointer("/grants/0/id").and_then(Value::as_str);
    let grant = grant.with_context(|| format!("no grant: {grants}"))?;
    ask(Method::DELETE, &format!("/grants/{grant}"), Value::Null).await?;
    let path = format!("/products/{}", product.id);
    ask(Method::DELETE, &path, Value::Null).await?;
    let gone = pipeline.api(Method::GET, &path, None).await?;
    ensure!(gone.status() == 404, "{}", gone.status());
    pipeline.runner().wait_idle().await;
    pipeline.stop().await;
    Ok(())
}

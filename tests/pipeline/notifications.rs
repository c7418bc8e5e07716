//! What people hear of their uploads: one message for each, whatever happens twice.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use integration_tests::{Post, Slack, SlackAnswer, TestPipeline, patiently};
use model::FileId;
use model::{Message, Notification, UploadNotification, UploadOutcome};
use reqwest::{Method, StatusCode};
use store::Files;

use crate::uploads::{event_of, inbox, reports};

const STOCKS: &[u8] = include_bytes!("../data/workbooks/stocks/stocks.xlsx");

crate::trials!(
    an_upload_is_told_once_with_a_link_that_opens_the_report,
    a_repeated_event_and_a_repeated_message_tell_nothing_twice,
    a_settled_upload_that_nobody_heard_of_is_told_by_the_next_event,
    of_several_versions_the_newest_is_told,
    a_failed_upload_is_told_with_its_reason,
    a_test_message_goes_through_every_channel,
    slack_that_asks_to_wait_gets_the_message_once,
    what_slack_never_takes_is_recorded,
    a_message_that_is_no_note_is_kept,
    a_note_whose_sender_died_is_posted_by_the_next_one,
    an_upload_whose_reporter_died_every_time_is_told_as_failed,
    a_reporter_that_is_killed_leaves_one_report_and_one_message,
);

/// Waits for so many posts, and then until nothing is left to do.
async fn posts(pipeline: &TestPipeline, slack: &Slack, count: usize) -> Result<Vec<Post>> {
    patiently("the messages are posted", async || {
        Ok((slack.posts().len() >= count).then_some(()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    let posts = slack.posts();
    ensure!(posts.len() == count, "{posts:?}");
    Ok(posts)
}

async fn an_upload_is_told_once_with_a_link_that_opens_the_report() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    pipeline
        .upload("주가 <2000&2010>.xlsx", STOCKS.to_vec())
        .await?;
    let post = posts(&pipeline, &slack, 1).await?.remove(0);
    let text = post.text();
    ensure!(
        text.contains("주가 &lt;2000&amp;2010&gt;.xlsx is ready"),
        "{text}"
    );
    ensure!(text.contains("560 of 560 rows used, 5 products"), "{text}");

    let link = post.link().context("no link")?;
    let opened = pipeline.client().get(&link).send().await?;
    ensure!(opened.status() == StatusCode::OK, "{opened:?}");
    ensure!(opened.bytes().await?.starts_with(b"PK"));
    for changed in [
        link.replace("expires=1", "expires=2"),
        link.replace("/reports/", "/exports/"),
        link.replace("signature=", "signature=0"),
    ] {
        let refused = pipeline.client().get(&changed).send().await?;
        ensure!(refused.status() == StatusCode::FORBIDDEN, "{changed}");
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_repeated_event_and_a_repeated_message_tell_nothing_twice() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let id = pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    posts(&pipeline, &slack, 1).await?;
    let event = event_of(&pipeline, &id).await?;
    let again = pipeline.runner().invoke("reporter", &event);
    let once_more = pipeline.runner().invoke("reporter", &event);
    let (again, once_more) = tokio::join!(again, once_more);
    ensure!(again?.is_null() && once_more?.is_null());

    let note = note_of(&pipeline, &id).await?;
    let notifications = pipeline.queue("NotificationsQueue")?;
    let message = Message::from(note.clone()).to_body();
    notifications
        .send_all(std::iter::repeat_n(message, 3))
        .await?;
    posts(&pipeline, &slack, 1).await?;
    pipeline.stop().await;
    Ok(())
}

async fn a_settled_upload_that_nobody_heard_of_is_told_by_the_next_event() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let id = pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    posts(&pipeline, &slack, 1).await?;
    let event = event_of(&pipeline, &id).await?;
    let note = note_of(&pipeline, &id).await?;

    // As if the reporter had died after its message, and before it marked the file as told.
    forget_that_it_was_told(&pipeline, &id).await?;
    pipeline.runner().invoke("reporter", &event).await?;
    posts(&pipeline, &slack, 1).await?;

    // As if it had died before its message.
    forget_that_it_was_told(&pipeline, &id).await?;
    let request = pipeline.clients().dynamodb().delete_item();
    let request = request.table_name(pipeline.table_name()?);
    let request = request.key("PK", text(format!("NOTE#{}", note.id())));
    request.key("SK", text("META")).send().await?;
    let written = reports(&pipeline).await?;
    pipeline.runner().invoke("reporter", &event).await?;
    let posts = posts(&pipeline, &slack, 2).await?;
    ensure!(posts[1].text().contains("prices.xlsx is ready"));
    ensure!(reports(&pipeline).await? == written, "a report twice");
    pipeline.stop().await;
    Ok(())
}

async fn of_several_versions_the_newest_is_told() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let s3 = pipeline.clients().s3();
    let bucket = inbox(&pipeline)?;
    let key = "uploads/prices/by-hand/prices.xlsx";
    for body in [b"no workbook".to_vec(), STOCKS.to_vec()] {
        let put = s3.put_object().bucket(&bucket).key(key);
        put.body(body.into()).send().await?;
    }
    let told = |what: &str| {
        let posts = slack.posts();
        posts
            .iter()
            .filter(|post| post.text().contains(what))
            .count()
    };
    patiently("the newer version is told", async || {
        Ok((told("is ready") > 0).then_some(()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    ensure!(told("is ready") == 1, "{:?}", slack.posts());
    ensure!(told("No report") <= 1, "{:?}", slack.posts());

    // A note of the older version that was late is not posted after the newer one's.
    let before = slack.requests();
    let id = model::Upload::file_id_of(&bucket, key);
    let Notification::Upload(newest) = note_of(&pipeline, &id).await? else {
        anyhow::bail!("not of an upload");
    };
    let late = Notification::Upload(UploadNotification {
        version: "0".to_owned(),
        ..newest
    });
    let notifications = pipeline.queue("NotificationsQueue")?;
    notifications
        .send(Message::from(late.clone()), Duration::ZERO)
        .await?;
    patiently("the late note is settled", async || {
        let status = status_of(&pipeline, &late).await?;
        Ok(status.filter(|status| status == "superseded"))
    })
    .await?;
    ensure!(slack.requests() == before);
    pipeline.stop().await;
    Ok(())
}

async fn a_failed_upload_is_told_with_its_reason() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let id = pipeline.upload("empty.xlsx", Vec::new()).await?;
    let post = posts(&pipeline, &slack, 1).await?.remove(0);
    let state = pipeline.settled(&id).await?;
    let store::FileState::Failed { reason, .. } = state else {
        anyhow::bail!("{state:?}");
    };
    ensure!(
        post.text() == format!("*No report could be made of empty.xlsx*\n{reason}"),
        "{post:?}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_test_message_goes_through_every_channel() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let begun = pipeline.api(Method::POST, "/notifications/trial", None);
    let begun: serde_json::Value = serde_json::from_str(&begun.await?.text().await?)?;
    let id = begun["id"].as_str().with_context(|| begun.to_string())?;
    let post = posts(&pipeline, &slack, 1).await?.remove(0).text();
    ensure!(post.contains("Pricetide reaches you"), "{post}");
    let path = format!("/notifications/{id}");
    let came = pipeline.api(Method::GET, &path, None);
    let came: serde_json::Value = serde_json::from_str(&came.await?.text().await?)?;
    ensure!(came["settled"] == true, "{came}");
    let expected = serde_json::json!([
        {"channel": "slack", "delivery": "sent", "detail": ""},
        {"channel": "webhook", "delivery": "not_configured", "detail": ""},
    ]);
    ensure!(came["channels"] == expected, "{came}");
    let unknown = pipeline.api(Method::GET, "/notifications/trial-none", None);
    ensure!(unknown.await?.status() == StatusCode::NOT_FOUND);
    pipeline.stop().await;
    Ok(())
}

async fn slack_that_asks_to_wait_gets_the_message_once() -> Result<()> {
    let answers = [
        SlackAnswer::TooMany(1),
        SlackAnswer::Status(503, "service_unavailable"),
    ];
    let slack = Slack::start(&answers).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    posts(&pipeline, &slack, 1).await?;
    ensure!(slack.requests() == 3, "{}", slack.requests());
    pipeline.stop().await;
    Ok(())
}

async fn what_slack_never_takes_is_recorded() -> Result<()> {
    let slack = Slack::start(&[SlackAnswer::Status(404, "no_service")]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let id = pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    pipeline.settled(&id).await?;
    let note = note_of(&pipeline, &id).await?;
    patiently("the refusal is recorded", async || {
        let status = status_of(&pipeline, &note).await?;
        Ok(status.filter(|status| status == "refused"))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    ensure!(slack.requests() == 1, "{}", slack.requests());
    pipeline.stop().await;
    Ok(())
}

async fn a_message_that_is_no_note_is_kept() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let message = r#"{"kind":"무엇"}"#;
    let notifications = pipeline.queue("NotificationsQueue")?;
    notifications
        .send(message.to_owned(), Duration::ZERO)
        .await?;
    let s3 = pipeline.clients().s3();
    let bucket = pipeline.files_bucket()?;
    let kept = patiently("the letter is kept", async || {
        let listed = s3.list_objects_v2().bucket(bucket).prefix("dead-letters/");
        let listed = listed.send().await?;
        let Some(key) = listed.contents().first().and_then(|object| object.key()) else {
            return Ok(None);
        };
        let object = s3.get_object().bucket(bucket).key(key).send().await?;
        Ok(Some(object.body.collect().await?.into_bytes()))
    })
    .await?;
    ensure!(kept == message.as_bytes(), "{kept:?}");
    ensure!(slack.requests() == 0);
    pipeline.stop().await;
    Ok(())
}

async fn a_note_whose_sender_died_is_posted_by_the_next_one() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let id = pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    posts(&pipeline, &slack, 1).await?;
    let note = note_of(&pipeline, &id).await?;
    // As it left the note: claimed, and the lease has run out. Whether it had posted it nobody
    // can know.
    let request = pipeline.clients().dynamodb().update_item();
    let request = request.table_name(pipeline.table_name()?);
    let request = request.key("PK", text(format!("NOTE#{}", note.id())));
    request
        .key("SK", text("META"))
        .update_expression("SET #status = :sending, lease_until = :past REMOVE slack, webhook")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":sending", text("sending"))
        .expression_attribute_values(":past", AttributeValue::N("0".to_owned()))
        .send()
        .await?;
    let notifications = pipeline.queue("NotificationsQueue")?;
    notifications
        .send(Message::from(note.clone()), Duration::ZERO)
        .await?;
    posts(&pipeline, &slack, 2).await?;
    ensure!(status_of(&pipeline, &note).await?.as_deref() == Some("sent"));
    pipeline.stop().await;
    Ok(())
}

async fn an_upload_whose_reporter_died_every_time_is_told_as_failed() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let event = include_str!("../../events/s3-put-prices.json");
    let letters = pipeline.queue("EventsDeadQueue")?;
    letters.send(event.to_owned(), Duration::ZERO).await?;
    letters.send(event.to_owned(), Duration::ZERO).await?;
    let post = posts(&pipeline, &slack, 1).await?.remove(0);
    let text = post.text();
    ensure!(
        text.starts_with("*No report could be made of 가격 조사 (11월)+최종.xlsx*\n")
            && text.contains("Upload the file again"),
        "{text}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_reporter_that_is_killed_leaves_one_report_and_one_message() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let mut csv = "date,product,price,currency\n".to_owned();
    for row in 0..200_000 {
        writeln!(csv, "2026-11-20,상품 {},{},KRW", row % 5_000, row + 1_000)?;
    }
    let id = pipeline.upload("large.csv", csv.into_bytes()).await?;
    let files = Files::new(pipeline.table()?);
    patiently("the file is worked on", async || {
        Ok(files.get(&id).await?.map(|_| ()))
    })
    .await?;
    ensure!(pipeline.kill("reporter")? == 1, "nothing was killed");
    let state = files.get(&id).await?.context("no file")?.state;
    ensure!(
        matches!(state, store::FileState::Processing { .. }),
        "it was done before it was killed: {state:?}"
    );

    // While the dead one's lease runs nobody takes its place; the repeat of the event does, a
    // minute later.
    let event = event_of(&pipeline, &id).await?;
    let early = pipeline.runner().invoke("reporter", &event).await;
    ensure!(early.is_err(), "{early:?}");
    let posts = posts(&pipeline, &slack, 1).await?;
    let text = posts[0].text();
    ensure!(
        text.contains("200,000 of 200,000 rows used, 5,000 products"),
        "{text}"
    );
    ensure!(reports(&pipeline).await?.len() == 1);
    pipeline.stop().await;
    Ok(())
}

/// The note of an upload that is settled.
async fn note_of(pipeline: &TestPipeline, id: &FileId) -> Result<Notification> {
    let file = Files::new(pipeline.table()?).get(id).await?;
    let upload = file.context("no file")?.upload;
    Ok(Notification::Upload(UploadNotification {
        file: id.clone(),
        version: upload.sequencer.clone(),
        name: upload.file_name().to_owned(),
        outcome: UploadOutcome::Failed {
            reason: "told a second time".to_owned(),
        },
    }))
}

/// How far a note is.
async fn status_of(pipeline: &TestPipeline, note: &Notification) -> Result<Option<String>> {
    let request = pipeline.clients().dynamodb().get_item();
    let request = request.table_name(pipeline.table_name()?);
    let request = request.key("PK", text(format!("NOTE#{}", note.id())));
    let found = request.key("SK", text("META")).send().await?;
    let item = found.item.unwrap_or_default();
    let status = item.get("status").and_then(|status| status.as_s().ok());
    Ok(status.cloned())
}

async fn forget_that_it_was_told(pipeline: &TestPipeline, id: &FileId) -> Result<()> {
    let request = pipeline.clients().dynamodb().update_item();
    let request = request.table_name(pipeline.table_name()?);
    let request = request.key("PK", text(format!("FILE#{id}")));
    let request = request.key("SK", text("META"));
    request
        .condition_expression("attribute_exists(told_at)")
        .update_expression("REMOVE told_at")
        .send()
        .await?;
    Ok(())
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

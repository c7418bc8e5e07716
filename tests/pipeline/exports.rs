//! Workbooks by question: from what is asked to one file and one message, whatever happens twice.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use archive::{Key, Row, Writer};
use integration_tests::{Slack, TestPipeline, patiently};
use jiff::tz::TimeZone;
use model::{
    Ask, Currency, Export, Message, Money, Observation, Offer, Outcome, Product, RunId, Slot,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

crate::trials!(
    a_question_is_answered_once_for_the_same_data,
    what_a_run_fetched_can_be_asked,
    a_message_that_comes_again_makes_one_file_and_one_note,
    a_schedule_asks_and_hears_of_nothing_where_there_is_nothing,
    an_owners_template_takes_the_place_of_a_shipped_one,
    what_cannot_be_asked_is_refused_at_once,
    an_exporter_that_is_killed_leaves_one_file_and_one_note,
    an_export_whose_exporter_died_every_time_is_told_as_failed,
);

/// Puts a run's archive file with one price of one product, as the closer does.
async fn archive(pipeline: &TestPipeline, run: &str, generation: u32, price: &str) -> Result<()> {
    let run: RunId = run.parse()?;
    let seoul = TimeZone::get("Asia/Seoul")?;
    let product: Product = serde_json::from_value(json!({
        "id": "earbuds", "name": "=무선 이어폰",
        "source": {"kind": "html", "url": "https://shop.example/p/1"},
    }))?;
    let offer = Offer {
        price: Money::new(price.parse()?, Currency::KRW),
        availability: None,
        name: None,
        found_in: "json-ld".to_owned(),
        list_price: None,
        remark: None,
    };
    let outcome = Outcome::Price(offer);
    let seen = Observation::new(run.clone(), product.id.clone(), Some(&product), outcome);
    let mut writer = Writer::new(Vec::new())?;
    writer.write(&Row::new(seen, Some(&product), generation, &seoul))?;
    let key = Key::of(&run, generation, &seoul).to_string();
    let files = pipeline.files()?;
    files
        .write(&key, writer.finish()?, "application/gzip")
        .await
}

/// Asks, and waits until the export has ended.
async fn ask(pipeline: &TestPipeline, ask: &Value) -> Result<Value> {
    let answer = pipeline.api(Method::POST, "/exports", Some(ask)).await?;
    let status = answer.status();
    let begun: Value = serde_json::from_str(&answer.text().await?)?;
    ensure!(status == StatusCode::ACCEPTED, "{begun}");
    ended(pipeline, begun["id"].as_str().context("no id")?).await
}

async fn ended(pipeline: &TestPipeline, id: &str) -> Result<Value> {
    let path = format!("/exports/{id}");
    patiently("the export ends", async || {
        let answer = pipeline.api(Method::GET, &path, None).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let view: Value = serde_json::from_str(&answer.text().await?)?;
        let open = matches!(view["state"].as_str(), Some("waiting" | "working"));
        Ok((!open).then_some(view))
    })
    .await
}

/// Waits for so many messages, and then until nothing is left to do; gives their texts.
async fn told(pipeline: &TestPipeline, slack: &Slack, count: usize) -> Result<Vec<String>> {
    patiently("the messages are posted", async || {
        Ok((slack.posts().len() >= count).then_some(()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    let posts = slack.posts();
    ensure!(posts.len() == count, "{posts:?}");
    Ok(posts.iter().map(integration_tests::Post::text).collect())
}

/// The answers' files.
async fn answers(pipeline: &TestPipeline) -> Result<BTreeSet<String>> {
    let files = pipeline.files()?;
    let keys = files.keys("exports/questions/", None, None).await?;
    // Beside each answer lie its first rows, for the page.
    let is_answer = |key: &String| !key.ends_with(".first-rows.json");
    Ok(keys.into_iter().filter(is_answer).collect())
}

/// What an answer in JSON says of its rows.
async fn rows_of(pipeline: &TestPipeline, done: &Value) -> Result<Value> {
    let key = done["file"].as_str().with_context(|| done.to_string())?;
    let bytes = pipeline.files()?.read(key, 1 << 20).await?;
    let answer: Value = serde_json::from_slice(&bytes.context("no file")?)?;
    Ok(answer["rows"].clone())
}

/// The exports of one second are one: a later question is another.
async fn a_second_later() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

fn movers() -> Value {
    json!({
        "template": "movers",
        "parameters": {"from": "2026-11-20", "to": "2026-11-21", "at_least": "1"},
        "format": "json",
    })
}

async fn a_question_is_answered_once_for_the_same_data() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    archive(&pipeline, "daily@2026-11-20T01:15:00Z", 1, "10000").await?;
    archive(&pipeline, "daily@2026-11-21T01:15:00Z", 1, "8000").await?;
    // Outside the days that are asked for, and a folder that is no archive.
    archive(&pipeline, "daily@2026-11-22T01:15:00Z", 1, "1").await?;
    archive(&pipeline, "hourly@2026-11-19T01:15:00Z", 1, "1").await?;

    let first = ask(&pipeline, &movers()).await?;
    ensure!(first["state"] == "done" && first["rows"] == 1, "{first}");
    ensure!(first["made_before"] == false, "{first}");
    let rows = rows_of(&pipeline, &first).await?.to_string();
    ensure!(rows.contains("10000") && rows.contains("8000"), "{rows}");

    // The link in the message opens the file.
    let text = told(&pipeline, &slack, 1).await?.remove(0);
    ensure!(text.contains("Movers of a period is ready"), "{text}");
    ensure!(text.contains("1 row"), "{text}");
    let link = slack.posts()[0].link().context("no link")?;
    let opened = pipeline.client().get(&link).send().await?;
    ensure!(opened.status() == StatusCode::OK, "{opened:?}");

    a_second_later().await;
    let again = ask(&pipeline, &movers()).await?;
    ensure!(again["made_before"] == true, "{again}");
    ensure!(again["file"] == first["file"], "{again}");
    let text = told(&pipeline, &slack, 2).await?.remove(1);
    ensure!(text.contains("nothing has changed"), "{text}");

    // One price more counts: a later generation of a run.
    archive(&pipeline, "daily@2026-11-21T01:15:00Z", 2, "9000").await?;
    a_second_later().await;
    let changed = ask(&pipeline, &movers()).await?;
    ensure!(changed["made_before"] == false, "{changed}");
    ensure!(changed["file"] != first["file"], "{changed}");
    let rows = rows_of(&pipeline, &changed).await?.to_string();
    ensure!(rows.contains("9000") && !rows.contains("8000"), "{rows}");

    // A workbook of the same question is another file, and says what it is.
    let mut workbook = movers();
    workbook["format"] = "xlsx".into();
    workbook["korean"] = true.into();
    let done = ask(&pipeline, &workbook).await?;
    let key = done["file"].as_str().context("no file")?;
    ensure!(key.ends_with("/movers.ko.xlsx"), "{key}");
    // Its first rows can be looked at without it.
    let path = format!("/exports/{}/rows", done["id"].as_str().context("no id")?);
    let first_rows = pipeline.api(Method::GET, &path, None).await?.text().await?;
    let first_rows: Value = serde_json::from_str(&first_rows)?;
    ensure!(
        first_rows["columns"][0]["name"] == "product"
            && first_rows["columns"][6]["kind"] == "percent",
        "{first_rows}"
    );
    let money = json!(["9000", "KRW"]);
    ensure!(first_rows["rows"][0][5] == money, "{first_rows}");
    let path = pipeline.folder().join("movers.xlsx");
    pipeline.files()?.download(key, &path, u64::MAX).await?;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path)?;
    let mut texts = String::new();
    for sheet in calamine::Reader::sheet_names(&book) {
        let range = calamine::Reader::worksheet_range(&mut book, &sheet)?;
        for row in range.rows() {
            texts.extend(row.iter().map(|cell| format!("{cell}\n")));
        }
    }
    for said in [
        "기간 등락",
        "2026-11-20 – 2026-11-21",
        "at_least",
        "=무선 이어폰",
    ] {
        ensure!(texts.contains(said), "{said} is not in {texts}");
    }
    pipeline.stop().await;
    Ok(())
}

/// From the schedule's event to the file: the closer's archive is what the exporter reads.
async fn what_a_run_fetched_can_be_asked() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut catalogue = pipeline.shop().catalogue();
    catalogue.truncate(5);
    pipeline.define(catalogue.clone()).await?;
    let run: RunId = "daily@2026-11-20T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    let question = json!({
        "template": "counts-by-condition",
        "parameters": {"by": "source", "from": "2026-11-20", "to": "2026-11-20"},
        "format": "json",
    });
    let done = patiently("the run is in the archive", async || {
        let done = ask(&pipeline, &question).await?;
        let is_there = done["rows"].as_u64() > Some(0);
        if !is_there {
            a_second_later().await;
        }
        Ok(is_there.then_some(done))
    })
    .await?;
    let rows = rows_of(&pipeline, &done).await?;
    ensure!(rows.to_string().contains('5'), "{rows}");
    ensure!(done["rows"] == 1, "{done}");
    pipeline.stop().await;
    Ok(())
}

fn export(ask: Value) -> Result<Export> {
    let ask: Ask = serde_json::from_value(ask)?;
    let slot: Slot = "2026-11-21T02:00:00Z".parse()?;
    Ok(Export::new(ask, slot))
}

/// The event by which a message of the queue `exports` comes.
fn event_of(export: &Export) -> Result<Value> {
    let mut event: Value = serde_json::from_str(include_str!("../../events/sqs-exports.json"))?;
    event["Records"][0]["body"] = Message::from(export.clone()).to_body().into();
    Ok(event)
}

async fn a_message_that_comes_again_makes_one_file_and_one_note() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    archive(&pipeline, "daily@2026-11-20T01:15:00Z", 1, "10000").await?;
    archive(&pipeline, "daily@2026-11-21T01:15:00Z", 1, "8000").await?;
    let export = export(movers())?;
    let body = Message::from(export.clone()).to_body();
    let queue = pipeline.queue("ExportsQueue")?;
    queue.send_all(std::iter::repeat_n(body.clone(), 4)).await?;
    let done = ended(&pipeline, export.id.as_str()).await?;
    ensure!(done["state"] == "done", "{done}");
    told(&pipeline, &slack, 1).await?;
    queue.send(body, Duration::ZERO).await?;
    told(&pipeline, &slack, 1).await?;
    ensure!(answers(&pipeline).await?.len() == 1);
    pipeline.stop().await;
    Ok(())
}

async fn a_schedule_asks_and_hears_of_nothing_where_there_is_nothing() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let event: Value = serde_json::from_str(include_str!("../../events/schedule-export.json"))?;
    let asked = pipeline.runner().invoke("scheduler", &event).await?;
    let id = asked["export"].as_str().context("no export")?;
    let none = ended(&pipeline, id).await?;
    ensure!(none["state"] == "empty" && none["file"].is_null(), "{none}");

    archive(&pipeline, "daily@2026-11-20T01:15:00Z", 1, "10000").await?;
    archive(&pipeline, "daily@2026-11-21T01:15:00Z", 1, "8000").await?;
    let mut later = event.clone();
    later["slot"] = "2026-11-21T02:00:00Z".into();
    // The same event twice asks once.
    let asked = pipeline.runner().invoke("scheduler", &later).await?;
    ensure!(asked == pipeline.runner().invoke("scheduler", &later).await?);
    let some = ended(&pipeline, asked["export"].as_str().context("no export")?).await?;
    ensure!(some["state"] == "done", "{some}");
    told(&pipeline, &slack, 1).await?;

    let listed = pipeline.api(Method::GET, "/exports", None).await?;
    let listed: Value = serde_json::from_str(&listed.text().await?)?;
    let exports = listed["exports"].as_array().context("no exports")?;
    ensure!(
        exports.len() == 2 && exports[0]["state"] == "done",
        "{listed}"
    );
    // And both are in what people were told.
    let told = pipeline.api(Method::GET, "/notifications", None).await?;
    let told: Value = serde_json::from_str(&told.text().await?)?;
    ensure!(
        told["notifications"][0]["export"] == exports[0]["id"],
        "{told}"
    );

    // What is asked wrongly is an error of the event, which ends as a dead letter.
    let mut wrong = event;
    wrong["parametres"] = json!({});
    ensure!(pipeline.runner().invoke("scheduler", &wrong).await.is_err());
    pipeline.stop().await;
    Ok(())
}

async fn an_owners_template_takes_the_place_of_a_shipped_one() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let files = pipeline.files()?;
    let sql = "text/plain; charset=utf-8";
    let own = b"-- title: Mine\n-- parameter: n; whole; default 7\nSELECT :n AS n".to_vec();
    files.write("templates/movers.sql", own, sql).await?;
    let wrong = b"-- title: Wrong\nSELECT nothing FROM prices".to_vec();
    files.write("templates/wrong.sql", wrong, sql).await?;
    files
        .write("templates/not UTF-8.sql", vec![0xff], sql)
        .await?;
    files
        .write("templates/bytes.sql", vec![b'-', 0xff], sql)
        .await?;

    let listed = pipeline.api(Method::GET, "/templates", None).await?;
    let listed: Value = serde_json::from_str(&listed.text().await?)?;
    let templates = listed["templates"].as_array().context("no templates")?;
    let named = |name: &str| {
        let found = templates.iter().find(|one| one["name"] == name);
        found.cloned().unwrap_or_default()
    };
    ensure!(templates.len() == 8, "{listed}");
    ensure!(named("movers")["title"] == "Mine", "{listed}");
    ensure!(named("movers")["own"] == true, "{listed}");
    ensure!(named("without-price")["own"] == false, "{listed}");
    ensure!(named("bytes")["error"].is_string(), "{listed}");
    let one = pipeline.api(Method::GET, "/templates/movers", None).await?;
    let one: Value = serde_json::from_str(&one.text().await?)?;
    ensure!(one["parameters"][0]["default"] == "7", "{one}");
    ensure!(
        one["text"]
            .as_str()
            .is_some_and(|text| text.contains("SELECT"))
    );

    let done = ask(&pipeline, &json!({"template": "movers", "format": "csv"})).await?;
    let key = done["file"].as_str().with_context(|| done.to_string())?;
    let csv = files.read(key, 1_000).await?.context("no file")?;
    ensure!(csv == b"n\n7\n" || csv == b"n\r\n7\r\n", "{csv:?}");
    // Wrong in its statement, which only the engine sees.
    let failed = ask(&pipeline, &json!({"template": "wrong"})).await?;
    let reason = failed["reason"].as_str().unwrap_or_default();
    ensure!(
        failed["state"] == "failed" && reason.contains("line 2"),
        "{failed}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn what_cannot_be_asked_is_refused_at_once() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    for (ask, status, field) in [
        (json!({"template": "none"}), 404, "template"),
        (json!({"template": "../movers"}), 400, "template"),
        (json!({"template": "movers", "sheet": 1}), 400, "sheet"),
        (
            json!({"template": "movers", "parameters": {"direction": "sideways"}}),
            400,
            "parameters.direction",
        ),
        (
            json!({"template": "movers", "parameters": {"until": "2026-11-21"}}),
            400,
            "parameters.until",
        ),
    ] {
        let refused = pipeline.api(Method::POST, "/exports", Some(&ask)).await?;
        let given = refused.status().as_u16();
        let problem: Value = serde_json::from_str(&refused.text().await?)?;
        ensure!(given == status, "{ask}: {problem}");
        let named = problem.to_string();
        ensure!(named.contains(field), "{ask}: {problem}");
    }
    let send = async |key: &str, ask: &Value| {
        let url = format!("{}/exports", pipeline.variable("PRICETIDE_API_URL"));
        let request = pipeline.client().post(url).header("idempotency-key", key);
        let request = request.bearer_auth(pipeline.variable("PRICETIDE_API_TOKEN"));
        let answer = request.body(ask.to_string()).send().await?;
        let text = answer.text().await?;
        anyhow::Ok(serde_json::from_str::<Value>(&text)?)
    };
    let first = send("k-1", &movers()).await?;
    a_second_later().await;
    let repeated = send("k-1", &movers()).await?;
    ensure!(
        first["id"].is_string() && first["id"] == repeated["id"],
        "{repeated}"
    );
    let other = send("k-1", &json!({"template": "movers"})).await?;
    ensure!(
        other["status"] == 400 && other["field"] == "idempotency-key",
        "{other}"
    );
    let another = send("k-2", &movers()).await?;
    ensure!(another["id"] != first["id"], "{another}");
    pipeline.stop().await;
    Ok(())
}

async fn an_exporter_that_is_killed_leaves_one_file_and_one_note() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    // Takes a second or more, so that there is something to kill.
    let slow = b"-- title: Slow\nWITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < 4000000) SELECT count(i) AS many FROM n"
        .to_vec();
    let files = pipeline.files()?;
    files
        .write("templates/slow.sql", slow, "text/plain")
        .await?;
    let export = export(json!({"template": "slow", "format": "json"}))?;
    let event = event_of(&export)?;
    let kill = async {
        while pipeline.runner().busy_processes("exporter").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        pipeline.kill("exporter")
    };
    let (killed, invoked) = tokio::join!(kill, pipeline.runner().invoke("exporter", &event));
    ensure!(killed? == 1, "nothing was killed");
    ensure!(
        invoked.is_err(),
        "the exporter was done before it was killed"
    );
    ensure!(answers(&pipeline).await?.is_empty());

    // Its claim stands until the lease runs out: whoever comes before is sent back.
    let early = pipeline.runner().invoke("exporter", &event).await?;
    ensure!(early["batchItemFailures"][0].is_object(), "{early}");
    patiently("the export is taken over", async || {
        let answer = pipeline.runner().invoke("exporter", &event).await?;
        let done = answer["batchItemFailures"]
            .as_array()
            .is_some_and(Vec::is_empty);
        Ok(done.then_some(()))
    })
    .await?;
    let done = ended(&pipeline, export.id.as_str()).await?;
    ensure!(done["state"] == "done" && done["rows"] == 1, "{done}");
    told(&pipeline, &slack, 1).await?;
    ensure!(answers(&pipeline).await?.len() == 1);
    pipeline.stop().await;
    Ok(())
}

async fn an_export_whose_exporter_died_every_time_is_told_as_failed() -> Result<()> {
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::with_slack(&slack).await?;
    let export = export(movers())?;
    let letter = Message::from(export.clone()).to_body();
    let dead = pipeline.queue("ExportsDeadQueue")?;
    dead.send(letter.clone(), Duration::ZERO).await?;
    let failed = ended(&pipeline, export.id.as_str()).await?;
    dead.send(letter, Duration::ZERO).await?;
    ensure!(failed["state"] == "failed", "{failed}");
    let text = told(&pipeline, &slack, 1).await?.remove(0);
    ensure!(text.contains("movers could not be answered"), "{text}");
    pipeline.stop().await;
    Ok(())
}

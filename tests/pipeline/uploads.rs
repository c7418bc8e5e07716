//! Workbooks in, reports out.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader};
use integration_tests::TestPipeline;
use model::FileId;
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use store::{Bucket, FileState};

/// Monthly prices of five companies, 2000 to 2010: a public data set (see its licence note).
const STOCKS: &[u8] = include_bytes!("../data/workbooks/stocks/stocks.xlsx");
/// What its report must say, by a program that shares no code with ours.
const EXPECTED: &str = include_str!("../data/workbooks/stocks/expected.json");

crate::trials!(
    a_workbook_of_real_prices_comes_back_as_the_right_report,
    what_is_no_workbook_fails_with_a_reason_and_the_rest_goes_through,
    an_owner_sets_headings_and_limits,
    a_newer_version_of_an_upload_wins,
    a_repeated_event_does_no_work_twice,
    a_report_compares_followed_products_with_their_stored_prices,
    a_form_takes_only_what_its_policy_says,
);

async fn a_workbook_of_real_prices_comes_back_as_the_right_report() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let id = pipeline
        .upload("주가 2000+2010 (월별).xlsx", STOCKS.to_vec())
        .await?;
    let state = pipeline.settled(&id).await?;
    let FileState::Done { report, summary } = state else {
        anyhow::bail!("{state:?}");
    };
    ensure!(
        report.ends_with("/주가 2000+2010 (월별)-report.xlsx"),
        "{report}"
    );
    let expected: Value = serde_json::from_str(EXPECTED)?;
    let summary: Value = serde_json::from_str(&summary)?;
    ensure!(summary["rows_used"] == expected["rows"], "{summary}");

    let path = pipeline.folder().join("report.xlsx");
    pipeline.files()?.download(&report, &path, u64::MAX).await?;
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&path)?;
    let sheet = workbook.worksheet_range("Products")?;
    let mut rows = sheet.rows();
    let headings: Vec<String> = rows
        .next()
        .context("no headings")?
        .iter()
        .map(ToString::to_string)
        .collect();
    let column = |name: &str| {
        let found = headings.iter().position(|heading| heading == name);
        found.with_context(|| format!("no column {name} in {headings:?}"))
    };
    let mut products = 0;
    for row in rows {
        let product = row[column("Product")?].to_string();
        let expected = &expected["products"][&product];
        for (name, key) in [
            ("Prices", "count"),
            ("First price", "first"),
            ("Last price", "last"),
            ("Lowest", "minimum"),
            ("Highest", "maximum"),
            ("Median", "median"),
            ("Change", "change"),
            ("Mean", "mean"),
        ] {
            let shown = number(&row[column(name)?]).with_context(|| format!("{product} {name}"))?;
            let wanted: Decimal = expected[key].to_string().trim_matches('"').parse()?;
            let close = (shown - wanted).abs() <= Decimal::new(1, 6);
            ensure!(close, "{product} {name}: {shown}, not {wanted}");
        }
        products += 1;
    }
    ensure!(products == 5, "{products}");
    pipeline.stop().await;
    Ok(())
}

fn number(cell: &Data) -> Option<Decimal> {
    match cell {
        Data::Float(number) => Decimal::try_from(*number).ok(),
        Data::Int(number) => Some(Decimal::from(*number)),
        _ => None,
    }
}

async fn what_is_no_workbook_fails_with_a_reason_and_the_rest_goes_through() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let text = "안녕하세요, 이것은 표가 아닙니다.\n"
        .repeat(40)
        .into_bytes();
    let truncated = STOCKS[..STOCKS.len() / 2].to_vec();
    let bad = [
        ("그냥 글.xlsx", text),
        ("half.xlsx", truncated),
        ("empty.xlsx", Vec::new()),
    ];
    let mut failing = Vec::new();
    for (name, bytes) in bad {
        failing.push((name, pipeline.upload(name, bytes).await?));
    }
    let good = pipeline.upload("good.xlsx", STOCKS.to_vec()).await?;
    for (name, id) in failing {
        let state = pipeline.settled(&id).await?;
        let FileState::Failed { code, reason } = state else {
            anyhow::bail!("{name}: {state:?}");
        };
        ensure!(
            !code.is_empty() && reason.len() > 20,
            "{name}: {code} {reason}"
        );
    }
    let state = pipeline.settled(&good).await?;
    ensure!(matches!(state, FileState::Done { .. }), "{state:?}");
    pipeline.stop().await;
    Ok(())
}

async fn an_owner_sets_headings_and_limits() -> Result<()> {
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_HEADINGS", r#"{"price": ["우리 값"]}"#)
            .with_variable("PRICETIDE_LIMITS", r#"{"rows": 2}"#)
    })
    .await?;
    let rows = "date,product,우리 값\n2026-11-20,cable,100\n2026-11-21,cable,120\n";
    let longer = format!("{rows}2026-11-22,cable,130\n");
    let within = pipeline.upload("two.csv", rows.into()).await?;
    let beyond = pipeline.upload("three.csv", longer.into()).await?;
    let state = pipeline.settled(&within).await?;
    ensure!(matches!(state, FileState::Done { .. }), "{state:?}");
    let state = pipeline.settled(&beyond).await?;
    ensure!(
        matches!(&state, FileState::Failed { reason, .. } if reason.contains('2')),
        "{state:?}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_newer_version_of_an_upload_wins() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let s3 = pipeline.clients().s3();
    let bucket = inbox(&pipeline)?;
    let key = "uploads/prices/by-hand/가격 목록.xlsx";
    for body in [b"no workbook".to_vec(), STOCKS.to_vec()] {
        s3.put_object()
            .bucket(&bucket)
            .key(key)
            .body(body.into())
            .send()
            .await?;
    }
    let id = model::Upload::file_id_of(&bucket, key);
    integration_tests::patiently("the newer version is reported", async || {
        let state = pipeline.settled(&id).await?;
        Ok(matches!(state, FileState::Done { .. }).then_some(()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    let state = pipeline.settled(&id).await?;
    ensure!(matches!(state, FileState::Done { .. }), "{state:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_repeated_event_does_no_work_twice() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let id = pipeline.upload("prices.xlsx", STOCKS.to_vec()).await?;
    let first = pipeline.settled(&id).await?;
    let event = event_of(&pipeline, &id).await?;
    let written = reports(&pipeline).await?;
    pipeline.runner().invoke("reporter", &event).await?;
    ensure!(pipeline.settled(&id).await? == first);
    ensure!(
        reports(&pipeline).await? == written,
        "the report was written again"
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_report_compares_followed_products_with_their_stored_prices() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let product = pipeline.shop().catalogue().swap_remove(0);
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    let stored = store::Products::new(pipeline.table()?).get(&id).await?;
    let stored = stored.and_then(|stored| stored.last).context("no price")?;
    let (amount, currency) = (stored.price.amount, stored.price.currency.code());
    let csv = format!(
        "date,sku,product,price,currency\n\
         2026-11-20,{id},내 상품,{},{currency}\n\
         2026-11-20,nobody-follows-me,다른 상품,1,{currency}\n\
         2026-11-20,no id # of a product,셋째,1,{currency}\n",
        amount * Decimal::TWO
    );
    let upload = pipeline.upload("own.csv", csv.into_bytes()).await?;
    let FileState::Done { report, summary } = pipeline.settled(&upload).await? else {
        anyhow::bail!("no report");
    };
    let summary: Value = serde_json::from_str(&summary)?;
    ensure!(summary["products_followed"] == 1, "{summary}");

    let path = pipeline.folder().join("report.xlsx");
    pipeline.files()?.download(&report, &path, u64::MAX).await?;
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&path)?;
    let sheet = workbook.worksheet_range("History")?;
    ensure!(sheet.height() == 2, "{sheet:?}");
    let cell = |column| sheet.get((1, column)).context("no such cell");
    ensure!(cell(1)?.to_string() == id.as_str());
    ensure!(number(cell(5)?) == Some(amount.normalize()), "{sheet:?}");
    // 10:15 in Seoul, as Excel counts days.
    let fetched = 46_327.0 + 10.25 / 24.0;
    ensure!(
        matches!(cell(6)?, Data::DateTime(at) if (at.as_f64() - fetched).abs() < 1e-6),
        "{sheet:?}"
    );
    ensure!(number(cell(7)?) == Some(amount.normalize()), "{sheet:?}");
    ensure!(number(cell(8)?) == Some(Decimal::ONE), "{sheet:?}");
    pipeline.stop().await;
    Ok(())
}

/// The S3 event of an upload, as it came or would come again.
pub(crate) async fn event_of(pipeline: &TestPipeline, id: &FileId) -> Result<Value> {
    let files = store::Files::new(pipeline.table()?);
    let upload = files.get(id).await?.context("no file")?.upload;
    let mut event: Value = serde_json::from_str(include_str!("../../events/s3-put-prices.json"))?;
    let s3 = &mut event["Records"][0]["s3"];
    s3["bucket"]["name"] = upload.bucket.into();
    s3["object"]["key"] = upload.key.into();
    s3["object"]["sequencer"] = upload.sequencer.into();
    Ok(event)
}

/// The reports and when they were written.
pub(crate) async fn reports(pipeline: &TestPipeline) -> Result<Vec<(String, Option<String>)>> {
    let listed = pipeline
        .clients()
        .s3()
        .list_objects_v2()
        .bucket(pipeline.files_bucket()?)
        .prefix("reports/")
        .send()
        .await?;
    let written = listed.contents().iter().map(|object| {
        let when = object.last_modified().map(ToString::to_string);
        (object.key().unwrap_or_default().to_owned(), when)
    });
    Ok(written.collect())
}

/// The inbox's name: the files bucket's, with the other ending.
async fn a_form_takes_only_what_its_policy_says() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let bucket = Bucket::new(pipeline.clients(), inbox(&pipeline)?);
    let key = "forms/11월 가격 $x.csv";
    let valid = Duration::from_mins(5);
    let made = bucket.presign_post(key, "text/csv", 10, valid).await?;
    let fields = made.fields.iter();
    let fields: Map<String, Value> = fields
        .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
        .collect();
    let send = async |changes: &[(&str, &str)], file: &[u8]| -> Result<StatusCode> {
        let mut fields = fields.clone();
        for (name, value) in changes {
            fields.insert((*name).to_owned(), (*value).into());
        }
        let (content_type, body) = local::demo::form(&Value::Object(fields), file);
        let request = pipeline.client().post(&made.url).body(body);
        let answer = request.header("content-type", content_type).send().await?;
        Ok(answer.status())
    };
    for (changes, file) in [
        (&[("content-type", "text/html")][..], "12345"),
        (&[("key", "forms/other.csv")], "12345"),
        (&[("x-amz-signature", &"0".repeat(64))], "12345"),
        (&[], "12345678901"),
    ] {
        let status = send(changes, file.as_bytes()).await?;
        ensure!(status.is_client_error(), "{changes:?} {file}: {status}");
    }
    ensure!(!bucket.has(key).await?, "something was written");
    // A file without a byte is taken too: whoever sent it is told why it is no workbook.
    for file in [&b""[..], b"1234567890"] {
        let status = send(&[], file).await?;
        ensure!(status.is_success(), "{status}");
        let stored = bucket.read(key, 100).await?;
        ensure!(stored.as_deref() == Some(file), "{stored:?}");
    }
    pipeline.stop().await;
    Ok(())
}

pub(crate) fn inbox(pipeline: &TestPipeline) -> Result<String> {
    Ok(pipeline.files_bucket()?.replace("-files", "-inbox"))
}

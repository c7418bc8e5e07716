//! The page in a real browser, against the running pipeline: the whole way of a person, in both
//! languages, on a phone, a tablet and a wide screen, light and dark.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use integration_tests::{Browser, CONFIG, TestPipeline, patiently};
use jiff::{SignedDuration, Timestamp};
use model::{RunId, Slot};
use serde_json::json;

use crate::browser_words::{ENGLISH, KOREAN, Words};

crate::trials!(
    a_person_goes_the_whole_way_in_korean_on_a_wide_screen,
    a_person_goes_the_whole_way_in_english_on_a_phone,
    every_view_fits_every_screen_and_is_open_to_everybody,
    the_chart_draws_steps_gaps_and_failures_where_they_belong,
    names_are_shown_as_text_whatever_they_hold,
    the_readme_shows_the_page_as_it_is,
);

/// A name that would be markup, runs right to left, and has an emoji.
const ODD_NAME: &str = "<b onmouseover=alert(1)>굵게</b> سماعات 📈 & \"따옴표\"";

async fn a_person_goes_the_whole_way_in_korean_on_a_wide_screen() -> Result<()> {
    whole_way(&KOREAN, 1_440, "light").await
}

async fn a_person_goes_the_whole_way_in_english_on_a_phone() -> Result<()> {
    whole_way(&ENGLISH, 360, "dark").await
}

/// Signs in with the printed link, in this language and theme.
pub(crate) async fn sign_in(
    browser: &Browser,
    pipeline: &TestPipeline,
    language: &str,
    theme: &str,
) -> Result<String> {
    let link = pipeline.page();
    let (base, _) = link.split_once("/#").context("no fragment")?;
    browser.open(&format!("{base}/docs")).await?;
    let settings = format!(
        "localStorage.setItem('pricetide.language', '{language}'); localStorage.setItem('pricetide.theme', '{theme}')"
    );
    browser.run(&settings).await?;
    browser.open(&link).await?;
    browser.see("main h1").await?;
    let address = browser.run("return location.href").await?;
    ensure!(!address.to_string().contains("token"), "{address}");
    Ok(base.to_owned())
}

/// Who comes for the first time is asked for a token, and that is no error.
async fn a_stranger_is_asked_for_a_token(base: &str) -> Result<()> {
    let stranger = Browser::start().await?.context("another browser")?;
    stranger.open(base).await?;
    stranger.see("main form input[type=password]").await?;
    let spilt = stranger.errors(&[]).await?;
    ensure!(spilt.is_empty(), "{spilt:?}");
    stranger.close().await
}

async fn whole_way(words: &Words, width: u32, theme: &str) -> Result<()> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let pipeline = TestPipeline::start().await?;
    browser.resize(width, 900).await?;
    let base = sign_in(&browser, &pipeline, words.language, theme).await?;
    browser.read(words.empty).await?;

    // Two shops' pages, read before they are saved, as offers of one item.
    let shop = pipeline.shop().catalogue();
    let pages: Vec<&str> = shop
        .iter()
        .filter_map(|it| it.source.url())
        .take(2)
        .collect();
    for (at, page) in pages.iter().enumerate() {
        browser.open(&format!("{base}/#/add")).await?;
        browser.read(words.add).await?;
        browser.write(words.addresses, page).await?;
        browser.press(words.read).await?;
        browser.see("main .price-now").await?;
        browser.write(words.id, &format!("offer-{at}")).await?;
        browser.write(words.item, "이어폰").await?;
        browser.press(words.follow).await?;
        browser.read(words.following).await?;
    }

    // A run, watched until it is complete.
    browser.open(&format!("{base}/#/runs")).await?;
    browser.press(words.run).await?;
    browser.read(words.complete).await?;

    // The chart of one, and both offers side by side.
    browser.open(&format!("{base}/#/products/offer-0")).await?;
    browser.see(".chart[data-ready] canvas").await?;
    browser
        .open(&format!("{base}/#/items/%EC%9D%B4%EC%96%B4%ED%8F%B0"))
        .await?;
    browser.see(".chart[data-ready] canvas").await?;
    browser.read(words.best).await?;

    // An alert.
    browser.open(&format!("{base}/#/products/offer-0")).await?;
    browser.press(words.new_alert).await?;
    browser.write(words.amount, "1").await?;
    browser.write(words.currency, "KRW").await?;
    browser.press(words.save).await?;
    browser.read(words.target).await?;

    // A void price, and back.
    browser.press(words.exclude).await?;
    browser.write(words.why, "시험").await?;
    browser
        .run("document.querySelector('dialog form').requestSubmit()")
        .await?;
    browser.read(words.excluded).await?;
    browser.see("tr.void").await?;
    browser.press(words.undo).await?;
    browser.read(words.counts_again).await?;

    // A workbook in, its report on the page.
    browser.open(&format!("{base}/#/workbooks")).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("11월 가격 📈.csv");
    std::fs::write(
        &file,
        "날짜,상품,가격\n2026-11-01,연필,1000원\n2026-11-02,연필,900원\n",
    )?;
    browser.see(".drop").await?;
    browser.choose("input[type=file]", &file).await?;
    browser.read(words.report).await?;

    // A template asked, its answer as a table.
    browser
        .open(&format!(
            "{base}/#/exports?template=price-history&product=offer-0"
        ))
        .await?;
    browser.press(words.ask).await?;
    browser.read(words.answer).await?;
    browser.see(".answer tbody td.num").await?;

    // Shared, seen without a token, revoked.
    browser.open(&format!("{base}/#/products/offer-0")).await?;
    browser.press(words.share).await?;
    browser.see("dialog input[readonly]").await?;
    let link = browser
        .run("return document.querySelector('dialog input[readonly]').value")
        .await?;
    let link = link.as_str().context("no link")?.to_owned();
    let visitor = Browser::start().await?.context("a second browser")?;
    visitor.open(&link).await?;
    visitor.see(".chart[data-ready] canvas").await?;
    ensure!(
        visitor
            .run("return document.querySelectorAll('.rail a.to').length")
            .await?
            == 0
    );
    let spilt = visitor.errors(&[]).await?;
    ensure!(spilt.is_empty(), "{spilt:?}");
    browser.press(words.revoke).await?;
    browser.read(words.revoked).await?;
    visitor.open(&link).await?;
    visitor.see("main form, main .notice").await?;
    visitor.close().await?;
    a_stranger_is_asked_for_a_token(&base).await?;

    let errors = browser
        .errors(&["/api/runs/", "/api/uploads/", "/api/exports/"])
        .await?;
    ensure!(errors.is_empty(), "{errors:?}");
    browser.close().await?;
    pipeline.stop().await;
    Ok(())
}

/// How many days the known history has.
const DAYS: i64 = 120;

/// A product with a known history, a day a slot, ending an hour ago: 100,000 and 80,000 won in turns of
/// ten days, no price from day 40 to 49, day 70 void, out of stock from day 90 to 99.
async fn with_history(pipeline: &TestPipeline, id: &str, name: &str) -> Result<Timestamp> {
    let mut product = pipeline.shop().catalogue().swap_remove(0);
    product.id = id.parse()?;
    name.clone_into(&mut product.name);
    product.item = Some("known".parse()?);
    pipeline.define([product]).await?;
    let client = pipeline.clients().dynamodb();
    let first = Timestamp::now() - SignedDuration::from_hours(24 * (DAYS - 1) + 1);
    for day in 0..DAYS {
        let slot = Slot::at(first + SignedDuration::from_hours(24 * day));
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let mut put = client
            .put_item()
            .table_name(pipeline.table_name()?)
            .item("PK", s(&format!("PRODUCT#{id}")))
            .item("SK", s(&format!("OBS#{slot}#daily")))
            .item("run", s(&format!("daily@{slot}")))
            .item("name", s(name))
            .item("fetched_at", s(&slot.to_string()));
        if (40..50).contains(&day) {
            put = put.item("reason", s("timeout")).item("detail", s("20 s"));
        } else {
            let amount = if day / 10 % 2 == 0 { "100000" } else { "80000" };
            let out = (90..100).contains(&day);
            put = put
                .item("price", AttributeValue::N(amount.to_owned()))
                .item("currency", s("KRW"))
                .item("found_in", s("json-ld"))
                .item(
                    "availability",
                    s(if out { "OutOfStock" } else { "InStock" }),
                );
        }
        if day == 70 {
            put = put
                .item("void", s("시험"))
                .item("void_at", s(&slot.to_string()));
        }
        put.send().await?;
    }
    Ok(Slot::at(first).instant())
}

async fn every_view_fits_every_screen_and_is_open_to_everybody() -> Result<()> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let pipeline = TestPipeline::start().await?;
    with_history(&pipeline, "known", ODD_NAME).await?;
    with_history(
        &pipeline,
        "other",
        "무선 이어폰 프로 맥스 울트라 (2세대, 노이즈 캔슬링, 화이트)",
    )
    .await?;
    let run: RunId = format!("daily@{}", Slot::at(Timestamp::now())).parse()?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    let run = run.to_string().replace('@', "%40").replace(':', "%3A");
    let views = [
        "/",
        "/products",
        "/products/known",
        "/items",
        "/items/known",
        "/add",
        "/runs",
        &format!("/runs/{run}"),
        "/workbooks",
        "/exports",
        "/sources",
        "/alerts",
        "/schedules",
        "/notifications",
        "/settings",
    ];
    let mut barriers = Vec::new();
    let folder = std::env::var_os("PRICETIDE_SCREENSHOTS").map(PathBuf::from);
    for (language, theme, width) in [
        ("ko", "light", 1_440),
        ("en", "dark", 1_440),
        ("ko", "dark", 768),
        ("en", "light", 768),
        ("ko", "light", 360),
        ("en", "dark", 360),
    ] {
        browser.resize(width, 900).await?;
        let base = sign_in(&browser, &pipeline, language, theme).await?;
        for view in views {
            let at = format!("{view} {language} {theme} {width}");
            browser.open(&format!("{base}/#{view}")).await?;
            browser.see("main h1").await?;
            if view == "/products/known" || view == "/items/known" {
                browser.see(".chart[data-ready] canvas").await?;
            }
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wide = browser.run(wide).await?;
            ensure!(
                wide.as_i64().is_some_and(|wide| wide <= 0),
                "{at} is wider than the screen by {wide}"
            );
            let found = browser.barriers().await?;
            barriers.extend(found.into_iter().map(|barrier| format!("{at}: {barrier}")));
            if let Some(folder) = &folder {
                std::fs::create_dir_all(folder)?;
                let name = view.trim_start_matches('/').replace(['/', '%'], "_");
                let name = format!("{name}-{language}-{theme}-{width}.png");
                std::fs::write(folder.join(name), browser.screenshot().await?)?;
            }
        }
        let errors = browser.errors(&[]).await?;
        ensure!(errors.is_empty(), "{language} {theme} {width}: {errors:?}");
    }
    let base = sign_in(&browser, &pipeline, "en", "light").await?;
    browser.open(&format!("{base}/docs")).await?;
    browser.see("#put_products_id").await?;
    barriers.extend(browser.barriers().await?);
    ensure!(barriers.is_empty(), "{barriers:#?}");
    let errors = browser.errors(&[]).await?;
    ensure!(errors.is_empty(), "/docs: {errors:?}");
    browser.close().await?;
    pipeline.stop().await;
    Ok(())
}

/// What the chart has painted: whether near a place there is a pixel of a colour of the page.
const PAINTED: &str = r"
    const figure = document.querySelector('.chart');
    const plot = figure.plot;
    const canvas = plot.ctx.canvas;
    const probe = document.body.appendChild(document.createElement('span'));
    const colour = (name) => {
        probe.removeAttribute('class');
        probe.style.color = '';
        if (name.startsWith('--')) probe.style.color = `var(${name})`; else probe.className = name;
        return getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
    };
    const near = (x, y, name, reach) => {
        const wanted = colour(name);
        const size = 2 * reach + 1;
        const { data } = plot.ctx.getImageData(Math.round(x) - reach, Math.round(y) - reach, size, size);
        for (let at = 0; at < data.length; at += 4) {
            if (wanted.every((part, nth) => Math.abs(part - data[at + nth]) < 12)) return true;
        }
        return false;
    };
    const x = (t) => plot.valToPos(t, 'x', true);
    const y = (value) => plot.valToPos(value, 'y', true);
    const bottom = plot.bbox.top + plot.bbox.height;
";

async fn the_chart_draws_steps_gaps_and_failures_where_they_belong() -> Result<()> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let pipeline = TestPipeline::start().await?;
    let first = with_history(&pipeline, "known", "연필").await?.as_second();
    browser.resize(1_440, 900).await?;
    let base = sign_in(&browser, &pipeline, "ko", "light").await?;
    browser.open(&format!("{base}/#/products/known")).await?;
    browser.see(".chart[data-ready] canvas").await?;
    let day = |day: f64| format!("x({first} + {day} * 86400)");
    let mut checks: Vec<(String, bool, &str)> = Vec::new();
    let mut check = |script: String, expected, what| checks.push((script, expected, what));
    for (at, value, not) in [
        (5.5, 100_000, 80_000),
        (15.5, 80_000, 100_000),
        (65.0, 100_000, 80_000),
    ] {
        check(
            format!("near({}, y({value}), 'c0', 2)", day(at)),
            true,
            "the price is a level line",
        );
        check(
            format!("near({}, y({not}), 'c0', 2)", day(at)),
            false,
            "nothing is drawn beside it",
        );
    }
    check(
        format!("near({}, y(90000), 'c0', 2)", day(10.0)),
        true,
        "a change is a vertical step",
    );
    check(
        format!("near({}, y(90000), 'c0', 2)", day(9.0)),
        false,
        "and no slope",
    );
    for value in [80_000, 90_000, 100_000] {
        check(
            format!("near({}, y({value}), 'c0', 3)", day(45.5)),
            false,
            "no price is a gap",
        );
    }
    check(
        format!("near({}, bottom - 18, '--up', 2)", day(44.0)),
        true,
        "a failure is marked",
    );
    check(
        format!("near({}, bottom - 18, '--up', 2)", day(60.0)),
        false,
        "a price is no failure",
    );
    check(
        format!("near({}, y(80000), 'c0', 6)", day(70.0)),
        true,
        "a void price is still shown",
    );
    check(
        format!("near({}, y(80000), '--down', 6)", day(10.0)),
        true,
        "the lowest is marked",
    );
    check(
        format!("near({}, y(100000), '--up', 6)", day(0.0)),
        true,
        "the highest is marked",
    );
    check(
        format!("near({}, bottom - 5, '--warn', 3)", day(95.0)),
        true,
        "out of stock is a band",
    );
    check(
        format!("near({}, bottom - 5, '--warn', 3)", day(20.0)),
        false,
        "in stock is another",
    );
    for (script, expected, what) in checks {
        let painted = browser.run(&format!("{PAINTED} return {script}")).await?;
        ensure!(painted == json!(expected), "{what}: {script} is {painted}");
    }
    // The keyboard finds the same.
    browser
        .run("document.querySelector('.chart').dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'}))")
        .await?;
    let tip = browser.see(".chart .tip").await?.text().await?;
    ensure!(tip.contains("100,000"), "{tip}");
    browser.close().await?;
    pipeline.stop().await;
    Ok(())
}

async fn names_are_shown_as_text_whatever_they_hold() -> Result<()> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let pipeline = TestPipeline::start().await?;
    let odd = "a?b%20&c=가📈";
    with_history(&pipeline, odd, ODD_NAME).await?;
    browser.resize(1_440, 900).await?;
    let base = sign_in(&browser, &pipeline, "en", "light").await?;
    browser.open(&format!("{base}/#/products")).await?;
    browser.see(".line").await?;
    browser.click(".line").await?;
    browser.see(".chart[data-ready] canvas").await?;
    let title = browser
        .run("return document.querySelector('h1').textContent")
        .await?;
    ensure!(title == json!(ODD_NAME), "{title}");
    let injected = browser
        .run("return document.querySelectorAll('[onmouseover]').length")
        .await?;
    ensure!(injected == 0, "{injected}");
    let errors = browser.errors(&[]).await?;
    ensure!(errors.is_empty(), "{errors:?}");
    browser.close().await?;
    pipeline.stop().await;
    Ok(())
}

/// A demo that runs until it is dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo's overview and a product of it, as PNG files: in the folder `docs` when
/// `PRICETIDE_README` is set, otherwise only taken.
async fn the_readme_shows_the_page_as_it_is() -> Result<()> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let data = tempfile::tempdir()?;
    let child = Command::new(std::env::current_exe()?)
        .args(["demo", "--port", "0", "--config", CONFIG, "--data"])
        .arg(data.path())
        .stdout(Stdio::null())
        .spawn()?;
    let _demo = Demo(child);
    let (api, token) = patiently("the demo is up", async || {
        let text = std::fs::read_to_string(data.path().join("environment"));
        let text = text.unwrap_or_default();
        let get = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
        };
        Ok(get("PRICETIDE_API_URL=").zip(get("PRICETIDE_API_TOKEN=")))
    })
    .await?;
    let base = api.trim_end_matches("/api");
    browser.resize(1_440, 900).await?;
    browser.open(&format!("{base}/docs")).await?;
    browser
        .run("localStorage.setItem('pricetide.language', 'en'); localStorage.setItem('pricetide.theme', 'light')")
        .await?;
    // The demo plays thirty days; the newest run is there when the list of runs has thirty.
    browser.open(&format!("{base}/#token={token}")).await?;
    // Ten days at a time, so that a busy machine is waited for as long as it gets on.
    for days in [10, 20, 30] {
        patiently("the days are played", async || {
            browser.open(&format!("{base}/#/runs")).await?;
            browser.see("main h1").await?;
            let complete = "return [...document.querySelectorAll('tbody .pill.good')].length";
            Ok((browser.run(complete).await?.as_i64() >= Some(days)).then_some(()))
        })
        .await?;
    }
    let docs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
    for (view, wait, file) in [
        ("/", "canvas.spark", "overview.png"),
        (
            "/products/mapo-2011",
            ".chart[data-ready] canvas",
            "product.png",
        ),
    ] {
        browser.open(&format!("{base}/#{view}")).await?;
        browser.see(wait).await?;
        let png = browser.screenshot().await?;
        ensure!(
            png.starts_with(b"\x89PNG") && png.len() > 20_000,
            "{file}: {} bytes",
            png.len()
        );
        if std::env::var_os("PRICETIDE_README").is_some() {
            std::fs::create_dir_all(&docs)?;
            std::fs::write(docs.join(file), png)?;
        }
    }
    browser.close().await?;
    Ok(())
}

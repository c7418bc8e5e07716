//! Which permissions of serverless.yml the tests need.
//!
//! A pipeline that stops tells which permissions were the only ones to allow some request, and
//! fails its test if a function was refused anything. So whoever takes a permission away that was
//! needed in a test makes that test fail: nothing need be run again to know it. [`prove`] runs
//! again all the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use local::iam::{AccessKeys, Permission};
use serde_json::{Value, json};

/// Names a permission that no role has, as [`Permission`] is written.
const WITHHELD: &str = "PRICETIDE_TEST_WITHHELD";
/// Names a file that takes what [`finish`] knows, for [`prove`].
const NEEDED: &str = "PRICETIDE_TEST_NEEDED";

/// How many tests are tried without a permission, the quickest first, until one fails.
const TRIED: usize = 5;
/// The exit code after a refusal.
const REFUSED: i32 = 3;

/// Permissions that no test needs, each with the reason; `*` stands for any role or resource.
const NEEDED_BY_NO_TEST: &[(&str, &str, &str, &str)] = &[
    (
        "*",
        "logs:CreateLogStream",
        "*",
        "CloudWatch is in AWS only; here logs are files",
    ),
    (
        "*",
        "logs:PutLogEvents",
        "*",
        "CloudWatch is in AWS only; here logs are files",
    ),
    (
        "InvokeSchedulerRole",
        "sqs:SendMessage",
        "!GetAtt EventsDeadQueue.Arn",
        "EventBridge Scheduler sends there when Lambda does not answer; here both are one process",
    ),
];

/// Every permission that some pipeline had, with the tests that needed it and how long each took.
static TESTS: Mutex<BTreeMap<Permission, BTreeMap<String, Duration>>> = Mutex::new(BTreeMap::new());

thread_local! {
    static TEST: RefCell<Option<(String, Instant)>> = const { RefCell::new(None) };
}

fn tests() -> MutexGuard<'static, BTreeMap<Permission, BTreeMap<String, Duration>>> {
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test whose pipelines note what they needed under its name.
pub fn of_test<T>(name: &str, test: impl FnOnce() -> T) -> T {
    TEST.set(Some((name.to_owned(), Instant::now())));
    let result = test();
    TEST.set(None);
    result
}

/// The permission that this process withholds.
pub(crate) fn withheld() -> Option<Permission> {
    let text = std::env::var(WITHHELD).ok()?;
    let mut words = text.splitn(3, ' ').map(str::to_owned);
    Some(Permission {
        role: words.next()?,
        action: words.next()?,
        resource: words.next()?,
    })
}

/// With a permission withheld, ends this process at the first refusal: what comes after it would
/// only take time. (Without this the test fails when its pipeline stops.)
pub(crate) fn end_when_refused(keys: &AccessKeys) {
    let keys = keys.clone();
    tokio::spawn(async move {
        loop {
            if let Some(refusal) = keys.refusals().first() {
                eprintln!("{}", refusal.advice());
                std::process::exit(REFUSED);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

/// Notes what a pipeline's functions needed.
///
/// # Panics
/// If a function was refused anything: that is a defect even where the function made do without.
pub(crate) fn note(keys: &AccessKeys) {
    let refusals: BTreeSet<String> = keys
        .refusals()
        .iter()
        .map(local::iam::Refusal::advice)
        .collect();
    let refusals: Vec<String> = refusals.into_iter().collect();
    assert!(refusals.is_empty(), "{}", refusals.join("\n"));
    let test = TEST.with_borrow(Clone::clone);
    let mut known = tests();
    for (permission, needed) in keys.permissions() {
        let tests = known.entry(permission).or_default();
        if let (true, Some((name, began))) = (needed, &test) {
            tests.insert(name.clone(), began.elapsed());
        }
    }
}

/// To be called when all tests have passed: every permission must have been needed, or have a
/// reason.
pub fn finish() -> Result<()> {
    let known = tests();
    if let Ok(path) = std::env::var(NEEDED) {
        let needed = known.iter().filter(|(_, tests)| !tests.is_empty());
        let all: Vec<Value> = needed
            .map(|(permission, tests)| {
                let mut tests: Vec<(&String, &Duration)> = tests.iter().collect();
                tests.sort_by_key(|(_, took)| **took);
                let quickest: Vec<&String> =
                    tests.iter().map(|(test, _)| *test).take(TRIED).collect();
                json!({"permission": permission.to_string(), "tests": quickest})
            })
            .collect();
        std::fs::write(path, Value::from(all).to_string())?;
    }
    let unneeded: Vec<&Permission> = known
        .iter()
        .filter(|(_, tests)| tests.is_empty())
        .map(|(permission, _)| permission)
        .collect();
    let mut wrong: Vec<String> = unneeded
        .iter()
        .filter(|permission| {
            !NEEDED_BY_NO_TEST
                .iter()
                .any(|entry| is_meant(entry, permission))
        })
        .map(|permission| format!("no test needs {permission}"))
        .collect();
    println!(
        "{} permissions: {} needed by a test, {} with a reason, {} with neither",
        known.len(),
        known.len() - unneeded.len(),
        unneeded.len() - wrong.len(),
        wrong.len()
    );
    for entry in NEEDED_BY_NO_TEST {
        if !unneeded
            .iter()
            .any(|permission| is_meant(entry, permission))
        {
            let (role, action, resource, _) = entry;
            wrong.push(format!(
                "{role} {action} {resource} is needed or gone, yet excused"
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Whether an entry of [`NEEDED_BY_NO_TEST`] speaks of a permission.
fn is_meant((role, action, resource, _): &(&str, &str, &str, &str), of: &Permission) -> bool {
    let is = |pattern: &str, text: &str| pattern == "*" || pattern == text;
    is(role, &of.role) && is(action, &of.action) && is(resource, &of.resource)
}

/// What [`finish`] wrote: of an earlier run if there was one that names the file, or of a new one.
fn needed(this: &Path) -> Result<Vec<u8>> {
    if let Some(known) = std::env::var_os(NEEDED).and_then(|path| std::fs::read(path).ok()) {
        return Ok(known);
    }
    let file = tempfile::NamedTempFile::new()?;
    let passed = Command::new(this)
        .env(NEEDED, file.path())
        .stdout(Stdio::null())
        .status()?;
    ensure!(
        passed.success(),
        "the tests do not pass with every permission"
    );
    Ok(std::fs::read(file.path())?)
}

/// Runs all tests, and then for each permission (or for `sample` of them, evenly chosen) the
/// quickest tests that needed it, without the permission: one must fail.
pub fn prove(sample: Option<usize>) -> Result<()> {
    let this = std::env::current_exe()?;
    let needed: Vec<Value> = serde_json::from_slice(&needed(&this)?)?;
    let step = sample.map_or(1, |sample| needed.len().div_ceil(sample.max(1)).max(1));
    let mut unharmed = Vec::new();
    for entry in needed.iter().step_by(step) {
        let permission = entry["permission"].as_str().context("no permission")?;
        let tests = entry["tests"].as_array().context("no tests")?;
        // Not every test needs a permission every time: some only when something is late.
        let mut harmed = false;
        for test in tests.iter().filter_map(Value::as_str) {
            let run = Command::new(&this)
                .args(["--exact", test])
                .env(WITHHELD, permission)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            let outcome = match run.code() {
                Some(0) => "passes",
                Some(REFUSED) => "is refused",
                _ => "fails",
            };
            println!("without {permission}: {test} {outcome}");
            harmed = !run.success();
            if harmed {
                break;
            }
        }
        if !harmed {
            unharmed.push(permission);
        }
    }
    ensure!(
        unharmed.is_empty(),
        "nothing fails without {}",
        unharmed.join(", ")
    );
    Ok(())
}

//! The functions together, over the embedded stack: what no test of a single part can show.
//!
//! Started with a command of `pricetide`, this binary carries it out: the runner starts it again
//! as `function NAME`, and tests start it as `demo …`, `up …`, `extract …` and, as another user, as
//! `stranger …`. Started with `permissions`,
//! it shows that a test fails without each permission of serverless.yml; a number takes a sample.

mod access;
mod alert_scopes;
mod alerts;
mod any_text;
mod api;
mod browser;
mod browser_words;
mod catalogue;
mod circuit_breaker;
mod coupang;
mod demo;
mod exports;
mod hostile;
mod jobs;
mod listing;
mod notifications;
mod page_speed;
mod ports;
mod rate_limits;
mod redrive;
mod repeats;
mod requests;
mod roles;
mod runs;
mod unconfirmed;
mod unsendable;
mod uploads;
mod write_units;

use std::process::ExitCode;

use integration_tests::{permissions, stranger};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    if matches!(
        command.as_deref(),
        Some("function" | "demo" | "extract" | "up")
    ) {
        return local::cli::main();
    }
    if command.as_deref() == Some("stranger") {
        stranger::main(std::env::args().skip(2));
        return ExitCode::SUCCESS;
    }
    if command.as_deref() == Some("requests") {
        return exit_code(requests::replay(std::env::args().skip(2)));
    }
    if command.as_deref() == Some("permissions") {
        let sample = std::env::args()
            .nth(2)
            .and_then(|sample| sample.parse().ok());
        return exit_code(permissions::prove(sample));
    }
    let mut arguments = Arguments::from_args();
    // Each test runs whole pipelines: more at once than cores would only wait for each other.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let trials = [
        access::trials(),
        alert_scopes::trials(),
        alerts::trials(),
        any_text::trials(),
        api::trials(),
        browser::trials(),
        catalogue::trials(),
        circuit_breaker::trials(),
        coupang::trials(),
        demo::trials(),
        exports::trials(),
        hostile::trials(),
        jobs::trials(),
        listing::trials(),
        notifications::trials(),
        page_speed::trials(),
        ports::trials(),
        rate_limits::trials(),
        redrive::trials(),
        repeats::trials(),
        requests::trials(),
        roles::trials(),
        runs::trials(),
        unconfirmed::trials(),
        unsendable::trials(),
        uploads::trials(),
        write_units::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    // What some of the tests need says nothing of the others.
    let all = arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list;
    if conclusion.has_failed() || !all {
        return conclusion.exit_code();
    }
    exit_code(permissions::finish())
}

fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A test that is a future.
fn trial<F>(name: &str, test: fn() -> F) -> Trial
where
    F: Future<Output = anyhow::Result<()>> + 'static,
{
    let named = name.to_owned();
    Trial::test(name, move || {
        let runtime = tokio::runtime::Runtime::new()?;
        let result = permissions::of_test(&named, || runtime.block_on(test()));
        result.map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// The trials of functions, named after them.
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(crate::trial(stringify!($test), $test)),*]
        }
    };
}

use trials;

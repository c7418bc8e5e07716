//! The functions together, over the embedded stack: what no test of a single part can show.
//!
//! Started with a command of `pricetide`, this binary carries it out: the runner starts it again
//! as `function NAME`, and tests start it as `demo …` and `extract …`.

mod api;
mod coupang;
mod demo;
mod hostile;
mod jobs;
mod manners;
mod notifications;
mod runs;
mod unconfirmed;
mod uploads;
mod write_units;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    if matches!(command.as_deref(), Some("function" | "demo" | "extract")) {
        return local::cli::main();
    }
    let mut arguments = Arguments::from_args();
    // Each test runs whole pipelines: more at once than cores would only wait for each other.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let trials = [
        api::trials(),
        coupang::trials(),
        demo::trials(),
        hostile::trials(),
        jobs::trials(),
        manners::trials(),
        notifications::trials(),
        runs::trials(),
        unconfirmed::trials(),
        uploads::trials(),
        write_units::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}

/// A test that is a future.
fn trial<F>(name: &str, test: fn() -> F) -> Trial
where
    F: Future<Output = anyhow::Result<()>> + 'static,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Runtime::new()?;
        let result = runtime.block_on(test());
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

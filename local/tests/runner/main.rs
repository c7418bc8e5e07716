//! The local runner against the embedded stack: every trigger, every way in which a function can
//! fail, and the deployment template that must say the same as the runner's reading of the file.

mod events;
mod function;
mod http_api;
mod invoke;
mod kill;
mod queues;
mod rules;
mod samples;
mod support;
mod template;

/// The function's side of the other tests, which start this binary again with this test's name.
#[test]
#[ignore = "started by the other tests as a function"]
fn function_process() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        function::run();
    }
}

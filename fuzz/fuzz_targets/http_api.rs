//! Random requests to the HTTP API, over a whole embedded stack.

#![no_main]

use std::sync::OnceLock;

use api::Api;
use integration_tests::TestPipeline;
use integration_tests::http_requests::{answers_well, event_of, route_keys};
use tokio::runtime::Runtime;

struct Target {
    runtime: Runtime,
    api: Api,
    keys: Vec<String>,
    token: String,
    _pipeline: TestPipeline,
}

static TARGET: OnceLock<Target> = OnceLock::new();

fn start() -> Target {
    let runtime = Runtime::new().expect("a runtime");
    // What a request starts is not wanted here: functions are a program that only fails.
    let pipeline = runtime
        .block_on(TestPipeline::of_binary("/bin/false"))
        .expect("a stack");
    for (name, value) in pipeline.runner().environment("api") {
        // SAFETY: this target reads the environment from this thread alone.
        unsafe { std::env::set_var(name, value) };
    }
    let api = runtime.block_on(Api::from_env()).expect("an API");
    Target {
        runtime,
        api,
        keys: route_keys(),
        token: pipeline.variable("PRICETIDE_API_TOKEN").to_owned(),
        _pipeline: pipeline,
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(start);
    if let Ok(event) = event_of(data, &target.keys, &target.token) {
        target.runtime.block_on(answers_well(&target.api, &event));
    }
});

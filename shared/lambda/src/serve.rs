//! Serving a function over the Lambda Runtime API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::error;

use crate::metrics::{self, Name};

/// Serves `handle` with `state` until the environment ends the process. What the handler
/// returns as an error is logged and becomes the invocation's error, its whole chain of causes
/// in one line. What was counted meanwhile is told at the end of each invocation.
pub async fn serve<State, Event, Answer, Handling>(
    state: State,
    handle: impl Fn(Arc<State>, LambdaEvent<Event>) -> Handling,
) -> Result<(), lambda_runtime::Error>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Handling: Future<Output = anyhow::Result<Answer>>,
{
    let state = Arc::new(state);
    let is_warm = AtomicBool::new(false);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        let (began, environment) = (Instant::now(), Arc::clone(&event.context.env_config));
        if !is_warm.swap(true, Ordering::Relaxed) {
            metrics::add(Name::ColdStarts, 1);
        }
        // Boxed, or the compiler computes the layout of every future of the SDK in one type.
        let handling = Box::pin(handle(Arc::clone(&state), event));
        async move {
            let handled = handling.await;
            let gigabytes = f64::from(environment.memory) / 1_024.0;
            metrics::top(
                Name::GigabyteSeconds,
                gigabytes * began.elapsed().as_secs_f64(),
            );
            metrics::flush(&environment.function_name);
            handled.map_err(|failure| {
                let error_message = format!("{failure:#}");
                error!("the invocation failed: {error_message}");
                Diagnostic {
                    error_type: "Pricetide.Error".to_owned(),
                    error_message,
                }
            })
        }
    }))
    .await
}

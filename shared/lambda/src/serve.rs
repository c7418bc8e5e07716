//! Serving a function over the Lambda Runtime API.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::error;

/// Serves `handle` with `state` until the environment ends the process. What the handler
/// returns as an error is logged and becomes the invocation's error, its whole chain of causes
/// in one line.
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
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        // Boxed, or the compiler computes the layout of every future of the SDK in one type.
        let handling = Box::pin(handle(Arc::clone(&state), event));
        async {
            handling.await.map_err(|failure| {
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

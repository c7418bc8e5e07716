//! Logging: one JSON line an event, as CloudWatch reads it.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output, at the level that `RUST_LOG` names (`info` without it).
/// Calling it again changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_ansi(false)
        .try_init();
}

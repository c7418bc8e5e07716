//! What the integration tests share: a pipeline in a folder of its own, and ways to watch it.

mod browser;
mod coupang_api;
mod hostile_shop;
pub mod http_requests;
pub mod permissions;
mod pipeline;
mod scripted_shop;
mod slack;
pub mod stranger;

pub use browser::Browser;
pub use coupang_api::{CoupangApi, coupang_list, coupang_product};
pub use hostile_shop::{HostileShops, Mischief};
pub use pipeline::{CONFIG, TestPipeline, patiently};
pub use scripted_shop::{
    Answer, ScriptedShop, Visit, moved_to, never, page_named, page_of, status,
};
pub use slack::{Post, Received, Slack, SlackAnswer};

use serde_json::Value;

/// Starts the function's own Lambda binary through the Runtime API and has it answer an event,
/// in a pipeline that is otherwise empty.
pub fn invoke_binary(binary: &str, function: &str, event: &str) -> anyhow::Result<Value> {
    let event: Value = serde_json::from_str(event)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let pipeline = TestPipeline::of_binary(binary).await?;
        let answer = pipeline.runner().invoke(function, &event).await;
        pipeline.stop().await;
        Ok(answer?)
    })
}

//! The Lambda binary of the notifier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    notifier::run().await
}

//! The Lambda binary of the reporter.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    reporter::run().await
}

//! The Lambda binary of the deadletter.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    deadletter::run().await
}

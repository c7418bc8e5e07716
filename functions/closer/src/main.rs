//! The Lambda binary of the closer.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    closer::run().await
}

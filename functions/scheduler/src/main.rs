//! The Lambda binary of the scheduler.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    scheduler::run().await
}

//! The Lambda binary of the exporter.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    exporter::run().await
}

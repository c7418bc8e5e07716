//! A pipeline for one test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::civil::date;
use local::pipeline::{Pipeline, PipelineOptions};
use local::runner::{FunctionCommand, Runner};
use local::shop::{Assortment, Shop, ShopOptions};
use model::{FileId, Observation, Product, ProductId, RunId};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use store::{Bucket, FileState, Files, Observations, Products, Queue, Run, Runs, Table};
use tempfile::TempDir;

use crate::{Slack, permissions};

/// The repository's own wiring.
pub const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../serverless.yml");

/// How long anything may take before a test gives up: four minutes, or
/// `PRICETIDE_TEST_PATIENCE_SECONDS` for a test of more products than usual.
fn patience() -> Duration {
    let seconds = std::env::var("PRICETIDE_TEST_PATIENCE_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(240))
}

/// A pipeline and a shop, in a folder that goes with them.
pub struct TestPipeline {
    pipeline: Pipeline,
    shop: Shop,
    folder: TempDir,
    client: Client,
}

impl TestPipeline {
    /// A pipeline whose functions are this test binary.
    pub async fn start() -> Result<Self> {
        Self::start_with(|options| options).await
    }

    /// A pipeline whose functions are one Lambda binary.
    pub async fn of_binary(binary: &str) -> Result<Self> {
        Self::start_with(|mut options| {
            options.function_command = Some(FunctionCommand {
                program: PathBuf::from(binary),
                args: Vec::new(),
            });
            options
        })
        .await
    }

    /// A pipeline whose notes go to this Slack.
    pub async fn with_slack(slack: &Slack) -> Result<Self> {
        let host = slack.host();
        let pipeline =
            Self::start_with(|options| options.with_variable("PRICETIDE_SLACK_PLAIN_HOSTS", host))
                .await?;
        let name = pipeline.files_bucket()?.replace("-files", "/slack-webhook");
        let secrets = pipeline.clients().secrets_manager();
        let secret = secrets.create_secret().name(name);
        secret.secret_string(slack.webhook()).send().await?;
        Ok(pipeline)
    }

    /// A pipeline with changed options.
    pub async fn start_with(
        change: impl FnOnce(PipelineOptions) -> PipelineOptions,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let shop = Shop::start(
            "127.0.0.1:0".parse()?,
            ShopOptions {
                seed: 7,
                first_day: date(2026, 11, 1),
                assortment: Assortment::Demo,
            },
        )
        .await?;
        let mut options = PipelineOptions::new(folder.path(), CONFIG)
            .with_variable(
                "PRICETIDE_ALLOWED_HOSTS",
                shop.url().trim_start_matches("http://"),
            )
            // The shop is on this machine and made for it.
            .with_variable(
                "PRICETIDE_SOURCES",
                r#"{"*": {"pace_ms": 0, "concurrency": 10}}"#,
            )
            .with_variable("PRICETIDE_CLOSE_DELAY_SECONDS", "1")
            .with_variable("PRICETIDE_RETRY_BASE_SECONDS", "0");
        options.port = Some(0);
        options.schedules = false;
        options.withheld = permissions::withheld();
        let pipeline = Pipeline::start(&change(options)).await?;
        if permissions::withheld().is_some() {
            permissions::end_when_refused(pipeline.access_keys());
        }
        Ok(Self {
            pipeline,
            shop,
            folder,
            client: Client::builder().no_proxy().build()?,
        })
    }

    /// What runs the functions.
    pub fn runner(&self) -> &Runner {
        self.pipeline.runner()
    }

    /// Kills the processes of a function that handle an event at this moment, with no warning;
    /// says how many there were.
    pub fn kill(&self, function: &str) -> Result<usize> {
        let processes = self.runner().busy_processes(function);
        for process in &processes {
            std::process::Command::new("kill")
                .args(["-9", &process.to_string()])
                .status()?;
        }
        Ok(processes.len())
    }

    /// The shop.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The SDK clients of the stack.
    pub fn clients(&self) -> &store::Clients {
        self.pipeline.clients()
    }

    /// A variable of the pipeline's environment.
    pub fn variable(&self, name: &str) -> &str {
        self.pipeline.variable(name)
    }

    /// A link to the page that signs its reader in as the owner.
    pub fn page(&self) -> String {
        self.pipeline.page()
    }

    /// The table.
    pub fn table(&self) -> Result<Table> {
        Ok(Table::new(self.clients(), self.pipeline.table()?))
    }

    /// The table's name.
    pub fn table_name(&self) -> Result<&str> {
        self.pipeline.table()
    }

    /// The bucket of reports and exports.
    pub fn files(&self) -> Result<Bucket> {
        Ok(Bucket::new(self.clients(), self.pipeline.files_bucket()?))
    }

    /// The name of the bucket of reports and exports.
    pub fn files_bucket(&self) -> Result<&str> {
        self.pipeline.files_bucket()
    }

    /// A queue by its logical id.
    pub fn queue(&self, id: &str) -> Result<Queue> {
        Ok(Queue::new(self.clients(), self.pipeline.reference(id)?))
    }

    /// Follows products.
    pub async fn define(&self, products: impl IntoIterator<Item = Product>) -> Result<()> {
        let store = Products::new(self.table()?);
        for product in products {
            store.define(&product).await?;
        }
        Ok(())
    }

    /// Sends the schedule's event for a slot.
    pub async fn schedule(&self, run: &RunId) -> Result<Value> {
        let event = json!({"schedule": run.schedule, "slot": run.slot});
        Ok(self.runner().invoke("scheduler", &event).await?)
    }

    /// Waits until a run is closed.
    pub async fn closed(&self, run: &RunId) -> Result<Run> {
        let runs = Runs::new(self.table()?);
        patiently("the run closes", async || {
            let known = runs.get(run).await?;
            Ok(known.filter(|known| known.status.is_closed()))
        })
        .await
    }

    /// Waits until a product has an outcome in a run.
    pub async fn outcome(&self, run: &RunId, product: &ProductId) -> Result<Observation> {
        let observations = Observations::new(self.table()?);
        patiently("the outcome is there", async || {
            Ok(observations.of_run(run).await?.remove(product))
        })
        .await
    }

    /// Uploads a file as a page does, by a presigned request of the API.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<FileId> {
        let body = json!({"name": name});
        let answer = self.api(Method::POST, "/uploads", Some(&body)).await?;
        let answer: Value = serde_json::from_str(&answer.text().await?)?;
        let url = answer["url"].as_str().context("no url")?;
        let (content_type, body) = local::demo::form(&answer["fields"], &bytes);
        let request = self.client.post(url).body(body);
        let response = request.header("content-type", content_type).send().await?;
        anyhow::ensure!(response.status().is_success(), "{}", response.text().await?);
        Ok(serde_json::from_value(answer["id"].clone())?)
    }

    /// Waits until an upload is done or failed.
    pub async fn settled(&self, id: &FileId) -> Result<FileState> {
        let files = Files::new(self.table()?);
        patiently("the upload is settled", async || {
            let state = files.get(id).await?.map(|file| file.state);
            Ok(state.filter(|state| !matches!(state, FileState::Processing { .. })))
        })
        .await
    }

    /// Sends a request to the HTTP API, with its token.
    pub async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        let mut request = self
            .client
            .request(
                method,
                format!("{}{path}", self.variable("PRICETIDE_API_URL")),
            )
            .bearer_auth(self.variable("PRICETIDE_API_TOKEN"));
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        Ok(request.send().await?)
    }

    /// An HTTP client without the API's token.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What functions were refused by their roles, and what to change.
    pub fn refusals(&self) -> Vec<String> {
        let refusals = self.pipeline.access_keys().refusals();
        refusals.iter().map(local::iam::Refusal::advice).collect()
    }

    /// Ends everything.
    ///
    /// # Panics
    /// If a function was refused something by its role.
    pub async fn stop(self) {
        permissions::note(self.pipeline.access_keys());
        self.pipeline.stop().await;
        self.shop.stop().await;
    }
}

/// Asks again and again until there is an answer.
pub async fn patiently<T>(what: &str, ask: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    let asking = async {
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let patience = patience();
    match tokio::time::timeout(patience, asking).await {
        Ok(answer) => answer,
        Err(_elapsed) => bail!("waited {} s until {what}", patience.as_secs()),
    }
}

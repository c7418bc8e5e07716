//! A running stack and runner with a small serverless.yml.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use local::manifest::{Manifest, Variables};
use local::runner::{FunctionCommand, Runner, RunnerConfig};
use local::stack::{Ports, Stack, StackConfig};
use serde_json::Value;
use tempfile::TempDir;

/// Functions and triggers of the tests. Time-outs and visibility are short; the rule between
/// them is checked by the manifest's own tests.
const MANIFEST: &str = include_str!("serverless.yml");

/// A stack and a runner in a folder of their own.
pub(crate) struct Bench {
    pub(crate) runner: Runner,
    pub(crate) sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    stack: Stack,
    /// The folder of all state; removed with the bench unless it belongs to somebody else.
    pub(crate) path: PathBuf,
    folder: Option<TempDir>,
}

/// How long to wait for something before the test fails. Nothing passes because of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `look` finds something.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("this never happened: {what}"))
}

/// What functions wrote down in a folder.
pub(crate) fn notes(folder: &Path, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("notes")).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|note| note["kind"] == kind)
        .collect()
}

/// Whether a process is there and not only waits to be reaped.
pub(crate) fn is_running(process: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z"))
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), |_| {}).await
    }

    /// Starts with what an earlier run left in the folder.
    pub(crate) async fn start_in(folder: TempDir, change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let mut bench = Self::start_at(folder.path(), change).await;
        bench.folder = Some(folder);
        bench
    }

    pub(crate) async fn start_at(path: &Path, change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let stack = Stack::start(StackConfig {
            data_dir: path.join("stack"),
            ports: Ports::default(),
            region: "eu-west-1".to_owned(),
            access_key: "test".to_owned(),
            secret_key: "test".to_owned(),
        })
        .await
        .unwrap();
        let manifest = Manifest::parse(MANIFEST, &Variables::default()).unwrap();
        let data = path.join("runner");
        let mut config = RunnerConfig::new(manifest, stack.environment(), data).unwrap();
        config.function_command = FunctionCommand {
            program: std::env::current_exe().unwrap(),
            args: ["function_process", "--exact", "--ignored", "--nocapture"]
                .map(str::to_owned)
                .into(),
        };
        config.schedules_enabled = false;
        config.async_retry_delays = [Duration::ZERO; 2];
        let notes = path.join("notes").display().to_string();
        config.extra_env.push(("TEST_NOTES".to_owned(), notes));
        change(&mut config);
        let runner = Runner::start(config, &stack).await.unwrap();
        let clients = store::Clients::of_stack(&stack.environment());
        let sqs = clients.sqs();
        // Less than the manifest would allow, so that what comes back comes soon, and still
        // more than the function's time-out.
        sqs.set_queue_attributes()
            .queue_url(runner.queue_url("Jobs").unwrap())
            .attributes(Name::VisibilityTimeout, "4")
            .send()
            .await
            .unwrap();
        Self {
            runner,
            sqs,
            s3: clients.s3(),
            stack,
            path: path.to_owned(),
            folder: None,
        }
    }

    /// Ends everything and starts it again in the same folder.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let folder = self.stop().await.unwrap();
        Self::start_in(folder, change).await
    }

    /// Ends everything; what was stored is left.
    pub(crate) async fn stop(self) -> Option<TempDir> {
        self.runner.stop().await;
        self.stack.stop().await;
        self.folder
    }

    pub(crate) async fn put(&self, key: &str, bytes: &'static [u8]) {
        let bucket = self.runner.outputs().reference("S3BucketInbox").unwrap();
        self.s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(aws_sdk_s3::primitives::ByteStream::from_static(bytes))
            .send()
            .await
            .unwrap();
    }

    /// What the functions wrote down so far, of this kind.
    pub(crate) fn notes(&self, kind: &str) -> Vec<Value> {
        notes(&self.path, kind)
    }

    /// The bodies of the messages that were seen, in order, as often as they were seen.
    pub(crate) fn bodies_seen(&self) -> Vec<String> {
        let body = |note: Value| note["value"]["body"].as_str().unwrap().to_owned();
        self.notes("message").into_iter().map(body).collect()
    }

    pub(crate) fn queue(&self, id: &str) -> String {
        self.runner.queue_url(id).unwrap().to_owned()
    }

    pub(crate) async fn send(&self, queue: &str, bodies: &[&str]) {
        for (chunk_index, chunk) in bodies.chunks(10).enumerate() {
            let entries = chunk.iter().enumerate().map(|(index, body)| {
                aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                    .id(format!("m{chunk_index}-{index}"))
                    .message_body(*body)
                    .build()
                    .unwrap()
            });
            let sent = self
                .sqs
                .send_message_batch()
                .queue_url(self.queue(queue))
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .unwrap();
            assert!(sent.failed().is_empty());
        }
    }

    /// Messages in the queue, whether they can be received, are in flight or delayed.
    pub(crate) async fn waiting(&self, queue: &str) -> u32 {
        let attributes = self
            .sqs
            .get_queue_attributes()
            .queue_url(self.queue(queue))
            .attribute_names(Name::All)
            .send()
            .await
            .unwrap()
            .attributes
            .unwrap();
        [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ]
        .iter()
        .map(|name| attributes.get(name).map_or(0, |text| text.parse().unwrap()))
        .sum()
    }

    /// Waits until nothing is left in the queue.
    pub(crate) async fn until_empty(&self, queue: &str) {
        eventually(&format!("{queue} is empty"), async || {
            (self.waiting(queue).await == 0).then_some(())
        })
        .await;
    }
}

//! Lambda in small: runs the functions of serverless.yml on this machine.
//!
//! [`Runner::start`] creates in the embedded stack what the file declares, and then lets its
//! triggers drive the functions. Each function is a process that speaks the Lambda Runtime API
//! with the runner ([`sandbox`]); processes start with the first event, are used again, end when
//! they are idle, and are killed at their time-out. The pieces:
//!
//! | Module | What it is |
//! |---|---|
//! | [`resources`] | creates queues, tables, buckets and secrets |
//! | [`outputs`] | what `!Ref` and `!GetAtt` turned out to be |
//! | [`runtime_api`], [`sandbox`], [`pool`] | processes of a function |
//! | [`async_events`] | asynchronous invocation with retries and dead letters |
//! | [`sqs`], [`s3`], [`schedules`], [`http`] | the triggers |
//! | [`child`] | the function's side |
//!
//! What differs from Lambda: memory is not limited, permissions are not checked, and a sandbox
//! is a plain process that can see this machine.

mod async_events;
pub mod child;
mod error;
mod http;
mod log;
mod outputs;
mod pool;
mod resources;
mod routes;
mod runtime_api;
mod s3;
mod sandbox;
mod schedules;
mod sqs;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::manifest::{Function, Manifest};
use crate::stack::ObjectEvents;

use async_events::Journal;
pub use error::{InvokeError, StartError};
use log::FunctionLog;
pub use outputs::Outputs;
pub use pool::FunctionCounts;
use schedules::Schedules;
pub use schedules::{CATCH_UP, Clock};
use pool::Pool;

/// How to start a function: its key is added as the last argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCommand {
    /// The executable.
    pub program: PathBuf,
    /// What comes before the function's key.
    pub args: Vec<String>,
}

/// What the runner needs to know.
#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// What to run.
    pub manifest: Manifest,
    /// How to reach the embedded stack, as environment variables: endpoints, keys, region. Every
    /// function gets them.
    pub environment: Vec<(String, String)>,
    /// Where the runner keeps its own state, and logs.
    pub data_dir: PathBuf,
    /// Where the HTTP API listens; port 0 for any.
    pub http_addr: SocketAddr,
    /// How to start a function.
    pub function_command: FunctionCommand,
    /// At most so many invocations of one function at once, whatever the file allows.
    pub max_local_concurrency: usize,
    /// Whether schedules fire by themselves.
    pub schedules_enabled: bool,
    /// More environment variables for every function; they win over all others.
    pub extra_env: Vec<(String, String)>,
    /// How long to wait before the second and the third try of an asynchronous event.
    pub async_retry_delays: [Duration; 2],
    /// How long a process may be idle before it is ended.
    pub idle_timeout: Duration,
    /// Where schedules read the time.
    pub clock: Clock,
}

impl RunnerConfig {
    /// The usual configuration: functions are this executable, called with `function NAME`; the
    /// HTTP API takes any port of the loopback address; schedules fire; retries come after one
    /// and two minutes, as Lambda's do.
    pub fn new(
        manifest: Manifest,
        environment: Vec<(String, String)>,
        data_dir: impl Into<PathBuf>,
    ) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            manifest,
            environment,
            data_dir: data_dir.into(),
            http_addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            function_command: FunctionCommand {
                program: std::env::current_exe()?,
                args: vec!["function".to_owned()],
            },
            max_local_concurrency: cores * 2,
            schedules_enabled: true,
            extra_env: Vec::new(),
            async_retry_delays: [Duration::from_secs(60), Duration::from_secs(120)],
            idle_timeout: Duration::from_secs(120),
            clock: Clock::system(),
        })
    }
}

/// What a sandbox needs to know of its function.
struct FunctionSpec {
    key: String,
    arn: String,
    timeout: Duration,
    retries: u32,
    on_error_url: Option<String>,
    command: FunctionCommand,
    environment: Vec<(String, String)>,
    log: FunctionLog,
}

/// What the runner's tasks share.
struct Shared {
    region: String,
    sqs: aws_sdk_sqs::Client,
    outputs: Outputs,
    pools: BTreeMap<String, Arc<Pool>>,
    journal: Journal,
    async_retry_delays: [Duration; 2],
    tasks: Mutex<JoinSet<()>>,
}

impl Shared {
    fn pool(&self, function: &str) -> Result<Arc<Pool>, InvokeError> {
        self.pools
            .get(function)
            .cloned()
            .ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))
    }

    /// Runs a task that ends with the runner.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Tasks that have ended would pile up otherwise.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

/// The running functions and triggers.
pub struct Runner {
    shared: Arc<Shared>,
    manifest: Manifest,
    http_addr: SocketAddr,
}

impl Runner {
    /// Creates what the file declares and starts its triggers. `objects` tells of objects that
    /// are created in the stack's buckets.
    pub async fn start(config: RunnerConfig, objects: ObjectEvents) -> Result<Self, StartError> {
        let clients = aws::Clients::of_stack(&config.environment);
        let outputs = resources::create(&config.manifest, &clients).await?;
        let mut pools = BTreeMap::new();
        for function in config.manifest.functions.values() {
            let spec = specification(function, &config, &outputs)?;
            let limit = function
                .reserved_concurrency
                .map_or(usize::MAX, |limit| limit as usize)
                .min(config.max_local_concurrency)
                .max(1);
            pools.insert(function.key.clone(), Arc::new(Pool::new(spec, limit)));
        }
        let journal = Journal::open(&config.data_dir.join("events"))?;
        let shared = Arc::new(Shared {
            region: config.manifest.region.clone(),
            sqs: clients.sqs(),
            outputs,
            pools,
            journal,
            async_retry_delays: config.async_retry_delays,
            tasks: Mutex::default(),
        });
        let listener = TcpListener::bind(config.http_addr)
            .await
            .map_err(StartError::io(format!("cannot listen on {}", config.http_addr)))?;
        let http_addr = listener
            .local_addr()
            .map_err(StartError::io("the HTTP API has no address"))?;
        let schedules = config
            .schedules_enabled
            .then(|| Schedules::open(&config.manifest, &config.data_dir, config.clock.clone()))
            .transpose()?;

        async_events::resume(&shared)?;
        shared.spawn(end_idle(Arc::clone(&shared), config.idle_timeout));
        start_queues(&config, &shared);
        shared.spawn(s3::deliver(
            Arc::clone(&shared),
            s3_targets(&config.manifest, &shared),
            objects,
        ));
        shared.spawn(http::serve(
            Arc::clone(&shared),
            config.manifest.clone(),
            listener,
        ));
        if let Some(schedules) = schedules {
            shared.spawn(schedules.run(Arc::clone(&shared)));
        }
        Ok(Self {
            shared,
            manifest: config.manifest,
            http_addr,
        })
    }

    /// Invokes a function and waits for its answer (`RequestResponse`).
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, InvokeError> {
        let payload = Bytes::from(event.to_string().into_bytes());
        let answer = self.shared.pool(function)?.invoke(payload).await?;
        serde_json::from_slice(&answer).map_err(|error| InvokeError::NotJson(error.to_string()))
    }

    /// Accepts an event for a function (`Event`): once this returns, the event is handled even
    /// if the process is killed. After the last failed try it goes to the function's dead-letter
    /// queue.
    pub async fn invoke_async(&self, function: &str, event: &Value) -> Result<(), InvokeError> {
        async_events::accept(&self.shared, function, None, event.to_string()).await
    }

    /// The event that the first schedule of a function sends for a slot.
    pub fn schedule_event(&self, function: &str, slot: Timestamp) -> Option<Value> {
        let (_, trigger) = self
            .manifest
            .schedules()
            .find(|(scheduled, _)| scheduled.key == function)?;
        Some(schedules::payload(trigger, &self.shared.region, slot))
    }

    /// Where the HTTP API listens: `http://127.0.0.1:8780`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http_addr)
    }

    /// The values of `!Ref` and `!GetAtt`.
    pub fn outputs(&self) -> &Outputs {
        &self.shared.outputs
    }

    /// The URL of a queue by its logical id: `JobsQueue`.
    pub fn queue_url(&self, id: &str) -> Option<&str> {
        self.shared.outputs.reference(id)
    }

    /// How often a function ran, by its key.
    pub fn counts(&self, function: &str) -> Option<FunctionCounts> {
        self.shared.pools.get(function).map(|pool| pool.counts())
    }

    /// The ids of the processes of a function that handle an event at this moment.
    pub fn busy_processes(&self, function: &str) -> Vec<u32> {
        let pool = self.shared.pools.get(function);
        pool.map_or_else(Vec::new, |pool| pool.busy())
    }

    /// Asynchronous events that have not ended.
    pub fn pending_events(&self) -> usize {
        self.shared.journal.len()
    }

    /// Ends all triggers at once and kills all processes. What they had in hand comes again at
    /// the next start: messages from their queues, events from the runner's folder.
    pub async fn stop(&self) {
        for pool in self.shared.pools.values() {
            pool.close();
        }
        let mut tasks = {
            let mut tasks = self
                .shared
                .tasks
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        tasks.shutdown().await;
        for pool in self.shared.pools.values() {
            pool.end_idle(Duration::ZERO);
        }
    }
}

impl Drop for Runner {
    /// A runner that was not stopped ends as well, without waiting.
    fn drop(&mut self) {
        for pool in self.shared.pools.values() {
            pool.close();
            pool.end_idle(Duration::ZERO);
        }
        let tasks = self.shared.tasks.lock();
        tasks.unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// Ends processes that nothing has asked for in a while.
async fn end_idle(shared: Arc<Shared>, longer: Duration) {
    loop {
        tokio::time::sleep(longer / 2).await;
        for pool in shared.pools.values() {
            pool.end_idle(longer);
        }
    }
}

fn s3_targets(manifest: &Manifest, shared: &Shared) -> Vec<s3::Target> {
    manifest
        .s3_triggers()
        .map(|(function, trigger)| s3::Target {
            function: function.key.clone(),
            bucket: shared
                .outputs
                .reference(&trigger.bucket)
                .unwrap_or_default()
                .to_owned(),
            trigger: trigger.clone(),
        })
        .collect()
}

fn start_queues(config: &RunnerConfig, shared: &Arc<Shared>) {
    for (function, trigger) in config.manifest.sqs_triggers() {
        let outputs = &shared.outputs;
        let (Some(pool), Some(url), Some(arn)) = (
            shared.pools.get(&function.key),
            outputs.reference(&trigger.queue),
            outputs.attribute(&trigger.queue, "Arn"),
        ) else {
            continue;
        };
        if !trigger.enabled {
            continue;
        }
        let limit = trigger.maximum_concurrency.unwrap_or(u32::MAX) as usize;
        let poll = sqs::poll(
            Arc::clone(shared),
            Arc::clone(pool),
            trigger.clone(),
            url.to_owned(),
            arn.to_owned(),
            limit.min(config.max_local_concurrency),
        );
        shared.spawn(poll);
    }
}

/// Variables of the runner's own environment that a function needs to run on this machine at
/// all. Everything else must be declared, as it must be for Lambda.
const INHERITED: &[&str] = &[
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "PATH",
    "RUST_BACKTRACE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
];

fn specification(
    function: &Function,
    config: &RunnerConfig,
    outputs: &Outputs,
) -> Result<FunctionSpec, StartError> {
    let mut environment: BTreeMap<String, String> = INHERITED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    for (name, expression) in &function.environment {
        let value = outputs
            .resolve(expression)
            .map_err(|reason| StartError::Environment {
                function: function.key.clone(),
                variable: name.clone(),
                reason,
            })?;
        environment.insert(name.clone(), value);
    }
    environment.extend(lambda_variables(function, config));
    environment.extend(config.environment.iter().cloned());
    environment.extend(config.extra_env.iter().cloned());
    let logs = config.data_dir.join("logs");
    let on_error = function.on_error.as_ref();
    Ok(FunctionSpec {
        key: function.key.clone(),
        arn: outputs::function_arn(&config.manifest.region, &function.name),
        timeout: function.timeout,
        retries: function.retries,
        on_error_url: on_error.and_then(|queue| outputs.reference(queue).map(str::to_owned)),
        command: config.function_command.clone(),
        environment: environment.into_iter().collect(),
        log: open_log(&logs, &function.key)?,
    })
}

fn open_log(folder: &Path, function: &str) -> Result<FunctionLog, StartError> {
    FunctionLog::open(folder, function).map_err(StartError::io(format!(
        "cannot write logs in {}",
        folder.display()
    )))
}

/// The variables that Lambda sets.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
fn lambda_variables(function: &Function, config: &RunnerConfig) -> [(String, String); 14] {
    let region = &config.manifest.region;
    [
        ("_HANDLER", function.handler.clone()),
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_HANDLER", function.handler.clone()),
        (
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            function.memory_size.to_string(),
        ),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        (
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{}", function.name),
        ),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            format!("local/{}", function.key),
        ),
        ("AWS_REGION", region.clone()),
        ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

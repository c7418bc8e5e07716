//! Lambda in small: runs the functions of serverless.yml on this machine.
//!
//! [`Runner::start`] creates in the embedded stack what the file declares, and then lets its
//! triggers drive the functions. Each function is a process that speaks the Lambda Runtime API
//! with the runner ([`sandbox`]); processes start with the first event, are used again, end when
//! they are idle, and are killed at their time-out. The pieces:
//!
//! | Module | What it is |
//! |---|---|
//! | [`config`] | what it needs to know, and what a function's process is given |
//! | [`resources`] | creates queues, tables, buckets and secrets |
//! | [`outputs`] | what `!Ref` and `!GetAtt` turned out to be |
//! | [`roles`] | an access key for each function, with the permissions of its role |
//! | [`runtime_api`], [`sandbox`], [`pool`] | processes of a function |
//! | [`async_events`] | asynchronous invocation with retries and dead letters |
//! | [`sqs`], [`s3`], [`schedules`], [`http`] with [`routes`] | the triggers |
//! | [`log`] | what functions print |
//! | [`child`] | the function's side |
//!
//! What differs from Lambda: memory is not limited, and a sandbox is a plain process that can see
//! this machine. What it may do in the embedded stack is limited by its role.

mod async_events;
pub mod child;
mod config;
mod error;
mod http;
mod log;
mod outputs;
mod pool;
mod resources;
mod roles;
mod routes;
mod runtime_api;
mod s3;
mod sandbox;
mod schedules;
mod site;
mod sqs;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::manifest::{Manifest, naming};
use crate::stack::Stack;

use async_events::Journal;
use config::FunctionSpec;
pub use config::{FunctionCommand, RunnerConfig};
pub use error::{InvokeError, StartError};
pub use outputs::Outputs;
pub use pool::FunctionCounts;
use pool::Pool;
use roles::Roles;
use schedules::Schedules;
pub use schedules::{CATCH_UP, Clock};
use site::Site;

/// What the runner's tasks share.
struct Shared {
    region: String,
    sqs: aws_sdk_sqs::Client,
    outputs: Outputs,
    pools: BTreeMap<String, Arc<Pool>>,
    roles: Roles,
    journal: Journal,
    async_retry_delays: [Duration; 2],
    http_timeout: Duration,
    site: Option<Site>,
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
    /// Creates in the stack what the file declares, gives every function a key, and starts the
    /// triggers.
    pub async fn start(config: RunnerConfig, stack: &Stack) -> Result<Self, StartError> {
        let clients = store::Clients::of_stack(&config.environment);
        let mut outputs = resources::create(&config.manifest, &clients).await?;
        let listener = TcpListener::bind(config.http_addr)
            .await
            .map_err(StartError::io(format!(
                "cannot listen on {}",
                config.http_addr
            )))?;
        let http_addr = listener
            .local_addr()
            .map_err(StartError::io("the HTTP API has no address"))?;
        outputs.set(
            naming::HTTP_API,
            "local".to_owned(),
            [("ApiEndpoint", format!("http://{http_addr}"))],
        );
        for distribution in &config.manifest.resources.distributions {
            outputs.set_plain_host(distribution, http_addr.to_string());
        }
        let roles = Roles::issue(&config, &outputs, stack.access_keys())?;
        let mut pools = BTreeMap::new();
        for function in config.manifest.functions.values() {
            let spec = config::specification(function, &config, &outputs, &roles)?;
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
            roles,
            journal,
            async_retry_delays: config.async_retry_delays,
            http_timeout: config.http_timeout,
            site: config.site.clone().map(|folder| {
                let uploads = config.environment.iter();
                let uploads = uploads.filter(|(name, _)| name == "AWS_ENDPOINT_URL_S3");
                let uploads: String = uploads.map(|(_, url)| url.as_str()).collect();
                Site::new(folder, &uploads)
            }),
            tasks: Mutex::default(),
        });
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
            stack.object_events(),
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

    /// Fires the first schedule of a function for a slot, as if it were due: under the schedule's
    /// role, as an asynchronous event. `false` if the function has none or it may not.
    pub async fn fire(&self, function: &str, slot: Timestamp) -> bool {
        let mut schedules = self.manifest.schedules();
        match schedules.find(|(scheduled, _)| scheduled.key == function) {
            Some((_, trigger)) => schedules::fire(&self.shared, function, trigger, 0, slot).await,
            None => false,
        }
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

    /// The environment variables that a function's processes have.
    pub fn environment(&self, function: &str) -> &[(String, String)] {
        let pool = self.shared.pools.get(function);
        pool.map_or(&[], |pool| &pool.spec.environment)
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

    /// Waits until nothing runs, no asynchronous event is pending, and no message is in the
    /// queues that start functions, not even a delayed one. An object that was created a moment
    /// ago may not count yet.
    pub async fn wait_idle(&self) {
        let mut quiet = 0;
        // Twice in a row: a function may send a message just after its queue was looked at.
        while quiet < 2 {
            quiet = if self.is_idle().await { quiet + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_idle(&self) -> bool {
        let idle = |shared: &Shared| {
            let running = |pool: &Arc<Pool>| pool.counts().running > 0;
            shared.journal.len() == 0 && !shared.pools.values().any(running)
        };
        if !idle(&self.shared) {
            return false;
        }
        for (_, trigger) in self.manifest.sqs_triggers() {
            let url = self.shared.outputs.reference(&trigger.queue);
            if !sqs::is_empty(&self.shared.sqs, url.unwrap_or_default()).await {
                return false;
            }
        }
        idle(&self.shared)
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
        let polling = sqs::poll(
            Arc::clone(shared),
            Arc::clone(pool),
            trigger.clone(),
            url.to_owned(),
            arn.to_owned(),
            limit.min(config.max_local_concurrency),
        );
        shared.spawn(polling);
    }
}

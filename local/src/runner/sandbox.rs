//! One process of a function, and one invocation at a time in it.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::pipeline::random_token;

use super::FunctionSpec;
use super::error::InvokeError;
use super::runtime_api::{Invocation, RuntimeApi};

/// How long a process may take before it asks for its first event, beyond the time-out of that
/// event; Lambda's own limit.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait for an answer that a process sent just before it ended.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// A running process of a function. Dropping it kills the process and all that it started.
pub(super) struct Sandbox {
    spec: Arc<FunctionSpec>,
    child: Child,
    group: Option<Pid>,
    /// The process ends itself when this closes; see [`super::child::watch_parent`].
    _alive: Option<ChildStdin>,
    events: mpsc::Sender<Invocation>,
    init_error: watch::Receiver<Option<InvokeError>>,
    api: JoinHandle<()>,
}

impl Sandbox {
    pub(super) async fn start(spec: &Arc<FunctionSpec>) -> Result<Self, InvokeError> {
        let not_started = |error: std::io::Error| {
            let program = spec.command.program.display();
            InvokeError::NotStarted(format!("{program}: {error}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(not_started)?;
        let address = listener.local_addr().map_err(not_started)?;
        let secret = random_token().map_err(|error| InvokeError::NotStarted(error.to_string()))?;
        let mut child = Command::new(&spec.command.program)
            .args(&spec.command.args)
            .arg(&spec.key)
            .env_clear()
            .envs(spec.environment.iter().map(|(name, value)| (name, value)))
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                format!("http://{address}/{secret}"),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(stream) = child.stdout.take() {
            let spec = Arc::clone(spec);
            tokio::spawn(async move { spec.log.copy(stream).await });
        }
        if let Some(stream) = child.stderr.take() {
            let spec = Arc::clone(spec);
            tokio::spawn(async move { spec.log.copy(stream).await });
        }
        let (events, events_out) = mpsc::channel(1);
        let (init_error_in, init_error) = watch::channel(None);
        let api = RuntimeApi::new(secret, spec.arn.clone(), events_out, init_error_in);
        Ok(Self {
            spec: Arc::clone(spec),
            group,
            _alive: child.stdin.take(),
            child,
            events,
            init_error,
            api: tokio::spawn(Arc::new(api).serve(listener)),
        })
    }

    /// The process's id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether the process is still there and did not report that it cannot start.
    pub(super) fn is_alive(&mut self) -> bool {
        self.init_error.borrow().is_none() && matches!(self.child.try_wait(), Ok(None))
    }

    /// Lets the function handle one event. After an error of another kind than
    /// [`InvokeError::Function`] the sandbox is of no more use.
    pub(super) async fn invoke(
        &mut self,
        request_id: String,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let limit = self.spec.timeout;
        let (taken, mut is_taken) = oneshot::channel();
        let (answer, mut answered) = oneshot::channel();
        let invocation = Invocation {
            request_id,
            payload,
            timeout: limit,
            taken,
            answer,
        };
        if self.events.send(invocation).await.is_err() {
            return Err(InvokeError::Stopping);
        }
        tokio::select! {
            biased;
            _ = &mut is_taken => {}
            error = reported(&mut self.init_error) => return Err(error),
            status = self.child.wait() => {
                // What it reported before it ended says more than its status.
                let told = timeout(LAST_WORDS, reported(&mut self.init_error)).await;
                return Err(told.unwrap_or_else(|_| exited(status)));
            }
            () = sleep(INIT_LIMIT + limit) => return Err(InvokeError::TimedOut(INIT_LIMIT + limit)),
        }
        tokio::select! {
            biased;
            outcome = &mut answered => outcome.unwrap_or(Err(InvokeError::Stopping)),
            status = self.child.wait() => match timeout(LAST_WORDS, answered).await {
                Ok(Ok(outcome)) => outcome,
                _ => Err(exited(status)),
            },
            () = sleep(limit) => Err(InvokeError::TimedOut(limit)),
        }
    }
}

/// Waits until the process reports that it cannot start.
async fn reported(init_error: &mut watch::Receiver<Option<InvokeError>>) -> InvokeError {
    let error = match init_error.wait_for(Option::is_some).await {
        Ok(error) => error.clone(),
        Err(_) => None,
    };
    match error {
        Some(error) => error,
        // The Runtime API is gone and will report nothing.
        None => std::future::pending().await,
    }
}

fn exited(status: std::io::Result<ExitStatus>) -> InvokeError {
    InvokeError::Exited(match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    })
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.api.abort();
        if let Some(group) = self.group {
            // The process itself may be gone already, what it started may not.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

//! What the runner needs to know, and what each function's process is given.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::iam::Permission;
use crate::manifest::{Function, Manifest};

use super::error::StartError;
use super::log::FunctionLog;
use super::outputs::{self, Outputs};
use super::roles::Roles;
use super::schedules::Clock;

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
    /// function gets them, with a key of its own.
    pub environment: Vec<(String, String)>,
    /// Where the runner keeps its own state, and logs.
    pub data_dir: PathBuf,
    /// Where the HTTP API listens; port 0 for any.
    pub http_addr: SocketAddr,
    /// The folder of the page that is served beside the API, if there is one.
    pub site: Option<PathBuf>,
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
    /// How long the HTTP API waits for a function before it answers 503.
    pub http_timeout: Duration,
    /// Where schedules read the time.
    pub clock: Clock,
    /// One permission that no role has, whatever the file says: shows what needs it.
    pub withheld: Option<Permission>,
}

impl RunnerConfig {
    /// The usual configuration: functions are this executable, called with `function NAME`; the
    /// HTTP API takes any port of the loopback address; schedules fire; retries come after one
    /// and two minutes, as Lambda's do; the HTTP API waits 30 seconds, as API Gateway does.
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
            site: None,
            function_command: FunctionCommand {
                program: this_executable()?,
                args: vec!["function".to_owned()],
            },
            max_local_concurrency: cores * 2,
            schedules_enabled: true,
            extra_env: Vec::new(),
            async_retry_delays: [Duration::from_mins(1), Duration::from_mins(2)],
            idle_timeout: Duration::from_mins(2),
            http_timeout: Duration::from_secs(30),
            clock: Clock::system(),
            withheld: None,
        })
    }
}

/// This executable, also after its file was replaced by a newer build.
fn this_executable() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}

/// What a sandbox needs to know of its function.
pub(super) struct FunctionSpec {
    pub(super) key: String,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    pub(super) retries: u32,
    pub(super) on_error_url: Option<String>,
    pub(super) command: FunctionCommand,
    pub(super) environment: Vec<(String, String)>,
    /// Under the function's role, for what Lambda does on its behalf.
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) log: FunctionLog,
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

pub(super) fn specification(
    function: &Function,
    config: &RunnerConfig,
    outputs: &Outputs,
    roles: &Roles,
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
    let mut stack: BTreeMap<String, String> = config.environment.iter().cloned().collect();
    stack.extend(roles.environment(&function.key));
    let stack: Vec<(String, String)> = stack.into_iter().collect();
    let sqs = store::Clients::of_stack(&stack).sqs();
    environment.extend(stack);
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
        sqs,
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

//! The whole pipeline in one process: the embedded stack and the runner over it.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::built_in;
use crate::control::Control;
use crate::iam::{AccessKeys, Permission};
use crate::listener;
use crate::manifest::{Manifest, Variables};
use crate::private;
use crate::runner::{FunctionCommand, Runner, RunnerConfig};
use crate::stack::{Ports, Stack, StackConfig};

/// The first of the ports that are tried when none is asked for.
const USUAL_PORT: u16 = 8780;
/// The access key of the embedded stack; its secret is made for each data folder.
const ACCESS_KEY: &str = "pricetide-local";

/// How to start the pipeline.
#[derive(Debug, Clone)]
pub struct PipelineOptions {
    /// The folder of all state.
    pub data: PathBuf,
    /// The wiring.
    pub config: PathBuf,
    /// Values for the `${env:…}` of the wiring, before those of this process.
    pub variables: Vec<(String, String)>,
    /// The port of the HTTP API; the stack's services take the four after it and control the
    /// fifth. None takes the usual ones, or any when they are taken; 0 takes any.
    pub port: Option<u16>,
    /// Whether schedules fire by themselves.
    pub schedules: bool,
    /// How to start a function; this executable, if not given.
    pub function_command: Option<FunctionCommand>,
    /// More environment variables for every function.
    pub function_environment: Vec<(String, String)>,
    /// How long an asynchronous event waits before its second and its third try; Lambda's one and
    /// two minutes, if not given.
    pub async_retry_delays: Option<[Duration; 2]>,
    /// One permission that no role has, whatever the wiring says: shows what needs it.
    pub withheld: Option<Permission>,
}

impl PipelineOptions {
    /// The pipeline of a data folder with the wiring of `config`, the usual ports and schedules.
    pub fn new(data: impl Into<PathBuf>, config: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            config: config.into(),
            variables: Vec::new(),
            port: None,
            schedules: true,
            function_command: None,
            function_environment: Vec::new(),
            async_retry_delays: None,
            withheld: None,
        }
    }

    /// The same with a value for one of the wiring's `${env:…}`.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }
}

/// The running pipeline.
pub struct Pipeline {
    data: PathBuf,
    stack: Stack,
    runner: Arc<Runner>,
    control: Control,
    clients: store::Clients,
    environment: Vec<(String, String)>,
}

impl Pipeline {
    /// Starts everything and leaves in the data folder how to reach it.
    pub async fn start(options: &PipelineOptions) -> Result<Self> {
        let mut variables = Variables::from_process();
        variables.env.extend(options.variables.iter().cloned());
        private::create_for_owner_alone();
        private::folder(&options.data)?;
        let data = fs::canonicalize(&options.data)?;
        let config = match find(&options.config)? {
            Some(config) => config,
            None => built_in::wiring(&data).context("write the built-in wiring")?,
        };
        let manifest = Manifest::load(&config, &variables)
            .with_context(|| format!("{} cannot be run", config.display()))?;
        let ports = ports(options.port);
        listener::raise_file_limit();
        let stack = Stack::start(StackConfig {
            data_dir: data.join("stack"),
            ports: Ports {
                dynamodb: ports[1],
                s3: ports[2],
                sqs: ports[3],
                secretsmanager: ports[4],
            },
            region: manifest.region.clone(),
            access_key: ACCESS_KEY.to_owned(),
            secret_key: secret_key(&data)?,
        })
        .await?;
        let mut environment = stack.environment();
        let mut runner = RunnerConfig::new(manifest, environment.clone(), data.join("runner"))?;
        runner.http_addr = SocketAddr::from((Ipv4Addr::LOCALHOST, ports[0]));
        runner.site = Some(site(&config, &data).context("write the built-in page")?);
        runner.schedules_enabled = options.schedules;
        runner.extra_env.clone_from(&options.function_environment);
        if let Some(delays) = options.async_retry_delays {
            runner.async_retry_delays = delays;
        }
        runner.withheld.clone_from(&options.withheld);
        if let Some(command) = &options.function_command {
            runner.function_command = command.clone();
        }
        let runner = Runner::start(runner, &stack).await?;
        let runner = Arc::new(runner);

        let control = Control::start(ports[5], Arc::clone(&runner)).await?;
        let api = format!("{}/api", runner.http_url());
        environment.push(("PRICETIDE_API_URL".to_owned(), api));
        let clients = store::Clients::of_stack(&environment);
        let token = api_token(&clients, &runner).await?;
        environment.push(("PRICETIDE_API_TOKEN".to_owned(), token));
        environment.push(("PRICETIDE_CONTROL_URL".to_owned(), control.url()));
        environment.push((
            "PRICETIDE_CONTROL_TOKEN".to_owned(),
            control.token().to_owned(),
        ));
        write_environment(&data, &environment)?;
        Ok(Self {
            data,
            stack,
            runner,
            control,
            clients,
            environment,
        })
    }

    /// What runs the functions.
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// The access keys of the functions: what they were refused, and what they needed.
    pub fn access_keys(&self) -> &AccessKeys {
        self.stack.access_keys()
    }

    /// The folder of all state.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The table's name.
    pub fn table(&self) -> Result<&str> {
        self.reference("Table")
    }

    /// The name of the bucket of reports and exports.
    pub fn files_bucket(&self) -> Result<&str> {
        self.reference("FilesBucket")
    }

    /// What `!Ref` gives for a resource of serverless.yml.
    pub fn reference(&self, id: &str) -> Result<&str> {
        self.runner
            .outputs()
            .reference(id)
            .with_context(|| format!("serverless.yml declares no {id}"))
    }

    /// The SDK clients of the embedded stack.
    pub fn clients(&self) -> &store::Clients {
        &self.clients
    }

    /// How to reach everything: the variables of the AWS SDKs, and `PRICETIDE_…` for the API.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A variable of [`Self::environment`]; empty when there is none of the name.
    pub fn variable(&self, name: &str) -> &str {
        self.environment
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// A link to the page that carries the owner's token once, in its fragment, which no server
    /// ever sees.
    pub fn page(&self) -> String {
        let api = self.variable("PRICETIDE_API_URL");
        let token = self.variable("PRICETIDE_API_TOKEN");
        format!("{}/#token={token}", api.trim_end_matches("/api"))
    }

    /// Ends the functions and then the stack.
    pub async fn stop(self) {
        self.control.stop().await;
        self.runner.stop().await;
        self.stack.stop().await;
    }
}

/// How the wiring's file is called when nobody says otherwise.
const USUAL: &str = "serverless.yml";

/// The page beside the wiring, or else the built-in one.
fn site(config: &Path, data: &Path) -> std::io::Result<PathBuf> {
    let beside = config.parent().map(|folder| folder.join("web"));
    match beside.filter(|folder| folder.is_dir()) {
        Some(folder) => Ok(folder),
        None => built_in::page(data),
    }
}

/// The wiring's file in this folder or one above it. `None` if there is none of the usual name: then the
/// built-in wiring counts.
fn find(config: &Path) -> Result<Option<PathBuf>> {
    if config.is_absolute() || config.components().count() > 1 {
        return Ok(Some(config.to_owned()));
    }
    let here = std::env::current_dir()?;
    let mut known = here.ancestors().map(|folder| folder.join(config));
    match known.find(|path| path.is_file()) {
        Some(path) => Ok(Some(path)),
        None if config == Path::new(USUAL) => Ok(None),
        None => anyhow::bail!(
            "there is no {} in {} or above it: name an existing file with --config, or leave \
             --config away for the built-in wiring",
            config.display(),
            here.display()
        ),
    }
}

/// Six ports: the API, DynamoDB, S3, SQS, Secrets Manager, control.
fn ports(asked: Option<u16>) -> [u16; 6] {
    let from = |first: u16| [0, 1, 2, 3, 4, 5].map(|nth| first.saturating_add(nth));
    match asked {
        Some(0) => [0; 6],
        Some(first) => from(first),
        None => {
            let usual: [u16; 6] = from(USUAL_PORT);
            let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
            if usual.iter().all(free) {
                usual
            } else {
                [0; 6]
            }
        }
    }
}

/// The secret key of this data folder, made at the first start.
fn secret_key(data: &Path) -> Result<String> {
    let path = data.join("secret-key");
    let key = private::read(&path)?;
    if let Some(key) = key.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
        return Ok(key.to_owned());
    }
    let key = random_token()?;
    private::write(&path, &key)?;
    Ok(key)
}

/// 160 random bits as hex digits.
pub(crate) fn random_token() -> Result<String> {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).context("no random numbers")?;
    Ok(hex::encode(bytes))
}

async fn api_token(clients: &store::Clients, runner: &Runner) -> Result<String> {
    let secret = runner
        .outputs()
        .reference("ApiToken")
        .context("serverless.yml declares no secret ApiToken")?;
    store::Secrets::new(clients).get(secret).await
}

/// Leaves how to reach the pipeline where only this user can read it.
fn write_environment(data: &Path, environment: &[(String, String)]) -> Result<()> {
    let mut text = String::new();
    for (name, value) in environment {
        let _ = writeln!(text, "{name}={value}");
    }
    private::write(&environment_file(data), &text)
}

/// The file that tells other commands how to reach the pipeline of a data folder.
pub(crate) fn environment_file(data: &Path) -> PathBuf {
    data.join("environment")
}

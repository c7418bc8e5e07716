//! The embedded stack: the AWS services of Pricetide on this machine.
//!
//! The functions use the AWS SDK clients against whatever endpoint the environment names. Here
//! that endpoint is this module: the DynamoDB, S3, SQS and Secrets Manager protocols, each on a
//! port of its own on 127.0.0.1, signatures checked, all state in one data folder. The AWS CLI
//! and boto3 work against it as well.
//!
//! What was acknowledged survives a kill of the process at any instant: it is in a file of the
//! operating system before the answer leaves. It is not forced to the disk, so the last instants
//! before a power failure may be lost, though never torn.
//!
//! | Service | Made of | State |
//! |---|---|---|
//! | DynamoDB | `dynoxide-rs` behind our own front ([`dynamodb`]) | `dynamodb.sqlite` |
//! | S3 | `s3s` over our own backend ([`s3`]) | `s3.sqlite`, `objects/` |
//! | SQS | our own ([`sqs`]): queues in memory, journalled | `sqs.sqlite` |
//! | Secrets Manager | our own ([`secrets`]) | `secrets.sqlite` |
//!
//! # What differs from AWS
//!
//! | Service | Difference |
//! |---|---|
//! | all | One account. The owner's access key has every permission, a function's those of its role ([`crate::iam`]); any region in the credential's scope is accepted. |
//! | DynamoDB | No streams to Lambda, backups or global tables. TTL is swept once a minute. Some words of validation errors differ. |
//! | S3 | No versioning, tagging, ACLs, policies, lifecycle, encryption settings, object lock or `UploadPartCopy`: what would change the meaning of a request is refused as `NotImplemented`. Path-style addresses only. A form upload outside its policy is refused with 400 instead of 403. A browser's form upload (`POST`) is held in memory and capped at 32 MiB; every other upload is streamed. |
//! | SQS | Standard queues only. After a restart, a message in flight is visible at once, unless its visibility was changed by the consumer. Queues can be purged or created again without a wait of 60 s. |
//! | Secrets Manager | No rotation, replication or resource policies. |

mod dynamodb;
mod http;
mod s3;
mod secrets;
mod signature;
mod sqlite;
mod sqs;

use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::iam::AccessKeys;
use crate::private;

pub use s3::{ObjectCreated, ObjectEvents};
use signature::Verifier;

/// The account that owns everything here, as it appears in ARNs and queue URLs.
pub const ACCOUNT: &str = "000000000000";

/// Where the stack keeps its state, where it listens, and who may use it.
#[derive(Debug, Clone)]
pub struct StackConfig {
    /// The folder of all state. It is created when missing, readable by its owner only.
    pub data_dir: PathBuf,
    /// The ports on 127.0.0.1.
    pub ports: Ports,
    /// The region that ARNs and bucket locations name.
    pub region: String,
    /// The owner's access key, which may do everything.
    pub access_key: String,
    /// The secret that the owner's requests are signed with.
    pub secret_key: String,
}

/// A port for each service; 0 takes any free one.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    missing_docs,
    reason = "each is the port of the service it is named after"
)]
pub struct Ports {
    pub dynamodb: u16,
    pub s3: u16,
    pub sqs: u16,
    pub secretsmanager: u16,
}

/// The URL of each service, such as `http://127.0.0.1:4566`.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "each is the URL of the service it is named after"
)]
pub struct Endpoints {
    pub dynamodb: String,
    pub s3: String,
    pub sqs: String,
    pub secretsmanager: String,
}

/// The running services.
#[derive(Debug)]
pub struct Stack {
    config: StackConfig,
    endpoints: Endpoints,
    keys: AccessKeys,
    events: ObjectEvents,
    shutdown: watch::Sender<bool>,
    services: JoinSet<()>,
    /// Held for as long as the stack runs; the operating system releases it after a kill.
    _lock: File,
}

impl Stack {
    /// Opens the data folder, takes it for this process alone, and serves.
    ///
    /// Queues, messages, items, objects and secrets of an earlier run are there again.
    pub async fn start(config: StackConfig) -> anyhow::Result<Self> {
        let lock = lock_folder(&config.data_dir)?;
        let dir = &config.data_dir;
        let (dynamodb_at, dynamodb_url) = bind("DynamoDB", config.ports.dynamodb).await?;
        let (s3_at, s3_url) = bind("S3", config.ports.s3).await?;
        let (sqs_at, sqs_url) = bind("SQS", config.ports.sqs).await?;
        let (secrets_at, secrets_url) =
            bind("Secrets Manager", config.ports.secretsmanager).await?;
        let endpoints = Endpoints {
            dynamodb: dynamodb_url,
            s3: s3_url,
            sqs: sqs_url,
            secretsmanager: secrets_url,
        };

        let keys = AccessKeys::new(ACCOUNT, &config.access_key, &config.secret_key);
        let verifier = Arc::new(Verifier::new(keys.clone()));
        let (shutdown, stopping) = watch::channel(false);
        let mut services = JoinSet::new();

        let dynamodb = dynamodb::DynamoDb::open(&dir.join("dynamodb.sqlite"), &config.region)?;
        let dynamodb = Arc::new(dynamodb);
        services.spawn(Arc::clone(&dynamodb).sweep(stopping.clone()));
        services.spawn(http::serve_json(
            dynamodb_at,
            dynamodb,
            Arc::clone(&verifier),
            stopping.clone(),
        ));

        let s3 = s3::S3::open(dir, &config.region, keys.clone())?;
        let events = s3.events();
        services.spawn(s3.serve(s3_at, stopping.clone()));

        let sqs = sqs::Sqs::open(&dir.join("sqs.sqlite"), &endpoints.sqs, &config.region)?;
        let sqs = Arc::new(sqs);
        services.spawn(Arc::clone(&sqs).expire_old_messages(stopping.clone()));
        services.spawn(http::serve_json(
            sqs_at,
            sqs,
            Arc::clone(&verifier),
            stopping.clone(),
        ));

        let secrets = secrets::Secrets::open(&dir.join("secrets.sqlite"), &config.region)?;
        services.spawn(http::serve_json(
            secrets_at,
            Arc::new(secrets),
            verifier,
            stopping,
        ));

        Ok(Self {
            config,
            endpoints,
            keys,
            events,
            shutdown,
            services,
            _lock: lock,
        })
    }

    /// Where each service listens.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The environment with which the AWS SDKs, the AWS CLI and boto3 use this stack.
    pub fn environment(&self) -> Vec<(String, String)> {
        let Endpoints {
            dynamodb,
            s3,
            sqs,
            secretsmanager,
        } = &self.endpoints;
        let StackConfig {
            region,
            access_key,
            secret_key,
            ..
        } = &self.config;
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_S3", s3),
            ("AWS_ENDPOINT_URL_SQS", sqs),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secretsmanager),
            ("AWS_ACCESS_KEY_ID", access_key),
            ("AWS_SECRET_ACCESS_KEY", secret_key),
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", region),
        ]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .to_vec()
    }

    /// The keys by which the services know who asks.
    pub fn access_keys(&self) -> &AccessKeys {
        &self.keys
    }

    /// The objects that were created and are not yet [`done`](ObjectEvents::done).
    pub fn object_events(&self) -> ObjectEvents {
        self.events.clone()
    }

    /// Stops listening, lets the requests that are being answered finish for a moment, and
    /// releases the data folder.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        while self.services.join_next().await.is_some() {}
    }
}

/// Takes the folder for this process; a second one gets an error that says so.
fn lock_folder(dir: &Path) -> anyhow::Result<File> {
    let shown = dir.display();
    private::folder(dir)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .with_context(|| format!("the data folder {shown} cannot be written to"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder {shown} is in use by another running stack; stop that one or choose \
             another folder"
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the data folder {shown} cannot be locked"))
        }
    }
}

async fn bind(service: &str, port: u16) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .await
        .with_context(|| format!("{service} cannot listen on 127.0.0.1:{port}"))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

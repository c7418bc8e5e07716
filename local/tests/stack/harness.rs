//! A stack in a folder of its own, and the AWS SDK clients that talk to it.

use std::path::Path;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use local::stack::{Endpoints, ObjectEvents, Ports, Stack, StackConfig};
use tempfile::TempDir;

/// The region of the stack.
pub(crate) const REGION: &str = "ap-northeast-2";
/// The key that the stack knows.
pub(crate) const ACCESS_KEY: &str = "pricetide";
/// The secret of the key.
pub(crate) const SECRET_KEY: &str = "a secret of the tests";

/// A running stack. Its folder goes when this goes.
pub(crate) struct Running {
    pub(crate) stack: Stack,
    pub(crate) dir: TempDir,
}

/// The settings of a stack in a folder, on free ports.
pub(crate) fn config(dir: &Path) -> StackConfig {
    StackConfig {
        data_dir: dir.to_owned(),
        ports: Ports::default(),
        region: REGION.to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
    }
}

/// Starts a stack in a new folder.
pub(crate) async fn start() -> Running {
    let dir = TempDir::new().expect("a folder");
    let stack = Stack::start(config(dir.path()))
        .await
        .expect("the stack starts");
    Running { stack, dir }
}

impl Running {
    /// Stops the stack and starts it again on the same folder.
    pub(crate) async fn restart(self) -> Self {
        self.stack.stop().await;
        let stack = Stack::start(config(self.dir.path()))
            .await
            .expect("the stack starts again");
        Self {
            stack,
            dir: self.dir,
        }
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        self.stack.endpoints()
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        dynamodb(&self.endpoints().dynamodb, SECRET_KEY)
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        s3(&self.endpoints().s3, SECRET_KEY)
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        sqs(&self.endpoints().sqs, SECRET_KEY)
    }

    pub(crate) fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        secrets(&self.endpoints().secretsmanager, SECRET_KEY)
    }

    pub(crate) fn events(&self) -> ObjectEvents {
        self.stack.object_events()
    }
}

/// Settings for a client that signs with `secret` and does not try again.
fn sdk(endpoint: &str, secret: &str) -> SdkConfig {
    keyed(endpoint, ACCESS_KEY, secret)
}

/// The same with another access key.
pub(crate) fn keyed(endpoint: &str, access_key: &str, secret: &str) -> SdkConfig {
    let keys = Credentials::new(access_key, secret, None, None, "tests");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .region(aws_config::Region::new(REGION))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build()
}

pub(crate) fn dynamodb(endpoint: &str, secret: &str) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&sdk(endpoint, secret))
}

pub(crate) fn s3(endpoint: &str, secret: &str) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&sdk(endpoint, secret))
}

pub(crate) fn sqs(endpoint: &str, secret: &str) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&sdk(endpoint, secret))
}

pub(crate) fn secrets(endpoint: &str, secret: &str) -> aws_sdk_secretsmanager::Client {
    aws_sdk_secretsmanager::Client::new(&sdk(endpoint, secret))
}

/// An answer that came outside the SDK.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a readable header"))
    }
}

/// Sends a request as it is, without any SDK: as a browser or an attacker would.
pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> Answer {
    use http_body_util::{BodyExt, Full};

    let uri: http::Uri = url.parse().expect("a URL");
    let authority = uri.authority().expect("a host").to_string();
    let stream = tokio::net::TcpStream::connect(&authority)
        .await
        .expect("a connection");
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
        .await
        .expect("a handshake");
    tokio::spawn(connection);
    let path = uri.path_and_query().expect("a path").as_str();
    let mut request = http::Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", authority);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// How many files of objects there are.
pub(crate) fn files(running: &Running) -> usize {
    let folders = running
        .dir
        .path()
        .join("objects")
        .read_dir()
        .expect("the objects");
    let folders = folders.map(|folder| folder.expect("a folder").path());
    folders
        .map(|folder| folder.read_dir().expect("a folder").count())
        .sum()
}

//! Secrets Manager: secrets with their versions, kept in a file only its owner can read.
//!
//! Protocol and errors after <https://docs.aws.amazon.com/secretsmanager/latest/apireference/>.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::StatusCode;
use bytes::Bytes;
use jiff::{Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::iam;

use super::http::{JsonService, Reply, unknown_operation};
use super::{ACCOUNT, sqlite};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS secrets (
        name TEXT PRIMARY KEY,
        arn TEXT NOT NULL UNIQUE,
        description TEXT,
        created REAL NOT NULL,
        changed REAL NOT NULL,
        deletes REAL,
        current TEXT,
        previous TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS versions (
        name TEXT NOT NULL REFERENCES secrets ON DELETE CASCADE,
        id TEXT NOT NULL,
        string TEXT,
        binary TEXT,
        created REAL NOT NULL,
        PRIMARY KEY (name, id)
    ) STRICT;
    PRAGMA foreign_keys = ON;
";
/// The largest value in bytes.
const VALUE_LIMIT: usize = 65_536;

/// All secrets.
pub(super) struct Secrets {
    db: Arc<Mutex<Connection>>,
    region: String,
}

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error("Secrets Manager can't find the specified secret{0}.")]
    NotFound(&'static str),
    #[error("The operation failed because the secret {0} already exists.")]
    Exists(String),
    #[error("You can't perform this operation on the secret because it was marked for deletion.")]
    MarkedForDeletion,
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("{0}")]
    Storage(#[from] rusqlite::Error),
}

impl SecretError {
    fn reply(&self) -> Reply {
        let (status, code) = match self {
            Self::NotFound(_) => (StatusCode::BAD_REQUEST, "ResourceNotFoundException"),
            Self::Exists(_) => (StatusCode::BAD_REQUEST, "ResourceExistsException"),
            Self::MarkedForDeletion => (StatusCode::BAD_REQUEST, "InvalidRequestException"),
            Self::InvalidParameter(_) => (StatusCode::BAD_REQUEST, "InvalidParameterException"),
            Self::Unreadable(_) => (StatusCode::BAD_REQUEST, "SerializationException"),
            Self::Storage(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError"),
        };
        Reply::error(status, code, &self.to_string())
    }
}

/// The members of every request, each operation using its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    name: Option<String>,
    secret_id: Option<String>,
    description: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    client_request_token: Option<String>,
    version_id: Option<String>,
    version_stage: Option<String>,
    force_delete_without_recovery: bool,
    recovery_window_in_days: Option<i64>,
    max_results: Option<usize>,
    next_token: Option<String>,
    include_planned_deletion: bool,
}

/// A secret without its values.
struct Secret {
    name: String,
    arn: String,
    description: Option<String>,
    created: f64,
    changed: f64,
    deletes: Option<f64>,
    current: Option<String>,
    previous: Option<String>,
}

impl Secret {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            arn: row.get("arn")?,
            description: row.get("description")?,
            created: row.get("created")?,
            changed: row.get("changed")?,
            deletes: row.get("deletes")?,
            current: row.get("current")?,
            previous: row.get("previous")?,
        })
    }

    fn stages(&self, version: &str) -> Vec<&'static str> {
        let mut stages = Vec::new();
        if self.current.as_deref() == Some(version) {
            stages.push("AWSCURRENT");
        }
        if self.previous.as_deref() == Some(version) {
            stages.push("AWSPREVIOUS");
        }
        stages
    }

    fn describe(&self, stages_member: &str) -> Value {
        let mut stages = serde_json::Map::new();
        for version in [&self.current, &self.previous].into_iter().flatten() {
            stages.insert(version.clone(), json!(self.stages(version)));
        }
        without_nulls(json!({
            "ARN": self.arn,
            "Name": self.name,
            "Description": self.description,
            "CreatedDate": self.created,
            "LastChangedDate": self.changed,
            "DeletedDate": self.deletes,
            stages_member: stages,
        }))
    }
}

impl Secrets {
    pub(super) fn open(path: &Path, region: &str) -> anyhow::Result<Self> {
        let db = sqlite::open(path, SCHEMA)?;
        Ok(Self {
            db: Arc::new(Mutex::new(db)),
            region: region.to_owned(),
        })
    }

    /// The ARN by which a role must allow a secret. One that does not exist has no six random
    /// characters at its end, and a role that allows only ARNs with them learns nothing of it.
    fn arn(&self, id: &str) -> Result<String, SecretError> {
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let region = &self.region;
        Ok(match select(&db, id)? {
            Some(secret) => secret.arn,
            None if id.starts_with("arn:") => id.to_owned(),
            None => format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{id}"),
        })
    }
}

impl JsonService for Secrets {
    const NAME: &'static str = "secretsmanager";
    const TARGET: &'static str = "secretsmanager.";
    const CONTENT_TYPE: &'static str = "application/x-amz-json-1.1";
    const REFUSED: StatusCode = StatusCode::BAD_REQUEST;
    const BODY_LIMIT: usize = 1024 * 1024;

    async fn needs(&self, operation: &str, body: &[u8]) -> Result<Vec<iam::Request>, Reply> {
        let input: Input =
            serde_json::from_slice(body).map_err(|error| SecretError::Unreadable(error).reply())?;
        let action = format!("secretsmanager:{operation}");
        let Some(id) = input.secret_id.or(input.name) else {
            return Ok(vec![iam::Request::new(action, "*")]);
        };
        let resource = self.arn(&id).map_err(|error| error.reply())?;
        Ok(vec![iam::Request::new(action, resource)])
    }

    async fn call(&self, operation: &str, body: Bytes) -> Reply {
        let db = Arc::clone(&self.db);
        let region = self.region.clone();
        let operation = operation.to_owned();
        let answer = tokio::task::spawn_blocking(move || {
            let mut db = db.lock().unwrap_or_else(PoisonError::into_inner);
            match dispatch(&mut db, &region, &operation, &body) {
                Ok(Some(output)) => Reply::ok(&output),
                Ok(None) => unknown_operation(&operation),
                Err(error) => error.reply(),
            }
        });
        answer.await.unwrap_or_else(|error| {
            let message = error.to_string();
            Reply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServiceError",
                &message,
            )
        })
    }
}

fn dispatch(
    db: &mut Connection,
    region: &str,
    operation: &str,
    body: &[u8],
) -> Result<Option<Value>, SecretError> {
    let input: Input = serde_json::from_slice(body)?;
    let now = seconds(Timestamp::now());
    let tx = db.transaction()?;
    // A secret whose recovery window is over is gone.
    tx.execute("DELETE FROM secrets WHERE deletes <= ?1", [now])?;
    let output = match operation {
        "CreateSecret" => create(&tx, region, &input, now)?,
        "GetSecretValue" => get_value(&tx, &input)?,
        "PutSecretValue" => put_value(&tx, &input, now)?,
        "UpdateSecret" => update(&tx, &input, now)?,
        "DescribeSecret" => find(&tx, &input)?.describe("VersionIdsToStages"),
        "ListSecrets" => list(&tx, &input)?,
        "DeleteSecret" => delete(&tx, &input, now)?,
        "RestoreSecret" => restore(&tx, &input)?,
        _ => return Ok(None),
    };
    tx.commit()?;
    Ok(Some(output))
}

fn create(db: &Connection, region: &str, input: &Input, now: f64) -> Result<Value, SecretError> {
    let name = input
        .name
        .as_deref()
        .filter(|name| is_secret_name(name))
        .ok_or_else(|| {
            let message = "Invalid name. Must be a valid name containing alphanumeric \
                           characters, or any of the following: -/_+=.@!";
            SecretError::InvalidParameter(message.to_owned())
        })?;
    if let Some(existing) = select(db, name)? {
        if existing.deletes.is_some() {
            return Err(SecretError::MarkedForDeletion);
        }
        // The same request sent again, because its answer was lost.
        let same = input.client_request_token.as_deref().is_some_and(|token| {
            version(db, name, token).is_ok_and(|found| {
                found.is_some_and(|found| {
                    found.string == input.secret_string && found.binary == input.secret_binary
                })
            })
        });
        if !same {
            return Err(SecretError::Exists(name.to_owned()));
        }
        let version = input.client_request_token.as_deref();
        return Ok(json!({ "ARN": existing.arn, "Name": name, "VersionId": version }));
    }
    // As in AWS, six random characters keep a new secret of an old name apart from the old one.
    let random = Uuid::new_v4().simple().to_string();
    let suffix = &random[..6];
    let arn = format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-{suffix}");
    db.execute(
        "INSERT INTO secrets (name, arn, description, created, changed) VALUES (?1, ?2, ?3, ?4, ?4)",
        params![name, arn, input.description, now],
    )?;
    let version = if input.secret_string.is_some() || input.secret_binary.is_some() {
        Some(add_version(db, name, input, now)?)
    } else {
        None
    };
    Ok(without_nulls(
        json!({ "ARN": arn, "Name": name, "VersionId": version }),
    ))
}

fn get_value(db: &Connection, input: &Input) -> Result<Value, SecretError> {
    let secret = find_usable(db, input)?;
    let wanted = match (&input.version_id, input.version_stage.as_deref()) {
        (Some(id), _) => Some(id.clone()),
        (None, None | Some("AWSCURRENT")) => secret.current.clone(),
        (None, Some("AWSPREVIOUS")) => secret.previous.clone(),
        (None, Some(_)) => None,
    };
    let found = match &wanted {
        Some(id) => version(db, &secret.name, id)?,
        None => None,
    };
    let (Some(id), Some(found)) = (wanted, found) else {
        return Err(SecretError::NotFound(" value for staging label or version"));
    };
    Ok(without_nulls(json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionStages": secret.stages(&id),
        "VersionId": id,
        "SecretString": found.string,
        "SecretBinary": found.binary,
        "CreatedDate": found.created,
    })))
}

fn put_value(db: &Connection, input: &Input, now: f64) -> Result<Value, SecretError> {
    let secret = find_usable(db, input)?;
    let version = add_version(db, &secret.name, input, now)?;
    Ok(json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version,
        "VersionStages": ["AWSCURRENT"],
    }))
}

fn update(db: &Connection, input: &Input, now: f64) -> Result<Value, SecretError> {
    let secret = find_usable(db, input)?;
    if input.description.is_some() {
        db.execute(
            "UPDATE secrets SET description = ?2, changed = ?3 WHERE name = ?1",
            params![secret.name, input.description, now],
        )?;
    }
    let version = if input.secret_string.is_some() || input.secret_binary.is_some() {
        Some(add_version(db, &secret.name, input, now)?)
    } else {
        None
    };
    Ok(without_nulls(
        json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": version }),
    ))
}

fn list(db: &Connection, input: &Input) -> Result<Value, SecretError> {
    let limit = input.max_results.unwrap_or(100).clamp(1, 100);
    let after = input.next_token.as_deref().unwrap_or("");
    let mut statement = db.prepare_cached(
        "SELECT * FROM secrets WHERE name > ?1 AND (deletes IS NULL OR ?2) ORDER BY name",
    )?;
    let found = statement
        .query_map(params![after, input.include_planned_deletion], Secret::read)?
        .take(limit + 1)
        .collect::<Result<Vec<_>, _>>()?;
    let page = &found[..found.len().min(limit)];
    let next = (found.len() > limit).then(|| page.last().map(|secret| &secret.name));
    let secrets: Vec<Value> = page
        .iter()
        .map(|secret| secret.describe("SecretVersionsToStages"))
        .collect();
    Ok(without_nulls(
        json!({ "SecretList": secrets, "NextToken": next.flatten() }),
    ))
}

fn delete(db: &Connection, input: &Input, now: f64) -> Result<Value, SecretError> {
    let secret = match find(db, input) {
        // Forcing the deletion of what is not there is no error in AWS either.
        Err(SecretError::NotFound(_)) if input.force_delete_without_recovery => {
            let id = input.secret_id.as_deref();
            return Ok(json!({ "ARN": id, "Name": id, "DeletionDate": now }));
        }
        other => other?,
    };
    if input.force_delete_without_recovery {
        if input.recovery_window_in_days.is_some() {
            let message = "You can't use ForceDeleteWithoutRecovery in conjunction with \
                           RecoveryWindowInDays.";
            return Err(SecretError::InvalidParameter(message.to_owned()));
        }
        db.execute("DELETE FROM secrets WHERE name = ?1", [&secret.name])?;
        return Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": now }));
    }
    if secret.deletes.is_some() {
        return Err(SecretError::MarkedForDeletion);
    }
    let days = input.recovery_window_in_days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        let message = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
        return Err(SecretError::InvalidParameter(message.to_owned()));
    }
    let deletes = seconds(Timestamp::now() + Span::new().hours(days * 24));
    db.execute(
        "UPDATE secrets SET deletes = ?2 WHERE name = ?1",
        params![secret.name, deletes],
    )?;
    Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": deletes }))
}

fn restore(db: &Connection, input: &Input) -> Result<Value, SecretError> {
    let secret = find(db, input)?;
    db.execute(
        "UPDATE secrets SET deletes = NULL WHERE name = ?1",
        [&secret.name],
    )?;
    Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
}

/// Adds a version and makes it the current one; the same version again changes nothing.
fn add_version(
    db: &Connection,
    name: &str,
    input: &Input,
    now: f64,
) -> Result<String, SecretError> {
    let invalid = |message: &str| Err(SecretError::InvalidParameter(message.to_owned()));
    let (string, binary) = (&input.secret_string, &input.secret_binary);
    if string.is_some() == binary.is_some() {
        return invalid("You must provide either SecretString or SecretBinary.");
    }
    let size = [string, binary]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum::<usize>();
    if size > VALUE_LIMIT {
        return invalid("The secret value is longer than 65536 bytes.");
    }
    let id = match &input.client_request_token {
        Some(token) if (32..=64).contains(&token.len()) => token.clone(),
        Some(_) => return invalid("ClientRequestToken must be 32-64 characters long."),
        None => Uuid::new_v4().to_string(),
    };
    if let Some(existing) = version(db, name, &id)? {
        if existing.string == *string && existing.binary == *binary {
            return Ok(id);
        }
        return Err(SecretError::Exists(format!("version {id}")));
    }
    db.execute(
        "INSERT INTO versions (name, id, string, binary, created) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![name, id, string, binary, now],
    )?;
    db.execute(
        "UPDATE secrets SET previous = current, current = ?2, changed = ?3 WHERE name = ?1",
        params![name, id, now],
    )?;
    // A version without a stage is deprecated in AWS; here it is forgotten.
    db.execute(
        "DELETE FROM versions WHERE name = ?1 AND id NOT IN
            (SELECT current FROM secrets WHERE name = ?1
             UNION SELECT coalesce(previous, '') FROM secrets WHERE name = ?1)",
        [name],
    )?;
    Ok(id)
}

struct Version {
    string: Option<String>,
    binary: Option<String>,
    created: f64,
}

fn version(db: &Connection, name: &str, id: &str) -> rusqlite::Result<Option<Version>> {
    db.prepare_cached("SELECT string, binary, created FROM versions WHERE name = ?1 AND id = ?2")?
        .query_row([name, id], |row| {
            Ok(Version {
                string: row.get(0)?,
                binary: row.get(1)?,
                created: row.get(2)?,
            })
        })
        .optional()
}

/// The secret of this name, whole ARN, or ARN without its six random characters.
fn select(db: &Connection, id: &str) -> rusqlite::Result<Option<Secret>> {
    db.prepare_cached(
        "SELECT * FROM secrets
         WHERE name = ?1 OR arn = ?1 OR substr(arn, 1, length(arn) - 7) = ?1",
    )?
    .query_row([id], Secret::read)
    .optional()
}

fn find(db: &Connection, input: &Input) -> Result<Secret, SecretError> {
    let Some(id) = &input.secret_id else {
        let message = "You must provide a value for SecretId.";
        return Err(SecretError::InvalidParameter(message.to_owned()));
    };
    select(db, id)?.ok_or(SecretError::NotFound(""))
}

fn find_usable(db: &Connection, input: &Input) -> Result<Secret, SecretError> {
    let secret = find(db, input)?;
    match secret.deletes {
        Some(_) => Err(SecretError::MarkedForDeletion),
        None => Ok(secret),
    }
}

fn is_secret_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c);
    (1..=512).contains(&name.len()) && name.chars().all(allowed)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit an f64 exactly"
)]
fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

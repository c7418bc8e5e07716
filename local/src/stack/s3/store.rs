//! The metadata of buckets, objects and uploads in progress, in SQLite.
//!
//! All functions run on a connection under its lock, off the async threads. What changes an
//! object is one transaction together with its event.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params};
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::blobs::Segment;
use super::checksum::{Algorithm, Sum};
use super::cors::Rule;
use super::internal;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS buckets (
        name TEXT PRIMARY KEY,
        created INTEGER NOT NULL,
        cors TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS objects (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        etag TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        headers TEXT NOT NULL,
        sum TEXT,
        segments TEXT NOT NULL,
        PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS uploads (
        id TEXT PRIMARY KEY,
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        started INTEGER NOT NULL,
        headers TEXT NOT NULL,
        checksum TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS parts (
        upload TEXT NOT NULL,
        number INTEGER NOT NULL,
        etag TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        sum TEXT NOT NULL,
        segments TEXT NOT NULL,
        PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        time INTEGER NOT NULL
    ) STRICT;
";

/// What an object is served with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    /// Milliseconds since 1970.
    pub(super) expires: Option<i64>,
    pub(super) redirect: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// An object, all but its contents.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Without quotes.
    pub(super) etag: String,
    pub(super) size: u64,
    /// Milliseconds since 1970.
    pub(super) modified: i64,
    pub(super) headers: Headers,
    pub(super) sum: Option<Sum>,
    pub(super) segments: Vec<Segment>,
}

/// Where an object is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) key: String,
}

/// What must hold for an object to be replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct PutConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

/// An upload in parts, in progress.
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) started: i64,
    pub(super) headers: Headers,
    pub(super) checksum: Option<UploadChecksum>,
}

/// The checksum that an upload in parts shall have.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct UploadChecksum {
    pub(super) algorithm: Algorithm,
    pub(super) composite: bool,
}

/// A part of an upload in progress.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) modified: i64,
    pub(super) sum: Sum,
    pub(super) segments: Vec<Segment>,
}

impl PutConditions {
    fn check(&self, existing: Option<&str>) -> S3Result<()> {
        if let Some(condition) = &self.if_none_match {
            if !condition.is_any() {
                return Err(s3_error!(NotImplemented, "If-None-Match takes only * here"));
            }
            if existing.is_some() {
                return Err(failed("If-None-Match"));
            }
        }
        match (&self.if_match, existing) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(s3_error!(NoSuchKey)),
            (Some(condition), Some(etag)) if names(condition, etag) => Ok(()),
            (Some(_), Some(_)) => Err(failed("If-Match")),
        }
    }
}

/// Whether an `ETag` condition names this object.
pub(super) fn names(condition: &ETagCondition, etag: &str) -> bool {
    condition.is_any()
        || condition
            .as_etag()
            .is_some_and(|named| named.value() == etag)
}

pub(super) fn failed(condition: &str) -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold: {condition}"
    )
}

/// Every file that the metadata names.
pub(super) fn known_files(db: &Connection) -> anyhow::Result<HashSet<String>> {
    let mut files = HashSet::new();
    let mut statement =
        db.prepare("SELECT segments FROM objects UNION ALL SELECT segments FROM parts")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let segments: Vec<Segment> = serde_json::from_str(&row.get::<_, String>(0)?)?;
        files.extend(segments.into_iter().map(|segment| segment.file));
    }
    Ok(files)
}

pub(super) fn create_bucket(db: &Connection, name: &str, now: i64) -> S3Result<()> {
    let created = db
        .execute(
            "INSERT OR IGNORE INTO buckets (name, created) VALUES (?1, ?2)",
            params![name, now],
        )
        .map_err(internal)?;
    match created {
        0 => Err(s3_error!(BucketAlreadyOwnedByYou)),
        _ => Ok(()),
    }
}

pub(super) fn check_bucket(db: &Connection, name: &str) -> S3Result<()> {
    let found = db
        .prepare_cached("SELECT 1 FROM buckets WHERE name = ?1")
        .and_then(|mut statement| statement.exists([name]))
        .map_err(internal)?;
    if found {
        Ok(())
    } else {
        Err(s3_error!(NoSuchBucket))
    }
}

/// Deletes an empty bucket, and gives the files of the uploads that were in progress in it.
pub(super) fn delete_bucket(db: &mut Connection, name: &str) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    check_bucket(&tx, name)?;
    let occupied = tx
        .prepare_cached("SELECT 1 FROM objects WHERE bucket = ?1")
        .and_then(|mut statement| statement.exists([name]))
        .map_err(internal)?;
    if occupied {
        return Err(s3_error!(BucketNotEmpty));
    }
    let mut segments = Vec::new();
    for upload in uploads(&tx, name)? {
        segments.extend(forget_upload(&tx, &upload.id)?);
    }
    tx.execute("DELETE FROM buckets WHERE name = ?1", [name])
        .map_err(internal)?;
    tx.commit().map_err(internal)?;
    Ok(segments)
}

/// Names and creation times.
pub(super) fn buckets(db: &Connection) -> S3Result<Vec<(String, i64)>> {
    let mut statement = db
        .prepare_cached("SELECT name, created FROM buckets ORDER BY name")
        .map_err(internal)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.and_then(Iterator::collect).map_err(internal)
}

pub(super) fn cors(db: &Connection, bucket: &str) -> S3Result<Vec<Rule>> {
    check_bucket(db, bucket)?;
    let rules: Option<String> = db
        .query_row(
            "SELECT cors FROM buckets WHERE name = ?1",
            [bucket],
            |row| row.get(0),
        )
        .map_err(internal)?;
    rules.map_or_else(|| Ok(Vec::new()), |rules| decode(&rules))
}

pub(super) fn set_cors(db: &Connection, bucket: &str, rules: &[Rule]) -> S3Result<()> {
    check_bucket(db, bucket)?;
    let rules = if rules.is_empty() {
        None
    } else {
        Some(encode(rules)?)
    };
    db.execute(
        "UPDATE buckets SET cors = ?2 WHERE name = ?1",
        params![bucket, rules],
    )
    .map_err(internal)?;
    Ok(())
}

pub(super) fn object(db: &Connection, place: &Place) -> S3Result<Object> {
    check_bucket(db, &place.bucket)?;
    find_object(db, place)?.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
}

fn find_object(db: &Connection, place: &Place) -> S3Result<Option<Object>> {
    let mut statement = db
        .prepare_cached("SELECT * FROM objects WHERE bucket = ?1 AND key = ?2")
        .map_err(internal)?;
    let mut rows = statement
        .query([&place.bucket, &place.key])
        .map_err(internal)?;
    let Some(row) = rows.next().map_err(internal)? else {
        return Ok(None);
    };
    let get = |name: &str| row.get::<_, String>(name).map_err(internal);
    let sum: Option<String> = row.get("sum").map_err(internal)?;
    Ok(Some(Object {
        etag: get("etag")?,
        size: row.get("size").map_err(internal)?,
        modified: row.get("modified").map_err(internal)?,
        headers: decode(&get("headers")?)?,
        sum: sum.map(|sum| decode(&sum)).transpose()?,
        segments: decode(&get("segments")?)?,
    }))
}

/// Stores an object and its event, and gives the files of the object it replaces.
pub(super) fn put_object(
    db: &mut Connection,
    place: &Place,
    object: &Object,
    conditions: &PutConditions,
    event: &str,
) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    let replaced = put_in(&tx, place, object, conditions, event)?;
    tx.commit().map_err(internal)?;
    Ok(replaced)
}

fn put_in(
    tx: &Connection,
    place: &Place,
    object: &Object,
    conditions: &PutConditions,
    event: &str,
) -> S3Result<Vec<Segment>> {
    check_bucket(tx, &place.bucket)?;
    let existing = find_object(tx, place)?;
    conditions.check(existing.as_ref().map(|object| object.etag.as_str()))?;
    let sum = object.sum.as_ref().map(encode).transpose()?;
    tx.prepare_cached("INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut statement| {
            statement.execute(params![
                place.bucket,
                place.key,
                object.etag,
                object.size,
                object.modified,
                encode(&object.headers).unwrap_or_default(),
                sum,
                encode(&object.segments).unwrap_or_default(),
            ])
        })
        .map_err(internal)?;
    tx.prepare_cached(
        "INSERT INTO events (name, bucket, key, size, etag, time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .and_then(|mut statement| {
        let Object {
            size,
            etag,
            modified,
            ..
        } = object;
        statement.execute(params![
            event,
            place.bucket,
            place.key,
            size,
            etag,
            modified
        ])
    })
    .map_err(internal)?;
    Ok(existing.map(|object| object.segments).unwrap_or_default())
}

/// Deletes an object if it is there, and gives its files.
pub(super) fn delete_object(
    db: &mut Connection,
    place: &Place,
    if_match: Option<&ETagCondition>,
) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    check_bucket(&tx, &place.bucket)?;
    let Some(existing) = find_object(&tx, place)? else {
        return match if_match {
            Some(_) => Err(s3_error!(NoSuchKey)),
            None => Ok(Vec::new()),
        };
    };
    if if_match.is_some_and(|condition| !names(condition, &existing.etag)) {
        return Err(failed("If-Match"));
    }
    tx.execute(
        "DELETE FROM objects WHERE bucket = ?1 AND key = ?2",
        [&place.bucket, &place.key],
    )
    .map_err(internal)?;
    tx.commit().map_err(internal)?;
    Ok(existing.segments)
}

pub(super) fn start_upload(db: &Connection, bucket: &str, upload: &Upload) -> S3Result<()> {
    check_bucket(db, bucket)?;
    let checksum = upload.checksum.as_ref().map(encode).transpose()?;
    db.execute(
        "INSERT INTO uploads VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            upload.id,
            bucket,
            upload.key,
            upload.started,
            encode(&upload.headers)?,
            checksum
        ],
    )
    .map_err(internal)?;
    Ok(())
}

fn read_upload(row: &Row<'_>) -> S3Result<Upload> {
    let checksum: Option<String> = row.get("checksum").map_err(internal)?;
    Ok(Upload {
        id: row.get("id").map_err(internal)?,
        key: row.get("key").map_err(internal)?,
        started: row.get("started").map_err(internal)?,
        headers: decode(&row.get::<_, String>("headers").map_err(internal)?)?,
        checksum: checksum.map(|checksum| decode(&checksum)).transpose()?,
    })
}

/// The upload, which must be of this very object.
pub(super) fn upload(db: &Connection, place: &Place, id: &str) -> S3Result<Upload> {
    check_bucket(db, &place.bucket)?;
    let mut statement = db
        .prepare_cached("SELECT * FROM uploads WHERE id = ?1 AND bucket = ?2 AND key = ?3")
        .map_err(internal)?;
    let mut rows = statement
        .query([id, &place.bucket, &place.key])
        .map_err(internal)?;
    match rows.next().map_err(internal)? {
        Some(row) => read_upload(row),
        None => Err(s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may \
             have been aborted or completed."
        )),
    }
}

pub(super) fn uploads(db: &Connection, bucket: &str) -> S3Result<Vec<Upload>> {
    check_bucket(db, bucket)?;
    let mut statement = db
        .prepare_cached("SELECT * FROM uploads WHERE bucket = ?1 ORDER BY key, started, id")
        .map_err(internal)?;
    let mut rows = statement.query([bucket]).map_err(internal)?;
    let mut uploads = Vec::new();
    while let Some(row) = rows.next().map_err(internal)? {
        uploads.push(read_upload(row)?);
    }
    Ok(uploads)
}

/// Stores a part, and gives the files of the one it replaces.
pub(super) fn put_part(
    db: &mut Connection,
    place: &Place,
    id: &str,
    part: &Part,
) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    upload(&tx, place, id)?;
    let existing: Option<String> = tx
        .query_row(
            "SELECT segments FROM parts WHERE upload = ?1 AND number = ?2",
            params![id, part.number],
            |row| row.get(0),
        )
        .optional()
        .map_err(internal)?;
    tx.execute(
        "INSERT OR REPLACE INTO parts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            id,
            part.number,
            part.etag,
            part.size,
            part.modified,
            encode(&part.sum)?,
            encode(&part.segments)?
        ],
    )
    .map_err(internal)?;
    tx.commit().map_err(internal)?;
    existing.map_or_else(|| Ok(Vec::new()), |segments| decode(&segments))
}

/// The parts so far, in their order.
pub(super) fn parts(db: &Connection, id: &str) -> S3Result<Vec<Part>> {
    let mut statement = db
        .prepare_cached("SELECT * FROM parts WHERE upload = ?1 ORDER BY number")
        .map_err(internal)?;
    let mut rows = statement.query([id]).map_err(internal)?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next().map_err(internal)? {
        let get = |name: &str| row.get::<_, String>(name).map_err(internal);
        parts.push(Part {
            number: row.get("number").map_err(internal)?,
            etag: get("etag")?,
            size: row.get("size").map_err(internal)?,
            modified: row.get("modified").map_err(internal)?,
            sum: decode(&get("sum")?)?,
            segments: decode(&get("segments")?)?,
        });
    }
    Ok(parts)
}

/// Makes an upload an object, and gives the files that belong to nothing any more.
pub(super) fn finish_upload(
    db: &mut Connection,
    place: &Place,
    id: &str,
    object: &Object,
    conditions: &PutConditions,
) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    upload(&tx, place, id)?;
    let event = "ObjectCreated:CompleteMultipartUpload";
    let mut unused = put_in(&tx, place, object, conditions, event)?;
    let uploaded = forget_upload(&tx, id)?;
    unused.extend(
        uploaded
            .into_iter()
            .filter(|segment| !object.segments.contains(segment)),
    );
    tx.commit().map_err(internal)?;
    Ok(unused)
}

/// Ends an upload, and gives the files of its parts.
pub(super) fn abort_upload(db: &mut Connection, place: &Place, id: &str) -> S3Result<Vec<Segment>> {
    let tx = db.transaction().map_err(internal)?;
    upload(&tx, place, id)?;
    let segments = forget_upload(&tx, id)?;
    tx.commit().map_err(internal)?;
    Ok(segments)
}

fn forget_upload(tx: &Connection, id: &str) -> S3Result<Vec<Segment>> {
    let segments = parts(tx, id)?
        .into_iter()
        .flat_map(|part| part.segments)
        .collect();
    tx.execute("DELETE FROM parts WHERE upload = ?1", [id])
        .map_err(internal)?;
    tx.execute("DELETE FROM uploads WHERE id = ?1", [id])
        .map_err(internal)?;
    Ok(segments)
}

fn encode(value: &(impl Serialize + ?Sized)) -> S3Result<String> {
    serde_json::to_string(value).map_err(internal)
}

fn decode<T: for<'de> Deserialize<'de>>(json: &str) -> S3Result<T> {
    serde_json::from_str(json).map_err(internal)
}

/// Milliseconds since 1970 as answers carry them.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    Timestamp::from(std::time::SystemTime::from(time))
}

//! Lists the keys of a bucket, page by page, in the order of their UTF-8 bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, params};
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::Backend;
use super::internal;
use super::store::{check_bucket, timestamp};

/// The most entries on a page.
const PAGE_LIMIT: i32 = 1000;

/// What is asked for.
struct Query {
    bucket: String,
    prefix: String,
    delimiter: String,
    /// Only what comes after this key or common prefix.
    after: String,
    limit: usize,
    /// Whether keys are to be percent-encoded, because XML cannot carry every character.
    encode: bool,
}

/// A page of the answer.
#[derive(Default)]
struct Page {
    objects: Vec<Object>,
    prefixes: Vec<CommonPrefix>,
    /// The last key or common prefix, if more follows. Not encoded.
    next: Option<String>,
}

pub(super) async fn list(
    backend: &Backend,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = request.input;
    let max_keys = limit(input.max_keys)?;
    let (query, page) = read(
        backend,
        Query {
            encode: wants_encoding(input.encoding_type.as_ref())?,
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().unwrap_or_default(),
            after: input.marker.clone().unwrap_or_default(),
            limit: usize::try_from(max_keys).unwrap_or(0),
        },
    )
    .await?;
    let shown = |text: Option<String>| text.map(|text| query.shown(&text));
    Ok(S3Response::new(ListObjectsOutput {
        is_truncated: Some(page.next.is_some()),
        // As in AWS, only with a delimiter: otherwise the last key is the marker.
        next_marker: shown(page.next.filter(|_| input.delimiter.is_some())),
        contents: Some(page.objects),
        common_prefixes: Some(page.prefixes),
        prefix: shown(input.prefix),
        delimiter: shown(input.delimiter),
        marker: shown(Some(input.marker.unwrap_or_default())),
        max_keys: Some(max_keys),
        encoding_type: input.encoding_type,
        name: Some(query.bucket.clone()),
        ..ListObjectsOutput::default()
    }))
}

pub(super) async fn list_v2(
    backend: &Backend,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let max_keys = limit(input.max_keys)?;
    let after = match &input.continuation_token {
        Some(token) => read_token(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let (query, page) = read(
        backend,
        Query {
            encode: wants_encoding(input.encoding_type.as_ref())?,
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().unwrap_or_default(),
            after,
            limit: usize::try_from(max_keys).unwrap_or(0),
        },
    )
    .await?;
    let shown = |text: Option<String>| text.map(|text| query.shown(&text));
    Ok(S3Response::new(ListObjectsV2Output {
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_deref().map(token),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        contents: Some(page.objects),
        common_prefixes: Some(page.prefixes),
        continuation_token: input.continuation_token,
        prefix: shown(Some(input.prefix.unwrap_or_default())),
        delimiter: shown(input.delimiter),
        start_after: shown(input.start_after),
        max_keys: Some(max_keys),
        encoding_type: input.encoding_type,
        name: Some(query.bucket.clone()),
        ..ListObjectsV2Output::default()
    }))
}

async fn read(backend: &Backend, query: Query) -> S3Result<(Query, Page)> {
    backend
        .db
        .run(move |db| {
            let page = page(db, &query)?;
            Ok((query, page))
        })
        .await
}

pub(super) fn limit(asked: Option<i32>) -> S3Result<i32> {
    match asked.unwrap_or(PAGE_LIMIT) {
        negative if negative < 0 => {
            Err(s3_error!(InvalidArgument, "max-keys must not be negative"))
        }
        limit => Ok(limit.min(PAGE_LIMIT)),
    }
}

fn page(db: &Connection, query: &Query) -> S3Result<Page> {
    check_bucket(db, &query.bucket)?;
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let delimiter = query.delimiter.as_str();
    // The listing goes on from `from`; whether `from` itself counts depends on how it came about.
    let (mut from, mut inclusive) = match common_prefix(&query.after, &query.prefix, delimiter) {
        // A page ended with a common prefix: everything under it has been told.
        Some(prefix) if prefix == query.after => match after_all(&prefix) {
            Some(next) => (next, true),
            None => return Ok(page),
        },
        _ => (query.after.clone(), false),
    };
    if from < query.prefix {
        (from, inclusive) = (query.prefix.clone(), true);
    }
    let end = after_all(&query.prefix).filter(|_| !query.prefix.is_empty());
    let mut statement = db
        .prepare_cached(
            "SELECT key, etag, size, modified FROM objects
             WHERE bucket = ?1 AND (key > ?2 OR (?3 AND key = ?2)) AND key >= ?2
               AND (?4 IS NULL OR key < ?4)
             ORDER BY key",
        )
        .map_err(internal)?;
    let mut last: Option<String> = None;
    'seek: loop {
        let mut rows = statement
            .query(params![query.bucket, from, inclusive, end])
            .map_err(internal)?;
        while let Some(row) = rows.next().map_err(internal)? {
            let key: String = row.get(0).map_err(internal)?;
            if page.objects.len() + page.prefixes.len() == query.limit {
                page.next = last;
                break 'seek;
            }
            if let Some(prefix) = common_prefix(&key, &query.prefix, delimiter) {
                page.prefixes.push(CommonPrefix {
                    prefix: Some(query.shown(&prefix)),
                });
                let beyond = after_all(&prefix);
                last = Some(prefix);
                match beyond {
                    Some(beyond) => {
                        (from, inclusive) = (beyond, true);
                        continue 'seek;
                    }
                    None => break 'seek,
                }
            }
            page.objects.push(Object {
                key: Some(query.shown(&key)),
                e_tag: Some(ETag::Strong(row.get(1).map_err(internal)?)),
                size: Some(row.get(2).map_err(internal)?),
                last_modified: Some(timestamp(row.get(3).map_err(internal)?)),
                storage_class: Some(ObjectStorageClass::from_static(
                    ObjectStorageClass::STANDARD,
                )),
                ..Object::default()
            });
            last = Some(key);
        }
        break;
    }
    Ok(page)
}

impl Query {
    fn shown(&self, key: &str) -> String {
        if self.encode {
            url_encode(key)
        } else {
            key.to_owned()
        }
    }
}

/// The part of a key that it shares with others: up to the first delimiter after the prefix.
fn common_prefix(key: &str, prefix: &str, delimiter: &str) -> Option<String> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(prefix)?;
    let position = rest.find(delimiter)?;
    let end = prefix.len() + position + delimiter.len();
    Some(key[..end].to_owned())
}

/// The first string that sorts after everything beginning with `prefix`, if there is one.
fn after_all(prefix: &str) -> Option<String> {
    let mut prefix = prefix.to_owned();
    while let Some(last) = prefix.pop() {
        let next = match last {
            char::MAX => continue,
            '\u{d7ff}' => '\u{e000}',
            last => char::from_u32(u32::from(last) + 1)?,
        };
        prefix.push(next);
        return Some(prefix);
    }
    None
}

pub(super) fn wants_encoding(encoding: Option<&EncodingType>) -> S3Result<bool> {
    match encoding.map(EncodingType::as_str) {
        None => Ok(false),
        Some(EncodingType::URL) => Ok(true),
        Some(_) => Err(s3_error!(
            InvalidArgument,
            "Invalid Encoding Method specified in Request"
        )),
    }
}

pub(super) fn url_encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.push(char::from(HEX[usize::from(byte >> 4)]));
                encoded.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    encoded
}

/// A continuation token: opaque to the client.
fn token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

fn read_token(token: &str) -> S3Result<String> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_of_a_prefix_sorts_after_all_it_begins() {
        assert_eq!(after_all("a/").as_deref(), Some("a0"));
        assert_eq!(after_all("가").as_deref(), Some("각"));
        assert_eq!(after_all("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after_all("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_all("\u{10ffff}"), None);
        assert_eq!(after_all(""), None);
    }

    #[test]
    fn encoding_leaves_slashes_and_escapes_plus_and_space() {
        assert_eq!(url_encode("a/b c+d"), "a/b%20c%2Bd");
        assert_eq!(url_encode("가"), "%EA%B0%80");
    }
}

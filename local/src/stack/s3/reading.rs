//! Reads of objects: whole, in part, under conditions, with other headers.

use ::http::HeaderMap;
use s3s::dto::{
    ChecksumMode, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::access::missing;
use super::backend::Backend;
use super::blobs::Pinned;
use super::shapes::{milliseconds, with_checksum};
use super::store::{self, Object as StoredObject, Place};

/// The type of an object that was uploaded without one.
const DEFAULT_TYPE: &str = "binary/octet-stream";

pub(super) async fn get(
    backend: &Backend,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = request.input;
    super::objects::refuse_unsupported(None, input.sse_customer_key.as_deref())?;
    refuse_version(input.version_id.as_deref())?;
    let (bucket, credentials) = (input.bucket.clone(), request.credentials);
    let (object, pinned) = find(backend, input.bucket, input.key)
        .await
        .map_err(|error| missing(&backend.keys, credentials.as_ref(), &bucket, error))?;
    check_read(
        &object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
        input.if_modified_since.as_ref(),
        input.if_unmodified_since.as_ref(),
    )?;
    let range = match (input.range, input.part_number) {
        (None, None) => None,
        (Some(range), None) => Some(range.check(object.size)?),
        (None, Some(number)) => Some(part_range(&object, number)?),
        (Some(_), Some(_)) => {
            return Err(s3_error!(
                InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter"
            ));
        }
    };
    let whole = range.is_none();
    let content_range = range.as_ref().map(|range| {
        let last = range.end.saturating_sub(1);
        format!("bytes {}-{last}/{}", range.start, object.size)
    });
    let range = range.unwrap_or(0..object.size);
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(range.end - range.start).ok(),
        content_range: content_range.filter(|_| object.size > 0),
        e_tag: Some(ETag::Strong(object.etag.clone())),
        last_modified: Some(store::timestamp(object.modified)),
        parts_count: parts_count(&object, input.part_number),
        body: Some(pinned.read(range)),
        ..GetObjectOutput::default()
    };
    let asked = input
        .checksum_mode
        .is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    if asked && whole {
        with_checksum!(output, object.sum.as_ref(), typed);
    }
    let headers = object.headers;
    output.content_type = Some(
        headers
            .content_type
            .unwrap_or_else(|| DEFAULT_TYPE.to_owned()),
    );
    output.content_disposition = headers.content_disposition;
    output.content_encoding = headers.content_encoding;
    output.content_language = headers.content_language;
    output.cache_control = headers.cache_control;
    output.expires = headers.expires.map(store::timestamp);
    output.website_redirect_location = headers.redirect;
    output.metadata = Some(headers.metadata.into_iter().collect());
    Ok(S3Response::new(output))
}

pub(super) async fn head(
    backend: &Backend,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    refuse_version(input.version_id.as_deref())?;
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let bucket = place.bucket.clone();
    let object = backend
        .db
        .run(move |db| store::object(db, &place))
        .await
        .map_err(|error| missing(&backend.keys, request.credentials.as_ref(), &bucket, error))?;
    check_read(
        &object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
        input.if_modified_since.as_ref(),
        input.if_unmodified_since.as_ref(),
    )?;
    let range = match (input.range, input.part_number) {
        (Some(range), _) => Some(range.check(object.size)?),
        (None, Some(number)) => Some(part_range(&object, number)?),
        (None, None) => None,
    };
    let length = range.map_or(object.size, |range| range.end - range.start);
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(length).ok(),
        e_tag: Some(ETag::Strong(object.etag.clone())),
        last_modified: Some(store::timestamp(object.modified)),
        parts_count: parts_count(&object, input.part_number),
        ..HeadObjectOutput::default()
    };
    if input
        .checksum_mode
        .is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
    {
        with_checksum!(output, object.sum.as_ref(), typed);
    }
    let headers = object.headers;
    let kind = input.response_content_type.or(headers.content_type);
    output.content_type = Some(kind.unwrap_or_else(|| DEFAULT_TYPE.to_owned()));
    output.content_disposition = input
        .response_content_disposition
        .or(headers.content_disposition);
    output.content_encoding = input.response_content_encoding.or(headers.content_encoding);
    output.content_language = input.response_content_language.or(headers.content_language);
    output.cache_control = input.response_cache_control.or(headers.cache_control);
    output.expires = input
        .response_expires
        .or(headers.expires.map(store::timestamp));
    output.website_redirect_location = headers.redirect;
    output.metadata = Some(headers.metadata.into_iter().collect());
    Ok(S3Response::new(output))
}

pub(super) async fn find(
    backend: &Backend,
    bucket: String,
    key: String,
) -> S3Result<(StoredObject, Pinned)> {
    let blobs = backend.blobs.clone();
    backend
        .db
        .run(move |db| {
            let object = store::object(db, &Place { bucket, key })?;
            let pinned = blobs.pin(object.segments.clone());
            Ok((object, pinned))
        })
        .await
}

/// The conditions of a read, in the order of RFC 9110, section 13.2.2.
pub(super) fn check_read(
    object: &StoredObject,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    if_modified_since: Option<&s3s::dto::Timestamp>,
    if_unmodified_since: Option<&s3s::dto::Timestamp>,
) -> S3Result<()> {
    // HTTP dates have no fraction of a second.
    let modified = object.modified / 1000 * 1000;
    if let Some(condition) = if_match {
        if !store::names(condition, &object.etag) {
            return Err(store::failed("If-Match"));
        }
    } else if if_unmodified_since.is_some_and(|time| modified > milliseconds(time)) {
        return Err(store::failed("If-Unmodified-Since"));
    }
    let unchanged = match if_none_match {
        Some(condition) => store::names(condition, &object.etag),
        None => if_modified_since.is_some_and(|time| modified <= milliseconds(time)),
    };
    if !unchanged {
        return Ok(());
    }
    let mut error = s3_error!(NotModified);
    let mut headers = HeaderMap::new();
    if let Ok(etag) = format!("\"{}\"", object.etag).parse() {
        headers.insert("etag", etag);
    }
    error.set_headers(headers);
    Err(error)
}

/// The bytes of one part. An object that was uploaded in one piece is its own first part.
fn part_range(object: &StoredObject, number: i32) -> S3Result<std::ops::Range<u64>> {
    let invalid = || s3_error!(InvalidRange, "The requested partnumber is not satisfiable");
    let index = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1));
    let index = index.ok_or_else(invalid)?;
    if index == 0 && object.segments.is_empty() {
        return Ok(0..0);
    }
    let size = object.segments.get(index).ok_or_else(invalid)?.size;
    let start = object.segments[..index]
        .iter()
        .map(|segment| segment.size)
        .sum();
    Ok(start..start + size)
}

/// How many parts there are, told to those who ask for one.
fn parts_count(object: &StoredObject, asked: Option<i32>) -> Option<i32> {
    let in_parts = asked.is_some() && object.etag.contains('-');
    in_parts
        .then(|| i32::try_from(object.segments.len()).ok())
        .flatten()
}

pub(super) fn refuse_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(
            NoSuchVersion,
            "the objects here have no versions"
        )),
    }
}

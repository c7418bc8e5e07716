//! Uploads in parts: checks what a client says it uploaded, and makes one object of it.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use uuid::Uuid;

use super::backend::Backend;
use super::blobs::Segment;
use super::checksum::{Algorithm, Claimed, Hasher, Sum, etag, etag_of_parts};
use super::objects::refuse_unsupported;
use super::shapes::{conditions, given_checksum, headers, now, with_checksum};
use super::store::{self, Object, Part, Place, Upload, UploadChecksum};
use super::{internal, listing};

/// The smallest part that is not the last.
const PART_MINIMUM: u64 = 5 * 1024 * 1024;
/// The largest part number.
const PART_LIMIT: i32 = 10_000;

/// The checksum of an upload in parts: of the whole, or of the parts' checksums.
fn upload_checksum(
    algorithm: Option<&ChecksumAlgorithm>,
    kind: Option<&ChecksumType>,
) -> S3Result<Option<UploadChecksum>> {
    let Some(algorithm) = algorithm.map(Algorithm::of_dto).transpose()? else {
        return Ok(None);
    };
    let whole_only = algorithm == Algorithm::Crc64Nvme;
    let parts_only = matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256);
    let composite = match kind.map(ChecksumType::as_str) {
        None => !whole_only,
        Some(ChecksumType::COMPOSITE) if !whole_only => true,
        Some(ChecksumType::FULL_OBJECT) if !parts_only => false,
        Some(other) => {
            return Err(s3_error!(
                InvalidRequest,
                "The {other} checksum type cannot be used with this checksum algorithm."
            ));
        }
    };
    Ok(Some(UploadChecksum {
        algorithm,
        composite,
    }))
}

pub(super) async fn create(
    backend: &Backend,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = request.input;
    refuse_unsupported(input.tagging.as_deref(), input.sse_customer_key.as_deref())?;
    let algorithm = input.checksum_algorithm.as_ref();
    let checksum = upload_checksum(algorithm, input.checksum_type.as_ref())?;
    let upload = Upload {
        id: Uuid::new_v4().simple().to_string(),
        key: input.key.clone(),
        started: now(),
        headers: headers!(input),
        checksum,
    };
    let (id, bucket) = (upload.id.clone(), input.bucket.clone());
    backend
        .db
        .run(move |db| store::start_upload(db, &bucket, &upload))
        .await?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: checksum.map(checksum_type),
        ..CreateMultipartUploadOutput::default()
    }))
}

pub(super) async fn upload_part(
    backend: &Backend,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let input = request.input;
    refuse_unsupported(None, input.sse_customer_key.as_deref())?;
    if !(1..=PART_LIMIT).contains(&input.part_number) {
        return Err(s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        ));
    }
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let given = given_checksum!(input);
    let mut claimed = Claimed::read(
        &request.headers,
        request.trailing_headers,
        given,
        input.checksum_algorithm.as_ref(),
        input.content_md5,
    )?;
    // Refused before its contents are taken, if the upload is not known.
    let (id, asked) = (input.upload_id.clone(), place.clone());
    let upload = backend
        .db
        .run(move |db| store::upload(db, &asked, &id))
        .await?;
    if !claimed.is_explicit()
        && let Some(checksum) = upload.checksum
    {
        claimed.algorithm = checksum.algorithm;
    }
    let hasher = Hasher::new(claimed.algorithm);
    let (fresh, digests) = backend.blobs.write(input.body, hasher).await?;
    claimed.check(&digests)?;

    let part = Part {
        number: input.part_number,
        etag: etag(&digests.md5),
        size: digests.size,
        modified: now(),
        sum: digests.sum,
        segments: fresh.segments().to_vec(),
    };
    let stored = part.clone();
    let id = input.upload_id;
    let blobs = backend.blobs.clone();
    backend
        .db
        .run(move |db| {
            let replaced = store::put_part(db, &place, &id, &stored)?;
            fresh.keep();
            blobs.remove(&replaced);
            Ok(())
        })
        .await?;
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(part.etag)),
        ..UploadPartOutput::default()
    };
    with_checksum!(output, Some(&part.sum));
    Ok(S3Response::new(output))
}

pub(super) async fn complete(
    backend: &Backend,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = request.input;
    let place = Place {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
    };
    let conditions = conditions!(input);
    let expected = Sum::of_dto(given_checksum!(input));
    let listed = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .filter(|parts| !parts.is_empty())
        .ok_or_else(|| s3_error!(MalformedXML, "You must specify at least one part"))?;
    let (id, blobs, at) = (input.upload_id, backend.blobs.clone(), place.clone());
    let events = backend.events.clone();
    let object = backend
        .db
        .run(move |db| {
            let upload = store::upload(db, &at, &id)?;
            let chosen = choose(store::parts(db, &id)?, &listed)?;
            let mut object = assemble(&upload, &chosen);
            object.sum = match upload.checksum {
                Some(checksum) if !checksum.composite => {
                    let pinned = blobs.pin(object.segments.clone());
                    let hasher = Hasher::new(checksum.algorithm);
                    Some(pinned.digest(hasher).map_err(internal)?.sum)
                }
                Some(checksum) => Some(
                    checksum
                        .algorithm
                        .composite(chosen.iter().map(|part| &part.sum)),
                ),
                None => None,
            };
            check_sum(object.sum.as_ref(), expected.as_ref())?;
            let unused = store::finish_upload(db, &at, &id, &object, &conditions)?;
            blobs.remove(&unused);
            events.announce();
            Ok(object)
        })
        .await?;
    let mut output = CompleteMultipartUploadOutput {
        e_tag: Some(ETag::Strong(object.etag)),
        location: Some(format!("/{}/{}", place.bucket, place.key)),
        bucket: Some(place.bucket),
        key: Some(place.key),
        ..CompleteMultipartUploadOutput::default()
    };
    with_checksum!(output, object.sum.as_ref(), typed);
    Ok(S3Response::new(output))
}

/// The parts that the client lists, which must be as they were uploaded.
fn choose(mut uploaded: Vec<Part>, listed: &[CompletedPart]) -> S3Result<Vec<Part>> {
    let mut chosen = Vec::with_capacity(listed.len());
    let mut previous = 0;
    for part in listed {
        let number = part.part_number.unwrap_or(0);
        if number <= previous {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order."
            ));
        }
        previous = number;
        let found = uploaded
            .iter()
            .position(|uploaded| uploaded.number == number);
        let found = found
            .map(|index| uploaded.swap_remove(index))
            .filter(|uploaded| {
                let etag = part.e_tag.as_ref();
                let etag = etag.is_some_and(|etag| etag.value() == uploaded.etag);
                let claimed = Sum::of_dto(given_checksum!(part));
                let sum = claimed.is_none_or(|(algorithm, value)| {
                    algorithm != uploaded.sum.algorithm || value == uploaded.sum.value
                });
                etag && sum
            });
        chosen.push(found.ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have \
                 been uploaded, or the specified entity tag may not match the part's entity tag."
            )
        })?);
    }
    let last = chosen.len() - 1;
    if chosen[..last].iter().any(|part| part.size < PART_MINIMUM) {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size"
        ));
    }
    Ok(chosen)
}

fn assemble(upload: &Upload, parts: &[Part]) -> Object {
    let segments: Vec<Segment> = parts
        .iter()
        .flat_map(|part| part.segments.clone())
        .collect();
    Object {
        etag: etag_of_parts(parts.iter().map(|part| part.etag.as_str())),
        size: parts.iter().map(|part| part.size).sum(),
        modified: now(),
        headers: upload.headers.clone(),
        sum: None,
        segments,
    }
}

fn check_sum(actual: Option<&Sum>, expected: Option<&(Algorithm, String)>) -> S3Result<()> {
    match (actual, expected) {
        (Some(actual), Some((algorithm, value)))
            if actual.algorithm == *algorithm && !same_sum(actual, value) =>
        {
            Err(s3_error!(
                BadDigest,
                "The checksum you specified did not match the calculated checksum."
            ))
        }
        _ => Ok(()),
    }
}

/// Clients give a composite checksum with and without the number of parts.
fn same_sum(actual: &Sum, given: &str) -> bool {
    actual.value == given || actual.composite && actual.value.split('-').next() == Some(given)
}

pub(super) async fn abort(
    backend: &Backend,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = request.input;
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let id = input.upload_id;
    let blobs = backend.blobs.clone();
    backend
        .db
        .run(move |db| {
            blobs.remove(&store::abort_upload(db, &place, &id)?);
            Ok(())
        })
        .await?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

pub(super) async fn list_parts(
    backend: &Backend,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = request.input;
    let place = Place {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
    };
    let id = input.upload_id.clone();
    let (upload, parts) = backend
        .db
        .run(move |db| Ok((store::upload(db, &place, &id)?, store::parts(db, &id)?)))
        .await?;
    let max_parts = listing::limit(input.max_parts)?;
    let limit = usize::try_from(max_parts).unwrap_or(0);
    let after = input.part_number_marker.unwrap_or(0);
    let mut rest = parts.into_iter().filter(|part| part.number > after);
    let page: Vec<Part> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last()).map(|part| part.number);
    let parts = page.into_iter().map(|part| {
        let mut shown = s3s::dto::Part {
            part_number: Some(part.number),
            e_tag: Some(ETag::Strong(part.etag)),
            size: i64::try_from(part.size).ok(),
            last_modified: Some(store::timestamp(part.modified)),
            ..s3s::dto::Part::default()
        };
        with_checksum!(shown, upload.checksum.map(|_| &part.sum));
        shown
    });
    Ok(S3Response::new(ListPartsOutput {
        parts: Some(parts.collect()),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(next.is_some()),
        next_part_number_marker: next,
        part_number_marker: input.part_number_marker,
        max_parts: Some(max_parts),
        checksum_algorithm: upload.checksum.map(|checksum| checksum.algorithm.dto()),
        checksum_type: upload.checksum.map(checksum_type),
        ..ListPartsOutput::default()
    }))
}

pub(super) async fn list_uploads(
    backend: &Backend,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = request.input;
    if input.delimiter.is_some() {
        return Err(s3_error!(
            NotImplemented,
            "uploads cannot be listed with a delimiter"
        ));
    }
    let bucket = input.bucket.clone();
    let all = backend
        .db
        .run(move |db| store::uploads(db, &bucket))
        .await?;
    let encode = listing::wants_encoding(input.encoding_type.as_ref())?;
    let limit = listing::limit(input.max_uploads)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let position = |upload: &Upload| (upload.key.clone(), upload.id.clone());
    let after = (
        input.key_marker.clone().unwrap_or_default(),
        input.upload_id_marker.clone(),
    );
    let is_after = |upload: &Upload| match &after {
        (key, Some(id)) => position(upload) > (key.clone(), id.clone()),
        (key, None) => upload.key > *key,
    };
    let mut rest: Vec<Upload> = all
        .into_iter()
        .filter(|upload| upload.key.starts_with(&prefix) && is_after(upload))
        .collect();
    rest.sort_by_key(position);
    let truncated = rest.len() > usize::try_from(limit).unwrap_or(0);
    rest.truncate(usize::try_from(limit).unwrap_or(0));
    let next = rest.last().filter(|_| truncated).map(position);
    let uploads = rest.into_iter().map(|upload| MultipartUpload {
        key: Some(if encode {
            listing::url_encode(&upload.key)
        } else {
            upload.key
        }),
        upload_id: Some(upload.id),
        initiated: Some(store::timestamp(upload.started)),
        checksum_algorithm: upload.checksum.map(|checksum| checksum.algorithm.dto()),
        checksum_type: upload.checksum.map(checksum_type),
        ..MultipartUpload::default()
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        encoding_type: input.encoding_type,
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        max_uploads: Some(limit),
        is_truncated: Some(truncated),
        next_key_marker: next.as_ref().map(|(key, _)| key.clone()),
        next_upload_id_marker: next.map(|(_, id)| id),
        ..ListMultipartUploadsOutput::default()
    }))
}

fn checksum_type(checksum: UploadChecksum) -> ChecksumType {
    ChecksumType::from_static(if checksum.composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    })
}

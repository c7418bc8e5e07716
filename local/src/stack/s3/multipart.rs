//! Uploads in parts: checks what a client says it uploaded, and makes one object of it.

use jiff::Timestamp;
use s3s::dto::{
    Checksum, ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CompletedPart, ETag, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::backend::{Backend, conditions, given_checksum, with_checksum};
use super::blobs::Segment;
use super::checksum::{Claimed, Hasher, Sum, etag, etag_of_parts};
use super::internal;
use super::store::{self, Object, Part, Place, Upload, UploadChecksum};

/// The smallest part that is not the last.
const PART_MINIMUM: u64 = 5 * 1024 * 1024;
/// The largest part number.
const PART_LIMIT: i32 = 10_000;

/// The checksum of an upload in parts: of the whole, or of the parts' checksums.
pub(super) fn upload_checksum(
    algorithm: Option<&s3s::dto::ChecksumAlgorithm>,
    kind: Option<&ChecksumType>,
) -> S3Result<Option<UploadChecksum>> {
    use super::checksum::Algorithm;

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

pub(super) async fn upload_part(
    backend: &Backend,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let input = request.input;
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
        modified: Timestamp::now().as_millisecond(),
        sum: digests.sum,
        segments: fresh.segments().to_vec(),
    };
    let stored = part.clone();
    let id = input.upload_id;
    let replaced = backend
        .db
        .run(move |db| {
            let replaced = store::put_part(db, &place, &id, &stored)?;
            fresh.keep();
            Ok(replaced)
        })
        .await?;
    backend.blobs.remove(&replaced);
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(part.etag)),
        ..UploadPartOutput::default()
    };
    with_checksum!(output, Some(&part.sum));
    Ok(output)
}

pub(super) async fn complete(
    backend: &Backend,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
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
    let (object, unused) = backend
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
            Ok((object, unused))
        })
        .await?;
    backend.blobs.remove(&unused);
    backend.events.announce();
    let mut output = CompleteMultipartUploadOutput {
        e_tag: Some(ETag::Strong(object.etag)),
        location: Some(format!("/{}/{}", place.bucket, place.key)),
        bucket: Some(place.bucket),
        key: Some(place.key),
        ..CompleteMultipartUploadOutput::default()
    };
    with_checksum!(output, object.sum.as_ref(), typed);
    Ok(output)
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
        modified: Timestamp::now().as_millisecond(),
        headers: upload.headers.clone(),
        sum: None,
        segments,
    }
}

fn check_sum(
    actual: Option<&Sum>,
    expected: Option<&(super::checksum::Algorithm, String)>,
) -> S3Result<()> {
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

//! Changes of objects: uploads in one piece, copies, deletions.

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    ETagCondition, Error, MetadataDirective, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::Backend;
use super::checksum::{Claimed, Hasher, etag};
use super::internal;
use super::reading::{check_read, find, refuse_version};
use super::shapes::{conditions, given_checksum, headers, now, with_checksum};
use super::store::{self, Object as StoredObject, Place, PutConditions};

/// The most keys in one `DeleteObjects`.
const DELETE_LIMIT: usize = 1000;

pub(super) async fn put(
    backend: &Backend,
    request: S3Request<PutObjectInput>,
    event: &'static str,
) -> S3Result<S3Response<PutObjectOutput>> {
    let input = request.input;
    refuse_unsupported(input.tagging.as_deref(), input.sse_customer_key.as_deref())?;
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(
            NotImplemented,
            "appending to an object is not supported"
        ));
    }
    let conditions = conditions!(input);
    let headers = headers!(input);
    let given = given_checksum!(input);
    let claimed = Claimed::read(
        &request.headers,
        request.trailing_headers,
        given,
        input.checksum_algorithm.as_ref(),
        input.content_md5,
    )?;
    // Refused before its contents are taken, if the bucket is not known.
    let bucket = input.bucket.clone();
    backend
        .db
        .run(move |db| store::check_bucket(db, &bucket))
        .await?;
    let hasher = Hasher::new(claimed.algorithm);
    let (fresh, digests) = backend.blobs.write(input.body, hasher).await?;
    claimed.check(&digests)?;

    let object = StoredObject {
        etag: etag(&digests.md5),
        size: digests.size,
        modified: now(),
        headers,
        sum: Some(digests.sum),
        segments: fresh.segments().to_vec(),
    };
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(object.etag.clone())),
        ..PutObjectOutput::default()
    };
    with_checksum!(output, object.sum.as_ref(), typed);
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let (blobs, events) = (backend.blobs.clone(), backend.events.clone());
    backend
        .db
        .run(move |db| {
            // All at once: a client that goes away meanwhile must not leave half of it undone.
            let replaced = store::put_object(db, &place, &object, &conditions, event)?;
            fresh.keep();
            blobs.remove(&replaced);
            events.announce();
            Ok(())
        })
        .await?;
    Ok(S3Response::new(output))
}

pub(super) async fn delete(
    backend: &Backend,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    refuse_version(input.version_id.as_deref())?;
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let if_match = input.if_match;
    let blobs = backend.blobs.clone();
    backend
        .db
        .run(move |db| {
            blobs.remove(&store::delete_object(db, &place, if_match.as_ref())?);
            Ok(())
        })
        .await?;
    Ok(S3Response::new(DeleteObjectOutput::default()))
}

pub(super) async fn delete_many(
    backend: &Backend,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = request.input;
    let quiet = input.delete.quiet.unwrap_or(false);
    let objects = input.delete.objects;
    if objects.is_empty() || objects.len() > DELETE_LIMIT {
        return Err(s3_error!(
            MalformedXML,
            "1 to 1000 keys can be deleted at once"
        ));
    }
    let bucket = input.bucket;
    let blobs = backend.blobs.clone();
    let (deleted, errors) = backend
        .db
        .run(move |db| {
            store::check_bucket(db, &bucket)?;
            let (mut deleted, mut errors) = (Vec::new(), Vec::new());
            for object in objects {
                let place = Place {
                    bucket: bucket.clone(),
                    key: object.key.clone(),
                };
                let condition = object.e_tag.map(ETagCondition::ETag);
                let result = refuse_version(object.version_id.as_deref())
                    .and_then(|()| store::delete_object(db, &place, condition.as_ref()));
                match result {
                    Ok(segments) => {
                        blobs.remove(&segments);
                        deleted.push(DeletedObject {
                            key: Some(object.key),
                            ..DeletedObject::default()
                        });
                    }
                    Err(error) => errors.push(Error {
                        key: Some(object.key),
                        code: Some(error.code().as_str().to_owned()),
                        message: error.message().map(str::to_owned),
                        version_id: None,
                    }),
                }
            }
            Ok((deleted, errors))
        })
        .await?;
    Ok(S3Response::new(DeleteObjectsOutput {
        deleted: Some(deleted).filter(|_| !quiet),
        errors: Some(errors).filter(|errors| !errors.is_empty()),
        ..DeleteObjectsOutput::default()
    }))
}

pub(super) async fn copy(
    backend: &Backend,
    request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let input = request.input;
    refuse_unsupported(input.tagging.as_deref(), input.sse_customer_key.as_deref())?;
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = &input.copy_source
    else {
        return Err(s3_error!(NotImplemented, "access points are not supported"));
    };
    refuse_version(version_id.as_deref())?;
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    let itself = **bucket == *input.bucket && **key == *input.key;
    if itself && !replace {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata."
        ));
    }
    let (mut object, pinned) = find(backend, bucket.to_string(), key.to_string()).await?;
    check_read(
        &object,
        input.copy_source_if_match.as_ref(),
        input.copy_source_if_none_match.as_ref(),
        input.copy_source_if_modified_since.as_ref(),
        input.copy_source_if_unmodified_since.as_ref(),
    )
    // A copy is not a read: every condition that fails is a failed precondition.
    .map_err(|_| store::failed("copy-source"))?;
    if replace {
        object.headers = headers!(input);
    }
    object.modified = now();
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(object.etag.clone())),
        last_modified: Some(store::timestamp(object.modified)),
        ..CopyObjectResult::default()
    };
    with_checksum!(result, object.sum.as_ref(), typed);
    let place = Place {
        bucket: input.bucket,
        key: input.key,
    };
    let (blobs, events) = (backend.blobs.clone(), backend.events.clone());
    backend
        .db
        .run(move |db| {
            let fresh = blobs.link(&object.segments).map_err(internal)?;
            drop(pinned);
            object.segments = fresh.segments().to_vec();
            let any = PutConditions::default();
            let replaced = store::put_object(db, &place, &object, &any, "ObjectCreated:Copy")?;
            fresh.keep();
            blobs.remove(&replaced);
            events.announce();
            Ok(())
        })
        .await?;
    Ok(S3Response::new(CopyObjectOutput {
        copy_object_result: Some(result),
        ..CopyObjectOutput::default()
    }))
}

/// Refuses what would silently not be done.
pub(super) fn refuse_unsupported(
    tagging: Option<&str>,
    customer_key: Option<&str>,
) -> S3Result<()> {
    if tagging.is_some() {
        return Err(s3_error!(NotImplemented, "object tags are not supported"));
    }
    if customer_key.is_some() {
        return Err(s3_error!(NotImplemented, "customer keys are not supported"));
    }
    Ok(())
}

//! The operations on buckets and objects, behind the protocol of `s3s`.

use ::http::HeaderMap;
use jiff::Timestamp;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};
use uuid::Uuid;

use super::blobs::{Blobs, Pinned};
use super::checksum::{Claimed, Hasher, etag};
use super::cors::Rule;
use super::events::ObjectEvents;
use super::listing::{self, Query};
use super::store::{self, Headers, Object as StoredObject, Place, PutConditions, Upload};
use super::{CorsRules, Db, internal, multipart, remember};
use crate::stack::ACCOUNT;

/// The type of an object that was uploaded without one.
const DEFAULT_TYPE: &str = "binary/octet-stream";
/// The most keys in one `DeleteObjects`.
const DELETE_LIMIT: usize = 1000;

pub(super) struct Backend {
    pub(super) db: Db,
    pub(super) blobs: Blobs,
    pub(super) cors: CorsRules,
    pub(super) events: ObjectEvents,
    pub(super) region: String,
}

/// The checksum members of a request, moved into one value.
macro_rules! given_checksum {
    ($input:expr) => {
        Checksum {
            checksum_crc32: $input.checksum_crc32.clone(),
            checksum_crc32c: $input.checksum_crc32c.clone(),
            checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
            checksum_sha1: $input.checksum_sha1.clone(),
            checksum_sha256: $input.checksum_sha256.clone(),
            ..Checksum::default()
        }
    };
}

/// Writes a checksum into the members of an answer.
macro_rules! with_checksum {
    ($output:expr, $sum:expr) => {
        if let Some(sum) = $sum {
            let checksum = sum.dto();
            $output.checksum_crc32 = checksum.checksum_crc32;
            $output.checksum_crc32c = checksum.checksum_crc32c;
            $output.checksum_crc64nvme = checksum.checksum_crc64nvme;
            $output.checksum_sha1 = checksum.checksum_sha1;
            $output.checksum_sha256 = checksum.checksum_sha256;
        }
    };
    ($output:expr, $sum:expr, typed) => {
        with_checksum!($output, $sum);
        $output.checksum_type = $sum.and_then(|sum| sum.dto().checksum_type);
    };
}

/// The conditions under which a request replaces an object.
macro_rules! conditions {
    ($input:expr) => {
        $crate::stack::s3::store::PutConditions {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
        }
    };
}

/// What a request says an object is to be served with.
macro_rules! headers {
    ($input:expr) => {
        Headers {
            content_type: $input.content_type.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input.content_encoding.clone().and_then(without_chunking),
            content_language: $input.content_language.clone(),
            cache_control: $input.cache_control.clone(),
            expires: $input.expires.as_ref().map(milliseconds),
            redirect: $input.website_redirect_location.clone(),
            metadata: $input
                .metadata
                .clone()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}

pub(super) use {conditions, given_checksum, with_checksum};

impl Backend {
    async fn put(
        &self,
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
        self.db
            .run(move |db| store::check_bucket(db, &bucket))
            .await?;
        let hasher = Hasher::new(claimed.algorithm);
        let (fresh, digests) = self.blobs.write(input.body, hasher).await?;
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
        let replaced = self
            .db
            .run(move |db| {
                let replaced = store::put_object(db, &place, &object, &conditions, event)?;
                // In the same breath: a cancelled request must not delete a stored object's file.
                fresh.keep();
                Ok(replaced)
            })
            .await?;
        self.blobs.remove(&replaced);
        self.events.announce();
        Ok(S3Response::new(output))
    }

    async fn find(&self, bucket: String, key: String) -> S3Result<(StoredObject, Pinned)> {
        let blobs = self.blobs.clone();
        self.db
            .run(move |db| {
                let object = store::object(db, &Place { bucket, key })?;
                let pinned = blobs.pin(object.segments.clone());
                Ok((object, pinned))
            })
            .await
    }

    async fn list(&self, query: Query) -> S3Result<(Query, listing::Page)> {
        self.db
            .run(move |db| {
                let page = listing::page(db, &query)?;
                Ok((query, page))
            })
            .await
    }
}

#[async_trait::async_trait]
impl s3s::S3 for Backend {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = request.input.bucket;
        let location = Some(format!("/{name}"));
        self.db
            .run(move |db| store::create_bucket(db, &name, now()))
            .await?;
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket = request.input.bucket;
        self.db
            .run(move |db| store::check_bucket(db, &bucket))
            .await?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(self.region.clone()),
            ..HeadBucketOutput::default()
        }))
    }

    async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let name = request.input.bucket;
        let bucket = name.clone();
        let unused = self
            .db
            .run(move |db| store::delete_bucket(db, &bucket))
            .await?;
        self.blobs.remove(&unused);
        remember(&self.cors, &name, Vec::new());
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let prefix = request.input.prefix.unwrap_or_default();
        let all = self.db.run(|db| store::buckets(db)).await?;
        let buckets = all
            .into_iter()
            .filter(|(name, _)| name.starts_with(&prefix));
        let buckets = buckets.map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(store::timestamp(created)),
            ..Bucket::default()
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(Owner {
                id: Some(ACCOUNT.to_owned()),
                ..Owner::default()
            }),
            ..ListBucketsOutput::default()
        }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let bucket = request.input.bucket;
        self.db
            .run(move |db| store::check_bucket(db, &bucket))
            .await?;
        // As in AWS, the oldest region has no name here.
        let region = Some(self.region.clone()).filter(|region| region != "us-east-1");
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: region.map(BucketLocationConstraint::from),
        }))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let bucket = request.input.bucket;
        self.db
            .run(move |db| store::check_bucket(db, &bucket))
            .await?;
        // Never versioned, which is told by an empty answer.
        Ok(S3Response::new(GetBucketVersioningOutput::default()))
    }

    async fn put_bucket_cors(
        &self,
        request: S3Request<PutBucketCorsInput>,
    ) -> S3Result<S3Response<PutBucketCorsOutput>> {
        let bucket = request.input.bucket;
        let rules = request.input.cors_configuration.cors_rules;
        let rules: Vec<Rule> = rules.into_iter().map(Rule::from).collect();
        if let Some(problem) = rules.iter().find_map(Rule::problem) {
            return Err(s3_error!(InvalidRequest, "{problem}"));
        }
        let (name, stored) = (bucket.clone(), rules.clone());
        self.db
            .run(move |db| store::set_cors(db, &name, &stored))
            .await?;
        remember(&self.cors, &bucket, rules);
        Ok(S3Response::new(PutBucketCorsOutput::default()))
    }

    async fn get_bucket_cors(
        &self,
        request: S3Request<GetBucketCorsInput>,
    ) -> S3Result<S3Response<GetBucketCorsOutput>> {
        let bucket = request.input.bucket;
        let rules = self.db.run(move |db| store::cors(db, &bucket)).await?;
        if rules.is_empty() {
            return Err(s3_error!(
                NoSuchCORSConfiguration,
                "The CORS configuration does not exist"
            ));
        }
        Ok(S3Response::new(GetBucketCorsOutput {
            cors_rules: Some(rules.into_iter().map(CORSRule::from).collect()),
        }))
    }

    async fn delete_bucket_cors(
        &self,
        request: S3Request<DeleteBucketCorsInput>,
    ) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
        let name = request.input.bucket;
        let bucket = name.clone();
        self.db
            .run(move |db| store::set_cors(db, &bucket, &[]))
            .await?;
        remember(&self.cors, &name, Vec::new());
        Ok(S3Response::new(DeleteBucketCorsOutput::default()))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        self.put(request, "ObjectCreated:Put").await
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        refuse_unsupported(None, input.sse_customer_key.as_deref())?;
        refuse_version(input.version_id.as_deref())?;
        let (object, pinned) = self.find(input.bucket, input.key).await?;
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

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let place = Place {
            bucket: input.bucket,
            key: input.key,
        };
        let object = self.db.run(move |db| store::object(db, &place)).await?;
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

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let place = Place {
            bucket: input.bucket,
            key: input.key,
        };
        let if_match = input.if_match;
        let unused = self
            .db
            .run(move |db| store::delete_object(db, &place, if_match.as_ref()))
            .await?;
        self.blobs.remove(&unused);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
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
        let (deleted, errors, unused) = self
            .db
            .run(move |db| {
                store::check_bucket(db, &bucket)?;
                let (mut deleted, mut errors, mut unused) = (Vec::new(), Vec::new(), Vec::new());
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
                            unused.extend(segments);
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
                Ok((deleted, errors, unused))
            })
            .await?;
        self.blobs.remove(&unused);
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted).filter(|_| !quiet),
            errors: Some(errors).filter(|errors| !errors.is_empty()),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn copy_object(
        &self,
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
        let (mut object, pinned) = self.find(bucket.to_string(), key.to_string()).await?;
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
        let blobs = self.blobs.clone();
        let replaced = self
            .db
            .run(move |db| {
                let fresh = blobs.link(&object.segments).map_err(internal)?;
                drop(pinned);
                object.segments = fresh.segments().to_vec();
                let any = PutConditions::default();
                let replaced = store::put_object(db, &place, &object, &any, "ObjectCreated:Copy")?;
                fresh.keep();
                Ok(replaced)
            })
            .await?;
        self.blobs.remove(&replaced);
        self.events.announce();
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let max_keys = listing::limit(input.max_keys)?;
        let (query, page) = self
            .list(Query {
                encode: listing::wants_encoding(input.encoding_type.as_ref())?,
                bucket: input.bucket,
                prefix: input.prefix.clone().unwrap_or_default(),
                delimiter: input.delimiter.clone().unwrap_or_default(),
                after: input.marker.clone().unwrap_or_default(),
                limit: usize::try_from(max_keys).unwrap_or(0),
            })
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

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let max_keys = listing::limit(input.max_keys)?;
        let after = match &input.continuation_token {
            Some(token) => listing::read_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let (query, page) = self
            .list(Query {
                encode: listing::wants_encoding(input.encoding_type.as_ref())?,
                bucket: input.bucket,
                prefix: input.prefix.clone().unwrap_or_default(),
                delimiter: input.delimiter.clone().unwrap_or_default(),
                after,
                limit: usize::try_from(max_keys).unwrap_or(0),
            })
            .await?;
        let shown = |text: Option<String>| text.map(|text| query.shown(&text));
        Ok(S3Response::new(ListObjectsV2Output {
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_deref().map(listing::token),
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

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        refuse_unsupported(input.tagging.as_deref(), input.sse_customer_key.as_deref())?;
        let algorithm = input.checksum_algorithm.as_ref();
        let checksum = multipart::upload_checksum(algorithm, input.checksum_type.as_ref())?;
        let upload = Upload {
            id: Uuid::new_v4().simple().to_string(),
            key: input.key.clone(),
            started: now(),
            headers: headers!(input),
            checksum,
        };
        let (id, bucket) = (upload.id.clone(), input.bucket.clone());
        self.db
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

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        refuse_unsupported(None, request.input.sse_customer_key.as_deref())?;
        multipart::upload_part(self, request)
            .await
            .map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        multipart::complete(self, request.input)
            .await
            .map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let place = Place {
            bucket: input.bucket,
            key: input.key,
        };
        let id = input.upload_id;
        let unused = self
            .db
            .run(move |db| store::abort_upload(db, &place, &id))
            .await?;
        self.blobs.remove(&unused);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let place = Place {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
        };
        let id = input.upload_id.clone();
        let (upload, parts) = self
            .db
            .run(move |db| Ok((store::upload(db, &place, &id)?, store::parts(db, &id)?)))
            .await?;
        let max_parts = listing::limit(input.max_parts)?;
        let limit = usize::try_from(max_parts).unwrap_or(0);
        let after = input.part_number_marker.unwrap_or(0);
        let mut rest = parts.into_iter().filter(|part| part.number > after);
        let page: Vec<store::Part> = rest.by_ref().take(limit).collect();
        let next = rest.next().and(page.last()).map(|part| part.number);
        let parts = page.into_iter().map(|part| {
            let mut shown = Part {
                part_number: Some(part.number),
                e_tag: Some(ETag::Strong(part.etag)),
                size: i64::try_from(part.size).ok(),
                last_modified: Some(store::timestamp(part.modified)),
                ..Part::default()
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

    async fn list_multipart_uploads(
        &self,
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
        let all = self.db.run(move |db| store::uploads(db, &bucket)).await?;
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
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn milliseconds(time: &s3s::dto::Timestamp) -> i64 {
    let mut text = Vec::new();
    let formatted = time.format(TimestampFormat::DateTime, &mut text);
    let text = formatted.ok().and_then(|()| String::from_utf8(text).ok());
    let parsed = text.and_then(|text| text.parse::<Timestamp>().ok());
    parsed.map_or(0, Timestamp::as_millisecond)
}

/// `aws-chunked` is how the upload travelled, not what the object is.
fn without_chunking(encoding: String) -> Option<String> {
    let kept: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && *coding != "aws-chunked")
        .collect();
    Some(kept.join(",")).filter(|kept| !kept.is_empty())
}

fn checksum_type(checksum: store::UploadChecksum) -> ChecksumType {
    ChecksumType::from_static(if checksum.composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    })
}

/// Refuses what would silently not be done.
fn refuse_unsupported(tagging: Option<&str>, customer_key: Option<&str>) -> S3Result<()> {
    if tagging.is_some() {
        return Err(s3_error!(NotImplemented, "object tags are not supported"));
    }
    if customer_key.is_some() {
        return Err(s3_error!(NotImplemented, "customer keys are not supported"));
    }
    Ok(())
}

fn refuse_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(
            NoSuchVersion,
            "the objects here have no versions"
        )),
    }
}

/// The conditions of a read, in the order of RFC 9110, section 13.2.2.
fn check_read(
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

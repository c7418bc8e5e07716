//! What an S3 operation needs to be allowed, and the keys by which callers are known.
//!
//! After <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>.
//! A presigned request may do what its signer may do at the moment at which it is used.

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::dto::{CopyObjectInput, CopySource, DeleteObjectsInput, PostObjectInput};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, s3_error};

use crate::iam::{AccessKeys, Request};
use crate::listener::Connection;

/// The callers and their roles.
pub(super) struct Roles(pub(super) AccessKeys);

#[async_trait::async_trait]
impl S3Auth for Roles {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let caller = self.0.caller(access_key);
        let caller = caller.ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        Ok(SecretKey::from(caller.secret()))
    }
}

#[async_trait::async_trait]
impl S3Access for Roles {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        Connection::admit_sender(context.extensions_mut());
        let operation = context.s3_op().name();
        // Its keys are in the body, or its source in a header: see below.
        if ["CopyObject", "DeleteObjects", "PostObject"].contains(&operation) {
            return Ok(());
        }
        let resource = match context.s3_path() {
            S3Path::Root => "*".to_owned(),
            S3Path::Bucket { bucket } => bucket_arn(bucket),
            S3Path::Object { bucket, key } => object_arn(bucket, key),
        };
        let request = Request::new(action(operation), resource);
        authorize(&self.0, context.credentials(), &[request])
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        let input = &request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented, "access points are not supported"));
        };
        let needs = [
            Request::new("s3:GetObject", object_arn(bucket, key)),
            Request::new("s3:PutObject", object_arn(&input.bucket, &input.key)),
        ];
        authorize(&self.0, request.credentials.as_ref(), &needs)
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let input = &request.input;
        let objects = input.delete.objects.iter();
        let needs: Vec<Request> = objects
            .map(|object| Request::new("s3:DeleteObject", object_arn(&input.bucket, &object.key)))
            .collect();
        authorize(&self.0, request.credentials.as_ref(), &needs)
    }

    async fn post_object(&self, request: &mut S3Request<PostObjectInput>) -> S3Result<()> {
        let input = &request.input;
        let needs = [Request::new(
            "s3:PutObject",
            object_arn(&input.bucket, &input.key),
        )];
        authorize(&self.0, request.credentials.as_ref(), &needs)
    }
}

/// The answer about an object that is not there: that it is missing, to callers that may list the
/// bucket; to others, that they may not read it.
pub(super) fn missing(
    keys: &AccessKeys,
    credentials: Option<&Credentials>,
    bucket: &str,
    error: S3Error,
) -> S3Error {
    if *error.code() != S3ErrorCode::NoSuchKey {
        return error;
    }
    let needs = [Request::new("s3:ListBucket", bucket_arn(bucket))];
    authorize(keys, credentials, &needs).err().unwrap_or(error)
}

fn authorize(
    keys: &AccessKeys,
    credentials: Option<&Credentials>,
    needs: &[Request],
) -> S3Result<()> {
    let caller = credentials.and_then(|credentials| keys.caller(&credentials.access_key));
    let caller = caller.ok_or_else(|| s3_error!(AccessDenied, "Signature is required"))?;
    caller
        .authorize(needs)
        .map_err(|refusal| S3Error::with_message(S3ErrorCode::AccessDenied, refusal.to_string()))
}

/// The action of an operation; most share its name.
fn action(operation: &str) -> String {
    let action = match operation {
        "HeadObject" => "GetObject",
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        "ListParts" => "ListMultipartUploadParts",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "ListBucket",
        "ListBuckets" => "ListAllMyBuckets",
        "GetBucketCors" => "GetBucketCORS",
        "PutBucketCors" | "DeleteBucketCors" => "PutBucketCORS",
        other => other,
    };
    format!("s3:{action}")
}

fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

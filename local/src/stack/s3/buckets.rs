//! The operations on buckets.

use s3s::dto::{
    Bucket, BucketLocationConstraint, CORSRule, CreateBucketInput, CreateBucketOutput,
    DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketCorsInput, GetBucketCorsOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput, Owner, PutBucketCorsInput, PutBucketCorsOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::Backend;
use super::cors::Rule;
use super::shapes::now;
use super::{remember, store};
use crate::stack::ACCOUNT;

pub(super) async fn create(
    backend: &Backend,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let name = request.input.bucket;
    let location = Some(format!("/{name}"));
    backend
        .db
        .run(move |db| store::create_bucket(db, &name, now()))
        .await?;
    Ok(S3Response::new(CreateBucketOutput { location }))
}

pub(super) async fn head(
    backend: &Backend,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let bucket = request.input.bucket;
    backend
        .db
        .run(move |db| store::check_bucket(db, &bucket))
        .await?;
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(backend.region.clone()),
        ..HeadBucketOutput::default()
    }))
}

pub(super) async fn delete(
    backend: &Backend,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    let name = request.input.bucket;
    let bucket = name.clone();
    let blobs = backend.blobs.clone();
    backend
        .db
        .run(move |db| {
            blobs.remove(&store::delete_bucket(db, &bucket)?);
            Ok(())
        })
        .await?;
    remember(&backend.cors, &name, Vec::new());
    Ok(S3Response::new(DeleteBucketOutput::default()))
}

pub(super) async fn list(
    backend: &Backend,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let prefix = request.input.prefix.unwrap_or_default();
    let all = backend.db.run(|db| store::buckets(db)).await?;
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

pub(super) async fn location(
    backend: &Backend,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let bucket = request.input.bucket;
    backend
        .db
        .run(move |db| store::check_bucket(db, &bucket))
        .await?;
    // As in AWS, the oldest region has no name here.
    let region = Some(backend.region.clone()).filter(|region| region != "us-east-1");
    Ok(S3Response::new(GetBucketLocationOutput {
        location_constraint: region.map(BucketLocationConstraint::from),
    }))
}

pub(super) async fn versioning(
    backend: &Backend,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let bucket = request.input.bucket;
    backend
        .db
        .run(move |db| store::check_bucket(db, &bucket))
        .await?;
    // Never versioned, which is told by an empty answer.
    Ok(S3Response::new(GetBucketVersioningOutput::default()))
}

pub(super) async fn put_cors(
    backend: &Backend,
    request: S3Request<PutBucketCorsInput>,
) -> S3Result<S3Response<PutBucketCorsOutput>> {
    let bucket = request.input.bucket;
    let rules = request.input.cors_configuration.cors_rules;
    let rules: Vec<Rule> = rules.into_iter().map(Rule::from).collect();
    if let Some(problem) = rules.iter().find_map(Rule::problem) {
        return Err(s3_error!(InvalidRequest, "{problem}"));
    }
    let (name, stored) = (bucket.clone(), rules.clone());
    backend
        .db
        .run(move |db| store::set_cors(db, &name, &stored))
        .await?;
    remember(&backend.cors, &bucket, rules);
    Ok(S3Response::new(PutBucketCorsOutput::default()))
}

pub(super) async fn get_cors(
    backend: &Backend,
    request: S3Request<GetBucketCorsInput>,
) -> S3Result<S3Response<GetBucketCorsOutput>> {
    let bucket = request.input.bucket;
    let rules = backend.db.run(move |db| store::cors(db, &bucket)).await?;
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

pub(super) async fn delete_cors(
    backend: &Backend,
    request: S3Request<DeleteBucketCorsInput>,
) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
    let name = request.input.bucket;
    let bucket = name.clone();
    backend
        .db
        .run(move |db| store::set_cors(db, &bucket, &[]))
        .await?;
    remember(&backend.cors, &name, Vec::new());
    Ok(S3Response::new(DeleteBucketCorsOutput::default()))
}

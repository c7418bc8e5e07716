//! A form that uploads a file to S3: `POST` with a policy that says which key, how many bytes and
//! which type it may have. A presigned `PUT` could not limit the size.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_s3::config::{Credentials, ProvideCredentials, Region, SharedCredentialsProvider};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::Sha256;

use crate::Bucket;

/// A form to upload with, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPost {
    /// Where it is sent.
    pub url: String,
    /// Its fields in their order; the file comes after them, as the field `file`.
    pub fields: Vec<(&'static str, String)>,
}

/// Who signs forms.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) credentials: SharedCredentialsProvider,
    pub(crate) region: Region,
}

impl Bucket {
    /// A form that writes an object of this type and of 1 to `most` bytes.
    pub async fn presign_post(
        &self,
        key: &str,
        content_type: &str,
        most: u64,
        valid: Duration,
    ) -> Result<PresignedPost> {
        let signer = self
            .signer
            .as_ref()
            .context("no credentials to sign with")?;
        let credentials = signer.credentials.provide_credentials().await?;
        // Where the bucket is, as the SDK resolves it.
        let probe = self.presign_put("k", valid).await?.url;
        let url = probe.split('?').next().unwrap_or_default();
        let url = url
            .strip_suffix('k')
            .context("an address without its key")?;
        Ok(PresignedPost {
            url: url.to_owned(),
            fields: fields(
                &Form {
                    bucket: self.name(),
                    key,
                    content_type,
                    most,
                },
                &credentials,
                signer.region.as_ref(),
                Timestamp::now(),
                valid,
            )?,
        })
    }
}

struct Form<'a> {
    bucket: &'a str,
    key: &'a str,
    content_type: &'a str,
    most: u64,
}

fn fields(
    form: &Form<'_>,
    credentials: &Credentials,
    region: &str,
    now: Timestamp,
    valid: Duration,
) -> Result<Vec<(&'static str, String)>> {
    let date = now.strftime("%Y%m%d").to_string();
    let scope = format!("{date}/{region}/s3/aws4_request");
    let mut fields = vec![
        ("key", form.key.to_owned()),
        ("content-type", form.content_type.to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        (
            "x-amz-credential",
            format!("{}/{scope}", credentials.access_key_id()),
        ),
        ("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
    ];
    if let Some(token) = credentials.session_token() {
        fields.push(("x-amz-security-token", token.to_owned()));
    }
    let mut conditions = vec![
        json!({"bucket": form.bucket}),
        // A file without a byte is taken as well: the reporter says what is wrong with it.
        json!(["content-length-range", 0, form.most]),
    ];
    // `eq` and not an object: a key may be one that an object's name cannot be.
    let exact = fields
        .iter()
        .map(|(name, value)| json!(["eq", format!("${name}"), value]));
    conditions.extend(exact);
    let until = now.checked_add(SignedDuration::try_from(valid)?)?;
    let policy = json!({
        "expiration": until.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        "conditions": conditions,
    });
    let policy = STANDARD.encode(policy.to_string());
    let mut key = format!("AWS4{}", credentials.secret_access_key()).into_bytes();
    for part in [date.as_str(), region, "s3", "aws4_request"] {
        key = hmac(&key, part);
    }
    let signature = hex::encode(hmac(&key, &policy));
    fields.push(("policy", policy));
    fields.push(("x-amz-signature", signature));
    Ok(fields)
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is one");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_it_may_carry() {
        let credentials = Credentials::new("AKID", "secret", Some("token".to_owned()), None, "t");
        let form = Form {
            bucket: "inbox",
            key: "uploads/가격 $x.xlsx",
            content_type: "text/csv",
            most: 10,
        };
        let now: Timestamp = "2026-11-21T01:15:00Z".parse().unwrap();
        let fields = fields(
            &form,
            &credentials,
            "us-east-1",
            now,
            Duration::from_mins(15),
        );
        let fields = fields.unwrap();
        let get = |name: &str| &fields.iter().find(|(known, _)| *known == name).unwrap().1;
        let policy = STANDARD.decode(get("policy")).unwrap();
        let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
        assert_eq!(policy["expiration"], "2026-11-21T01:30:00.000Z");
        let conditions = policy["conditions"].as_array().unwrap();
        assert!(conditions.contains(&json!(["content-length-range", 0, 10])));
        assert!(conditions.contains(&json!(["eq", "$key", "uploads/가격 $x.xlsx"])));
        assert!(conditions.contains(&json!(["eq", "$x-amz-security-token", "token"])));
        assert_eq!(get("x-amz-signature").len(), 64);
    }
}

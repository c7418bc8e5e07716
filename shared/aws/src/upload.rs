//! An uploaded object, as its S3 event names it.

use anyhow::{Context, Result};
use aws_lambda_events::s3::S3Event;
use model::FileId;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

/// An object in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// Orders the versions of one key: greater is newer (compared as text, as the S3 guide
    /// says of `sequencer`).
    pub sequencer: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Upload {
    /// Every object that an S3 event names. Keys arrive percent-encoded, with `+` for a space.
    pub fn of_event(event: &S3Event) -> Result<Vec<Self>> {
        event
            .records
            .iter()
            .map(|record| {
                let object = &record.s3.object;
                let encoded = object.key.as_deref().context("a record names no key")?;
                let spaced = encoded.replace('+', " ");
                let key = percent_decode_str(&spaced)
                    .decode_utf8()
                    .with_context(|| format!("the key {encoded:?} is not UTF-8"))?;
                Ok(Self {
                    bucket: record
                        .s3
                        .bucket
                        .name
                        .clone()
                        .context("a record names no bucket")?,
                    key: key.into_owned(),
                    sequencer: object.sequencer.clone().unwrap_or_default(),
                    size: object
                        .size
                        .and_then(|size| u64::try_from(size).ok())
                        .unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The id of the file.
    pub fn file_id(&self) -> FileId {
        Self::file_id_of(&self.bucket, &self.key)
    }

    /// The id of the file that lies under this key: 32 hex digits of the SHA-256 of bucket and
    /// key, so that every event for one place means one file.
    pub fn file_id_of(bucket: &str, key: &str) -> FileId {
        let digest = Sha256::digest(format!("{bucket}/{key}"));
        let (number, _) = digest.split_at(16);
        let number = number
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        FileId::new(format!("{number:032x}")).expect("hex digits are a file id")
    }

    /// The upload's own file name: what follows the last `/` of its key.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(encoded: &str) -> Result<String> {
        let event = serde_json::json!({"Records": [{
            "eventTime": "2026-11-21T01:15:00.000Z",
            "eventName": "ObjectCreated:Put",
            "userIdentity": {},
            "requestParameters": {},
            "s3": {
                "bucket": {"name": "inbox"},
                "object": {"key": encoded, "size": 5, "sequencer": "0055AED6DCD90281E5"},
            },
        }]});
        let uploads = Upload::of_event(&serde_json::from_value(event)?)?;
        Ok(uploads[0].key.clone())
    }

    #[test]
    fn keys_are_decoded() {
        assert_eq!(
            key_of("uploads/prices/a1/11%EC%9B%94+%EA%B0%80%EA%B2%A9%2B.xlsx").unwrap(),
            "uploads/prices/a1/11월 가격+.xlsx"
        );
        assert!(key_of("%FF").is_err());
    }

    #[test]
    fn one_place_is_one_file() {
        let id = Upload::file_id_of("inbox", "uploads/prices/a1/11월 가격.xlsx");
        assert_eq!(
            id,
            Upload::file_id_of("inbox", "uploads/prices/a1/11월 가격.xlsx")
        );
        assert_ne!(
            id,
            Upload::file_id_of("inbox", "uploads/prices/a2/11월 가격.xlsx")
        );
        assert_eq!(id.as_str().len(), 32);
    }
}

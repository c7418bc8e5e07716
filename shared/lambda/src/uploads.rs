//! What an S3 event is about.

use anyhow::{Context, Result};
use aws_lambda_events::s3::S3Event;
use model::Upload;
use percent_encoding::percent_decode_str;

/// Every object that an S3 event names. Keys arrive percent-encoded, with `+` for a space.
pub fn of_event(event: &S3Event) -> Result<Vec<Upload>> {
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
            Ok(Upload {
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
        let uploads = of_event(&serde_json::from_value(event)?)?;
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
}

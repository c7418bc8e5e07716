//! The S3 trigger: an object that was created becomes an asynchronous event of the function whose
//! prefix and suffix it matches.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::manifest::S3Trigger;
use crate::stack::{ObjectCreated, ObjectEvents};

use super::Shared;
use super::async_events;

/// A trigger, its bucket by name.
pub(super) struct Target {
    pub(super) function: String,
    pub(super) bucket: String,
    pub(super) trigger: S3Trigger,
}

impl Target {
    /// Keys are compared as they are, not as the event spells them.
    fn matches(&self, object: &ObjectCreated) -> bool {
        self.bucket == object.bucket
            && object.key.starts_with(&self.trigger.prefix)
            && object.key.ends_with(&self.trigger.suffix)
            // The same characters must not count for both.
            && object.key.len() >= self.trigger.prefix.len() + self.trigger.suffix.len()
    }
}

/// Hands over created objects for as long as the runner runs. The stack forgets an event only
/// after it is written down as an asynchronous one: from there on it either succeeds or becomes
/// a dead letter.
pub(super) async fn deliver(shared: Arc<Shared>, targets: Vec<Target>, events: ObjectEvents) {
    loop {
        let object = events.next().await;
        if let Some(target) = targets.iter().find(|target| target.matches(&object)) {
            let payload = event(&object, &target.function, &shared.region).to_string();
            let id = format!("s3-{}-{}", object.bucket, object.sequencer);
            let accepted = async_events::accept(&shared, &target.function, Some(id), payload);
            if let Err(error) = accepted.await {
                // It is given out again at the next start.
                tracing::error!(
                    bucket = object.bucket,
                    key = object.key,
                    %error,
                    "an object's event cannot be kept"
                );
                continue;
            }
        }
        if let Err(error) = events.done(&object).await {
            tracing::warn!(%error, "an object's event will come again at the next start");
        }
    }
}

/// As S3 writes keys: the letters, digits and `-_.*/` stay, a space is `+`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/')
    .remove(b' ');

fn encoded(key: &str) -> String {
    utf8_percent_encode(key, ENCODED)
        .to_string()
        .replace(' ', "+")
}

/// The event as S3 writes it.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
fn event(object: &ObjectCreated, function: &str, region: &str) -> Value {
    json!({
        "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": region,
            "eventTime": format!("{:.3}", object.time),
            "eventName": object.name,
            "userIdentity": { "principalId": "AWS:LOCAL" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {
                "x-amz-request-id": object.sequencer,
                "x-amz-id-2": object.sequencer,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": function,
                "bucket": {
                    "name": object.bucket,
                    "ownerIdentity": { "principalId": "LOCAL" },
                    "arn": format!("arn:aws:s3:::{}", object.bucket),
                },
                "object": {
                    "key": encoded(&object.key),
                    "size": object.size,
                    "eTag": object.etag,
                    "sequencer": object.sequencer,
                },
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_s3_does() {
        for (key, spelled) in [
            ("a/b-c_d.e*f", "a/b-c_d.e*f"),
            ("a b+c%d", "a+b%2Bc%25d"),
            ("가격 (1)~.xlsx", "%EA%B0%80%EA%B2%A9+%281%29%7E.xlsx"),
            ("?#&=\u{7f}", "%3F%23%26%3D%7F"),
        ] {
            assert_eq!(encoded(key), spelled);
        }
    }
}

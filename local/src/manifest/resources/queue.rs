//! SQS queues.

use crate::manifest::reader::{At, Meaningless};

use super::name;

/// A standard queue. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How long a received message stays invisible.
    pub visibility_timeout: u32,
    /// How long a message is kept.
    pub retention: u32,
    /// How long a new message waits before it can be received.
    pub delay: u32,
    /// How long an empty receive waits by default.
    pub receive_wait: u32,
    /// The largest message, in bytes.
    pub maximum_message_size: Option<u32>,
    /// Where a message goes that was received too often.
    pub redrive: Option<Redrive>,
}

/// The redrive policy of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The logical id of the dead-letter queue.
    pub queue: String,
    /// After so many receives.
    pub max_receive_count: u32,
}

pub(super) fn read(at: &At<'_>) -> Queue {
    const MEANINGLESS: Meaningless = &[
        ("Tags", "for bills"),
        (
            "SqsManagedSseEnabled",
            "nothing is encrypted on one machine",
        ),
        ("KmsMasterKeyId", "nothing is encrypted on one machine"),
        (
            "KmsDataKeyReusePeriodSeconds",
            "nothing is encrypted on one machine",
        ),
        ("RedriveAllowPolicy", "there are no queues but these"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let queue = Queue {
        name: name(
            &mut fields,
            "QueueName",
            |text| {
                (1..=80).contains(&text.len())
                    && text
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            },
            "1 to 80 letters, digits, '-' and '_'",
        ),
        visibility_timeout: fields
            .get("VisibilityTimeout")
            .map_or(30, |at| at.whole(0..=43_200)),
        retention: fields
            .get("MessageRetentionPeriod")
            .map_or(345_600, |at| at.whole(60..=1_209_600)),
        delay: fields.get("DelaySeconds").map_or(0, |at| at.whole(0..=900)),
        receive_wait: fields
            .get("ReceiveMessageWaitTimeSeconds")
            .map_or(0, |at| at.whole(0..=20)),
        maximum_message_size: fields
            .get("MaximumMessageSize")
            .map(|at| at.whole(1_024..=1_048_576)),
        redrive: fields.get("RedrivePolicy").and_then(|at| {
            let mut fields = at.fields();
            let queue = fields
                .need("deadLetterTargetArn")
                .and_then(|at| at.arn_of());
            let max = fields.need("maxReceiveCount").map(|at| at.whole(1..=1_000));
            fields.finish();
            Some(Redrive {
                queue: queue?,
                max_receive_count: max?,
            })
        }),
    };
    fields.finish();
    queue
}

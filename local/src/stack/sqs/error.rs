//! The errors of SQS: their code in the JSON protocol and in the Query protocol before it, which
//! boto3 still shows.

use ::http::StatusCode;

use crate::stack::http::Reply;

/// Why a request, or one entry of a batch, was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqsError {
    #[error("The specified queue does not exist.")]
    NoSuchQueue,
    #[error("A queue already exists with the same name and a different value for attribute {0}")]
    QueueExists(String),
    #[error("The input receipt handle is invalid.")]
    InvalidReceipt,
    #[error("The message referred to is not in flight.")]
    NotInFlight,
    #[error("{0}")]
    InvalidContents(String),
    #[error("{0}")]
    InvalidParameter(String),
    #[error("The request must contain the parameter {0}.")]
    MissingParameter(&'static str),
    #[error("Unknown Attribute {0}.")]
    UnknownAttribute(String),
    #[error("Invalid value for the parameter {0}.")]
    InvalidAttribute(&'static str),
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("There should be at least one entry in the request.")]
    EmptyBatch,
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntries(usize),
    #[error("Id {0} repeated.")]
    IdsNotDistinct(String),
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidEntryId,
    #[error("Batch requests cannot be longer than 1048576 bytes. You have sent {0} bytes.")]
    BatchTooLong(usize),
    #[error("the journal could not be written: {0}")]
    Journal(String),
}

impl SqsError {
    /// The code in the JSON protocol and the one in the Query protocol.
    fn codes(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoSuchQueue => (
                "com.amazonaws.sqs#QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue",
            ),
            Self::QueueExists(_) => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"),
            Self::InvalidReceipt => (
                "com.amazonaws.sqs#ReceiptHandleIsInvalid",
                "ReceiptHandleIsInvalid",
            ),
            Self::NotInFlight => (
                "com.amazonaws.sqs#MessageNotInflight",
                "AWS.SimpleQueueService.MessageNotInflight",
            ),
            Self::InvalidContents(_) => (
                "com.amazonaws.sqs#InvalidMessageContents",
                "InvalidMessageContents",
            ),
            Self::InvalidParameter(_) => (
                "com.amazon.coral.service#InvalidParameterValueException",
                "InvalidParameterValue",
            ),
            Self::MissingParameter(_) => (
                "com.amazon.coral.service#MissingRequiredParameterException",
                "MissingParameter",
            ),
            Self::UnknownAttribute(_) => (
                "com.amazonaws.sqs#InvalidAttributeName",
                "InvalidAttributeName",
            ),
            Self::InvalidAttribute(_) => (
                "com.amazonaws.sqs#InvalidAttributeValue",
                "InvalidAttributeValue",
            ),
            Self::Unsupported(_) => (
                "com.amazonaws.sqs#UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
            ),
            Self::EmptyBatch => (
                "com.amazonaws.sqs#EmptyBatchRequest",
                "AWS.SimpleQueueService.EmptyBatchRequest",
            ),
            Self::TooManyEntries(_) => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Self::IdsNotDistinct(_) => (
                "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            ),
            Self::InvalidEntryId => (
                "com.amazonaws.sqs#InvalidBatchEntryId",
                "AWS.SimpleQueueService.InvalidBatchEntryId",
            ),
            Self::BatchTooLong(_) => (
                "com.amazonaws.sqs#BatchRequestTooLong",
                "AWS.SimpleQueueService.BatchRequestTooLong",
            ),
            Self::Journal(_) => ("com.amazonaws.sqs#InternalFailure", "InternalFailure"),
        }
    }

    /// The code of a failed entry in a batch answer.
    pub(super) fn entry_code(&self) -> &'static str {
        self.codes().1
    }

    /// Whether sending the same again would fail again.
    pub(super) fn is_senders_fault(&self) -> bool {
        !matches!(self, Self::Journal(_))
    }

    pub(super) fn reply(&self) -> Reply {
        let status = if self.is_senders_fault() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let (code, query_code) = self.codes();
        Reply::error(status, code, &self.to_string()).with_query_error(query_code)
    }
}

impl From<serde_json::Error> for SqsError {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidParameter(format!("The request cannot be read: {error}"))
    }
}

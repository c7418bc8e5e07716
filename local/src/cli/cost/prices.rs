//! Published prices of AWS, in one table.

use rust_decimal::{Decimal, dec};

/// When and where the prices were published.
pub(super) const DATED: &str = "Prices: US East (N. Virginia), on demand, first tier, as published in 2025; other regions \
     differ (Seoul is about a tenth dearer). See aws.amazon.com/pricing.";

/// A published price.
#[derive(Debug)]
pub(super) struct Price {
    /// What is paid for.
    pub(super) what: &'static str,
    /// What a unit is.
    pub(super) unit: &'static str,
    /// What a unit costs, in US dollars.
    pub(super) dollars: Decimal,
    /// How many units a month every account has free, without an end date.
    pub(super) free: Decimal,
}

const fn price(what: &'static str, unit: &'static str, dollars: Decimal, free: Decimal) -> Price {
    Price {
        what,
        unit,
        dollars,
        free,
    }
}

/// <https://aws.amazon.com/lambda/pricing/>, x86.
pub(super) static LAMBDA_REQUESTS: Price =
    price("Lambda, requests", "million", dec!(0.20), dec!(1));
/// <https://aws.amazon.com/lambda/pricing/>, x86.
pub(super) static LAMBDA_DURATION: Price = price(
    "Lambda, duration",
    "GB-second",
    dec!(0.0000166667),
    dec!(400000),
);
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
pub(super) static WRITES: Price = price("DynamoDB, write units", "million", dec!(0.625), dec!(0));
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
pub(super) static READS: Price = price("DynamoDB, read units", "million", dec!(0.125), dec!(0));
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
pub(super) static TABLE_STORAGE: Price =
    price("DynamoDB, storage", "GB-month", dec!(0.25), dec!(25));
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>, point-in-time recovery.
pub(super) static TABLE_RECOVERY: Price = price(
    "DynamoDB, continuous backup",
    "GB-month",
    dec!(0.20),
    dec!(0),
);
/// <https://aws.amazon.com/sqs/pricing/>, standard queues.
pub(super) static QUEUE_REQUESTS: Price = price("SQS, requests", "million", dec!(0.40), dec!(1));
/// <https://aws.amazon.com/s3/pricing/>, PUT and LIST.
pub(super) static S3_WRITES: Price = price("S3, writes", "thousand", dec!(0.005), dec!(0));
/// <https://aws.amazon.com/s3/pricing/>, GET.
pub(super) static S3_READS: Price = price("S3, reads", "thousand", dec!(0.0004), dec!(0));
/// <https://aws.amazon.com/s3/pricing/>, standard.
pub(super) static S3_STORAGE: Price = price("S3, storage", "GB-month", dec!(0.023), dec!(0));
/// <https://aws.amazon.com/api-gateway/pricing/>, HTTP APIs.
pub(super) static API_REQUESTS: Price =
    price("API Gateway, requests", "million", dec!(1.00), dec!(0));
/// <https://aws.amazon.com/cloudfront/pricing/>, transfer to Europe and North America.
pub(super) static CDN_TRANSFER: Price =
    price("CloudFront, transfer", "GB", dec!(0.085), dec!(1024));
/// <https://aws.amazon.com/cloudwatch/pricing/>, ingestion of standard logs.
pub(super) static LOGS: Price = price("CloudWatch, logs", "GB", dec!(0.50), dec!(5));
/// <https://aws.amazon.com/cloudwatch/pricing/>, first 10,000 custom metrics.
pub(super) static METRICS: Price = price("CloudWatch, metrics", "metric", dec!(0.30), dec!(10));
/// <https://aws.amazon.com/cloudwatch/pricing/>, standard resolution.
pub(super) static ALARMS: Price = price("CloudWatch, alarms", "alarm", dec!(0.10), dec!(10));
/// <https://aws.amazon.com/secrets-manager/pricing/>.
pub(super) static SECRETS: Price = price("Secrets Manager, secrets", "secret", dec!(0.40), dec!(0));
/// <https://aws.amazon.com/eventbridge/pricing/>, Scheduler.
pub(super) static SCHEDULES: Price =
    price("EventBridge, invocations", "million", dec!(1.00), dec!(14));

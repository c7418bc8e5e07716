//! What the pipeline uses in a month.
//!
//! The figures a job were counted, not estimated, where the comment names a test or a benchmark;
//! the others are sizes of things that can be looked at.

use rust_decimal::{Decimal, dec};

use super::prices::{self, Price};

/// The days of a month.
pub(super) const DAYS: u32 = 30;

/// What the figures rest on, for a person.
pub(super) const ASSUMED: &str = "Assumed: workers wait for shops that answer in the time given, two requests at once; a job is \
     put off once before its turn comes; history is kept as long as asked; no other traffic.";

/// Write units a price: the observation, its place in the run's index and the last price, and a
/// tenth for the reservation of a batch's requests (`a_price_costs_at_most_four_write_units`).
const WRITES_A_JOB: Decimal = dec!(3.1);
/// Read units a job: the product and the outcome that it may have, looked up by the worker (1 each,
/// as a job is in two batches), its place in the plan and the closing of its run (a page of a
/// megabyte holds some 1,500 outcomes), and a tenth of a source's state.
const READS_A_JOB: Decimal = dec!(2.3);
/// Requests a job: sent, received and deleted ten at a time, and once more as a delayed copy when
/// its turn lies ahead.
const QUEUE_REQUESTS_A_JOB: Decimal = dec!(0.6);
/// Invocations of the worker a job: ten jobs a batch, each twice (see above).
const INVOCATIONS_A_JOB: Decimal = dec!(0.2);
/// The worker's memory, in GB.
const WORKER_MEMORY: Decimal = dec!(0.25);
/// How many requests of a worker are under way at once at one shop, by default.
const AT_ONCE: Decimal = dec!(2);
/// What a job costs a worker beside waiting for the shop, in seconds.
const OVERHEAD: Decimal = dec!(0.02);
/// Seconds of other functions a run: planning, closing, the workbook, the digest, in GB-seconds,
/// and a job's share of them.
const GB_SECONDS_A_RUN: Decimal = dec!(3);
const GB_SECONDS_A_JOB: Decimal = dec!(0.0005);
/// Bytes of an observation with its index entry and DynamoDB's own hundred bytes an item.
const OBSERVATION_BYTES: Decimal = dec!(1100);
/// Bytes of a product with its index entries.
const PRODUCT_BYTES: Decimal = dec!(1500);
/// Bytes a job in the archive (gzipped CSV) and the daily workbook.
const FILE_BYTES_A_JOB: Decimal = dec!(60);
/// Objects a run writes: archive, workbook, catalogue.
const OBJECTS_A_RUN: Decimal = dec!(4);
/// Bytes of log a job: Lambda's own three lines an invocation, and the exceptions.
const LOG_BYTES_A_JOB: Decimal = dec!(120);
/// Requests and bytes a view of the page.
const REQUESTS_A_VIEW: Decimal = dec!(15);
const BYTES_A_VIEW: Decimal = dec!(600000);
/// The alarms, metrics and secrets of serverless.yml.
const ALARMS: Decimal = dec!(12);
/// Metrics are paid by the hour in which they are told. All functions tell two, and one of them runs
/// every hour; the others are told while a run is worked on and when it closes.
const METRICS_OF_EVERY_HOUR: Decimal = dec!(2);
const METRICS_OF_A_RUN: Decimal = dec!(33);
/// Workers at once (`maximumConcurrency`).
const WORKERS: Decimal = dec!(10);
const SECRETS: Decimal = dec!(3);

const SECONDS_AN_HOUR: Decimal = dec!(3600);
const HOURS_A_DAY: Decimal = dec!(24);
const GB: Decimal = dec!(1073741824);
const MILLION: Decimal = dec!(1000000);
const THOUSAND: Decimal = dec!(1000);

/// What is asked of the pipeline.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) products: u64,
    pub(super) per_day: u32,
    pub(super) response_ms: u32,
    pub(super) history_months: u32,
    pub(super) views_per_day: u32,
}

/// The units of every line.
pub(super) fn of(workload: &Workload) -> Vec<(&'static Price, Decimal)> {
    let products = Decimal::from(workload.products);
    let runs = Decimal::from(workload.per_day) * Decimal::from(DAYS);
    let jobs = products * runs;
    let views = Decimal::from(workload.views_per_day) * Decimal::from(DAYS);
    let response = Decimal::from(workload.response_ms) / THOUSAND;
    let waiting = response / AT_ONCE + OVERHEAD;
    let gb_seconds = jobs * (waiting * WORKER_MEMORY + GB_SECONDS_A_JOB) + runs * GB_SECONDS_A_RUN;
    let invocations = jobs * INVOCATIONS_A_JOB + runs * dec!(10) + views * REQUESTS_A_VIEW;
    let history = jobs * Decimal::from(workload.history_months) * OBSERVATION_BYTES;
    let table = (history + products * PRODUCT_BYTES) / GB;
    let files = jobs * Decimal::from(workload.history_months) * FILE_BYTES_A_JOB / GB;
    // The hour in which it begins, the one in which it is closed, and those between.
    let run_hours = products * waiting / WORKERS / SECONDS_AN_HOUR + dec!(2);
    let hours_a_day = (run_hours * Decimal::from(workload.per_day)).min(HOURS_A_DAY);
    let metrics = METRICS_OF_EVERY_HOUR + METRICS_OF_A_RUN * hours_a_day / HOURS_A_DAY;
    vec![
        (&prices::LAMBDA_REQUESTS, invocations / MILLION),
        (&prices::LAMBDA_DURATION, gb_seconds),
        (&prices::WRITES, jobs * WRITES_A_JOB / MILLION),
        (&prices::READS, jobs * READS_A_JOB / MILLION),
        (&prices::TABLE_STORAGE, table),
        (&prices::TABLE_RECOVERY, table),
        (
            &prices::QUEUE_REQUESTS,
            jobs * QUEUE_REQUESTS_A_JOB / MILLION,
        ),
        (&prices::S3_WRITES, runs * OBJECTS_A_RUN / THOUSAND),
        (&prices::S3_READS, views * REQUESTS_A_VIEW / THOUSAND),
        (&prices::S3_STORAGE, files),
        (&prices::API_REQUESTS, views * REQUESTS_A_VIEW / MILLION),
        (&prices::CDN_TRANSFER, views * BYTES_A_VIEW / GB),
        (&prices::LOGS, jobs * LOG_BYTES_A_JOB / GB),
        (&prices::METRICS, metrics),
        (&prices::ALARMS, ALARMS),
        (&prices::SECRETS, SECRETS),
        (&prices::SCHEDULES, runs / MILLION),
    ]
}

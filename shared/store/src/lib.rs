//! Pricetide's one way to AWS: the SDK clients behind small structs with domain verbs.
//!
//! What a function reads or writes in DynamoDB, SQS, S3 and Secrets Manager goes through here.
//! No SDK type leaves the crate but the clients themselves. Locally the very same code talks to
//! the embedded stack, because the environment names its endpoints.

mod alert_rules;
mod alerts;
mod clients;
mod exports;
mod files;
mod grants;
mod idempotency;
mod item;
mod links;
mod listing;
mod notifications;
mod objects;
mod observations;
mod post;
mod products;
mod queue;
mod runs;
mod secrets;
mod shard;
mod sources;
mod table;
mod templates;

pub use alert_rules::AlertRules;
pub use alerts::{Alerts, RuleStates, Subject};
pub use clients::Clients;
pub use exports::{ExportClaim, ExportRecord, ExportState, Exports};
pub use files::{Claim, FileRecord, FileState, Files, LEASE_SECONDS};
pub use grants::{Grant, GrantKind, Grants, ShareScope};
pub use idempotency::Requests;
pub use links::Links;
pub use listing::{BadCursor, Cursor, Page};
pub use notifications::{
    Channel, Delivery, NotificationClaim, NotificationRecord, Notifications, Outbox,
};
pub use objects::{Bucket, Download, Presigned, XLSX};
pub use observations::{Observations, Recorded};
pub use post::PresignedPost;
pub use products::{
    ActivePage, ActiveProduct, LastPrice, ListedProduct, PageVersion, Products, StoredProduct,
};
pub use queue::{MAX_DELAY, Queue, RefusedMessage};
pub use runs::{PlanPage, Run, RunStatus, RunTotals, Runs};
pub use secrets::{KeptSecret, KeptSecrets, Secrets};
pub use shard::{SHARDS, of as shard_of};
pub use sources::{Admitted, Calls, KnownRobots, Pass, Quota, Rate, Shared, Sources};
pub use table::{INDEX_DELAY, Table};
pub use templates::{TemplateFile, Templates};

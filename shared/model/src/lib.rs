//! The words of Pricetide as types: what a product, a run, a job and an outcome are.
//!
//! Everything that crosses two functions (queue messages, table items, the answers of the
//! API) is made of these types. The crate knows nothing of AWS and does no I/O.

mod alert;
mod availability;
mod error;
mod export;
mod failure;
mod ids;
mod job;
mod message;
mod money;
mod notification;
mod observation;
mod offering;
mod product;
mod reading;
#[cfg(feature = "schema")]
mod schema;
mod scope;
mod shape;
pub mod text;
mod upload;
mod validators;

pub use alert::{AlertRule, Basis, Condition, Direction, Margin, Rearm, Standard};
pub use availability::Availability;
pub use error::Invalid;
pub use export::{Ask, Export, ExportOutcome, Format, When};
pub use failure::{Failure, FailureReason};
pub use ids::{
    ExportId, FileId, ItemId, ProductId, RuleId, RunId, ScheduleName, Slot, Tag, TemplateName,
};
pub use iso_currency::Currency;
pub use job::Job;
pub use message::{ArchiveRun, CloseRun, Message, RedriveRun, StartRun, Tell, Unreadable};
pub use money::Money;
pub use notification::{
    Alert, ExportNotification, FailingSource, Mover, Notification, NotificationId, ReportNumbers,
    RunDigest, Trial, UploadNotification, UploadOutcome,
};
pub use observation::{Observation, Offer, Outcome, PreviousPrice, Unconfirmed, Void};
pub use offering::{Costs, Dimension, Pack, Unit};
pub use product::{CoupangList, JsonPaths, Product, Source, Variant};
pub use reading::{PriceKind, RangePrice};
pub use rust_decimal::Decimal;
pub use scope::{Scope, ScopedRule, rule_name};
pub use shape::misplaced_array;
pub use upload::Upload;
pub use validators::Validators;

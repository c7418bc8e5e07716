//! What travels on the queues.
//!
//! Every message of ours is one [`Message`], tagged with its `kind`, so that nothing is taken for
//! something else because it looks alike. A message of an older sender, which had no common tag,
//! is still read: by what that sender was, in [`Message::read`] alone.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Export, FailureReason, Job, Notification, ProductId, RunId, ScheduleName, Slot};

/// A message on one of our queues: `{"kind": "job", …}`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Message {
    /// Begin a run, or bring it to where it should be.
    StartRun(StartRun),
    /// Try the failed jobs of a closed run again.
    RedriveRun(RedriveRun),
    /// Fetch the price of one product in one run.
    Job(Job),
    /// Look at a run, and close it if every job has its outcome.
    CloseRun(CloseRun),
    /// Write the archive file of a closed run anew, because something in it changed.
    ArchiveRun(ArchiveRun),
    /// Answer a query template.
    Export(Export),
    /// Tell people something.
    Notification(Tell),
}

/// A run that a person starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRun {
    /// The schedule.
    pub schedule: ScheduleName,
    /// The instant it is started for.
    pub slot: Slot,
}

/// The failed jobs of a closed run, again in the same run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedriveRun {
    /// Which run.
    pub run: RunId,
    /// Which redrive of the run this is, from 1.
    pub number: u32,
    /// Only jobs that failed for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailureReason>,
}

/// A look at a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseRun {
    /// Which run.
    pub run: RunId,
    /// How often it has been looked at, from 0.
    #[serde(default)]
    pub look: u32,
}

/// A closed run in which something changed: a price was voided, or counts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRun {
    /// Which run.
    pub run: RunId,
    /// The product whose price changed its standing: what its alert rules remember is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
}

/// Something to tell people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// What.
    pub notification: Notification,
}

/// A body that is no message of ours.
#[derive(Debug, thiserror::Error)]
#[error("not a message of Pricetide: {0}")]
pub struct Unreadable(String);

/// What tells messages apart: the tag, and what stood in its place before there was one.
#[derive(Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    kind: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    task: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    product: Option<&'a RawValue>,
    #[serde(borrow, default)]
    schedule: Option<&'a RawValue>,
}

impl Message {
    /// Reads the body of a message.
    pub fn read(body: &str) -> Result<Self, Unreadable> {
        let unreadable = |error: serde_json::Error| Unreadable(error.to_string());
        // An array could stand for a struct's fields in their order.
        if !body.trim_start().starts_with('{') {
            return Err(Unreadable("the body is not a JSON object".to_owned()));
        }
        let tags: Tags<'_> = serde_json::from_str(body).map_err(unreadable)?;
        let read = match (tags.kind.as_deref(), tags.task.as_deref()) {
            (Some("start-run"), _) => serde_json::from_str(body).map(Self::StartRun),
            (Some("redrive-run"), _) | (None, Some("redrive")) => {
                serde_json::from_str(body).map(Self::RedriveRun)
            }
            (Some("job"), _) => serde_json::from_str(body).map(Self::Job),
            // "close_run" as a task: a sender before there was one tag, as "upload" below.
            (Some("close-run"), _) | (None, Some("close_run")) => {
                serde_json::from_str(body).map(Self::CloseRun)
            }
            (Some("export"), _) => serde_json::from_str(body).map(Self::Export),
            (Some("archive-run"), _) => serde_json::from_str(body).map(Self::ArchiveRun),
            (Some("notification"), _) => serde_json::from_str(body).map(Self::Notification),
            (Some("upload"), _) => serde_json::from_str(body).map(|about| {
                Self::Notification(Tell {
                    notification: Notification::Upload(about),
                })
            }),
            (None, None) if tags.product.is_some() => serde_json::from_str(body).map(Self::Job),
            (None, None) if tags.schedule.is_some() => {
                serde_json::from_str(body).map(Self::StartRun)
            }
            (Some(kind), _) => return Err(Unreadable(format!("the kind {kind:?} is unknown"))),
            (None, _) => return Err(Unreadable("it has no kind".to_owned())),
        };
        read.map_err(unreadable)
    }

    /// The body that [`Self::read`] reads. SQS refuses two characters that JSON allows; they are
    /// escaped, so that no text of a shop or a file makes a message that cannot be sent.
    pub fn to_body(&self) -> String {
        let body = serde_json::to_string(self).expect("a message has only string keys");
        if body.contains(['\u{fffe}', '\u{ffff}']) {
            body.replace('\u{fffe}', "\\ufffe")
                .replace('\u{ffff}', "\\uffff")
        } else {
            body
        }
    }

    /// Its kind, as it is tagged.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StartRun(_) => "start-run",
            Self::RedriveRun(_) => "redrive-run",
            Self::Job(_) => "job",
            Self::CloseRun(_) => "close-run",
            Self::ArchiveRun(_) => "archive-run",
            Self::Export(_) => "export",
            Self::Notification(_) => "notification",
        }
    }
}

/// The body of a message.
impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_body()
    }
}

impl From<Export> for Message {
    fn from(export: Export) -> Self {
        Self::Export(export)
    }
}

impl From<Notification> for Message {
    fn from(notification: Notification) -> Self {
        Self::Notification(Tell { notification })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{UploadNotification, UploadOutcome};

    fn run() -> RunId {
        "daily@2026-11-21T01:15:00Z".parse().unwrap()
    }

    fn notification() -> Notification {
        Notification::Upload(UploadNotification {
            file: "4b7f".parse().unwrap(),
            version: "0055".to_owned(),
            name: "가격.xlsx".to_owned(),
            outcome: UploadOutcome::Failed {
                reason: "not a workbook".to_owned(),
            },
        })
    }

    #[test]
    fn every_message_is_read_as_what_was_sent() {
        let definition = RawValue::from_string(r#"{"id":"p-1","odd":[1, 2]}"#.to_owned()).unwrap();
        let messages = [
            Message::StartRun(StartRun {
                schedule: run().schedule,
                slot: run().slot,
            }),
            Message::RedriveRun(RedriveRun {
                run: run(),
                number: 2,
                reason: Some(FailureReason::Timeout),
            }),
            Message::Job(Job::new(run(), "p-1".parse().unwrap(), Some(definition))),
            Message::CloseRun(CloseRun {
                run: run(),
                look: 3,
            }),
            Export::new(
                serde_json::from_str(r#"{"template": "movers"}"#).unwrap(),
                run().slot,
            )
            .into(),
            notification().into(),
        ];
        for message in messages {
            let body = message.to_body();
            let tag = format!(r#"{{"kind":"{}","#, message.kind());
            assert!(body.starts_with(&tag), "{body}");
            assert_eq!(Message::read(&body).unwrap().to_body(), body);
        }
    }

    proptest::proptest! {
        /// XML 1.0's characters are what SQS takes.
        #[test]
        fn whatever_a_message_says_a_queue_carries_it(text in proptest::prelude::any::<String>()) {
            let text = format!("{text}\u{ffff}\u{fffe}\0");
            let told = Notification::Upload(UploadNotification {
                file: "4b7f".parse().unwrap(),
                version: "0055".to_owned(),
                name: text.clone(),
                outcome: UploadOutcome::Failed { reason: text },
            });
            let body = Message::from(told.clone()).to_body();
            let carried = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
            proptest::prop_assert!(body.chars().all(carried), "{}", body);
            let read = Message::read(&body).unwrap();
            proptest::prop_assert!(matches!(read, Message::Notification(tell) if tell.notification == told));
        }
    }

    #[test]
    fn messages_of_senders_without_the_tag_are_read() {
        let job = r#"{"run":"daily@2026-11-21T01:15:00Z","product":"p-1"}"#;
        assert!(matches!(Message::read(job), Ok(Message::Job(job)) if job.run == run()));
        let close = r#"{"task":"close_run","run":"daily@2026-11-21T01:15:00Z","look":2}"#;
        assert!(matches!(Message::read(close), Ok(Message::CloseRun(close)) if close.look == 2));
        let start = r#"{"schedule":"daily","slot":"2026-11-21T01:15:00Z"}"#;
        assert!(
            matches!(Message::read(start), Ok(Message::StartRun(start)) if start.slot == run().slot)
        );
        let redrive =
            r#"{"task":"redrive","run":"daily@2026-11-21T01:15:00Z","number":1,"reason":null}"#;
        assert!(
            matches!(Message::read(redrive), Ok(Message::RedriveRun(redrive)) if redrive.run == run())
        );
        let mut upload = serde_json::to_value(notification()).unwrap();
        upload["kind"] = "upload".into();
        let upload = Message::read(&upload.to_string()).unwrap();
        assert!(
            matches!(upload, Message::Notification(tell) if tell.notification == notification())
        );
    }

    /// A later kind that happens to name a run and a product is no job.
    #[test]
    fn nothing_is_taken_for_a_job_because_it_looks_like_one() {
        for body in [
            r#"{"kind":"void","run":"daily@2026-11-21T01:15:00Z","product":"p-1"}"#,
            r#"{"task":"export","run":"daily@2026-11-21T01:15:00Z","product":"p-1"}"#,
            r#"{"run":"daily@2026-11-21T01:15:00Z"}"#,
            r#"["daily@2026-11-21T01:15:00Z","p-1"]"#,
            r#"{"kind":"job","product":"p-1"}"#,
            "{}",
            "null",
            "",
            "not JSON",
        ] {
            let error = Message::read(body).unwrap_err().to_string();
            assert!(error.starts_with("not a message of Pricetide: "), "{error}");
        }
    }
}

//! What a dead letter is: a message of ours, an S3 event, or something else.

use aws_lambda_events::s3::S3Event;
use model::{
    ArchiveRun, CloseRun, Export, Job, Message, RedriveRun, RunId, StartRun, Tell, Upload,
};

/// A dead letter.
#[derive(Debug)]
pub(crate) enum Letter {
    /// A job that the worker never finished.
    Job(Box<Job>),
    /// A look at a run that the closer never finished.
    CloseRun(RunId),
    /// An export that the exporter never finished.
    Export(Box<Export>),
    /// An S3 event that the reporter never finished.
    Uploads(Vec<Upload>),
    /// Anything else, and what is known about it.
    Other(String),
}

/// Reads a message body. A job whose definition cannot be read is still a job.
pub(crate) fn read(body: &str) -> Letter {
    let unreadable = match Message::read(body) {
        Ok(Message::Job(job)) => return Letter::Job(Box::new(job)),
        Ok(Message::CloseRun(CloseRun { run, .. })) => return Letter::CloseRun(run),
        Ok(Message::ArchiveRun(ArchiveRun { run, .. })) => {
            return Letter::Other(format!(
                "the archive file of {run} could not be written anew"
            ));
        }
        Ok(Message::StartRun(StartRun { schedule, slot })) => {
            return Letter::Other(format!(
                "the run {} could not be started",
                RunId::new(schedule, slot)
            ));
        }
        Ok(Message::RedriveRun(RedriveRun { run, .. })) => {
            return Letter::Other(format!("the failed jobs of {run} could not be tried again"));
        }
        Ok(Message::Export(export)) => return Letter::Export(Box::new(export)),
        Ok(Message::Notification(Tell { notification })) => {
            return Letter::Other(format!("{} could not be told", notification.id()));
        }
        Err(unreadable) => unreadable,
    };
    match serde_json::from_str::<S3Event>(body).map(|event| lambda::uploads::of_event(&event)) {
        Ok(Ok(uploads)) if !uploads.is_empty() => Letter::Uploads(uploads),
        _ => Letter::Other(unreadable.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_a_job_even_if_its_definition_is_none() {
        let body = r#"{"run":"daily@2026-11-21T01:15:00Z","product":"p-1","definition":[]}"#;
        assert!(matches!(read(body), Letter::Job(job) if job.product.as_str() == "p-1"));
    }

    #[test]
    fn an_s3_event_is_known_by_its_records() {
        let body = include_str!("../../../events/s3-put-prices.json");
        assert!(matches!(read(body), Letter::Uploads(uploads) if uploads.len() == 1));
    }

    #[test]
    fn anything_else_is_something_else() {
        for body in [
            "",
            "not JSON",
            "{}",
            "[]",
            r#"{"Records":[]}"#,
            r#"{"run":"daily@x"}"#,
        ] {
            assert!(matches!(read(body), Letter::Other(_)), "{body}");
        }
    }
}

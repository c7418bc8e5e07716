//! The scheduler: starts a run, one job per active product of the schedule.
//!
//! `EventBridge` wakes it with a schedule's name and the slot it asked for. The run's id is made
//! of both, so that the same event twice is the same run. A run that a person starts comes as a
//! message of the queue `starts`, and so does the wish to have a run's failed jobs tried again
//! ([`redrive`]). A schedule may ask for an export instead. The plan is written page by page
//! before its jobs are sent and stands from then on: whoever repeats the event after a crash,
//! anywhere, sends the same set of jobs again, and a job that is done already stays done.

mod plan;
mod redrive;

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda::metrics::{self, Name};
use lambda::{Backoff, Consumer, Retry, config};
use lambda_runtime::LambdaEvent;
use model::{Ask, CloseRun, Export, ExportId, Message, RunId, ScheduleName, Slot, StartRun};
use serde::{Deserialize, Serialize};
use store::{Clients, Observations, Products, Queue, RunStatus, Runs, Table};
use tracing::info;

/// What the schedule sends.
#[derive(Debug, Clone, Deserialize)]
pub struct ScheduleEvent {
    /// The schedule's name.
    pub schedule: ScheduleName,
    /// The instant it asked for.
    pub slot: Slot,
    /// Whether nothing is to be done while no product names the schedule: of those that ship with
    /// Pricetide for whoever wants them.
    #[serde(default)]
    pub only_if_used: bool,
}

/// What a schedule sends that asks for an export: `{"task": "export", "slot": …, "template": …}` with
/// everything else that can be asked.
#[derive(Debug, Clone, Deserialize)]
pub struct ExportEvent {
    #[expect(dead_code, reason = "its value is what tells the event from a run's")]
    task: ExportTask,
    /// The instant it asked for.
    slot: Slot,
    /// What is asked. Unknown fields are refused, so it is read on its own.
    #[serde(flatten)]
    ask: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ExportTask {
    Export,
}

/// What the scheduler answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// How many jobs it has.
    pub jobs: u64,
}

/// What the scheduler works with.
#[derive(Debug, Clone)]
pub struct Scheduler {
    products: Products,
    observations: Observations,
    runs: Runs,
    jobs: Queue,
    closing: Queue,
    exports: Queue,
    starts: Consumer,
    close_delay: Duration,
}

impl Scheduler {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let starts = Queue::new(&clients, config::required("STARTS_QUEUE_URL")?);
        let retry_base = Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?);
        Ok(Self {
            products: Products::new(table.clone()),
            observations: Observations::new(table.clone()),
            runs: Runs::new(table),
            jobs: Queue::new(&clients, config::required("JOBS_QUEUE_URL")?),
            closing: Queue::new(&clients, config::required("CLOSING_QUEUE_URL")?),
            exports: Queue::new(&clients, config::required("EXPORTS_QUEUE_URL")?),
            starts: Consumer::new(starts, Backoff::from(retry_base)),
            close_delay: Duration::from_secs(config::parsed("CLOSE_DELAY_SECONDS")?),
        })
    }

    /// Starts the run of this event, or brings it to where it should be.
    pub async fn start(&self, event: ScheduleEvent) -> Result<Started> {
        let id = RunId::new(event.schedule, event.slot);
        if event.only_if_used && !self.is_used(&id.schedule).await? {
            info!(run = %id, "no product names the schedule");
            return Ok(Started { run: id, jobs: 0 });
        }
        self.start_run(id).await
    }

    async fn start_run(&self, id: RunId) -> Result<Started> {
        let run = self.runs.begin(&id).await?;
        let jobs = match (run.status, run.expected) {
            (RunStatus::Planning, _) | (_, None) => {
                let jobs = plan::send_jobs(self, &id).await?;
                self.runs.start(&id, jobs).await?;
                jobs
            }
            (_, Some(jobs)) => jobs,
        };
        if !run.status.is_closed() {
            // Sent at every repeat: an earlier attempt may have died just before it.
            let close = Message::CloseRun(CloseRun {
                run: id.clone(),
                look: 0,
            });
            self.closing.send(close, self.close_delay).await?;
        }
        info!(run = %id, jobs, "started");
        metrics::add(Name::PlannedJobs, jobs);
        Ok(Started { run: id, jobs })
    }
}

impl Scheduler {
    /// Whether any active product names a schedule.
    async fn is_used(&self, schedule: &ScheduleName) -> Result<bool> {
        for shard in 0..store::SHARDS {
            let page = self.products.active(schedule, shard, None, 1).await?;
            if !page.products.is_empty() || page.next.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asks for the export of this event. The same event again asks for the same export.
    pub async fn ask(&self, event: ExportEvent) -> Result<Export> {
        let ask: Ask = serde_json::from_value(event.ask.into())
            .context("the schedule's input asks for no export")?;
        let export = Export::new(ask, event.slot);
        let message = Message::from(export.clone());
        self.exports.send(message, Duration::ZERO).await?;
        info!(export = %export.id, template = %export.ask.template, "asked for");
        Ok(export)
    }
}

/// What wakes the scheduler.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Event {
    Export(ExportEvent),
    Schedule(ScheduleEvent),
    Messages(SqsEvent),
}

/// What it answers to which.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Done {
    Started(Started),
    Asked { export: ExportId },
    Messages(SqsBatchResponse),
}

impl Scheduler {
    async fn handle(&self, event: LambdaEvent<Event>) -> Result<Done> {
        match event.payload {
            Event::Export(event) => Ok(Done::Asked {
                export: self.ask(event).await?.id,
            }),
            Event::Schedule(schedule) => Ok(Done::Started(self.start(schedule).await?)),
            Event::Messages(messages) => {
                let messages = LambdaEvent::new(messages, event.context);
                let handle = async |message, _| self.take(message).await;
                let failed = self.starts.each(&messages, 1, handle).await;
                Ok(Done::Messages(failed))
            }
        }
    }
}

impl Scheduler {
    /// Does what a person asks for.
    async fn take(&self, message: Message) -> Result<(), Retry> {
        match message {
            Message::StartRun(StartRun { schedule, slot }) => {
                self.start_run(RunId::new(schedule, slot)).await?;
            }
            Message::RedriveRun(asked) => {
                redrive::redrive(self, &asked).await?;
            }
            other => return Err(lambda::misdirected(&other)),
        }
        Ok(())
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(
        Scheduler::from_env().await?,
        async |scheduler, event: LambdaEvent<Event>| scheduler.handle(event).await,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_export_and_a_run_are_told_apart() {
        let export = include_str!("../../../events/schedule-export.json");
        let Event::Export(event_of_export) = event(export) else {
            panic!("no export");
        };
        let ask: Ask = serde_json::from_value(event_of_export.ask.into()).unwrap();
        assert_eq!(ask.when, model::When::NotEmpty);
        let run = include_str!("../../../events/schedule.json");
        assert!(matches!(event(run), Event::Schedule(_)));
        let messages = r#"{"Records": []}"#;
        assert!(matches!(event(messages), Event::Messages(_)));
    }
}

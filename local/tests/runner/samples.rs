//! The sample events in `events/`: what they carry can be read, and they have the shape of what
//! the runner sends.

use std::collections::BTreeSet;

use model::{CloseRun, Job, Message, RunId, StartRun, Tell};
use serde_json::Value;

use crate::http_api::get;
use crate::support::{Bench, eventually};

fn sample(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The bodies of the messages in an SQS event, whose checksums must be right.
fn bodies(text: &str) -> Vec<String> {
    let event = sample(text);
    let records = event["Records"].as_array().unwrap();
    let body = |record: &Value| record["body"].as_str().unwrap().to_owned();
    records.iter().map(body).collect()
}

#[test]
fn queue_samples_carry_messages_of_ours() {
    let jobs = bodies(include_str!("../../../events/sqs-jobs.json"));
    let jobs: Vec<Job> = jobs
        .iter()
        .map(|body| match Message::read(body).unwrap() {
            Message::Job(job) => job,
            other => panic!("{other:?}"),
        })
        .collect();
    let definition = jobs[0].definition().unwrap().unwrap();
    assert_eq!(definition.id, jobs[0].product);
    assert!(jobs[1].definition().is_none());

    let looks = bodies(include_str!("../../../events/sqs-closing.json"));
    let [look] = looks.as_slice() else {
        panic!("{looks:?}");
    };
    let Message::CloseRun(CloseRun { run, look }) = Message::read(look).unwrap() else {
        panic!("{look}");
    };
    assert_eq!((run, look), (jobs[0].run.clone(), 0));

    let starts = bodies(include_str!("../../../events/sqs-starts.json"));
    let [start] = starts.as_slice() else {
        panic!("{starts:?}");
    };
    let Message::StartRun(StartRun { schedule, slot }) = Message::read(start).unwrap() else {
        panic!("{start}");
    };
    assert_eq!(RunId::new(schedule, slot), jobs[0].run);

    let notes = bodies(include_str!("../../../events/sqs-notifications.json"));
    let [note] = notes.as_slice() else {
        panic!("{notes:?}");
    };
    let Message::Notification(Tell { notification }) = Message::read(note).unwrap() else {
        panic!("{note}");
    };
    let file = "4b7f0a9c1d2e3f405162738495a6b7c8";
    let id = format!("upload-{file}-0055AED6DCD90281E5");
    assert_eq!(notification.id().to_string(), id);

    let dead = bodies(include_str!("../../../events/sqs-dead-jobs.json"));
    assert!(matches!(Message::read(&dead[0]), Ok(Message::Job(_))));
    assert!(Message::read(&dead[1]).is_err());
}

/// The paths of all fields, without the positions in lists.
fn fields(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                fields(value, &format!("{path}.{key}"), into);
            }
        }
        Value::Array(items) => {
            for item in items {
                fields(item, &format!("{path}[]"), into);
            }
        }
        _ => {
            into.insert(path.to_owned());
        }
    }
}

/// Everything in `sent` is in the sample, and nothing else.
fn same_shape(sent: &Value, sample: &Value, what: &str) {
    let (mut one, mut other) = (BTreeSet::new(), BTreeSet::new());
    fields(sent, "", &mut one);
    fields(sample, "", &mut other);
    assert_eq!(one, other, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_have_the_shape_of_what_the_runner_sends() {
    let bench = Bench::start().await;
    bench.send("Jobs", &["{}"]).await;
    bench.put("가격 표/1.xlsx", b"x").await;
    let message = eventually("the message", async || bench.notes("message").pop()).await;
    let samples = sample(include_str!("../../../events/sqs-jobs.json"));
    same_shape(&message["value"], &samples["Records"][0], "sqs");

    let upload = eventually("the upload", async || bench.notes("s3").pop()).await;
    let expected = sample(include_str!("../../../events/s3-put-prices.json"));
    same_shape(&upload["value"], &expected, "s3");

    let mut request = get(&bench, "/things/1").await;
    let mut expected = sample(include_str!("../../../events/http-get-product.json"));
    // Which headers come depends on the client.
    for event in [&mut request, &mut expected] {
        event["headers"].as_object_mut().unwrap().clear();
    }
    same_shape(&request, &expected, "http");
    bench.stop().await;
}

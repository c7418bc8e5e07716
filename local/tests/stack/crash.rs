//! A killed process loses nothing that it acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use local::stack::{Endpoints, Stack};
use tempfile::TempDir;

use crate::dynamodb::create_table;
use crate::harness::{self, SECRET_KEY, config};

/// Names the folder for [`a_stack_that_will_be_killed`].
const FOLDER: &str = "STACK_TEST_FOLDER";

#[tokio::test]
#[ignore = "is the process that the other test kills"]
async fn a_stack_that_will_be_killed() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let stack = Stack::start(config(dir.as_ref()))
        .await
        .expect("the stack starts");
    let Endpoints {
        dynamodb,
        s3,
        sqs,
        secretsmanager,
    } = stack.endpoints();
    println!("\nlistening {dynamodb} {s3} {sqs} {secretsmanager}");
    std::io::stdout().flush().expect("standard output");
    std::future::pending::<()>().await;
}

/// Starts this test binary again as a stack on the folder.
fn spawn(dir: &TempDir) -> (Child, Endpoints) {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "crash::a_stack_that_will_be_killed"])
        .args(["--ignored", "--nocapture"])
        .env(FOLDER, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let line = output
        .lines()
        .map(|line| line.expect("a line"))
        .find(|line| line.starts_with("listening "))
        .expect("the stack says where it listens");
    let mut urls = line.split(' ').skip(1).map(str::to_owned);
    let mut next = || urls.next().expect("four URLs");
    let endpoints = Endpoints {
        dynamodb: next(),
        s3: next(),
        sqs: next(),
        secretsmanager: next(),
    };
    (child, endpoints)
}

/// What the stack acknowledged before it was killed.
#[derive(Default)]
struct Acknowledged {
    items: BTreeSet<String>,
    /// Key and contents.
    objects: BTreeMap<String, String>,
    deleted_objects: BTreeSet<String>,
    messages: BTreeSet<String>,
    deleted_messages: BTreeSet<String>,
    /// Deletes that were asked for; the answer may have been lost with the process.
    maybe_deleted: BTreeSet<String>,
    secrets: BTreeMap<String, String>,
}

type Log = Arc<Mutex<Acknowledged>>;

fn log(log: &Log, write: impl FnOnce(&mut Acknowledged)) {
    write(&mut log.lock().expect("the log"));
}

async fn write_items(url: String, log_to: Log) {
    let client = harness::dynamodb(&url, SECRET_KEY);
    for number in 0.. {
        let key = format!("item {number}");
        let put = client
            .put_item()
            .table_name("crash")
            .item("PK", AttributeValue::S(key.clone()))
            .item("SK", AttributeValue::S("META".to_owned()));
        if put.send().await.is_err() {
            return;
        }
        log(&log_to, |log| {
            log.items.insert(key);
        });
    }
}

async fn write_objects(url: String, log_to: Log) {
    let client = harness::s3(&url, SECRET_KEY);
    for number in 0.. {
        let key = format!("물건/{number}");
        let contents = format!("contents of {number} ").repeat(500);
        let body = contents.clone().into_bytes().into();
        if client
            .put_object()
            .bucket("crash")
            .key(&key)
            .body(body)
            .send()
            .await
            .is_err()
        {
            return;
        }
        log(&log_to, |log| {
            log.objects.insert(key.clone(), contents);
        });
        if number % 3 == 0 {
            // Asked for, whatever becomes of it: the object may be gone from here on.
            log(&log_to, |log| {
                log.objects.remove(&key);
            });
            if client
                .delete_object()
                .bucket("crash")
                .key(&key)
                .send()
                .await
                .is_err()
            {
                return;
            }
            log(&log_to, |log| {
                log.deleted_objects.insert(key);
            });
        }
    }
}

async fn send_messages(url: String, queue: String, log_to: Log) {
    let client = harness::sqs(&url, SECRET_KEY);
    for number in 0.. {
        let bodies: Vec<String> = (0..10).map(|entry| format!("{number}-{entry}")).collect();
        let entries = bodies.iter().map(|body| {
            SendMessageBatchRequestEntry::builder()
                .id(body)
                .message_body(body)
                .build()
                .expect("an entry")
        });
        let send = client.send_message_batch().queue_url(&queue);
        let Ok(answer) = send.set_entries(Some(entries.collect())).send().await else {
            return;
        };
        assert_eq!(answer.successful().len(), 10);
        log(&log_to, |log| log.messages.extend(bodies));
    }
}

async fn consume_messages(url: String, queue: String, log_to: Log) {
    let client = harness::sqs(&url, SECRET_KEY);
    loop {
        let receive = client
            .receive_message()
            .queue_url(&queue)
            .max_number_of_messages(5);
        let Ok(received) = receive.send().await else {
            return;
        };
        for message in received.messages() {
            let body = message.body().expect("a body").to_owned();
            let receipt = message.receipt_handle().expect("a receipt");
            log(&log_to, |log| {
                log.maybe_deleted.insert(body.clone());
            });
            let delete = client
                .delete_message()
                .queue_url(&queue)
                .receipt_handle(receipt);
            if delete.send().await.is_err() {
                return;
            }
            log(&log_to, |log| {
                log.deleted_messages.insert(body);
            });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn write_secrets(url: String, log_to: Log) {
    let client = harness::secrets(&url, SECRET_KEY);
    for number in 0.. {
        let name = format!("crash/{number}");
        let value = format!("value {number}");
        if client
            .create_secret()
            .name(&name)
            .secret_string(&value)
            .send()
            .await
            .is_err()
        {
            return;
        }
        log(&log_to, |log| {
            log.secrets.insert(name, value);
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_killed_amid_writes_has_everything_it_acknowledged() {
    let dir = TempDir::new().expect("a folder");
    let (mut child, at) = spawn(&dir);
    create_table(&harness::dynamodb(&at.dynamodb, SECRET_KEY), "crash").await;
    let s3 = harness::s3(&at.s3, SECRET_KEY);
    s3.create_bucket()
        .bucket("crash")
        .send()
        .await
        .expect("a bucket");
    let sqs = harness::sqs(&at.sqs, SECRET_KEY);
    let queue = sqs
        .create_queue()
        .queue_name("crash")
        .attributes("VisibilityTimeout".into(), "77")
        .send()
        .await
        .expect("a queue");
    let queue = queue.queue_url().expect("its URL").to_owned();

    let acknowledged = Log::default();
    let writers = [
        tokio::spawn(write_items(at.dynamodb.clone(), acknowledged.clone())),
        tokio::spawn(write_objects(at.s3.clone(), acknowledged.clone())),
        tokio::spawn(send_messages(
            at.sqs.clone(),
            queue.clone(),
            acknowledged.clone(),
        )),
        tokio::spawn(consume_messages(
            at.sqs.clone(),
            queue,
            acknowledged.clone(),
        )),
        tokio::spawn(write_secrets(
            at.secretsmanager.clone(),
            acknowledged.clone(),
        )),
    ];
    tokio::time::sleep(Duration::from_millis(1500)).await;
    child.kill().expect("the process is killed");
    child.wait().expect("it is gone");
    for writer in writers {
        writer
            .await
            .expect("a writer noticed that the stack is gone");
    }
    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("the log"));
    assert!(
        acknowledged.items.len() > 20,
        "items were written: {}",
        acknowledged.items.len()
    );
    assert!(acknowledged.objects.len() > 5, "objects were written");
    assert!(acknowledged.messages.len() > 100, "messages were sent");
    assert!(
        acknowledged.deleted_messages.len() > 5,
        "messages were consumed"
    );
    assert!(acknowledged.secrets.len() > 5, "secrets were written");

    let (mut child, at) = spawn(&dir);
    check_items(&at, &acknowledged).await;
    check_objects(&at, &acknowledged).await;
    check_messages(&at, &acknowledged).await;
    check_secrets(&at, &acknowledged).await;
    child.kill().expect("the process is killed");
    child.wait().expect("it is gone");
    check_events(&dir, &acknowledged).await;
}

async fn check_items(at: &Endpoints, acknowledged: &Acknowledged) {
    let client = harness::dynamodb(&at.dynamodb, SECRET_KEY);
    let pages = client
        .scan()
        .table_name("crash")
        .into_paginator()
        .items()
        .send();
    let items = pages
        .collect::<Result<Vec<_>, _>>()
        .await
        .expect("the items");
    let found: BTreeSet<String> = items
        .iter()
        .map(|item| item["PK"].as_s().expect("a string").clone())
        .collect();
    let lost: Vec<_> = acknowledged.items.difference(&found).collect();
    assert!(lost.is_empty(), "lost items: {lost:?}");
}

async fn check_objects(at: &Endpoints, acknowledged: &Acknowledged) {
    let client = harness::s3(&at.s3, SECRET_KEY);
    for (key, contents) in &acknowledged.objects {
        let object = client.get_object().bucket("crash").key(key).send().await;
        let object = object.unwrap_or_else(|error| panic!("{key} is lost: {error:?}"));
        let bytes = object.body.collect().await.expect("its contents").to_vec();
        assert_eq!(bytes, contents.as_bytes(), "{key}");
    }
    for key in &acknowledged.deleted_objects {
        let head = client.head_object().bucket("crash").key(key).send().await;
        let error = head
            .expect_err("a deleted object is gone")
            .into_service_error();
        assert!(error.is_not_found(), "{key}");
    }
}

async fn check_messages(at: &Endpoints, acknowledged: &Acknowledged) {
    let client = harness::sqs(&at.sqs, SECRET_KEY);
    let queue = client
        .get_queue_url()
        .queue_name("crash")
        .send()
        .await
        .expect("the queue");
    let queue = queue.queue_url().expect("its URL");
    let settings = client
        .get_queue_attributes()
        .queue_url(queue)
        .attribute_names("VisibilityTimeout".into())
        .send()
        .await
        .expect("its settings");
    let settings = settings.attributes().expect("settings");
    assert_eq!(settings[&"VisibilityTimeout".into()], "77");

    let mut found = BTreeSet::new();
    loop {
        let received = client
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .send()
            .await
            .expect("messages");
        if received.messages().is_empty() {
            break;
        }
        for message in received.messages() {
            let body = message.body().expect("a body").to_owned();
            assert!(found.insert(body), "one message became two");
        }
    }
    let back: Vec<_> = acknowledged.deleted_messages.intersection(&found).collect();
    assert!(back.is_empty(), "deleted messages came back: {back:?}");
    let due = acknowledged
        .messages
        .difference(&acknowledged.maybe_deleted);
    let lost: Vec<_> = due.filter(|body| !found.contains(*body)).collect();
    assert!(lost.is_empty(), "lost messages: {lost:?}");
}

async fn check_secrets(at: &Endpoints, acknowledged: &Acknowledged) {
    let client = harness::secrets(&at.secretsmanager, SECRET_KEY);
    for (name, value) in &acknowledged.secrets {
        let secret = client
            .get_secret_value()
            .secret_id(name)
            .send()
            .await
            .expect("the secret");
        assert_eq!(secret.secret_string(), Some(value.as_str()));
    }
}

/// The stack runs in this process now: its events can be had only here.
async fn check_events(dir: &TempDir, acknowledged: &Acknowledged) {
    let stack = Stack::start(config(dir.path()))
        .await
        .expect("the stack starts");
    let events = stack.object_events();
    let mut missing: BTreeSet<&String> = acknowledged
        .objects
        .keys()
        .chain(&acknowledged.deleted_objects)
        .collect();
    while !missing.is_empty() {
        let event = tokio::time::timeout(Duration::from_secs(5), events.next()).await;
        let event = event.unwrap_or_else(|_| panic!("no event for {missing:?}"));
        missing.remove(&event.key);
        if let Some(contents) = acknowledged.objects.get(&event.key) {
            assert_eq!(event.size, contents.len() as u64);
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_killed_process_leaves_the_folder_free_for_the_next() {
    let dir = TempDir::new().expect("a folder");
    let (mut child, _) = spawn(&dir);
    let second = Stack::start(config(dir.path()))
        .await
        .expect_err("the folder is in use");
    let message = format!("{second:#}");
    assert!(
        message.contains("in use by another running stack"),
        "{message}"
    );
    assert!(
        message.contains(&dir.path().display().to_string()),
        "{message}"
    );
    child.kill().expect("the process is killed");
    child.wait().expect("it is gone");
    let stack = Stack::start(config(dir.path()))
        .await
        .expect("the folder is free");
    stack.stop().await;
}

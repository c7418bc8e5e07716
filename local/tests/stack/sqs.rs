//! SQS through its SDK client.

use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageAttributeValue, MessageSystemAttributeName as System, QueueAttributeName as Name,
    SendMessageBatchRequestEntry as Entry, SendMessageBatchResultEntry,
};

use crate::harness::start;

/// Creates a queue and gives its URL.
pub(crate) async fn create(client: &Client, name: &str, settings: &[(Name, &str)]) -> String {
    let mut create = client.create_queue().queue_name(name);
    for (name, value) in settings {
        create = create.attributes(name.clone(), *value);
    }
    let created = create.send().await.expect("a queue");
    created.queue_url().expect("its URL").to_owned()
}

pub(crate) async fn send(client: &Client, queue: &str, body: &str) {
    let send = client.send_message().queue_url(queue).message_body(body);
    send.send().await.expect("the message is accepted");
}

/// Receives up to ten messages, waiting up to `wait` seconds.
pub(crate) async fn receive(client: &Client, queue: &str, wait: i32) -> Vec<Message> {
    let receive = client
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .wait_time_seconds(wait)
        .message_system_attribute_names(System::All)
        .message_attribute_names("All");
    receive
        .send()
        .await
        .expect("an answer")
        .messages
        .unwrap_or_default()
}

pub(crate) fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body().expect("a body"))
        .collect()
}

pub(crate) fn receipt(message: &Message) -> &str {
    message.receipt_handle().expect("a receipt")
}

pub(crate) fn system(message: &Message, name: &System) -> Option<String> {
    message
        .attributes()
        .and_then(|attributes| attributes.get(name))
        .cloned()
}

pub(crate) async fn delete(client: &Client, queue: &str, message: &Message) {
    let delete = client
        .delete_message()
        .queue_url(queue)
        .receipt_handle(receipt(message));
    delete.send().await.expect("the message is deleted");
}

/// Available, in flight and delayed messages.
pub(crate) async fn counts(client: &Client, queue: &str) -> [String; 3] {
    let names = [
        Name::ApproximateNumberOfMessages,
        Name::ApproximateNumberOfMessagesNotVisible,
        Name::ApproximateNumberOfMessagesDelayed,
    ];
    let get = client.get_queue_attributes().queue_url(queue);
    let got = get
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .expect("attributes");
    let got = got.attributes().expect("attributes").clone();
    names.map(|name| got[&name].clone())
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_back_when_its_visibility_expires() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[(Name::VisibilityTimeout, "1")]).await;
    send(&client, &queue, "job").await;
    let first = receive(&client, &queue, 0).await;
    assert_eq!(bodies(&first), ["job"]);
    assert_eq!(counts(&client, &queue).await, ["0", "1", "0"]);
    assert!(
        receive(&client, &queue, 0).await.is_empty(),
        "it is invisible"
    );

    let second = receive(&client, &queue, 20).await;
    assert_eq!(bodies(&second), ["job"]);
    assert_eq!(
        system(&second[0], &System::ApproximateReceiveCount).as_deref(),
        Some("2")
    );
    assert_eq!(first[0].message_id(), second[0].message_id());
    let times = [&first[0], &second[0]]
        .map(|message| system(message, &System::ApproximateFirstReceiveTimestamp));
    assert_eq!(times[0], times[1]);

    // The first receipt is of a delivery that is over: it deletes nothing.
    delete(&client, &queue, &first[0]).await;
    assert_eq!(counts(&client, &queue).await, ["0", "1", "0"]);
    delete(&client, &queue, &second[0]).await;
    assert_eq!(counts(&client, &queue).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn visibility_can_be_changed_one_by_one_and_in_a_batch() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    for body in ["a", "b", "c"] {
        send(&client, &queue, body).await;
    }
    let received = receive(&client, &queue, 0).await;
    assert_eq!(received.len(), 3);
    let change = client
        .change_message_visibility()
        .queue_url(&queue)
        .visibility_timeout(0);
    change
        .receipt_handle(receipt(&received[0]))
        .send()
        .await
        .expect("a change");
    assert_eq!(
        bodies(&receive(&client, &queue, 0).await),
        [received[0].body().expect("a body")]
    );

    let entry = |id: &str, receipt: &str| {
        ChangeMessageVisibilityBatchRequestEntry::builder()
            .id(id)
            .receipt_handle(receipt)
            .visibility_timeout(0)
            .build()
            .expect("an entry")
    };
    let batch = client
        .change_message_visibility_batch()
        .queue_url(&queue)
        .entries(entry("good", receipt(&received[1])))
        .entries(entry("bad", "this is no receipt"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(batch.successful()[0].id(), "good");
    assert_eq!(batch.failed()[0].id(), "bad");
    assert_eq!(batch.failed()[0].code(), "ReceiptHandleIsInvalid");
    assert!(batch.failed()[0].sender_fault());
    assert_eq!(
        bodies(&receive(&client, &queue, 0).await),
        [received[1].body().expect("a body")]
    );

    delete(&client, &queue, &received[2]).await;
    let gone = client
        .change_message_visibility()
        .queue_url(&queue)
        .visibility_timeout(0);
    let gone = gone.receipt_handle(receipt(&received[2])).send().await;
    gone.expect_err("the message is gone");
}

#[tokio::test]
async fn a_visible_message_is_not_in_flight() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    send(&client, &queue, "job").await;
    let received = receive(&client, &queue, 0).await;
    let change = client
        .change_message_visibility()
        .queue_url(&queue)
        .visibility_timeout(0);
    let change = change.receipt_handle(receipt(&received[0]));
    change.clone().send().await.expect("it is visible");
    let again = change
        .send()
        .await
        .expect_err("it is not in flight")
        .into_service_error();
    assert!(again.is_message_not_inflight(), "{again:?}");
}

#[tokio::test]
async fn long_polling_ends_with_the_message_or_the_wait() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let waited = Instant::now();
    assert!(receive(&client, &queue, 1).await.is_empty());
    assert!(
        waited.elapsed() >= Duration::from_millis(990),
        "{:?}",
        waited.elapsed()
    );

    let (consumer, at) = (client.clone(), queue.clone());
    let waiting = tokio::spawn(async move { receive(&consumer, &at, 20).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    send(&client, &queue, "job").await;
    assert_eq!(bodies(&waiting.await.expect("an answer")), ["job"]);
}

#[tokio::test]
async fn an_arrival_wakes_who_waits_for_it() {
    // A chain: whoever gets the message sends it on to the next, who waits for it already. If
    // consumers were woken by a clock, or at the end of their wait, each link would take its time
    // and the last ones would have waited in vain.
    const LINKS: usize = 200;
    let running = start().await;
    let client = running.sqs();
    let mut queues = Vec::new();
    for link in 0..=LINKS {
        queues.push(create(&client, &format!("link-{link}"), &[]).await);
    }
    let links = queues.windows(2).map(|pair| {
        let (client, pair) = (client.clone(), pair.to_owned());
        tokio::spawn(async move {
            let got = receive(&client, &pair[0], 20).await;
            assert_eq!(bodies(&got), ["job"]);
            send(&client, &pair[1], "job").await;
        })
    });
    let links: Vec<_> = links.collect();
    // When this wait is over, which began after theirs, they all wait.
    assert!(receive(&client, &queues[LINKS], 1).await.is_empty());
    send(&client, &queues[0], "job").await;
    assert_eq!(bodies(&receive(&client, &queues[LINKS], 20).await), ["job"]);
    for link in links {
        link.await.expect("sent on");
    }
}

#[tokio::test]
async fn a_queue_can_make_every_receive_wait() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(
        &client,
        "jobs",
        &[(Name::ReceiveMessageWaitTimeSeconds, "1")],
    )
    .await;
    let waited = Instant::now();
    let received = client
        .receive_message()
        .queue_url(&queue)
        .send()
        .await
        .expect("an answer");
    assert!(received.messages().is_empty());
    assert!(waited.elapsed() >= Duration::from_millis(990));
}

#[tokio::test]
async fn a_delayed_message_waits() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let delayed = client
        .send_message()
        .queue_url(&queue)
        .message_body("later");
    delayed.delay_seconds(1).send().await.expect("accepted");
    assert!(receive(&client, &queue, 0).await.is_empty());
    assert_eq!(counts(&client, &queue).await, ["0", "0", "1"]);
    assert_eq!(bodies(&receive(&client, &queue, 5).await), ["later"]);

    let slow = create(&client, "slow", &[(Name::DelaySeconds, "900")]).await;
    send(&client, &slow, "later").await;
    let now = client
        .send_message()
        .queue_url(&slow)
        .message_body("now")
        .delay_seconds(0);
    now.send().await.expect("accepted");
    assert_eq!(bodies(&receive(&client, &slow, 0).await), ["now"]);
    assert_eq!(counts(&client, &slow).await, ["0", "1", "1"]);
}

#[tokio::test]
async fn a_batch_fails_in_part() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let entry = |id: &str, body: &str, delay| {
        let entry = Entry::builder().id(id).message_body(body);
        entry.set_delay_seconds(delay).build().expect("an entry")
    };
    let sent = client
        .send_message_batch()
        .queue_url(&queue)
        .entries(entry("good", "가격", None))
        .entries(entry("control", "\u{0}", None))
        .entries(entry("late", "too late", Some(901)))
        .entries(entry("also-good", "second", None))
        .send()
        .await
        .expect("an answer");
    let ids: Vec<&str> = sent
        .successful()
        .iter()
        .map(SendMessageBatchResultEntry::id)
        .collect();
    assert_eq!(ids, ["good", "also-good"]);
    let failed: Vec<(&str, &str, bool)> = sent
        .failed()
        .iter()
        .map(|entry| (entry.id(), entry.code(), entry.sender_fault()))
        .collect();
    assert_eq!(
        failed,
        [
            ("control", "InvalidMessageContents", true),
            ("late", "InvalidParameterValue", true)
        ]
    );
    let received = receive(&client, &queue, 0).await;
    assert_eq!(bodies(&received), ["가격", "second"]);

    let entry = |id: &str, receipt: &str| {
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(id)
            .receipt_handle(receipt);
        entry.build().expect("an entry")
    };
    let deleted = client
        .delete_message_batch()
        .queue_url(&queue)
        .entries(entry("good", receipt(&received[0])))
        .entries(entry("bad", "AAAA"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(deleted.successful()[0].id(), "good");
    assert_eq!(deleted.failed()[0].id(), "bad");
    assert_eq!(counts(&client, &queue).await, ["0", "1", "0"]);
}

#[tokio::test]
async fn a_batch_that_is_wrong_as_a_whole_is_refused() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let entry = |id: &str, size: usize| {
        let entry = Entry::builder().id(id).message_body("x".repeat(size));
        entry.build().expect("an entry")
    };
    let send = |entries: Vec<Entry>| {
        let send = client.send_message_batch().queue_url(&queue);
        let send = send.set_entries(Some(entries)).send();
        async { send.await.expect_err("refused").into_service_error() }
    };
    assert!(send(vec![]).await.is_empty_batch_request());
    let eleven = (0..11).map(|id| entry(&id.to_string(), 1)).collect();
    assert!(send(eleven).await.is_too_many_entries_in_batch_request());
    let twice = vec![entry("a", 1), entry("a", 1)];
    assert!(send(twice).await.is_batch_entry_ids_not_distinct());
    assert!(
        send(vec![entry("a b", 1)])
            .await
            .is_invalid_batch_entry_id()
    );
    let large = vec![entry("a", 600_000), entry("b", 600_000)];
    assert!(send(large).await.is_batch_request_too_long());
    assert_eq!(counts(&client, &queue).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_message_can_have_one_mebibyte_and_no_more() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let largest = "\"".repeat(1_048_576);
    send(&client, &queue, &largest).await;
    assert_eq!(
        bodies(&receive(&client, &queue, 0).await),
        [largest.as_str()]
    );
    let larger = client
        .send_message()
        .queue_url(&queue)
        .message_body("x".repeat(1_048_577));
    let error = larger
        .send()
        .await
        .expect_err("too long")
        .into_service_error();
    assert!(
        error
            .meta()
            .message()
            .is_some_and(|text| text.contains("shorter than 1048576"))
    );
    let small = create(&client, "small", &[(Name::MaximumMessageSize, "1024")]).await;
    let larger = client
        .send_message()
        .queue_url(&small)
        .message_body("x".repeat(1025));
    larger.send().await.expect_err("too long for this queue");
}

#[tokio::test]
async fn attributes_travel_with_the_message() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let attribute = |kind: &str| MessageAttributeValue::builder().data_type(kind);
    let text = attribute("String")
        .string_value("값")
        .build()
        .expect("an attribute");
    let number = attribute("Number.count")
        .string_value("7")
        .build()
        .expect("an attribute");
    let binary = attribute("Binary")
        .binary_value(Blob::new([0, 255]))
        .build()
        .expect("one");
    let sent = client
        .send_message()
        .queue_url(&queue)
        .message_body("job")
        .message_attributes("text", text.clone())
        .message_attributes("deferrals.count", number.clone())
        .message_attributes("binary", binary.clone())
        .send()
        .await
        .expect("accepted");
    let received = receive(&client, &queue, 0).await;
    let attributes = received[0].message_attributes().expect("attributes");
    assert_eq!(attributes["text"], text);
    assert_eq!(attributes["deferrals.count"], number);
    assert_eq!(attributes["binary"], binary);
    assert_eq!(
        received[0].md5_of_message_attributes(),
        sent.md5_of_message_attributes()
    );

    let release = client
        .change_message_visibility()
        .queue_url(&queue)
        .visibility_timeout(0);
    release
        .receipt_handle(receipt(&received[0]))
        .send()
        .await
        .expect("visible");
    let some = client
        .receive_message()
        .queue_url(&queue)
        .message_attribute_names("deferrals.*");
    let some = some.send().await.expect("an answer");
    let message = &some.messages()[0];
    assert_eq!(message.message_attributes().expect("attributes").len(), 1);
    assert!(message.attributes().is_none(), "none were asked for");

    let empty = attribute("String")
        .string_value("")
        .build()
        .expect("an attribute");
    let wrong = client.send_message().queue_url(&queue).message_body("job");
    wrong
        .message_attributes("empty", empty)
        .send()
        .await
        .expect_err("an empty value");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_and_consumers_lose_and_double_nothing() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let senders = (0..8).map(|sender| {
        let (client, queue) = (client.clone(), queue.clone());
        tokio::spawn(async move {
            for batch in 0..25 {
                let entries = (0..10).map(|entry| {
                    let body = format!("{sender}-{batch}-{entry}");
                    Entry::builder()
                        .id(&body)
                        .message_body(&body)
                        .build()
                        .expect("an entry")
                });
                let send = client.send_message_batch().queue_url(&queue);
                let answer = send.set_entries(Some(entries.collect())).send().await;
                assert_eq!(answer.expect("accepted").successful().len(), 10);
            }
        })
    });
    let consumers = (0..4).map(|_| {
        let (client, queue) = (client.clone(), queue.clone());
        tokio::spawn(async move {
            let mut found = Vec::new();
            loop {
                let messages = receive(&client, &queue, 1).await;
                if messages.is_empty() {
                    return found;
                }
                for message in messages {
                    delete(&client, &queue, &message).await;
                    found.push(message.body().expect("a body").to_owned());
                }
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let consumers: Vec<_> = consumers.collect();
    for sender in senders {
        sender.await.expect("all sent");
    }
    let mut found = Vec::new();
    for consumer in consumers {
        found.extend(consumer.await.expect("all received"));
    }
    assert_eq!(found.len(), 2000);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 2000);
}

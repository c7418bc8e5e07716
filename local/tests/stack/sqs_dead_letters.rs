//! Messages that are received too often end in the dead-letter queue, and only there.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Name};

use crate::harness::start;
use crate::sqs::{bodies, counts, create, receipt, receive, send, system};

/// A queue that gives a message up after two receives, and its dead-letter queue.
async fn create_pair(client: &Client, count: &str) -> (String, String) {
    let dead = create(client, "jobs-dead", &[]).await;
    let arn = "arn:aws:sqs:ap-northeast-2:000000000000:jobs-dead";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#);
    let jobs = create(client, "jobs", &[(Name::RedrivePolicy, &policy)]).await;
    (jobs, dead)
}

/// Receives everything visible, and makes it visible again.
async fn receive_and_release(client: &Client, queue: &str) -> usize {
    let received = receive(client, queue, 0).await;
    for message in &received {
        let release = client
            .change_message_visibility()
            .queue_url(queue)
            .visibility_timeout(0);
        release
            .receipt_handle(receipt(message))
            .send()
            .await
            .expect("it is visible");
    }
    received.len()
}

#[tokio::test]
async fn a_message_is_dead_after_the_set_receives() {
    // The Serverless Framework writes the count as a number, CloudFormation as a string.
    for count in ["2", "\"2\""] {
        let running = start().await;
        let client = running.sqs();
        let (jobs, dead) = create_pair(&client, count).await;
        send(&client, &jobs, "poison").await;
        assert_eq!(receive_and_release(&client, &jobs).await, 1);
        assert_eq!(receive_and_release(&client, &jobs).await, 1);
        assert_eq!(
            counts(&client, &dead).await,
            ["0", "0", "0"],
            "not before a third receive"
        );
        assert_eq!(receive_and_release(&client, &jobs).await, 0);
        assert_eq!(counts(&client, &jobs).await, ["0", "0", "0"]);
        let letters = receive(&client, &dead, 0).await;
        assert_eq!(bodies(&letters), ["poison"]);
        let source = system(&letters[0], &System::DeadLetterQueueSourceArn);
        assert_eq!(
            source.as_deref(),
            Some("arn:aws:sqs:ap-northeast-2:000000000000:jobs")
        );
        // AWS counts over all queues.
        assert_eq!(
            system(&letters[0], &System::ApproximateReceiveCount).as_deref(),
            Some("3")
        );
    }
}

#[tokio::test]
async fn a_dead_letter_wakes_who_waits_for_it() {
    let running = start().await;
    let client = running.sqs();
    let (jobs, dead) = create_pair(&client, "1").await;
    let waiting = {
        let (client, dead) = (client.clone(), dead.clone());
        tokio::spawn(async move { receive(&client, &dead, 20).await })
    };
    send(&client, &jobs, "poison").await;
    send(&client, &jobs, "poison too").await;
    assert_eq!(receive_and_release(&client, &jobs).await, 2);
    assert_eq!(receive_and_release(&client, &jobs).await, 0);
    let letters = tokio::time::timeout(Duration::from_secs(5), waiting).await;
    let letters = letters.expect("soon").expect("an answer");
    assert_eq!(bodies(&letters), ["poison", "poison too"]);
}

#[tokio::test]
async fn dead_letters_are_in_their_queue_alone_after_a_restart() {
    let running = start().await;
    let client = running.sqs();
    let (jobs, dead) = create_pair(&client, "2").await;
    send(&client, &jobs, "poison").await;
    receive_and_release(&client, &jobs).await;
    receive_and_release(&client, &jobs).await;
    send(&client, &jobs, "healthy").await;
    assert_eq!(bodies(&receive(&client, &jobs, 0).await), ["healthy"]);

    let running = running.restart().await;
    let client = running.sqs();
    assert_eq!(counts(&client, &dead).await, ["1", "0", "0"]);
    assert_eq!(counts(&client, &jobs).await, ["1", "0", "0"]);
    let letters = receive(&client, &dead, 0).await;
    assert_eq!(bodies(&letters), ["poison"]);
    let source = system(&letters[0], &System::DeadLetterQueueSourceArn);
    assert_eq!(
        source.as_deref(),
        Some("arn:aws:sqs:ap-northeast-2:000000000000:jobs")
    );
}

#[tokio::test]
async fn receives_before_a_restart_count() {
    let running = start().await;
    let client = running.sqs();
    let (jobs, dead) = create_pair(&client, "2").await;
    send(&client, &jobs, "poison").await;
    assert_eq!(receive(&client, &jobs, 0).await.len(), 1);
    let running = running.restart().await;
    let client = running.sqs();
    assert_eq!(receive(&client, &jobs, 0).await.len(), 1);
    let running = running.restart().await;
    let client = running.sqs();
    assert!(receive(&client, &jobs, 0).await.is_empty());
    assert_eq!(bodies(&receive(&client, &dead, 0).await), ["poison"]);
}

#[tokio::test]
async fn a_policy_names_a_queue_that_exists() {
    let running = start().await;
    let client = running.sqs();
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:ap-northeast-2:000000000000:nobody","maxReceiveCount":1}"#;
    let jobs = client
        .create_queue()
        .queue_name("jobs")
        .attributes(Name::RedrivePolicy, policy);
    jobs.send().await.expect_err("there is no such queue");
    let (jobs, dead) = create_pair(&client, "3").await;
    let sources = client
        .list_dead_letter_source_queues()
        .queue_url(&dead)
        .send()
        .await;
    assert_eq!(sources.expect("sources").queue_urls(), [jobs]);
}

//! Queues of SQS: their settings, and what a restart leaves of them.

use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName as System, QueueAttributeName as Name,
};

use crate::harness::start;
use crate::sqs::{bodies, counts, create, delete, receipt, receive, send, system};

#[tokio::test]
async fn a_queue_is_created_once_with_the_same_settings() {
    let running = start().await;
    let client = running.sqs();
    let settings = [(Name::VisibilityTimeout, "60")];
    let first = create(&client, "jobs", &settings).await;
    assert_eq!(first, create(&client, "jobs", &settings).await);
    assert_eq!(
        first,
        create(&client, "jobs", &[]).await,
        "what is not said is as it is"
    );
    let other = client.create_queue().queue_name("jobs");
    let other = other.attributes(Name::VisibilityTimeout, "61").send().await;
    let other = other.expect_err("another setting").into_service_error();
    assert!(other.is_queue_name_exists(), "{other:?}");

    let fifo = client.create_queue().queue_name("jobs.fifo").send().await;
    fifo.expect_err("there are no FIFO queues");
    let unknown = client.get_queue_url().queue_name("nobody").send().await;
    assert!(
        unknown
            .expect_err("no such queue")
            .into_service_error()
            .is_queue_does_not_exist()
    );
    let listed = client
        .list_queues()
        .queue_name_prefix("jo")
        .send()
        .await
        .expect("queues");
    assert_eq!(listed.queue_urls(), [first]);
}

#[tokio::test]
async fn settings_and_tags_can_be_changed() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let set = client.set_queue_attributes().queue_url(&queue);
    set.attributes(Name::DelaySeconds, "5")
        .send()
        .await
        .expect("a change");
    client
        .tag_queue()
        .queue_url(&queue)
        .tags("team", "prices")
        .send()
        .await
        .expect("a tag");
    let running = running.restart().await;
    let client = running.sqs();
    let get = client
        .get_queue_attributes()
        .queue_url(&queue)
        .attribute_names(Name::All);
    let got = get.send().await.expect("attributes");
    let got = got.attributes().expect("attributes");
    assert_eq!(got[&Name::DelaySeconds], "5");
    assert_eq!(
        got[&Name::QueueArn],
        "arn:aws:sqs:ap-northeast-2:000000000000:jobs"
    );
    assert_eq!(got[&Name::MessageRetentionPeriod], "345600");
    let tags = client
        .list_queue_tags()
        .queue_url(&queue)
        .send()
        .await
        .expect("tags");
    assert_eq!(tags.tags().expect("tags")["team"], "prices");
    let wrong = client.set_queue_attributes().queue_url(&queue);
    let wrong = wrong.attributes(Name::DelaySeconds, "901").send().await;
    wrong.expect_err("out of range");
}

#[tokio::test]
async fn purging_and_deleting_forget_the_messages() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let other = create(&client, "other", &[]).await;
    for body in ["a", "b", "c"] {
        send(&client, &queue, body).await;
        send(&client, &other, body).await;
    }
    receive(&client, &queue, 0).await;
    client
        .purge_queue()
        .queue_url(&queue)
        .send()
        .await
        .expect("a purge");
    assert_eq!(counts(&client, &queue).await, ["0", "0", "0"]);
    send(&client, &queue, "after").await;
    client
        .delete_queue()
        .queue_url(&other)
        .send()
        .await
        .expect("a deletion");
    let gone = client
        .send_message()
        .queue_url(&other)
        .message_body("x")
        .send()
        .await;
    assert!(
        gone.expect_err("it is gone")
            .into_service_error()
            .is_queue_does_not_exist()
    );

    let running = running.restart().await;
    let client = running.sqs();
    assert_eq!(bodies(&receive(&client, &queue, 0).await), ["after"]);
    let other = create(&client, "other", &[]).await;
    assert_eq!(counts(&client, &other).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn messages_survive_a_restart_with_all_they_carry() {
    let running = start().await;
    let client = running.sqs();
    let queue = create(&client, "jobs", &[]).await;
    let kind = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("값");
    let kind = kind.build().expect("an attribute");
    let sent = client
        .send_message()
        .queue_url(&queue)
        .message_body("with attributes");
    let sent = sent
        .message_attributes("kind", kind.clone())
        .send()
        .await
        .expect("accepted");
    for body in ["in flight", "deleted", "backing off"] {
        send(&client, &queue, body).await;
    }
    let delayed = client
        .send_message()
        .queue_url(&queue)
        .message_body("delayed");
    delayed.delay_seconds(900).send().await.expect("accepted");
    let received = receive(&client, &queue, 0).await;
    let by_body = |body: &str| {
        received
            .iter()
            .find(|message| message.body() == Some(body))
            .expect("it was received")
    };
    delete(&client, &queue, by_body("deleted")).await;
    let back_off = client
        .change_message_visibility()
        .queue_url(&queue)
        .visibility_timeout(900);
    let back_off = back_off.receipt_handle(receipt(by_body("backing off")));
    back_off.send().await.expect("a change");

    let running = running.restart().await;
    let client = running.sqs();
    assert_eq!(counts(&client, &queue).await, ["2", "1", "1"]);
    let again = receive(&client, &queue, 0).await;
    assert_eq!(bodies(&again), ["with attributes", "in flight"]);
    let message = &again[0];
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(
        message.message_attributes().expect("attributes")["kind"],
        kind
    );
    for message in &again {
        assert_eq!(
            system(message, &System::ApproximateReceiveCount).as_deref(),
            Some("2")
        );
    }
}

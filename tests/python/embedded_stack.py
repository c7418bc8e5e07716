"""Drives the embedded stack from outside with boto3, a client that nobody here wrote.

The endpoints, the key and the region come from the environment, as `Stack::environment` gives
them. Every check reads as a sentence; the first that fails ends the script with an error.

    AWS_ENDPOINT_URL_S3=http://127.0.0.1:… … python3 embedded_stack.py
"""

import base64
import hashlib
import io
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CHECKS = []


def check(function):
    """Registers a check; its name is the sentence that is printed."""
    CHECKS.append(function)
    return function


def client(service, **settings):
    settings = {"retries": {"max_attempts": 0}, "max_pool_connections": 32, **settings}
    return boto3.client(service, config=Config(**settings))


def refused(call, *codes):
    """Makes a call that must be refused with one of the codes, and gives the answer."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in codes, f"refused with {code}, not {codes}: {error}"
        return error.response
    raise AssertionError(f"not refused with {codes}")


def ask(url, method="GET", headers=None, body=None):
    """Sends a request without any SDK: status, headers and body."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


# DynamoDB


def create_table(dynamodb, name):
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK", "run_shard")
        ],
        KeySchema=[
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "run",
                "KeySchema": [
                    {"AttributeName": "run_shard", "KeyType": "HASH"},
                    {"AttributeName": "PK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)


def item(pk, sk, **more):
    return {"PK": {"S": pk}, "SK": {"S": sk}, **more}


@check
def a_conditional_put_that_fails_returns_the_old_item():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "conditions")
    dynamodb.put_item(TableName="conditions", Item=item("a", "b", price={"N": "12.50"}))
    answer = refused(
        lambda: dynamodb.put_item(
            TableName="conditions",
            Item=item("a", "b"),
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        "ConditionalCheckFailedException",
    )
    assert Decimal(answer["Item"]["price"]["N"]) == Decimal("12.5"), answer


@check
def a_cancelled_transaction_tells_the_reason_of_each_part():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "transactions")
    dynamodb.put_item(TableName="transactions", Item=item("run", "META", state={"S": "complete"}))
    answer = refused(
        lambda: dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "transactions", "Item": item("a", "b")}},
                {
                    "ConditionCheck": {
                        "TableName": "transactions",
                        "Key": item("run", "META"),
                        "ConditionExpression": "#s = :running",
                        "ExpressionAttributeNames": {"#s": "state"},
                        "ExpressionAttributeValues": {":running": {"S": "running"}},
                    }
                },
            ]
        ),
        "TransactionCanceledException",
    )
    codes = [reason["Code"] for reason in answer["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"], codes
    assert "Item" not in dynamodb.get_item(TableName="transactions", Key=item("a", "b"))


@check
def a_query_page_ends_at_one_megabyte():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "pages")
    for number in range(25):
        dynamodb.put_item(
            TableName="pages", Item=item("p", f"{number:02}", padding={"S": "x" * 100_000})
        )
    query = {
        "TableName": "pages",
        "KeyConditionExpression": "PK = :p",
        "ExpressionAttributeValues": {":p": {"S": "p"}},
    }
    page = dynamodb.query(**query)
    assert 9 <= page["Count"] <= 11 and "LastEvaluatedKey" in page, page["Count"]
    pages = dynamodb.get_paginator("query").paginate(**query)
    keys = [found["SK"]["S"] for page in pages for found in page["Items"]]
    assert keys == [f"{number:02}" for number in range(25)], keys


@check
def an_index_is_queried_by_its_own_keys():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "indexes")
    for number in range(10):
        shard = {"S": f"RUN#{number % 2}"}
        dynamodb.put_item(TableName="indexes", Item=item(f"P{number}", "x", run_shard=shard))
    found = dynamodb.query(
        TableName="indexes",
        IndexName="run",
        KeyConditionExpression="run_shard = :r AND PK >= :p",
        ExpressionAttributeValues={":r": {"S": "RUN#1"}, ":p": {"S": "P3"}},
        ScanIndexForward=False,
    )
    assert [one["PK"]["S"] for one in found["Items"]] == ["P9", "P7", "P5", "P3"]


@check
def numbers_keep_thirty_eight_digits():
    table = boto3.resource("dynamodb").Table("numbers")
    create_table(client("dynamodb"), "numbers")
    number = Decimal("12345678901234567890123456789012345678")
    table.put_item(Item={"PK": "n", "SK": "n", "n": number})
    added = table.update_item(
        Key={"PK": "n", "SK": "n"},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="ALL_NEW",
    )
    # Not `number + 1`: Python would round that to 28 digits.
    assert added["Attributes"]["n"] == Decimal("12345678901234567890123456789012345679"), added
    dynamodb = client("dynamodb")
    refused(
        lambda: dynamodb.put_item(TableName="numbers", Item=item("n", "m", n={"N": "1" * 39})),
        "ValidationException",
    )


@check
def partiql_reads_page_by_page():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "partiql")
    for number in range(5):
        dynamodb.put_item(TableName="partiql", Item=item("p", str(number)))
    statement = {"Statement": "SELECT SK FROM partiql WHERE PK = 'p'", "Limit": 2}
    found, token = [], None
    while True:
        page = dynamodb.execute_statement(**statement, **({"NextToken": token} if token else {}))
        found += [one["SK"]["S"] for one in page["Items"]]
        token = page.get("NextToken")
        if not token:
            break
    assert sorted(found) == ["0", "1", "2", "3", "4"], found


# SQS


def create_queue(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def receive(sqs, queue, wait=0):
    answer = sqs.receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=wait,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return answer.get("Messages", [])


@check
def a_message_comes_back_when_its_visibility_expires():
    sqs = client("sqs")
    queue = create_queue(sqs, "visibility", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=queue, MessageBody="job 가격")
    (first,) = receive(sqs, queue)
    assert receive(sqs, queue) == [], "it is invisible"
    (second,) = receive(sqs, queue, wait=5)
    assert second["Body"] == "job 가격" and second["MessageId"] == first["MessageId"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"])
    time.sleep(1.2)
    assert receive(sqs, queue) == [], "it is deleted"


@check
def a_message_is_dead_after_the_set_receives():
    sqs = client("sqs")
    for number, count in enumerate([2, "2"]):
        dead = create_queue(sqs, f"dead-{number}")
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        policy = {
            "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
            "maxReceiveCount": count,
        }
        queue = create_queue(sqs, f"alive-{number}", RedrivePolicy=json.dumps(policy))
        sqs.send_message(QueueUrl=queue, MessageBody="poison")
        for _ in range(2):
            (message,) = receive(sqs, queue)
            sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        assert receive(sqs, queue) == []
        (letter,) = receive(sqs, dead, wait=5)
        assert letter["Body"] == "poison"
        assert letter["Attributes"]["DeadLetterQueueSourceArn"].endswith(f":alive-{number}")


@check
def long_polling_ends_with_the_message():
    sqs = client("sqs")
    queue = create_queue(sqs, "polling")
    sent = []

    def send_later():
        time.sleep(0.5)
        sent.append(time.monotonic())
        sqs.send_message(QueueUrl=queue, MessageBody="late")

    thread = threading.Thread(target=send_later)
    thread.start()
    (message,) = receive(sqs, queue, wait=20)
    arrived = time.monotonic()
    thread.join()
    assert message["Body"] == "late"
    assert arrived - sent[0] < 1, arrived - sent[0]


@check
def a_batch_fails_in_part():
    sqs = client("sqs")
    queue = create_queue(sqs, "batches")
    answer = sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "good", "MessageBody": "good"},
            {"Id": "bad", "MessageBody": "\x0b"},
            {"Id": "late", "MessageBody": "late", "DelaySeconds": 901},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"], answer
    assert [entry["Id"] for entry in answer["Failed"]] == ["bad", "late"], answer
    assert all(entry["SenderFault"] for entry in answer["Failed"])
    (message,) = receive(sqs, queue)
    answer = sqs.delete_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "good", "ReceiptHandle": message["ReceiptHandle"]},
            {"Id": "bad", "ReceiptHandle": "none"},
        ],
    )
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid", answer
    refused(
        lambda: sqs.send_message_batch(
            QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "x"}] * 2
        ),
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    )


@check
def attributes_travel_and_digests_agree():
    sqs = client("sqs")
    queue = create_queue(sqs, "attributes")
    attributes = {
        "text": {"DataType": "String", "StringValue": "값"},
        "number": {"DataType": "Number", "StringValue": "7"},
        "binary": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"x").hexdigest()
    (message,) = receive(sqs, queue)
    assert message["MessageAttributes"] == attributes, message
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


@check
def a_queue_is_created_once_purged_and_deleted():
    sqs = client("sqs")
    queue = create_queue(sqs, "once", VisibilityTimeout="60")
    assert create_queue(sqs, "once", VisibilityTimeout="60") == queue
    refused(lambda: create_queue(sqs, "once", VisibilityTimeout="61"), "QueueAlreadyExists")
    sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=100)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    receive(sqs, queue)
    sqs.send_message(QueueUrl=queue, MessageBody="x")

    def counts():
        names = ["", "NotVisible", "Delayed"]
        names = ["ApproximateNumberOfMessages" + name for name in names]
        got = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return [got[name] for name in names]

    assert counts() == ["1", "1", "1"], counts()
    sqs.purge_queue(QueueUrl=queue)
    assert counts() == ["0", "0", "0"], counts()
    sqs.delete_queue(QueueUrl=queue)
    missing = "AWS.SimpleQueueService.NonExistentQueue"
    refused(lambda: sqs.get_queue_url(QueueName="once"), missing)


# S3


def bucket(s3, name):
    region = os.environ["AWS_REGION"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return name


@check
def a_multipart_upload_becomes_one_object_and_ranges_cut_it():
    s3 = client("s3")
    name = bucket(s3, "multipart")
    contents = os.urandom(12 * 1024 * 1024 + 12345)
    # boto3 cuts this into parts of 8 MiB by itself.
    s3.upload_fileobj(io.BytesIO(contents), name, "큰 파일.bin")
    head = s3.head_object(Bucket=name, Key="큰 파일.bin")
    assert head["ETag"].endswith('-2"'), head["ETag"]
    assert head["ContentLength"] == len(contents)
    target = io.BytesIO()
    s3.download_fileobj(name, "큰 파일.bin", target)
    assert target.getvalue() == contents
    middle = 8 * 1024 * 1024
    answer = s3.get_object(
        Bucket=name, Key="큰 파일.bin", Range=f"bytes={middle - 5}-{middle + 4}"
    )
    assert answer["Body"].read() == contents[middle - 5 : middle + 5]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    refused(
        lambda: s3.get_object(Bucket=name, Key="큰 파일.bin", Range=f"bytes={len(contents)}-"),
        "InvalidRange",
    )


@check
def one_of_sixteen_racing_writers_wins():
    s3 = client("s3")
    name = bucket(s3, "races")

    def write(number):
        try:
            s3.put_object(Bucket=name, Key="once", Body=f"{number}".encode(), IfNoneMatch="*")
            return number
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed", error
            return None

    with ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(write, range(16)) if number is not None]
    assert len(winners) == 1, winners
    stored = s3.get_object(Bucket=name, Key="once")["Body"].read()
    assert stored == f"{winners[0]}".encode()


@check
def any_key_works_and_is_listed():
    s3 = client("s3")
    name = bucket(s3, "keys")
    longest = "가격표 +" * 93
    longest += "x" * (1024 - len(longest.encode()))
    keys = [longest, "x", "x/y", "a//b", "/a", "한글 키+공백 %2F.xlsx", "a&b?c#d<e>'\""]
    assert len(longest.encode()) == 1024
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    for key in keys:
        assert s3.get_object(Bucket=name, Key=key)["Body"].read() == key.encode(), key
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=name, PaginationConfig={"PageSize": 2}
    )
    found = [one["Key"] for page in pages for one in page["Contents"]]
    assert found == sorted(keys, key=str.encode), found
    old = s3.get_paginator("list_objects").paginate(Bucket=name, PaginationConfig={"PageSize": 3})
    assert [one["Key"] for page in old for one in page["Contents"]] == found
    page = s3.list_objects_v2(Bucket=name, Delimiter="/")
    assert {one["Prefix"] for one in page["CommonPrefixes"]} == {"x/", "a/", "/"}, page
    deleted = s3.delete_objects(
        Bucket=name, Delete={"Objects": [{"Key": key} for key in keys]}
    )
    assert {one["Key"] for one in deleted["Deleted"]} == set(keys)
    assert "Contents" not in s3.list_objects_v2(Bucket=name)
    s3.delete_bucket(Bucket=name)


@check
def presigned_requests_work_until_they_expire_or_are_tampered_with():
    s3 = client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
    name = bucket(s3, "presigned")
    key = "uploads/가격 +표.xlsx"
    where = {"Bucket": name, "Key": key}
    upload = s3.generate_presigned_url("put_object", where, ExpiresIn=60)
    status, _, body = ask(upload, "PUT", body=b"contents")
    assert status == 200, body
    named = {**where, "ResponseContentDisposition": 'attachment; filename="report.xlsx"'}
    download = s3.generate_presigned_url("get_object", named, ExpiresIn=60)
    status, headers, body = ask(download)
    assert (status, body) == (200, b"contents"), body
    assert headers["Content-Disposition"] == 'attachment; filename="report.xlsx"'
    assert ask(download.replace("report.xlsx", "other.xlsx"))[0] == 403
    assert ask(download.replace("uploads/", "others/"))[0] == 403
    assert ask(upload, "GET")[0] == 403, "a link for one method is none for another"
    assert ask(download.split("?")[0])[0] == 403
    short = s3.generate_presigned_url("get_object", where, ExpiresIn=1)
    assert ask(short)[0] == 200
    time.sleep(2.1)
    status, _, body = ask(short)
    assert status == 403 and b"AccessDenied" in body, body


@check
def a_presigned_form_uploads_within_its_policy():
    s3 = client("s3", signature_version="s3v4")
    name = bucket(s3, "forms")
    post = s3.generate_presigned_post(
        name,
        "uploads/${filename}",
        Conditions=[["starts-with", "$key", "uploads/"], ["content-length-range", 1, 100]],
        ExpiresIn=60,
    )

    def submit(contents, key=None):
        fields = {**post["fields"], **({"key": key} if key else {})}
        boundary = "the-boundary"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="prices.xlsx"\r\nContent-Type: text/plain\r\n\r\n'
        )
        body = "".join(parts).encode() + contents + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return ask(post["url"], "POST", {"Content-Type": kind}, body)

    status, _, body = submit(b"contents", key="uploads/one.xlsx")
    assert status in (200, 204), (status, body)
    assert s3.get_object(Bucket=name, Key="uploads/one.xlsx")["Body"].read() == b"contents"
    assert submit(b"x" * 101, key="uploads/large.xlsx")[0] == 400
    # AWS says 403, s3s says 400: refused it is.
    assert submit(b"contents", key="elsewhere/one.xlsx")[0] in (400, 403)
    left = s3.list_objects_v2(Bucket=name)
    assert [one["Key"] for one in left["Contents"]] == ["uploads/one.xlsx"], left


@check
def a_preflight_is_answered_as_the_bucket_is_configured():
    s3 = client("s3")
    name = bucket(s3, "cors")
    url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/{name}/key"
    question = {
        "Origin": "https://prices.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    assert ask(url, "OPTIONS", question)[0] == 403
    rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=name)["CORSRules"] == [rule]
    status, headers, _ = ask(url, "OPTIONS", question)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "*", headers
    assert headers["Access-Control-Allow-Headers"] == "content-type"
    status, headers, _ = ask(url, "PUT", {"Origin": "https://prices.example"}, b"unsigned")
    assert status == 403 and headers["Access-Control-Allow-Origin"] == "*"
    s3.delete_bucket_cors(Bucket=name)
    assert ask(url, "OPTIONS", question)[0] == 403


@check
def metadata_and_checksums_are_kept():
    s3 = client("s3")
    name = bucket(s3, "metadata")
    s3.put_object(
        Bucket=name,
        Key="key",
        Body=b"hello world",
        ContentType="text/plain; charset=utf-8",
        Metadata={"run": "1"},
        ChecksumAlgorithm="SHA256",
    )
    head = s3.head_object(Bucket=name, Key="key", ChecksumMode="ENABLED")
    assert head["ContentType"] == "text/plain; charset=utf-8" and head["Metadata"] == {"run": "1"}
    digest = base64.b64encode(hashlib.sha256(b"hello world").digest()).decode()
    assert head["ChecksumSHA256"] == digest
    refused(
        lambda: s3.put_object(Bucket=name, Key="key", Body=b"other", ChecksumSHA256=digest),
        "BadDigest",
    )
    etag = head["ETag"]
    refused(lambda: s3.get_object(Bucket=name, Key="key", IfNoneMatch=etag), "304", "NotModified")
    refused(lambda: s3.get_object(Bucket=name, Key="key", IfMatch='"x"'), "PreconditionFailed")
    s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "key"})
    assert s3.head_object(Bucket=name, Key="copy")["Metadata"] == {"run": "1"}


# Secrets Manager


@check
def secrets_are_created_read_changed_and_deleted():
    secrets = client("secretsmanager")
    secrets.create_secret(Name="pricetide/token", SecretString="first")
    refused(
        lambda: secrets.create_secret(Name="pricetide/token", SecretString="x"),
        "ResourceExistsException",
    )
    secrets.put_secret_value(SecretId="pricetide/token", SecretString="second")
    value = secrets.get_secret_value(SecretId="pricetide/token")
    assert value["SecretString"] == "second" and value["VersionStages"] == ["AWSCURRENT"]
    previous = secrets.get_secret_value(SecretId="pricetide/token", VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == "first"
    assert secrets.describe_secret(SecretId=value["ARN"])["Name"] == "pricetide/token"
    assert [one["Name"] for one in secrets.list_secrets()["SecretList"]] == ["pricetide/token"]
    secrets.delete_secret(SecretId="pricetide/token", ForceDeleteWithoutRecovery=True)
    refused(
        lambda: secrets.get_secret_value(SecretId="pricetide/token"), "ResourceNotFoundException"
    )


# Signatures


@check
def wrong_secrets_are_refused_everywhere():
    calls = {
        "dynamodb": lambda one: one.list_tables(),
        "sqs": lambda one: one.list_queues(),
        "s3": lambda one: one.list_buckets(),
        "secretsmanager": lambda one: one.list_secrets(),
    }
    for service, call in calls.items():
        wrong = boto3.client(service, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
        refused(
            lambda: call(wrong),
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
        )
        unknown = boto3.client(service, aws_secret_access_key="x", aws_access_key_id="nobody")
        refused(
            lambda: call(unknown), "UnrecognizedClientException", "InvalidAccessKeyId", "NotSignedUp"
        )


def main():
    for function in CHECKS:
        function()
        print("ok", function.__name__.replace("_", " "))
    print(f"{len(CHECKS)} checks passed with boto3 {boto3.__version__}")


if __name__ == "__main__":
    main()

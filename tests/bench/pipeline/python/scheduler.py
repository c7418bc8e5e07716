"""The scheduler in Python: what functions/scheduler does, with boto3.

A run is begun once; the active products are read shard by shard, their plan is written before
their jobs are sent ten at a time, and the run is told how many jobs it has.
"""

import json
import os
from datetime import datetime, timezone

from botocore.exceptions import ClientError

import runtime
import table

TABLE = os.environ["TABLE"]
JOBS = os.environ["JOBS_QUEUE_URL"]
EXPORTS = os.environ["EXPORTS_QUEUE_URL"]
CLOSE_DELAY = int(os.environ["CLOSE_DELAY_SECONDS"])

dynamodb = table.client("dynamodb")
sqs = table.client("sqs")


def put_once(item):
    """Puts an item unless one is there, which is then returned."""
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=item,
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return None
    except ClientError as error:
        if table.condition_failed(error):
            return error.response["Item"]
        raise


def active(schedule, shard, start):
    values = {":shard": {"S": f"{schedule}#{shard:02}"}}
    condition = "active_shard = :shard"
    if start:
        values[":from"] = {"S": f"PRODUCT#{start}"}
        condition += " AND PK > :from"
    answer = dynamodb.query(
        TableName=TABLE,
        IndexName="active",
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        Limit=1000,
    )
    products = {item["PK"]["S"].removeprefix("PRODUCT#"): item["definition"]["S"] for item in answer["Items"]}
    last = answer.get("LastEvaluatedKey")
    return products, last and last["PK"]["S"].removeprefix("PRODUCT#")


def send_all(bodies):
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies[start : start + 10])]
        for _ in range(6):
            failed = {entry["Id"] for entry in sqs.send_message_batch(QueueUrl=JOBS, Entries=entries).get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                break
        else:
            raise RuntimeError(f"{len(entries)} messages were not taken")


def send_shard(run, schedule, shard):
    jobs, page, start = 0, 0, None
    run_json = json.dumps(run)
    while True:
        products, following = active(schedule, shard, start)
        plan = {
            "PK": {"S": f"RUN#{run}"},
            "SK": {"S": f"PLAN#{shard:02}#{page:04}"},
            "products": {"S": "\n".join(products)},
        }
        if following:
            plan["next"] = {"S": following}
        plan = put_once(plan) or plan
        planned = plan["products"]["S"].splitlines()
        bodies = []
        for product in planned:
            # The definition is JSON already and goes on unread.
            definition = f',"definition":{products[product]}' if product in products else ""
            bodies.append(f'{{"run":{run_json},"product":{json.dumps(product)}{definition}}}')
        send_all(bodies)
        jobs += len(planned)
        if "next" not in plan:
            return jobs
        start, page = plan["next"]["S"], page + 1


def handler(event):
    schedule = event["schedule"]
    run = f"{schedule}@{event['slot']}"
    key = {"PK": {"S": f"RUN#{run}"}, "SK": {"S": "META"}}
    now = datetime.now(timezone.utc).isoformat()
    begun = {**key, "status": {"S": "planning"}, "created_at": {"S": now}}
    begun = put_once(begun) or begun
    if "expected" in begun:
        jobs = int(begun["expected"]["N"])
    else:
        jobs = sum(send_shard(run, schedule, shard) for shard in range(table.SHARDS))
        try:
            dynamodb.update_item(
                TableName=TABLE,
                Key=key,
                UpdateExpression="SET #status = :to, expected = :e",
                ConditionExpression="#status = :from",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":from": {"S": "planning"}, ":to": {"S": "running"}, ":e": {"N": str(jobs)}},
            )
        except ClientError as error:
            if not table.condition_failed(error):
                raise
    if begun["status"]["S"] not in ("complete", "incomplete"):
        close = {"task": "close_run", "run": run, "look": 0}
        sqs.send_message(QueueUrl=EXPORTS, MessageBody=json.dumps(close), DelaySeconds=CLOSE_DELAY)
    return {"run": run, "jobs": jobs}


if __name__ == "__main__":
    runtime.serve(handler)

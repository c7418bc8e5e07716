"""The worker in Python: what functions/worker does on its straight path, with boto3 and requests.

One session and one client are kept for all events. A page's JSON-LD is found by a regular
expression and read by `json`; the observation is put once, then the product's last price moves
forward. A record that fails is reported alone.
"""

import json
import os
import re
import traceback
from datetime import datetime, timezone
from decimal import Decimal

import requests
from botocore.exceptions import ClientError

import runtime
import table

TABLE = os.environ["TABLE"]
JSON_LD = re.compile(r'<script[^>]*type="application/ld\+json"[^>]*>(.*?)</script>', re.DOTALL)

dynamodb = table.client("dynamodb")
session = requests.Session()
session.headers["User-Agent"] = os.environ["USER_AGENT"]
# No proxy, and no look at the environment at every request.
session.trust_env = False


def offer_of(page):
    for script in JSON_LD.findall(page):
        data = json.loads(script)
        for node in data if isinstance(data, list) else data.get("@graph", [data]):
            if node.get("@type") == "Product":
                offer = node["offers"]
                offer = offer[0] if isinstance(offer, list) else offer
                return node.get("name"), Decimal(str(offer["price"])), offer["priceCurrency"], offer.get("availability")
    raise ValueError("the page has no price")


def work(record):
    job = json.loads(record["body"])
    product, run = job["definition"], job["run"]
    schedule, _, slot = run.partition("@")
    response = session.get(product["source"]["url"], timeout=20)
    response.raise_for_status()
    response.encoding = "utf-8"
    name, price, currency, availability = offer_of(response.text)
    if currency != product.get("currency", currency):
        raise ValueError(f"the page's currency is {currency}")
    key = f"PRODUCT#{product['id']}"
    item = {
        "PK": {"S": key},
        "SK": {"S": f"OBS#{slot}#{schedule}"},
        "run": {"S": run},
        "run_shard": {"S": f"{run}#{table.shard_of(product['id']):02}"},
        "name": {"S": product["name"]},
        "fetched_at": {"S": datetime.now(timezone.utc).isoformat()},
        "price": {"N": str(price)},
        "currency": {"S": currency},
        "found_in": {"S": "JSON-LD"},
    }
    if name:
        item["offer_name"] = {"S": name}
    for text in ("category", "vendor"):
        if product.get(text):
            item[text] = {"S": product[text]}
    update, values = "SET last_slot = :s, last_price = :p, last_currency = :c", {":s": {"S": slot}, ":p": item["price"], ":c": item["currency"]}
    if availability:
        availability = availability.rpartition("/")[2]
        item["availability"] = {"S": availability}
        update += ", last_availability = :a"
        values[":a"] = item["availability"]
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=item,
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        dynamodb.update_item(
            TableName=TABLE,
            Key={"PK": {"S": key}, "SK": {"S": "META"}},
            UpdateExpression=update,
            ConditionExpression="attribute_exists(PK) AND (attribute_not_exists(last_slot) OR last_slot < :s)",
            ExpressionAttributeValues=values,
        )
    except ClientError as error:
        if not table.condition_failed(error):
            raise


def handler(event):
    failures = []
    for record in event["Records"]:
        try:
            work(record)
        except Exception:
            traceback.print_exc()
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


if __name__ == "__main__":
    runtime.serve(handler)

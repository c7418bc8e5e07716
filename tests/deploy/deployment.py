#!/usr/bin/env python3
"""Deploys what `pricetide package` built into an emulator, and uses it as its owner would.

Run by `.ci/deploy`, which makes sure of the zips and of osls. What an emulator cannot show is
printed at the end.
"""

import base64
import hashlib
import http.client
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile

import boto3
import botocore.config
import openpyxl

import alarms
from emulator import REGION, ShopPages, Site, SlackPosts, ministack, price, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "try-it"
STAGE = "dev"
FULL_NAME = f"{NAME}-{STAGE}"
PRODUCTS = 20
# Whoever knows it posts to the channel.
SLACK_PATH = "T1/B2/kW9sQpVbX3"
# The buckets that outlive the stack.
KEPT = ("inbox", "files")
SLOT = "2026-11-21T01:15:00Z"


def say(text):
    print(f"   {text}", flush=True)


def check(holds, text):
    if not holds:
        sys.exit(f"FAILED: {text}")
    say(text)


class Deployment:
    """A stack in an emulator: what deploys it, and clients to look into it."""

    def __init__(self, address, shop, slack):
        self.address = address
        self.environment = os.environ | {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_TELEMETRY_DISABLED": "1",
            "PRICETIDE_NAME": NAME,
            "PRICETIDE_ALLOWED_HOSTS": shop.host,
            "PRICETIDE_SLACK_PLAIN_HOSTS": slack.host,
            "PRICETIDE_CLOSE_DELAY_SECONDS": "2",
            "PRICETIDE_SOURCES": json.dumps({"*": {"pace_ms": 0}}),
        }
        # Nothing of this machine's proxies or profiles may matter.
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "HTTPS_PROXY"):
            self.environment.pop(name, None)

    def client(self, service):
        configuration = botocore.config.Config(
            retries={"max_attempts": 3}, s3={"addressing_style": "path"}
        )
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=configuration,
        )

    def osls(self, *arguments):
        """Runs osls; gives what it printed and how long it took."""
        began = time.monotonic()
        done = subprocess.run(
            [ROOT / "node_modules/.bin/osls", *arguments, "--stage", STAGE],
            cwd=ROOT, env=self.environment, capture_output=True, text=True,
        )
        said = done.stdout + done.stderr
        if done.returncode != 0:
            sys.exit(f"FAILED: osls {' '.join(arguments)}:\n{said}")
        return said, time.monotonic() - began

    def functions(self):
        """The deployed functions by the keys of serverless.yml."""
        listed = self.client("lambda").get_paginator("list_functions").paginate()
        found = [function for page in listed for function in page["Functions"]]
        return {function["FunctionName"].removeprefix(f"pricetide-{STAGE}-"): function
                for function in found if function["Runtime"] == "provided.al2023"}

    def lead_home(self):
        """The emulator tells its functions no endpoint, as AWS need not: they are told here."""
        client = self.client("lambda")
        for name, function in self.functions().items():
            variables = function["Environment"]["Variables"] | {
                "AWS_ENDPOINT_URL": self.address,
                "AWS_REGION": REGION,
            }
            client.update_function_configuration(
                FunctionName=function["FunctionName"], Environment={"Variables": variables}
            )

    def token(self):
        secrets = self.client("secretsmanager")
        return secrets.get_secret_value(SecretId=f"{FULL_NAME}/api-token")["SecretString"]

    def api(self, method, path, body=None):
        """A request to the HTTP API with the owner's token; gives status and JSON."""
        apis = self.client("apigatewayv2").get_apis()["Items"]
        api = next(api["ApiId"] for api in apis if STAGE in api["Name"])
        token = self.token()
        request = urllib.request.Request(
            f"{self.address}/_aws/execute-api/{api}/$default{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


    def outputs(self):
        stacks = self.client("cloudformation").describe_stacks(StackName=f"pricetide-{STAGE}")
        return {output["OutputKey"]: output["OutputValue"]
                for output in stacks["Stacks"][0]["Outputs"]}

    def page(self, path):
        """A request to the distribution, as a browser sends it; gives status, headers and body."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc)
        connection.request("GET", path, headers={
            "host": self.outputs()["DistributionDomainName"], "x-forwarded-proto": "https"})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def load_page(deployment):
    print("== the page")
    only_with_tls(deployment)
    status, headers, body = deployment.page("/")
    own = (ROOT / "web/index.html").read_bytes()
    check(status == 200 and body == own, "the distribution serves index.html")
    policy = headers.get("content-security-policy", "")
    check("script-src 'self';" in policy and f"{FULL_NAME}-inbox.s3." in policy,
          "its policy lets in no script from elsewhere, and uploads to the inbox")
    check(headers.get("x-content-type-options") == "nosniff"
          and "max-age=31536000" in headers.get("strict-transport-security", ""),
          "it is told to stay with TLS and with its content type")
    for path, kind in [("/js/app.js", "text/javascript"), ("/style.css", "text/css")]:
        status, headers, _ = deployment.page(path)
        check(status == 200 and headers["content-type"].startswith(kind), f"{path} is {kind}")


def only_with_tls(deployment):
    """Every bucket of ours refuses what comes without TLS. ministack takes the distribution's own
    requests for such, so that the statement is taken out of the page's bucket."""
    s3 = deployment.client("s3")
    for name in ("inbox", "files", "site"):
        bucket = f"{FULL_NAME}-{name}"
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        denied = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"
                  and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}]
        check(len(denied) == 1, f"{bucket} takes nothing without TLS")
        if name == "site":
            policy["Statement"].remove(denied[0])
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def doctor(deployment):
    """What `pricetide doctor` finds, by what it looked at."""
    done = subprocess.run(
        [ROOT / "target/debug/pricetide", "doctor", "--json", "--stage", STAGE],
        cwd=ROOT, env=deployment.environment, capture_output=True, text=True,
    )
    return {finding["what"]: finding for finding in json.loads(done.stdout)}


def doctor_before_the_first(deployment):
    print("== pricetide doctor")
    found = doctor(deployment)
    for what in [f"bucket {FULL_NAME}-inbox", f"bucket {FULL_NAME}-files", f"table {FULL_NAME}"]:
        check(found[what]["found"] == "the name is free", f"{what}: the name is free")
    allowed = found["concurrent executions"]["found"]
    check("allowed" in allowed, f"concurrent executions: {allowed}")
    check(found["credentials"]["verdict"] == "well", "the credentials are taken")
    kept = deployment.environment
    deployment.environment = kept | {"PRICETIDE_TIMEZONE": "Asia/Soul"}
    said = doctor(deployment)["serverless.yml"]
    check(said["verdict"] == "broken" and "Asia/Soul" in said["found"], "a zone that is none is told")
    deployment.environment = kept


def doctor_after_a_removal(deployment):
    found = doctor(deployment)
    for what in [*(f"bucket {FULL_NAME}-{kept}" for kept in KEPT), f"table {FULL_NAME}"]:
        check(found[what]["verdict"] == "doubtful" and "docs/deploying.md" in found[what]["advice"],
              f"doctor tells that the {what} was kept")


def local_hashes(functions):
    """What Lambda should tell of these functions' code: the SHA-256 of their zips, in Base64."""
    zips = {name: ROOT / f"target/lambda/{name}.zip" for name in functions}
    return {name: base64.b64encode(hashlib.sha256(zipped.read_bytes()).digest()).decode()
            for name, zipped in zips.items()}


def follow_and_fetch(deployment, shop, slack):
    print("== a schedule event becomes prices")
    secrets = deployment.client("secretsmanager")
    secrets.create_secret(Name=f"{FULL_NAME}/slack-webhook",
                          SecretString=f"http://{slack.host}/services/{SLACK_PATH}")
    for number in range(PRODUCTS):
        product = {"name": f"상품 {number}",
                   "source": {"kind": "html", "url": f"http://{shop.host}/p/{number}"}}
        status, answer = deployment.api("PUT", f"/api/products/p-{number}", product)
        if status not in (200, 201):
            sys.exit(f"FAILED: the product was not taken: {status} {answer}")
    invoked = deployment.client("lambda").invoke(
        FunctionName=f"pricetide-{STAGE}-scheduler",
        Payload=json.dumps({"schedule": "daily", "slot": SLOT}),
    )
    answer = json.load(invoked["Payload"])
    check(answer.get("jobs") == PRODUCTS, f"the scheduler started {answer}")
    table = boto3.resource(
        "dynamodb", endpoint_url=deployment.address, region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",
    ).Table(FULL_NAME)

    def outcomes():
        rows = [table.get_item(Key={"PK": f"PRODUCT#p-{number}", "SK": f"OBS#{SLOT}#daily"})
                .get("Item") for number in range(PRODUCTS)]
        return rows if all(rows) else None

    rows = until("every job has its outcome", outcomes)
    right = sum(row.get("price") == price(number) for number, row in enumerate(rows))
    check(right == PRODUCTS, f"{right} of {PRODUCTS} prices are what the shop shows")
    run = urllib.parse.quote(f"daily@{SLOT}", safe="")

    def closed():
        status, answer = deployment.api("GET", f"/api/runs/{run}")
        return answer if status == 200 and answer.get("status") == "complete" else None

    until("the run is closed", closed)
    s3 = deployment.client("s3")
    workbooks = [key for key in keys(s3, f"{FULL_NAME}-files") if key.endswith(".xlsx")]
    check(workbooks, f"the run's workbook is {workbooks}")
    body = s3.get_object(Bucket=f"{FULL_NAME}-files", Key=workbooks[0])["Body"].read()
    openpyxl.load_workbook(io.BytesIO(body))


def keys(s3, bucket):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def upload_and_report(deployment, slack):
    print("== an uploaded workbook becomes a report")
    book = openpyxl.Workbook()
    book.active.append(["날짜", "상품명", "가격", "통화"])
    for day in range(1, 11):
        book.active.append([f"2026-11-{day:02}", "무선 이어폰", 10_000 + day, "KRW"])
    buffer = io.BytesIO()
    book.save(buffer)
    s3 = deployment.client("s3")
    s3.put_object(Bucket=f"{FULL_NAME}-inbox", Key="uploads/prices/1/가격 11월.xlsx",
                  Body=buffer.getvalue())

    def report():
        found = [key for key in keys(s3, f"{FULL_NAME}-files") if key.startswith("reports/")]
        return found and s3.get_object(Bucket=f"{FULL_NAME}-files", Key=found[0])["Body"].read()

    body = until("the report is there", report)
    sheets = openpyxl.load_workbook(io.BytesIO(body)).sheetnames
    check(sheets, f"the report has the sheets {sheets}")
    posted = until("a message arrives at Slack", lambda: slack.seen)
    check("10" in json.dumps(posted, ensure_ascii=False), "Slack was told of it")


def deploy_again(deployment):
    print("== deploying again without a change")
    before = {name: function["CodeSha256"] for name, function in deployment.functions().items()}
    check(before == local_hashes(before), "CodeSha256 of every function is that of its zip")
    said, seconds = deployment.osls("deploy")
    check("No changes to deploy" in said and "Page: 0 files uploaded, 0 removed" in said,
          f"nothing was uploaded ({seconds:.0f} s)")

    print("== changing one function")
    zipped = ROOT / "target/lambda/notifier.zip"
    kept = zipped.read_bytes()
    try:
        with zipfile.ZipFile(zipped, "a") as archive:
            archive.comment = b"another build"
        deployment.osls("deploy")
        after = {name: function["CodeSha256"] for name, function in deployment.functions().items()}
        changed = sorted(name for name in after if after[name] != before[name])
        check(changed == ["notifier"], f"only {changed} changed")
        check(after == local_hashes(after), "CodeSha256 of every function is that of its zip")
    finally:
        zipped.write_bytes(kept)


def remove_and_deploy(deployment):
    print("== removing, and deploying again")
    s3 = deployment.client("s3")
    deployment.osls("remove")
    check(not deployment.functions(), "the functions are gone")
    left = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    check(left == {f"{FULL_NAME}-{kept}" for kept in KEPT}, f"the buckets {sorted(left)} are left")
    for bucket in KEPT:
        kept = keys(s3, f"{FULL_NAME}-{bucket}")
        check(kept, f"{len(kept)} files are still in {bucket}")
    doctor_after_a_removal(deployment)
    # ministack's early validation takes a bucket that the change set imports for a conflict of
    # names (AWS does not). The buckets are put aside for the deployment; the table is imported.
    aside = {bucket: put_aside(s3, f"{FULL_NAME}-{bucket}") for bucket in KEPT}
    _, seconds = deployment.osls("deploy")
    for bucket, files in aside.items():
        put_back(s3, f"{FULL_NAME}-{bucket}", files)
    deployment.lead_home()
    status, answer = deployment.api("GET", "/api/products/p-7/prices")
    check(status == 200 and str(price(7)) in json.dumps(answer),
          f"deployed again in {seconds:.0f} s, the prices are still there")


def put_aside(s3, bucket):
    """Takes every object out of a bucket and deletes it."""
    aside = {}
    for key in keys(s3, bucket):
        aside[key] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3.delete_object(Bucket=bucket, Key=key)
    versions = s3.list_object_versions(Bucket=bucket)
    for kind in ("Versions", "DeleteMarkers"):
        for version in versions.get(kind, []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
    return aside


def put_back(s3, bucket, aside):
    for key, body in aside.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def main():
    shop, slack = Site(ShopPages), Site(SlackPosts)
    with tempfile.TemporaryDirectory() as folder, ministack(folder) as address:
        deployment = Deployment(address, shop, slack)
        doctor_before_the_first(deployment)
        print("== osls deploy")
        _, seconds = deployment.osls("deploy")
        say(f"deployed in {seconds:.0f} s")
        deployment.lead_home()
        load_page(deployment)
        follow_and_fetch(deployment, shop, slack)
        upload_and_report(deployment, slack)
        token = deployment.token()
        alarms.make_each_fire(deployment, FULL_NAME, STAGE, shop, say)
        alarms.secrets_stay_out_of_logs(deployment, [token, SLACK_PATH],
                                        [f"daily@{SLOT}", "p-7"], say)
        deploy_again(deployment)
        remove_and_deploy(deployment)
    print("""== what an emulator does not show
   a bucket that a deployment takes back (the table is shown), permissions of the roles (the embedded
   stack checks them in every test), the time zone of the schedule (it reads back as UTC), cold
   starts, TLS, the way from the distribution to the API (the page and the API are shown each at its
   own address), throttling, and what the functions cost""")


if __name__ == "__main__":
    main()

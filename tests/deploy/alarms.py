"""Makes every alarm of the stack fire once, by what it is there for.

An alarm is read as it was deployed, and evaluated over what really came: the metrics that the
emulator keeps of the functions' invocations, and the lines of metrics in the functions' own logs.
What AWS makes and the emulator does not is told of the same causes: the errors of all functions are
those of each together, and the age of a queue's oldest message follows from when it was sent. The
emulator's own evaluation passes over dimensions and over what is missing, so that the rules stand
here: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import datetime
import json
import time
from typing import NamedTuple

from emulator import until

STATISTICS = {"Sum": sum, "Minimum": min, "Maximum": max,
              "Average": lambda values: sum(values) / len(values)}
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


class Point(NamedTuple):
    namespace: str
    name: str
    dimensions: tuple
    at: float
    value: float


def of_metric(alarm, points):
    """The points that an alarm looks at."""
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in alarm.get("Dimensions", [])))
    metric = (alarm["Namespace"], alarm["MetricName"], dimensions)
    return [point for point in points
            if (point.namespace, point.name, point.dimensions) == metric]


def fires(alarm, points, at):
    """Whether an alarm is in ALARM at this time."""
    points = of_metric(alarm, points)
    period, periods = alarm["Period"], alarm["EvaluationPeriods"]
    end = at - at % period + period
    breaching = 0
    for number in range(periods):
        until_, since = end - number * period, end - (number + 1) * period
        values = [point.value for point in points if since <= point.at < until_]
        if values:
            value = STATISTICS[alarm["Statistic"]](values)
            breaching += COMPARISONS[alarm["ComparisonOperator"]](value, alarm["Threshold"])
        else:
            breaching += alarm["TreatMissingData"] == "breaching"
    return breaching >= alarm.get("DatapointsToAlarm", periods)


class Alarms:
    """The alarms of a stack, and which of them have fired."""

    def __init__(self, deployment, name, say):
        self.deployment, self.name, self.say = deployment, name, say
        listed = deployment.client("cloudwatch").describe_alarms()["MetricAlarms"]
        self.all = {alarm["AlarmName"].removeprefix(f"{name}-"): alarm for alarm in listed}
        self.fired = set()

    def check(self, alarm, quiet, firing, cause, at=None):
        """An alarm is quiet over the points before its cause, and fires over those after it."""
        at = at or time.time()
        before = fires(self.all[alarm], quiet, at)
        after = fires(self.all[alarm], firing, at)
        if before or not after:
            raise SystemExit(f"FAILED: alarm {alarm}: before {before}, after {after}: {cause}")
        self.fired.add(alarm)
        self.say(f"{alarm} fires: {cause}")

    def points(self):
        """Everything that was told so far."""
        told = list(of_logs(self.deployment))
        invoked = list(of_invocations(self.deployment))
        # AWS tells of all functions together, without a dimension.
        together = [point._replace(dimensions=()) for point in invoked]
        return told + invoked + together

    def wait(self, alarm, cause, periods=1):
        """Waits until what was caused is told, and checks the alarm over it; over so many periods,
        in each of which it goes on as it was told."""
        length = self.all[alarm]["Period"]

        def told():
            points = of_metric(self.all[alarm], self.points())
            lasting = [point._replace(at=point.at + length * period)
                       for period in range(periods) for point in points]
            # At the newest point, which need not lie in the period of this moment.
            at = max((point.at for point in lasting), default=time.time())
            return (lasting, at) if fires(self.all[alarm], lasting, at) else None

        firing, at = until(f"the alarm {alarm}", told, seconds=120)
        self.check(alarm, [], firing, cause, at)


def of_logs(deployment):
    """The metrics in the functions' logs, under each of their sets of dimensions."""
    for _, _, line in lines(deployment):
        if '"_aws"' not in line:
            continue
        told = json.loads(line[line.index("{"):])
        for directive in told["_aws"]["CloudWatchMetrics"]:
            for keys in directive["Dimensions"]:
                dimensions = tuple(sorted((key, told[key]) for key in keys))
                for metric in directive["Metrics"]:
                    yield Point(directive["Namespace"], metric["Name"], dimensions,
                                told["_aws"]["Timestamp"] / 1000, told[metric["Name"]])


def lines(deployment):
    """Every line that the functions have logged: its group, when it came, and the line."""
    logs = deployment.client("logs")
    for group in logs.get_paginator("describe_log_groups").paginate().search("logGroups[]"):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for page in pages:
            for event in page["events"]:
                for line in event["message"].splitlines():
                    yield group["logGroupName"], event["timestamp"] / 1000, line


def of_invocations(deployment):
    """What there is of invocations, as AWS tells it: by function and minute. The emulator keeps
    numbers of those that a program asked for, and logs those that a queue started, too."""
    for group, at, line in lines(deployment):
        if line.startswith("REPORT RequestId"):
            function = group.removeprefix("/aws/lambda/")
            yield Point("AWS/Lambda", "Invocations", (("FunctionName", function),), at, 1)
    cloudwatch = deployment.client("cloudwatch")
    now = datetime.datetime.now(datetime.timezone.utc)
    for function in deployment.functions().values():
        name = function["FunctionName"]
        for metric in ("Errors", "Throttles"):
            answer = cloudwatch.get_metric_statistics(
                Namespace="AWS/Lambda", MetricName=metric, Statistics=["Sum"], Period=60,
                Dimensions=[{"Name": "FunctionName", "Value": name}],
                StartTime=now - datetime.timedelta(hours=1),
                EndTime=now + datetime.timedelta(minutes=2))
            for point in answer["Datapoints"]:
                yield Point("AWS/Lambda", metric, (("FunctionName", name),),
                            point["Timestamp"].timestamp(), point["Sum"])


def make_each_fire(deployment, name, stage, shop, say):
    print("== every alarm fires once, by its cause")
    alarms = Alarms(deployment, name, say)
    functions, queues = deployment.client("lambda"), deployment.client("sqs")
    function = f"pricetide-{stage}-{{}}".format

    def url(queue):
        return queues.get_queue_url(QueueName=f"{name}-{queue}")["QueueUrl"]

    def start(slot):
        functions.invoke(FunctionName=function("scheduler"),
                         Payload=json.dumps({"schedule": "daily", "slot": slot}))

    def change(key, **variables):
        """Changes the environment of a function; gives the one it had."""
        current = functions.get_function_configuration(FunctionName=function(key))
        before = current["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=function(key), Environment={"Variables": before | variables})
        return before

    # The scheduler was started by now: without that, a day later, nothing of it is told.
    started = alarms.points()
    alarms.check("schedule", started, [], "nothing starts the scheduler for 25 hours")
    for quiet in set(alarms.all) - {"schedule"}:
        if fires(alarms.all[quiet], started, time.time()):
            raise SystemExit(f"FAILED: {quiet} fires while all is well")

    shop.gone = True
    start("2026-11-24T01:15:00Z")
    alarms.wait("few-prices", "every page of the shop is gone")
    alarms.wait("skipped-runs", "two days had no run")
    shop.gone = False

    kept = change("closer", CLOSE_DEADLINE_SECONDS="3")
    shop.busy = True
    start("2026-11-25T01:15:00Z")
    alarms.wait("incomplete-runs", "the shop asks for an hour, and the run has three seconds")
    shop.busy = False
    change("closer", **kept)

    queues.send_message(QueueUrl=url("jobs"), MessageBody="no message of ours")
    alarms.wait("dead-letters", "a message that nobody can read")

    # The function starts, and the table that it is led to is not there.
    kept = change("deadletter", TABLE="no-such-table")
    job = json.dumps({"v": 1, "kind": "close-run", "run": "daily@2026-11-20T01:15:00Z"})
    queues.send_message(QueueUrl=url("closing-dead"), MessageBody=job)
    alarms.wait("dead-letters-that-stay", "the table refuses the function")
    change("deadletter", **kept | {"TABLE": ""})
    functions.invoke(FunctionName=function("deadletter"), Payload=json.dumps({"Records": []}))
    alarms.wait("unhandled-dead-letters", "the function does not start")
    change("deadletter", **kept)

    for _ in range(12):
        functions.invoke(FunctionName=function("scheduler"), Payload=b'{"schedule": 5}')
    alarms.wait("errors", "events that the scheduler cannot read, in two periods", periods=2)

    functions.put_function_concurrency(FunctionName=function("exporter"),
                                       ReservedConcurrentExecutions=0)
    for _ in range(24):
        try:
            functions.invoke(FunctionName=function("exporter"), Payload=b"{}")
        except functions.exceptions.TooManyRequestsException:
            pass
    functions.delete_function_concurrency(FunctionName=function("exporter"))
    alarms.wait("throttles", "a function has no room, for three periods", periods=3)

    sources = functions.get_paginator("list_event_source_mappings").paginate()
    sources = {source["EventSourceArn"].rsplit(":", 1)[1]: source["UUID"]
               for source in sources.search("EventSourceMappings[]")}
    for queue in ("jobs", "notifications", "exports"):
        functions.update_event_source_mapping(UUID=sources[f"{name}-{queue}"], Enabled=False)
        time.sleep(2)
        queues.send_message(QueueUrl=url(queue), MessageBody="nobody takes this")
        waiting = queues.receive_message(QueueUrl=url(queue), VisibilityTimeout=0,
                                         AttributeNames=["SentTimestamp"])["Messages"][0]
        sent = int(waiting["Attributes"]["SentTimestamp"]) / 1000
        alarm = alarms.all[f"{queue}-waiting"]
        far = sent + alarm["Threshold"] + 301 + 300 * alarm["EvaluationPeriods"]

        def ages(at):
            return [Point("AWS/SQS", "ApproximateAgeOfOldestMessage",
                          (("QueueName", f"{name}-{queue}"),), at - back, at - back - sent)
                    for back in range(0, 1800, 60) if at - back > sent]

        if fires(alarm, ages(sent + 60), sent + 60):
            raise SystemExit(f"FAILED: {queue}-waiting fires after a minute")
        alarms.check(f"{queue}-waiting", [], ages(far), "nobody takes from the queue", far)
        queues.purge_queue(QueueUrl=url(queue))
        functions.update_event_source_mapping(UUID=sources[f"{name}-{queue}"], Enabled=True)

    never = set(alarms.all) - alarms.fired
    if never:
        raise SystemExit(f"FAILED: nothing made these alarms fire: {sorted(never)}")
    say(f"all {len(alarms.fired)} alarms have fired")


def secrets_stay_out_of_logs(deployment, secrets, ids, say):
    print("== logs")
    logged = "\n".join(line for _, _, line in lines(deployment))
    for secret in secrets:
        if secret in logged:
            raise SystemExit("FAILED: a secret stands in the logs")
    missing = [one for one in ids if one not in logged]
    if missing:
        raise SystemExit(f"FAILED: the logs name nothing of {missing}")
    say(f"{logged.count(chr(10))} lines name runs and products, and none of {len(secrets)} secrets")

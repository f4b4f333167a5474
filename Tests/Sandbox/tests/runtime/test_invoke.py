# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
import os
import time

import pytest

from services.conftest import refused
from .conftest import LONG, Live, allow


def test_a_function_runs_its_code_in_a_process_of_its_own(live: Live) -> None:
    live.function(
        "echo",
        """
        import os
        def handle(event, context):
            return {"event": event, "pid": os.getpid(), "name": context.function_name,
                    "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis(),
                    "colour": os.environ["COLOUR"], "home": os.environ.get("HOME")}
        """,
        Environment={"Variables": {"COLOUR": "blue"}},
    )
    first = live.invoke("echo", {"a": [1, None, "ü"]})
    assert first["event"] == {"a": [1, None, "ü"]}
    assert first["pid"] != os.getpid()
    assert (first["name"], first["colour"]) == ("echo", "blue")
    assert first["arn"] == f"arn:aws:lambda:us-east-1:{live.account}:function:echo"
    assert 10_000 < first["left"] <= 20_000
    assert first["home"] is None, "nothing of the sandbox's own environment"
    assert live.invoke("echo")["pid"] == first["pid"], "kept warm"


def test_a_changed_function_is_started_anew(live: Live) -> None:
    live.function("f", "import os\ndef handle(event, context): return [os.getpid(), os.environ.get('AB')]")
    before = live.invoke("f")
    live.client("lambda").update_function_configuration(FunctionName="f", Environment={"Variables": {"AB": "1"}})
    live.advance(10)
    after = live.invoke("f")
    assert after[0] != before[0] and after[1] == "1"
    live.settings(function_environment={"*": {"AB": "2"}, "f": {"AB": "3"}})
    assert live.invoke("f")[1] == "3"
    live.settings(function_environment={"f": {"AB": None}})
    assert live.invoke("f")[1] is None


def test_it_calls_as_its_role(live: Live) -> None:
    live.function(
        "caller",
        """
        import boto3
        def handle(event, context):
            boto3.client("sqs").list_queues()
            return boto3.client("sts").get_caller_identity()["Arn"]
        """,
    )
    session = f"arn:aws:sts::{live.account}:assumed-role/caller-role/caller"
    assert live.invoke("caller") == session
    made = {(call["operation"], call["principal"]) for call in live.calls() if call["principal"]}
    assert made == {("ListQueues", session), ("GetCallerIdentity", session)}


def test_an_error_is_told_with_its_trace(live: Live) -> None:
    live.function("fails", "def handle(event, context):\n    raise ValueError('no ' + event['what'])")
    answer = live.client("lambda", read_timeout=60).invoke(
        FunctionName="fails", Payload=b'{"what": "luck"}', LogType="Tail"
    )
    assert answer["FunctionError"] == "Unhandled" and answer["StatusCode"] == 200
    told = json.load(answer["Payload"])
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "no luck")
    assert told["requestId"] and "index.py" in told["stackTrace"][0]
    assert "[ERROR] ValueError: no luck" in base64.b64decode(answer["LogResult"]).decode()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import nowhere", "Runtime.ImportModuleError"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound"),
        ("def handle(:", "Runtime.UserCodeSyntaxError"),
        ("def handle(event, context): return object()", "Runtime.MarshalError"),
        ("import os\ndef handle(event, context): os._exit(3)", "Runtime.ExitError"),
    ],
)
def test_what_cannot_run_is_told_as_lambda_tells_it(live: Live, source: str, kind: str) -> None:
    live.function("f", source)
    assert live.invoke("f")["errorType"] == kind


def test_a_function_that_hangs_is_killed_at_its_time_limit(live: Live) -> None:
    source = "import time, os\ndef handle(event, context):\n    print(os.getpid())\n    time.sleep(60)"
    live.function("hangs", source, Timeout=1)
    begun = time.monotonic()
    told = live.invoke("hangs")
    assert time.monotonic() - begun < LONG
    assert told["errorType"] == "Sandbox.Timedout"
    assert told["errorMessage"].endswith("Task timed out after 1.00 seconds")
    (run,) = live.runs()
    assert run["outcome"] == "timeout"
    pid = next(int(line) for line in live.log("hangs") if line.isdigit())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_it_prints_is_in_its_log_group(live: Live) -> None:
    live.function("talks", "def handle(event, context):\n    print('one\\ntwo')")
    live.invoke("talks")
    (run,) = live.runs()
    start, one, two, end, report = live.log("talks")
    assert start == f"START RequestId: {run['request_id']} Version: $LATEST"
    assert (one, two, end) == ("one", "two", f"END RequestId: {run['request_id']}")
    assert report.startswith(f"REPORT RequestId: {run['request_id']}\tDuration: ") and "Init Duration" in report


def test_a_role_without_the_right_to_log_loses_the_log(live: Live) -> None:
    role = live.role("mute", "lambda.amazonaws.com", allow("logs:CreateLogStream"))
    live.function("mute", "def handle(event, context): print('unheard')", Role=role)
    live.invoke("mute")
    assert live.log("mute") == []


def test_metrics_in_the_log_become_metrics(live: Live) -> None:
    live.function(
        "counts",
        """
        import json, time
        def handle(event, context):
            metric = {"Name": "Seen", "Unit": "Count", "StorageResolution": 1}
            directive = {"Namespace": "shop", "Dimensions": [["Kind"]], "Metrics": [metric]}
            about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
            print(json.dumps({"_aws": about, "Kind": "a", "Seen": 7}))
        """,
    )
    live.advance(86400)
    live.invoke("counts")
    now = live.control("clock")["now"]
    metric = {"Namespace": "shop", "MetricName": "Seen", "Dimensions": [{"Name": "Kind", "Value": "a"}]}
    found = live.client("cloudwatch").get_metric_statistics(
        **metric, StartTime=now - 600, EndTime=now + 600, Period=60, Statistics=["Sum"]
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [7.0], "at the account's time, not the machine's"


def test_a_function_has_the_accounts_time(live: Live) -> None:
    live.function(
        "clock",
        """
        import time
        from datetime import datetime, UTC
        def handle(event, context):
            now = datetime.now(UTC)
            return [time.time(), now.timestamp(), now.year, isinstance(datetime.now(), datetime)]
        """,
    )
    live.invoke("clock")
    live.advance(366 * 86400)
    now = live.control("clock")["now"]
    wall, stamp, year, is_one = live.invoke("clock")
    assert (wall, stamp) == (pytest.approx(now), pytest.approx(now)) and is_one
    assert year == time.gmtime(now).tm_year


def test_reserved_concurrency_is_a_limit(live: Live) -> None:
    live.function("busy", "def handle(event, context): pass")
    client = live.client("lambda")
    client.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException"):
        client.invoke(FunctionName="busy")
    client.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=1)
    client.invoke(FunctionName="busy")
    client.invoke(FunctionName="busy")


def test_what_is_too_large_or_no_json_is_refused(live: Live) -> None:
    live.function("f", "def handle(event, context): return 'x' * event.get('n', 0)")
    client = live.client("lambda", read_timeout=60)
    with refused("InvalidRequestContentException"):
        client.invoke(FunctionName="f", Payload=b"{")
    with refused("RequestTooLargeException"):
        client.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps("x" * 262_144).encode())
    assert client.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert live.invoke("f", {"n": 7 * 1024 * 1024})["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(live.runs()) == 1


def test_an_event_is_tried_again_and_put_aside_in_the_end(live: Live) -> None:
    dead = live.queue("dead")
    live.function("async", "def handle(event, context): raise KeyError('x')", allow("sqs:SendMessage", dead))
    client = live.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="async", MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": dead}}
    )
    assert client.invoke(FunctionName="async", InvocationType="Event", Payload=b'{"n": 1}')["StatusCode"] == 202
    assert [run["attempt"] for run in live.runs()] == [1]
    live.advance(59)
    assert len(live.runs()) == 1
    live.advance(1)
    first, second = live.runs()
    assert second["attempt"] == 2 and first["request_id"] == second["request_id"]
    (message,) = live.messages("dead")
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["requestPayload"] == {"n": 1} and told["responsePayload"]["errorType"] == "KeyError"


def test_an_event_for_which_there_is_no_room_grows_too_old(live: Live) -> None:
    dead = live.queue("dead")
    live.function("full", "def handle(event, context): pass", allow("sqs:SendMessage", dead))
    client = live.client("lambda")
    client.put_function_concurrency(FunctionName="full", ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(
        FunctionName="full", MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": dead}}
    )
    client.invoke(FunctionName="full", InvocationType="Event")
    live.advance(61)
    live.settle()
    (message,) = live.messages("dead")
    assert json.loads(message["Body"])["requestContext"]["condition"] == "EventAgeExceeded"
    assert live.runs() == []


def test_a_reset_ends_what_runs(live: Live) -> None:
    live.function("f", "def handle(event, context): return 1")
    live.invoke("f")
    live.reset()
    live.settings(iam_propagation=0)
    assert live.control("runs")["runs"] == []
    with refused("ResourceNotFoundException"):
        live.client("lambda").invoke(FunctionName="f")

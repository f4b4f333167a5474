# SPDX-License-Identifier: Apache-2.0
"""The stack come alive: its functions run, woken by what it made to wake them, with no more than the rights it gave."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from data_api_double import DataApiDouble
from harness import Account, Harecon, running, until

SUNDAY, THREE = 6, 3 * 3600
# Real seconds for a function that starts while the machine has other work.
LONG = 60.0
# Where an action is not named as its operation is.
ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}


@pytest.fixture
def alive() -> Iterator[Account]:
    with running("--run") as sandbox:
        account = sandbox.account()
        account.control("clock", {"auto": True})
        yield account
        assert account.violations() == []


@pytest.fixture
def data_api(alive: Account) -> Iterator[DataApiDouble]:
    def writer() -> str:
        (cluster,) = alive.edit("rds", "DescribeDBClusters", DBClusterIdentifier="payments")["DBClusters"]
        return next(m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"])

    double = DataApiDouble(writer)
    overrides = {"*": {"AWS_ENDPOINT_URL_RDS_DATA": double.start()}}
    alive.control("settings", {"function_environment": overrides})
    yield double
    double.stop()


def ended(account: Account, function: str, source: str, since: int = 0) -> dict[str, Any]:
    """The first call of the function, woken from there, that has ended."""

    def look() -> dict[str, Any] | None:
        runs = account.control(f"runs?since={since}")["runs"]
        mine = [run for run in runs if run["function"] == f"payments-{function}" and source in run["source"]]
        done = [run for run in mine if run["ended"]]
        return done[0] if done else None

    return until(f"{function} by {source}", look, LONG)


def delivered(account: Account, source: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        mine = [d for d in account.control("deliveries")["deliveries"] if source in d["source"]]
        found = [d for d in mine if d["outcome"] != "waiting"]
        return found[-1] if found else None

    return until(f"a delivery by {source}", look, LONG)


def test_the_stack_lives_within_the_rights_that_it_gave(
    tmp_path: Path, alive: Account, data_api: DataApiDouble
) -> None:
    harecon = Harecon(tmp_path, alive)
    harecon.apply().expect(0)
    alive.control("clock", {"auto": False})
    told = listen(alive, "payments-critical")

    # The public URL asks the writer. It has a second and a half for that, which a busy machine may not give it.
    until("the health check's answer", lambda: health(alive) == (200, "HARECON-OK writer"), LONG)

    # The schedules wake the probe and the lag guard; the probe, which reaches no member, the coordinator.
    assert json.loads(ended(alive, "lag-guard", "schedule/payments/payments-lag-guard")["answer"]) == {"moves": []}
    start = len(alive.control("runs")["runs"])
    alive.control("clock", {"advance": 60})
    assert ended(alive, "lag-guard", "schedule/payments/payments-lag-guard", start)["outcome"] == "ok"
    until("the probe's metrics", lambda: "PutMetricData" in operations(alive, "probe"), LONG)
    assert ended(alive, "coordinator", "call ")["outcome"] == "ok"

    # The alarm that there is no writer wakes the coordinator by its rule.
    assert ended(alive, "coordinator", "rule/payments-alarms")["outcome"] == "ok"

    # On Sunday at three the drill begins by its schedule, and the coordinator hears of it.
    now = alive.control("clock")["now"]
    three = next(t for day in range(9) if (t := now // 86400 * 86400 + day * 86400 + THREE) > now and is_sunday(t))
    start = len(alive.control("runs")["runs"])
    alive.control("clock", {"advance": three - now + 1})
    drill = delivered(alive, "payments-drill-weekly-failover")
    assert (drill["outcome"], drill["code"]) == ("delivered", "")
    alive.control("clock", {"advance": 20})
    assert ended(alive, "coordinator", "rule/payments-drills", start)["outcome"] == "ok"
    (experiment,) = alive.edit("fis", "ListExperiments")["experiments"]
    template = alive.edit("fis", "GetExperimentTemplate", id=experiment["experimentTemplateId"])["experimentTemplate"]
    assert template["tags"]["harecon:stack"] == "payments"

    # A coordinator that fails is told of, under the stack's key and by the topic's policy, and its event is put aside.
    overrides = alive.control("settings")["function_environment"]
    alive.control("settings", {"function_environment": {**overrides, "payments-coordinator": {"SETTINGS": "{"}}})
    event = {"InvocationType": "Event", "Payload": b'{"source": "test"}'}
    alive.client("lambda").invoke(FunctionName="payments-coordinator", **event)
    failed = until("the call that fails", lambda: [run for run in asked(alive) if run["ended"]], LONG)
    assert [run["outcome"] for run in failed] == ["error"]
    alive.control("clock", {"advance": 61})
    message = until("the alarm's message", lambda: receive(alive, told), LONG)
    assert (message["AlarmName"], message["NewStateValue"]) == ("payments-coordinator-fails", "ALARM")
    assert until("the event put aside", lambda: letters(alive), LONG)[0]["requestPayload"] == {"source": "test"}

    assert [d for d in alive.control("deliveries")["deliveries"] if d["outcome"] in ("dead", "lost")] == []
    assert data_api.unknown == []
    assert beyond_their_roles(alive, data_api) == set()


def is_sunday(at: float) -> bool:
    return time.gmtime(at).tm_wday == SUNDAY


def health(account: Account) -> tuple[int, str]:
    functions = account.client("lambda")
    url = functions.get_function_url_config(FunctionName="payments-health")["FunctionUrl"]
    settings = functions.get_function_configuration(FunctionName="payments-health")["Environment"]["Variables"]
    identifier = url.removeprefix("https://").split(".")[0]
    path = f"/_sandbox/url/{identifier}/{settings['PRIVATE_PATH'].lstrip('/')}"
    try:
        with urllib.request.urlopen(account.sandbox.endpoint + path, timeout=LONG) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def listen(account: Account, topic: str) -> str:
    """A queue that hears the topic; its URL."""
    arn = f"arn:aws:sqs:us-east-1:{account.id}:ear"
    lets = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**lets, "Resource": arn}]})
    url = account.edit("sqs", "CreateQueue", QueueName="ear", Attributes={"Policy": policy})["QueueUrl"]
    source = f"arn:aws:sns:us-east-1:{account.id}:{topic}"
    account.edit("sns", "Subscribe", TopicArn=source, Protocol="sqs", Endpoint=arn)
    return str(url)


def receive(account: Account, queue: str) -> dict[str, Any] | None:
    for message in account.edit("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        text = json.loads(message["Body"])["Message"]
        if text.startswith("{") and "AlarmName" in text:
            return dict(json.loads(text))
    return None


def asked(account: Account) -> list[dict[str, Any]]:
    """The calls with the test's own event."""
    return [run for run in account.control("runs")["runs"] if run["event"] == '{"source": "test"}']


def letters(account: Account) -> list[dict[str, Any]]:
    url = account.edit("sqs", "GetQueueUrl", QueueName="payments-functions-dead")["QueueUrl"]
    found = account.edit("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    bodies = [json.loads(message["Body"]) for message in found]
    return [body for body in bodies if body["requestPayload"].get("source") == "test"]


# Rights ------------------------------------------------------------------------------------------------------------


def operations(account: Account, function: str) -> set[str]:
    return {call["operation"] for call in account.calls() if call["principal"].endswith(f"/payments-{function}")}


def beyond_their_roles(account: Account, data_api: DataApiDouble) -> set[str]:
    """What functions called and no statement of their role allows, with the resource where the call names it."""
    policies = {role["Arn"].split("/")[-1]: statements(account, role["RoleName"]) for role in roles(account)}
    sessions = {run["access_key"]: run["principal"] for run in account.control("runs")["runs"]}
    calls = [call for call in account.calls() if call["principal"]]
    asked = [(call["principal"], action(call), resource(account, call)) for call in calls]
    for key, params in data_api.calls:
        asked.append((sessions[key], "rds-data:ExecuteStatement", params["resourceArn"]))
        # The Data API reads the secret as its caller.
        asked.append((sessions[key], "secretsmanager:GetSecretValue", params["secretArn"]))
    assert {who.rsplit("/payments-", 1)[1] for who, _, _ in asked} >= {"lag-guard", "probe", "coordinator", "health"}
    return {
        f"{who.split('/')[-1]}: {what} on {where}"
        for who, what, where in asked
        if not any(allows(statement, what, where) for statement in policies[who.split("/")[1]])
    }


def roles(account: Account) -> list[dict[str, Any]]:
    return list(account.edit("iam", "ListRoles")["Roles"])


def statements(account: Account, role: str) -> list[dict[str, Any]]:
    found = []
    for name in account.edit("iam", "ListRolePolicies", RoleName=role)["PolicyNames"]:
        document = account.edit("iam", "GetRolePolicy", RoleName=role, PolicyName=name)["PolicyDocument"]
        found += (json.loads(unquote(document)) if isinstance(document, str) else document)["Statement"]
    return found


def action(call: dict[str, Any]) -> str:
    name = f"{call['service']}:{call['operation']}"
    return ACTIONS.get(name, name)


def resource(account: Account, call: dict[str, Any]) -> str | None:
    """The ARN that the call is about, as far as it names one."""
    place = f"us-east-1:{account.id}"
    params = call["params"] or {}
    match call["service"]:
        case "dynamodb":
            return f"arn:aws:dynamodb:{place}:table/{params['TableName']}"
        case "lambda":
            return f"arn:aws:lambda:{place}:function:{params['FunctionName']}"
        case "sns":
            return str(params["TopicArn"])
        case "secretsmanager":
            return str(params["SecretId"])
        case "logs":
            stream = params.get("logStreamName", "")
            return f"arn:aws:logs:{place}:log-group:{params['logGroupName']}:log-stream:{stream}"
        case "rds" if "DBClusterIdentifier" in params and call["operation"] != "DescribeDBClusters":
            return f"arn:aws:rds:{place}:cluster:{params['DBClusterIdentifier']}"
    return None


def allows(statement: dict[str, Any], what: str, where: str | None) -> bool:
    def listed(value: Any) -> list[str]:
        return [value] if isinstance(value, str) else list(value)

    return (
        statement["Effect"] == "Allow"
        and any(fnmatchcase(what, pattern) for pattern in listed(statement["Action"]))
        and (where is None or any(fnmatchcase(where, pattern) for pattern in listed(statement["Resource"])))
    )

# SPDX-License-Identifier: Apache-2.0
"""A server whose accounts live: their functions run and their events are delivered."""

from __future__ import annotations

import io
import itertools
import json
import textwrap
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.server import Server

from conftest import Aws

NUMBERS = itertools.count(300_000_000_000)
LONG = 30.0


@dataclass(frozen=True)
class Live(Aws):
    """An account with words for functions and what wakes them."""

    def role(self, name: str, service: str = "lambda.amazonaws.com", *allowed: dict[str, Any]) -> str:
        """A role that the service may assume and everybody sees at once."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        if allowed:
            iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=_document(*allowed))
        return str(arn)

    def function(self, name: str, source: str, *allowed: dict[str, Any], **settings: Any) -> str:
        """An active function `index.handle` of this source; its role may write its log, and what is `allowed`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("index.py", textwrap.dedent(source))
        logs = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
        role = settings.pop("Role", None) or self.role(f"{name}-role", "lambda.amazonaws.com", logs, *allowed)
        self.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        made = self.client("lambda").create_function(
            FunctionName=name, Runtime="python3.11", Handler="index.handle", Role=role,
            Code={"ZipFile": archive.getvalue()}, **{"Timeout": 20, **settings},
        )  # fmt: skip
        self.advance(10)
        return str(made["FunctionArn"])

    def invoke(self, name: str, event: Any = None, **more: Any) -> Any:
        """The function's answer."""
        answer = self.client("lambda", read_timeout=60).invoke(
            FunctionName=name, Payload=json.dumps(event or {}).encode(), **more
        )
        return json.loads(answer["Payload"].read() or b"null")

    def settle(self) -> None:
        """Waits until nothing is due and nothing runs any more."""
        assert self.control(f"settled?wait={LONG}")["settled"], "the account does not come to rest"

    def runs(self, name: str | None = None) -> list[dict[str, Any]]:
        """The calls of functions once the account has come to rest."""
        self.settle()
        return [run for run in self.control("runs")["runs"] if name in (None, run["function"])]

    def log(self, name: str) -> list[str]:
        """All lines in the function's log group, in order."""
        events = self.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in events]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What can be received from a queue now."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        names = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        return list(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages", []))

    def queue(self, name: str, *statements: dict[str, Any], **attributes: str) -> str:
        """A queue with its policy; answers its ARN."""
        arn = f"arn:aws:sqs:us-east-1:{self.account}:{name}"
        if statements:
            attributes["Policy"] = _document(*({"Resource": arn, **statement} for statement in statements))
        self.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return arn

    def get(self, url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a plain request."""
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@pytest.fixture(scope="package")
def live_endpoint() -> Iterator[str]:
    sandbox = Sandbox(runtime=True)
    server = Server(sandbox.handle)
    server.start()
    assert sandbox.runtime is not None
    sandbox.runtime.begin(server.endpoint)
    yield server.endpoint
    sandbox.runtime.end()
    server.stop()


@pytest.fixture
def live(live_endpoint: str) -> Iterator[Live]:
    """A fresh account whose clock stands still unless it is turned, and whose roles are seen at once."""
    account = Live(live_endpoint, str(next(NUMBERS)))
    account.settings(iam_propagation=0)
    account.control("clock", {"freeze": True})
    yield account
    account.settle()
    assert account.violations() == []
    account.reset()

# SPDX-License-Identifier: Apache-2.0
"""A recording is answered again byte for byte, with latency beside each other and without moto."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import wire
from botocore.exceptions import ClientError
from conftest import Aws

HOME = Path(__file__).resolve().parent.parent


@contextmanager
def started(*arguments: str) -> Iterator[dict[str, object]]:
    """A module of the package in a process of its own, ended by the closing of its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments, "--until-stdin-closes"],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        assert process.wait(timeout=10) == 0
        process.stdout.close()


@contextmanager
def replayed(recording: Path, latency_ms: float = 0) -> Iterator[Aws]:
    with started("harecon_sandbox.replay", "--recording", str(recording), "--latency-ms", str(latency_ms)) as ready:
        yield Aws(str(ready["endpoint"]), "111122223333")


@pytest.fixture
def record(aws: Aws, tmp_path: Path) -> Callable[[], Path]:
    """Starts a recording; ended by what it answers, which gives the file."""
    file = tmp_path / "recording"
    aws.control("record", {"file": str(file)})

    def end() -> Path:
        aws.control("record", {})
        return file

    return end


def test_every_protocol_is_answered_as_recorded(aws: Aws, record: Callable[[], Path]) -> None:
    questions = [
        wire.sketch("rds", "DescribeDBClusters"),
        wire.sketch("ec2", "DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}]),
        wire.sketch("kms", "DescribeKey", KeyId="none"),
        wire.sketch("route53", "ListHostedZones"),
        wire.sketch("lambda", "ListFunctions", MaxItems=5),
        wire.sketch("iam", "GetRole", RoleName="none"),
    ]
    first = [wire.send(wire.signed(q, aws.endpoint, aws.access_key, aws.secret), aws.endpoint) for q in questions]
    with replayed(record()) as again:
        second = [
            wire.send(wire.signed(q, again.endpoint, "AKIAANOTHER", "x"), again.endpoint) for q in reversed(questions)
        ]
        calls = again.calls()
    assert [(one.status, one.body) for one in first] == [(two.status, two.body) for two in reversed(second)]
    assert [call["service"] for call in calls] == ["iam", "lambda", "route53", "kms", "ec2", "rds"]
    assert [call["operation"] for call in calls][:2] == ["GetRole", "GET /2015-03-31/functions"]


def test_one_question_gets_its_answers_in_order_and_the_last_from_then_on(aws: Aws, record: Callable[[], Path]) -> None:
    def count(account: Aws) -> int:
        return len(account.client("kms").list_keys()["Keys"])

    before = []
    for _ in range(3):
        before.append(count(aws))
        aws.edit("kms", "CreateKey")
    assert before == [0, 1, 2]
    with replayed(record()) as again:
        assert [count(again) for _ in range(4)] == [0, 1, 2, 2]
        again.reset()
        assert count(again) == 0


def test_what_a_client_makes_up_anew_is_no_part_of_the_question(aws: Aws, record: Callable[[], Path]) -> None:
    def create(account: Aws, token: str) -> None:
        account.client("route53").create_hosted_zone(Name="a.example", CallerReference=token)
        account.client("secretsmanager").create_secret(Name="s", SecretString="x", ClientRequestToken=token * 32)

    create(aws, "1")
    with replayed(record()) as again:
        with pytest.raises(ClientError, match="not recorded"):
            again.client("secretsmanager").create_secret(Name="t", SecretString="x", ClientRequestToken="2" * 32)
        assert len(again.violations()) == 1
        again.client("secretsmanager").create_secret(Name="s", SecretString="x", ClientRequestToken="2" * 32)


def test_latency_runs_beside_that_of_other_calls_and_is_seen_in_the_journal(
    aws: Aws, record: Callable[[], Path]
) -> None:
    aws.client("kms").list_keys()
    with replayed(record(), latency_ms=1000) as again:
        clients = [again.client("kms") for _ in range(10)]
        threads = [threading.Thread(target=client.list_keys) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        journal = again.control("journal")
    assert journal["concurrency"] == 10
    assert all(call["ended"] - call["started"] >= 0.99 for call in journal["calls"])


def test_the_replayer_answers_in_well_under_a_millisecond(aws: Aws, record: Callable[[], Path]) -> None:
    aws.client("kms").list_keys()
    with replayed(record()) as again:
        kms = again.client("kms")
        for _ in range(200):
            kms.list_keys()
        spent = sorted(call["ended"] - call["started"] for call in again.calls())
    assert spent[len(spent) // 10] < 0.001


def test_neither_moto_nor_botocore_is_loaded() -> None:
    program = (
        "import harecon_sandbox.replay, sys; print([m for m in sys.modules if m in ('moto', 'botocore', 'boto3')])"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"

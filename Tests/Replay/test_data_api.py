# SPDX-License-Identifier: Apache-2.0
"""The client through the Data API, over a real server, and through a queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from bank import Bank, transfer
from data_api_double import DataAPI as Double
from data_api_double import lost, refused
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.buffer_queue import LARGEST_BODY, NotQueued, QueueClient
from harecon_replay.client import Client
from harecon_replay.outcome import Accepted, Applied, Refused, TargetError
from harecon_replay.settings import Settings
from harecon_replay.targets.data_api import DataAPI, client
from harecon_replay.transaction import Statement, Transaction, statement
from real_postgres import Server
from replay_worker.transaction import Transaction as WorkersTransaction

ARN = "arn:aws:rds:us-east-1:123456789012:cluster:payments"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:payments"
QUICK = Settings(concurrency=1, pause_base=0.005, pause_cap=0.05)


@pytest.fixture
def api(server: Server) -> Double:
    return Double(server)


def target(api: Any) -> DataAPI:
    return DataAPI(api, ARN, SECRET, "postgres")


UNAVAILABLE = refused("DatabaseUnavailableException")


@pytest.mark.parametrize(
    ("faults", "seen"),
    [
        ([], 1),
        ([("begin", UNAVAILABLE)], 1),
        ([("execute", lost())], 1),
        ([("commit", lost())], 1),
        ([("commit answer", lost())], 2),
        ([("commit answer", UNAVAILABLE), ("execute", UNAVAILABLE), ("commit answer", lost())], 3),
        ([("commit answer", refused("TransactionNotFoundException")), ("begin", UNAVAILABLE)], 2),
    ],
)
def test_whatever_is_lost_a_transaction_is_applied_once(
    bank: Bank, api: Double, tmp_path: Path, faults: list[tuple[str, Exception]], seen: int
) -> None:
    api.faults = list(faults)
    with Client(FileBuffer(tmp_path), target(api), settings=QUICK) as replay:
        outcome = replay.submit(transfer("a"))
    assert outcome == Applied(seen)
    assert (bank.journal(), bank.balances_agree(), api.faults, api.open_transactions) == (["a"], True, [], 0)


def test_a_refusal_is_parked_by_its_sqlstate(bank: Bank, api: Double, tmp_path: Path) -> None:
    with Client(FileBuffer(tmp_path), target(api), settings=QUICK) as replay:
        outcome = replay.submit(transfer("a", amount=-2000))
        assert isinstance(outcome, Refused) and outcome.cause == "23514"
        assert replay.submit(transfer("b", amount=-1000)) == Applied(1)
        assert replay.outcome("c") is None
    assert (bank.journal(), api.open_transactions) == (["b"], 0)


def test_a_client_that_repeats_calls_by_itself_is_not_taken() -> None:
    own = client(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    assert target(own).client is own
    standard = boto3.client("rds-data", region_name="us-east-1", config=Config(retries={"total_max_attempts": 2}))
    for wrong in (standard, boto3.client("rds-data", region_name="us-east-1")):
        with pytest.raises(ValueError, match="total_max_attempts"):
            target(wrong)


def test_a_call_that_botocore_does_not_take_is_malformed() -> None:
    """It is botocore's own check of the request, so nothing is sent."""
    own = client(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    place = target(own)
    with pytest.raises(TargetError) as met:
        place.execute(Statement("select :n", ({"name": "n", "value": {"longValue": "x"}},)), float("inf"))
    assert met.value.cause == "malformed"


# MARK: The queue


@pytest.fixture
def queue() -> Iterator[tuple[Any, str]]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name="us-east-1")
        url = sqs.create_queue(QueueName="replay.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        yield sqs, url


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def test_the_queue_takes_a_transaction_as_the_worker_reads_it(queue: tuple[Any, str], api: Double) -> None:
    sqs, url = queue
    replay = QueueClient(sqs, url, target(api))
    given = transfer("a", key="account-0")
    assert replay.submit(given) == replay.submit(given) == Accepted()
    (message,) = _received(sqs, url)
    assert message["Body"] == given.body()
    assert message["Attributes"]["MessageGroupId"] == "account-0"
    assert WorkersTransaction.read(message["Body"]).id == "a"


def test_another_body_under_the_same_id_is_not_swallowed(queue: tuple[Any, str], api: Double) -> None:
    sqs, url = queue
    replay = QueueClient(sqs, url, target(api))
    replay.submit(transfer("a", 0, 1, key="x"))
    replay.submit(transfer("a", 0, 2, key="y"))
    assert len(_received(sqs, url)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        Transaction("", "k", (Statement("select 1"),)),
        Transaction("a", "with space", (Statement("select 1"),)),
        Transaction("a", "k" * 129, (Statement("select 1"),)),
        Transaction("a", "", (Statement("select 1"),)),
        Transaction("a", "k", (statement("select :n", n="x" * LARGEST_BODY),)),
    ],
    ids=["id", "group", "long group", "no group", "large"],
)
def test_what_sqs_would_not_take_is_refused_before(queue: tuple[Any, str], api: Double, wrong: Transaction) -> None:
    sqs, url = queue
    outcome = QueueClient(sqs, url, target(api)).submit(wrong)
    assert isinstance(outcome, Refused) and outcome.cause == "malformed"
    assert _received(sqs, url) == []


def test_a_queue_without_an_answer_is_told(api: Double) -> None:
    def send_message(**_: Any) -> None:
        raise lost()

    with pytest.raises(NotQueued, match='"a"'):
        QueueClient(SimpleNamespace(send_message=send_message), "url", target(api)).submit(transfer("a", key="k"))


def test_the_ledger_tells_what_became_of_what_was_queued(bank: Bank, api: Double, tmp_path: Path) -> None:
    with Client(FileBuffer(tmp_path), target(api), settings=QUICK) as worker:
        worker.submit(transfer("a"))
        replay = QueueClient(None, "url", target(api))
        assert replay.outcome("a") == Applied(1)
        assert replay.outcome("b") is None

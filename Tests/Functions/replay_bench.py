# SPDX-License-Identifier: Apache-2.0
"""A replay worker on a real database, with a queue in small."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from data_api_double import DataAPI, refused
from real_postgres import Server
from replay_worker import handler
from replay_worker.handler import Batch, DeadLetters, Writer
from service_models import check_request
from shared.ledger import Ledger
from shared.postgres import Connection, connect

LONG = 30.0


class FakeSQS:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.hastened: list[tuple[str, str, int]] = []
        self.fails: Exception | None = None

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def send_message(self, **params: Any) -> None:
        check_request("sqs", "SendMessage", params)
        if self.fails:
            raise self.fails
        attributes = params.get("MessageAttributes", {})
        texts = [name + each["DataType"] + each["StringValue"] for name, each in attributes.items()]
        if len("".join([params["MessageBody"], *texts]).encode()) > 1_048_576:
            raise refused("InvalidParameterValue", "Message must be shorter than 1048576 bytes.", "SendMessage")
        if any(character in text for text in texts for character in "\0\x1f\ufffe\uffff"):
            raise refused("InvalidParameterValue", "Message contains non-valid characters.", "SendMessage")
        self.sent.append(params)

    def change_message_visibility_batch(self, **params: Any) -> None:
        check_request("sqs", "ChangeMessageVisibilityBatch", params)
        if self.fails:
            raise self.fails
        assert len(params["Entries"]) <= 10
        self.hastened += [
            (params["QueueUrl"], entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in params["Entries"]
        ]

    def cause(self, index: int = 0) -> str:
        cause: str = self.sent[index]["MessageAttributes"]["cause"]["StringValue"]
        return cause


class Bench:
    def __init__(self, api: DataAPI, database: Connection) -> None:
        self.api = api
        self.database = database
        self.sqs = FakeSQS()
        self.writer = Writer(api, "arn-of-the-cluster", "arn-of-its-secret", "postgres", Ledger("replay_test_ledger"))
        self.time_left = 60_000
        self.counts: dict[str, int] = {}

    def run(self, *records: dict[str, Any]) -> list[str]:
        """Which of the messages have to come again."""
        batch = Batch(self.writer, DeadLetters(self.sqs, "dead.fifo"), lambda: self.time_left)
        batch.run(list(records))
        self.counts = {metric.name: count for metric, count in batch.counts.items() if count}
        return [record["messageId"] for record in batch.failed]

    def balances(self) -> dict[str, int]:
        rows = self.database.query("select id, balance from replay_test_account", timeout=LONG)
        return {str(row["id"]): int(row["balance"] or 0) for row in rows}

    def entries(self) -> dict[str, int]:
        rows = self.database.query("select id, seen from replay_test_ledger", timeout=LONG)
        return {str(row["id"]): int(row["seen"] or 0) for row in rows}


@pytest.fixture
def bench(server: Server) -> Iterator[Bench]:
    with connect(server.login(), LONG, server.tls()) as database:
        database.execute(
            "create table replay_test_account (id text primary key, balance int not null check (balance >= 0))",
            timeout=LONG,
        )
        database.execute("insert into replay_test_account values ('a', 100), ('b', 100)", timeout=LONG)
        api = DataAPI(server)
        bench = Bench(api, database)
        handler._queue_url.cache_clear()
        yield bench
        assert api.open_transactions == 0, "every transaction is committed or rolled back"
        database.execute("drop table replay_test_account", timeout=LONG)
        database.execute("drop table if exists replay_test_ledger", timeout=LONG)


def body(identity: str, amount: int = 10, source: str = "a", target: str = "b") -> str:
    sql = "update replay_test_account set balance = balance + :n where id = :id"
    return json.dumps(
        {
            "id": identity,
            "statements": [
                {
                    "sql": sql,
                    "parameters": [
                        {"name": "n", "value": {"longValue": change}},
                        {"name": "id", "value": {"stringValue": account}},
                    ],
                }
                for account, change in ((source, -amount), (target, amount))
            ],
        }
    )


def record(message: str, text: str, group: str = "g", deliveries: int = 1) -> dict[str, Any]:
    return {
        "messageId": message,
        "receiptHandle": f"receipt-{message}",
        "body": text,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": str(deliveries)},
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:replay.fifo",
    }


def unavailable() -> Exception:
    return refused("DatabaseUnavailableException", "the writer instance isn't available")

# SPDX-License-Identifier: Apache-2.0
"""Applies the transactions that wait in the replay queue, each of them once and in the order of its message group.

SQS hands over a batch and hears which messages are still to be done; those come again, soon at first and then less
often. A transaction that the database refuses for good is parked in the queue of dead letters with the reason, and the
next one goes on. While there is no writer nothing is parked: everything waits. A statement has 15 seconds.

    SETTINGS    {"ledger": "harecon_ledger", "keep": 2592000}: the ledger's table, and for how many seconds it remembers
    DEAD_QUEUE  the name of the queue in which refused transactions are parked
    CLUSTER_ARN, SECRET_ARN, DATABASE, METRICS_NAMESPACE
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from replay_worker.transaction import Malformed, Statement, Transaction
from shared.clients import client
from shared.ledger import Ledger
from shared.metrics import LEDGER_MISMATCHES, REPLAY_DEFERRED, REPLAY_PARKED, REPLAYED, UNKNOWN_EVENTS, Metric
from shared.refusals import Meaning, meaning, name, sqlstate
from shared.telemetry import measure, note

# One transaction has a begin, its statements, a commit: none is begun that would run into the function's own time
# limit.
LEAST_TIME_LEFT_MS = 25_000
STATEMENT_SECONDS = 15.0
# A function that dies leaves its transaction open, and all messages of its batch wait for the queue's own time. So one
# that is too long for what is left is rolled back, and a rollback may not hang for as long as a statement.
LEAST_TIME_TO_GO_ON_MS = 6_000
ROLLBACK_SECONDS = 3.0
PRUNE_EVERY_SECONDS = 600.0
LONGEST_REASON = 500

# Until a message comes again: after its first, second, ... delivery. For two minutes, in which most failovers end, it
# is no longer than what the spec's objectives leave to clients; after that a thousand deliveries have to last for
# hours.
# The queue's own time is for a function that died.
AGAIN_AFTER_SECONDS = (2, 5, 10, *(15,) * 7, 30, 60)
# What SQS takes in one request.
LARGEST_REQUEST = 10
# Bytes that a message may have, its attributes included.
LARGEST_MESSAGE = 1_048_576

Record = Mapping[str, Any]


class Refused(Exception):
    """The transaction will never be applied. The reason may quote its values: it is not for a log."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


class NotBegun(Exception):
    """The database took not even the transaction's row in the ledger: that is no fault of the transaction's own."""

    def __init__(self, error: ClientError | BotoCoreError) -> None:
        super().__init__(str(error))
        self.error = error


class OutOfTime(Exception):
    """The transaction was given up, and changed nothing: the function would have ended in the midst of it."""


@dataclass(frozen=True)
class Writer:
    """Applies transactions on the writer, through the Data API."""

    client: Any
    cluster: str
    secret: str
    database: str
    ledger: Ledger
    # Gives up sooner than `client`; None for the same.
    undoing: Any = None

    def apply(self, transaction: Transaction, time_left_ms: Callable[[], int]) -> int:
        """How often the transaction has been here, this time included: 1 when it was applied just now.

        Raises Refused, NotBegun and OutOfTime, and what botocore raises: then it may have been applied or not.
        """
        try:
            started = self.client.begin_transaction(**self._target(), database=self.database)["transactionId"]
        except (BotoCoreError, ClientError) as error:
            raise NotBegun(error) from error
        is_ready = False
        try:
            [[seen, body]] = self._enter(transaction, started)
            if body["stringValue"] != transaction.body:
                raise Refused("mismatch", "the id was given to another transaction before")
            if seen["longValue"] == 1:
                for statement in transaction.statements:
                    _check_time(time_left_ms)
                    self._execute(statement, started)
            _check_time(time_left_ms)
            is_ready = True
        finally:
            if not is_ready:
                self._roll_back(started)
        # Also when there was nothing left to do: the ledger's row must be as safe as the transaction it tells of.
        self.client.commit_transaction(resourceArn=self.cluster, secretArn=self.secret, transactionId=started)
        count: int = seen["longValue"]
        return count

    def _enter(self, transaction: Transaction, started: str) -> list[list[dict[str, Any]]]:
        given = (_text("id", transaction.id), _text("body", transaction.body))
        try:
            answer = self._execute(Statement(self.ledger.entering, given), started)
        except (BotoCoreError, ClientError) as error:
            # Of what is in that statement only the id is the transaction's, and only its characters can be refused.
            if (sqlstate(error) or "").startswith("22"):
                raise
            raise NotBegun(error) from error
        records: list[list[dict[str, Any]]] = answer["records"]
        return records

    def make_ledger(self) -> None:
        for sql in self.ledger.making:
            try:
                self._execute(Statement(sql))
            except ClientError as error:
                # Another one made it in the same moment.
                if sqlstate(error) not in ("23505", "42710", "42P07"):
                    raise

    def prune(self, keep: float) -> int:
        """How many rows older than `keep` seconds the ledger has forgotten."""
        answer = self._execute(Statement(self.ledger.pruning, ({"name": "keep", "value": {"doubleValue": keep}},)))
        count: int = answer.get("numberOfRecordsUpdated", 0)
        return count

    def _target(self) -> dict[str, str]:
        return {"resourceArn": self.cluster, "secretArn": self.secret}

    def _execute(self, statement: Statement, transaction: str | None = None) -> dict[str, Any]:
        place = {"transactionId": transaction} if transaction else {}
        answer: dict[str, Any] = self.client.execute_statement(
            **self._target(), database=self.database, sql=statement.sql, parameters=list(statement.parameters), **place
        )
        return answer

    def _roll_back(self, transaction: str) -> None:
        """At once: an abandoned one holds its row of the ledger for three minutes, and every repeat waits for it."""
        try:
            (self.undoing or self.client).rollback_transaction(**self._target(), transactionId=transaction)
        except (BotoCoreError, ClientError) as error:
            note("not rolled back", error=name(error))


def _check_time(time_left_ms: Callable[[], int]) -> None:
    if time_left_ms() < LEAST_TIME_TO_GO_ON_MS:
        raise OutOfTime


def _text(parameter: str, value: str) -> dict[str, Any]:
    return {"name": parameter, "value": {"stringValue": value}}


@dataclass(frozen=True)
class DeadLetters:
    """Where a transaction is parked that no repetition helps."""

    client: Any
    queue: str

    def park(self, record: Record, cause: str, reason: str) -> None:
        """Raises what botocore raises. Parked twice within five minutes it is there once."""
        group = record.get("attributes", {}).get("MessageGroupId", "none")
        told = {"messageId": record["messageId"], "cause": cause, "reason": _sendable(reason)}
        self.client.send_message(
            QueueUrl=_queue_url(self.client, self.queue),
            MessageBody=record["body"],
            MessageGroupId=group,
            MessageDeduplicationId=hashlib.sha256(record["messageId"].encode()).hexdigest(),
            MessageAttributes=_fitting(told, LARGEST_MESSAGE - len(record["body"].encode())),
        )


def hasten(sqs: Any, records: list[Record]) -> None:
    """Has messages come again sooner than they would by the queue's settings.

    Otherwise a writer that is back after half a minute is not written to for as long as a function may take six times.
    """
    for start in range(0, len(records), LARGEST_REQUEST):
        some = records[start : start + LARGEST_REQUEST]
        try:
            sqs.change_message_visibility_batch(
                QueueUrl=_queue_url(sqs, some[0]["eventSourceARN"].rsplit(":", 1)[-1]),
                Entries=[
                    {"Id": str(index), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": _pause(record)}
                    for index, record in enumerate(some)
                ],
            )
        except (BotoCoreError, ClientError) as error:
            # They come all the same, later.
            note("not hastened", error=name(error))


def _pause(record: Record) -> int:
    """Seconds."""
    deliveries = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    return AGAIN_AFTER_SECONDS[min(deliveries, len(AGAIN_AFTER_SECONDS)) - 1]


# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_UNSENDABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _sendable(text: str) -> str:
    """SQS takes no control characters but tab and line ends, none that are no characters, and no empty text."""
    return _UNSENDABLE.sub("?", text)[:LONGEST_REASON] or "none"


def _fitting(told: Mapping[str, str], room: int) -> dict[str, dict[str, str]]:
    """Of the attributes, in their order, those for which a message has room: better without than not parked.

    - Parameter room: bytes, of which names, types and values take theirs.
    """
    attributes = {}
    for attribute, value in told.items():
        room -= len((attribute + "String" + value).encode())
        if room < 0:
            break
        attributes[attribute] = {"DataType": "String", "StringValue": value}
    return attributes


@cache
def _queue_url(sqs: Any, queue: str) -> str:
    url: str = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    return url


@dataclass
class Batch:
    """One delivery of messages, and what became of them."""

    writer: Writer
    dead: DeadLetters
    time_left_ms: Callable[[], int]
    # What has to come again.
    failed: list[Record] = field(default_factory=list)
    counts: dict[Metric, int] = field(
        default_factory=lambda: {REPLAYED: 0, REPLAY_PARKED: 0, REPLAY_DEFERRED: 0, LEDGER_MISMATCHES: 0}
    )
    # Groups of which a message has to come again: what is behind it must not overtake it.
    _held: set[str] = field(default_factory=set)
    _stopped: bool = False

    def run(self, records: list[Record]) -> None:
        for record in records:
            group = record.get("attributes", {}).get("MessageGroupId", "")
            self._stopped = self._stopped or self.time_left_ms() < LEAST_TIME_LEFT_MS
            if self._stopped or group in self._held or not self._settles(record):
                self._held.add(group)
                self.failed.append(record)
        self.counts[REPLAY_DEFERRED] = len(self.failed)

    def _settles(self, record: Record) -> bool:
        """Whether the message is done with: applied, or parked."""
        try:
            transaction = Transaction.read(record["body"])
            return self._applies(transaction)
        except Malformed as error:
            return self._parks(record, "malformed", str(error))
        except Refused as error:
            return self._parks(record, error.cause, str(error))
        except Exception as error:
            # What nobody foresaw in one message is no reason to hold up all others. The queue parks it in the end.
            note("not understood", message=record["messageId"], error=type(error).__name__)
            return False

    def _applies(self, transaction: Transaction) -> bool:
        try:
            try:
                seen = self.writer.apply(transaction, self.time_left_ms)
            except NotBegun as missing:
                if sqlstate(missing.error) != "42P01" or self.writer.ledger.name not in str(missing):
                    raise
                self._make_ledger()
                seen = self.writer.apply(transaction, self.time_left_ms)
        except NotBegun as unready:
            note("not begun", transaction=transaction.id, error=name(unready.error))
            # Another one that holds the same row is the only reason that is not everybody's.
            self._stopped = meaning(unready.error) is not Meaning.AGAIN
            return False
        except OutOfTime:
            note("not in time", transaction=transaction.id, statements=len(transaction.statements))
            self._stopped = True
            return False
        except (BotoCoreError, ClientError) as error:
            verdict = meaning(error)
            note("not applied", transaction=transaction.id, meaning=verdict.value, error=name(error))
            if verdict is Meaning.REFUSED:
                raise Refused(name(error), str(error)) from error
            # Whether it lies in this transaction or befalls everybody, the next group's begin tells.
            return False
        self.counts[REPLAYED] += 1 if seen == 1 else 0
        note("applied" if seen == 1 else "applied before", transaction=transaction.id, seen=seen)
        return True

    def _make_ledger(self) -> None:
        try:
            self.writer.make_ledger()
        except (BotoCoreError, ClientError) as error:
            raise NotBegun(error) from error

    def _parks(self, record: Record, cause: str, reason: str) -> bool:
        try:
            self.dead.park(record, cause, reason)
        except (BotoCoreError, ClientError) as error:
            note("not parked", message=record["messageId"], cause=cause, error=name(error))
            return False
        self.counts[REPLAY_PARKED] += 1
        self.counts[LEDGER_MISMATCHES] += 1 if cause == "mismatch" else 0
        note("parked", message=record["messageId"], cause=cause)
        return True


@dataclass
class Pruning:
    """Keeps the ledger from growing for ever: now and then, and only while there is nothing else to worry about."""

    writer: Writer
    keep: float
    now: Callable[[], float] = time.monotonic
    _last: float | None = None

    def run(self) -> None:
        if self._last is not None and self.now() - self._last < PRUNE_EVERY_SECONDS:
            return
        self._last = self.now()
        try:
            note("pruned", rows=self.writer.prune(self.keep))
        except (BotoCoreError, ClientError) as error:
            note("not pruned", error=name(error))


@cache
def _configured() -> tuple[Writer, DeadLetters, Pruning]:
    settings = json.loads(os.environ["SETTINGS"])
    writer = Writer(
        # Never tried again by botocore: a repeat of a commit that got through would be refused, or apply twice.
        client=client("rds-data", connect=1.0, read=STATEMENT_SECONDS, attempts=1),
        cluster=os.environ["CLUSTER_ARN"],
        secret=os.environ["SECRET_ARN"],
        database=os.environ["DATABASE"],
        ledger=Ledger(settings["ledger"]),
        undoing=client("rds-data", connect=1.0, read=ROLLBACK_SECONDS, attempts=1),
    )
    dead = DeadLetters(client("sqs", connect=1.0, read=4.0, attempts=2), os.environ["DEAD_QUEUE"])
    return writer, dead, Pruning(writer, float(settings["keep"]))


class UnknownEvent(ValueError):
    """Not what SQS delivers."""


def _records(event: Mapping[str, Any]) -> list[Record]:
    """Raises UnknownEvent, so that Lambda keeps what it was called with in the queue of what functions could not do."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    known = {"messageId", "receiptHandle", "body", "eventSourceARN"}
    if not isinstance(records, list) or not all(isinstance(one, Mapping) and known <= one.keys() for one in records):
        note("event not understood", keys=sorted(event) if isinstance(event, Mapping) else type(event).__name__)
        measure({UNKNOWN_EVENTS: 1})
        raise UnknownEvent("no records of SQS")
    return records


def handle(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry: answers which messages have to come again."""
    records = _records(event)
    writer, dead, pruning = _configured()
    batch = Batch(writer, dead, context.get_remaining_time_in_millis)
    batch.run(records)
    measure(batch.counts)
    if batch.failed:
        hasten(dead.client, batch.failed)
    elif context.get_remaining_time_in_millis() > LEAST_TIME_LEFT_MS:
        pruning.run()
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in batch.failed]}

# SPDX-License-Identifier: Apache-2.0
"""How an application may deal with a writer that fails: ways that are safe, and two that show what they cost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from harecon_replay import Accepted, Applied, FileBuffer, Ledger, Statement, Transaction
from harecon_replay import Client as ReplayClient
from harecon_replay import Settings as ReplaySettings
from harecon_replay.buffer_queue import NotQueued, QueueClient
from harecon_replay.outcome import TargetError
from harecon_replay.targets import Target
from harecon_replay.targets.data_api import DataAPI
from harecon_replay.targets.postgres import PostgreSQL

from harecon_lab.application import Settings
from harecon_lab.bank import Transfer
from harecon_lab.journal import Journal

LEDGER = "harecon_ledger"
PAUSE_SECONDS = (0.05, 0.25)
# Who cannot be told asks: whether the queue has it, whether it is applied.
ASKING_SECONDS = 0.2
# For one transaction, as for one call of the Data API: a writer that hangs costs that.
ATTEMPT_SECONDS = 5.0


class Client(Protocol):
    def submit(self, transfer: Transfer) -> None:
        """Returns when the journal says what became of it."""

    def go_on(self, transfer: Transfer) -> None:
        """Of a transfer that is begun, by a process that was killed."""

    def close(self) -> None:
        """Whatever is kept is done, or stays for the next time."""


@dataclass(frozen=True)
class DataApiTarget:
    """`client` must repeat nothing by itself."""

    client: Any
    cluster: str
    secret: str
    database: str
    bank: str

    def apply(self, transfer: Transfer) -> None:
        """Begin, statements, commit; without a ledger. Raises what botocore raises."""
        place = {"resourceArn": self.cluster, "secretArn": self.secret}
        name = self.client.begin_transaction(**place, database=self.database)["transactionId"]
        try:
            for statement in transfer.statements(self.bank):
                self.client.execute_statement(**place, database=self.database, transactionId=name, **statement)
        except (BotoCoreError, ClientError):
            self._roll_back(place, name)
            raise
        self.client.commit_transaction(**place, transactionId=name)

    def _roll_back(self, place: dict[str, str], name: str) -> None:
        try:
            self.client.rollback_transaction(**place, transactionId=name)
        except (BotoCoreError, ClientError):
            # The writer is gone, and the transaction with it.
            pass


@dataclass(frozen=True)
class NaiveRetry:
    """Takes every error for a failure and does it all again: a commit whose answer was lost is applied twice."""

    target: DataApiTarget
    journal: Journal
    stopped: threading.Event

    def submit(self, transfer: Transfer) -> None:
        self.journal.begin(transfer)
        while True:
            try:
                self.target.apply(transfer)
            except (BotoCoreError, ClientError):
                self.stopped.wait(random.uniform(*PAUSE_SECONDS))
                continue
            self.journal.acknowledged(transfer)
            return

    def go_on(self, transfer: Transfer) -> None:
        """Nobody remembers it."""

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class NoRetry:
    """Tells its caller every error, also of a commit that got through."""

    target: DataApiTarget
    journal: Journal
    stopped: threading.Event

    def submit(self, transfer: Transfer) -> None:
        self.journal.begin(transfer)
        try:
            self.target.apply(transfer)
        except (BotoCoreError, ClientError) as error:
            self.journal.failed(transfer, type(error).__name__)
            self.stopped.wait(random.uniform(*PAUSE_SECONDS))
            return
        self.journal.acknowledged(transfer)

    def go_on(self, transfer: Transfer) -> None:
        """Nobody remembers it."""

    def close(self) -> None:
        pass


class Kept(Client):
    """Somebody keeps what is begun: it can be begun again, and the same id is applied once."""

    journal: Journal

    def submit(self, transfer: Transfer) -> None:
        self.journal.begin(transfer)
        self.go_on(transfer)


@dataclass(frozen=True)
class Buffered(Kept):
    """`harecon_replay`: durable before the first attempt, and done again until the ledger has it."""

    client: ReplayClient
    bank: str
    journal: Journal

    def go_on(self, transfer: Transfer) -> None:
        future = self.client.submit_nowait(_transaction(transfer, self.bank))
        self.journal.accepted(transfer)
        match future.result():
            case Applied():
                self.journal.acknowledged(transfer)
            case other:
                self.journal.failed(transfer, type(other).__name__)

    def close(self) -> None:
        self.client.close()


@dataclass(frozen=True)
class Queued(Kept):
    """`harecon_replay.buffer_queue`: a queue takes it, the stack's replay worker applies it, and the ledger tells."""

    client: QueueClient
    bank: str
    journal: Journal

    def go_on(self, transfer: Transfer) -> None:
        while not self._is_queued(transfer):
            time.sleep(ASKING_SECONDS)
        self.journal.accepted(transfer)
        while not self._is_applied(transfer):
            time.sleep(ASKING_SECONDS)
        self.journal.acknowledged(transfer)

    def _is_queued(self, transfer: Transfer) -> bool:
        try:
            return isinstance(self.client.submit(_transaction(transfer, self.bank)), Accepted)
        except NotQueued:
            return False

    def _is_applied(self, transfer: Transfer) -> bool:
        try:
            return isinstance(self.client.outcome(transfer.name), Applied)
        except TargetError:
            return False

    def close(self) -> None:
        """The queue keeps what it has."""


def _transaction(transfer: Transfer, bank: str) -> Transaction:
    statements = tuple(Statement(each["sql"], tuple(each["parameters"])) for each in transfer.statements(bank))
    return Transaction(transfer.name, transfer.name.rpartition("-")[0], statements)


# MARK: Making them


def _data_api(settings: Settings) -> Any:
    """Gives up within seconds and repeats nothing: that is for who knows what may be repeated."""
    config = Config(
        connect_timeout=1, read_timeout=ATTEMPT_SECONDS, retries={"total_max_attempts": 1},
        max_pool_connections=settings.writers + 2,
    )  # fmt: skip
    return boto3.client("rds-data", config=config)


def _plain(settings: Settings) -> DataApiTarget:
    return DataApiTarget(_data_api(settings), settings.cluster, settings.secret, settings.database, settings.bank)


def _by_data_api(settings: Settings) -> DataAPI:
    return DataAPI(_data_api(settings), settings.cluster, settings.secret, settings.database, Ledger(LEDGER))


def _buffered(settings: Settings, journal: Journal, target: Target) -> Buffered:
    choices = ReplaySettings(concurrency=settings.writers + 2, attempt_seconds=ATTEMPT_SECONDS)
    return Buffered(ReplayClient(FileBuffer(settings.buffer), target, settings=choices), settings.bank, journal)


def _queued(settings: Settings, journal: Journal) -> Queued:
    client = QueueClient(boto3.client("sqs"), settings.queue_url, _by_data_api(settings), ATTEMPT_SECONDS)
    return Queued(client, settings.bank, journal)


CLIENTS: dict[str, Callable[[Settings, Journal, threading.Event], Client]] = {
    "buffered": lambda settings, journal, stopped: _buffered(settings, journal, _by_data_api(settings)),
    "socket": lambda settings, journal, stopped: _buffered(
        settings, journal, PostgreSQL(settings.conninfo, Ledger(LEDGER))
    ),
    "queue": lambda settings, journal, stopped: _queued(settings, journal),
    "naive": lambda settings, journal, stopped: NaiveRetry(_plain(settings), journal, stopped),
    "none": lambda settings, journal, stopped: NoRetry(_plain(settings), journal, stopped),
}

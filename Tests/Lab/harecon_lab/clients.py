# SPDX-License-Identifier: Apache-2.0
"""How an application may deal with a writer that fails: ways that are safe, and two that show what they cost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from harecon_lab.bank import Transfer
from harecon_lab.journal import Journal

PAUSE_SECONDS = (0.05, 0.25)


class Client(Protocol):
    def submit(self, transfer: Transfer) -> None:
        """Returns when the journal says what became of it."""

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

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Buffered:
    """`harecon_replay`: durable before the first attempt, and done again until the ledger has it."""

    # A `harecon_replay.Client`, and what makes its transaction of a transfer.
    client: Any
    transaction: Callable[[Transfer], Any]
    is_applied: Callable[[Any], bool]
    journal: Journal

    def submit(self, transfer: Transfer) -> None:
        self.journal.begin(transfer)
        self.go_on(transfer)

    def go_on(self, transfer: Transfer) -> None:
        """Of a transfer that is begun, perhaps by a process that was killed: the same id is applied once."""
        future = self.client.submit_nowait(self.transaction(transfer))
        self.journal.accepted(transfer)
        outcome = future.result()
        if self.is_applied(outcome):
            self.journal.acknowledged(transfer)
        else:
            self.journal.failed(transfer, type(outcome).__name__)

    def close(self) -> None:
        self.client.close()

# SPDX-License-Identifier: Apache-2.0
"""The database behind the RDS Data API, which always writes on the cluster's writer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from harecon_replay.ledger import Ledger
from harecon_replay.outcome import TargetError
from harecon_replay.targets import MADE_BY_ANOTHER, Entered, Settled
from harecon_replay.transaction import Parameter, Statement

# The Data API has PostgreSQL's code only in the text: `ERROR: ...; SQLState: 23505`.
_SQLSTATE = re.compile(r"SQLState:\s*([0-9A-Z]{5})\b", re.IGNORECASE)


def client(read_seconds: float = 10.0, connections: int = 8, **options: Any) -> Any:
    """A client of boto3 that never repeats a call by itself: a write that got through would be done twice."""
    config = Config(
        connect_timeout=2.0,
        read_timeout=read_seconds,
        max_pool_connections=connections,
        retries={"total_max_attempts": 1},
    )
    return boto3.client("rds-data", config=config, **options)


@dataclass(frozen=True)
class DataAPI:
    """A database of a cluster. `client` is boto3's, of which `client()` makes the right kind."""

    client: Any
    cluster: str
    secret: str
    database: str
    ledger: Ledger = Ledger()

    def __post_init__(self) -> None:
        meta = getattr(self.client, "meta", None)
        retries = (meta.config.retries or {}) if meta else {"total_max_attempts": 1}
        if retries.get("total_max_attempts") != 1:
            raise ValueError("the client of rds-data repeats calls by itself: give it `total_max_attempts` 1")

    def begin(self, seconds: float) -> _Session:
        deadline = time.monotonic() + seconds
        started = _asked(deadline, lambda: self.client.begin_transaction(**self._place(), database=self.database))
        return _Session(self, started["transactionId"], deadline)

    def make(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for sql in self.ledger.making:
            try:
                self.execute(Statement(sql), deadline)
            except TargetError as error:
                if error.sqlstate not in MADE_BY_ANOTHER:
                    raise

    def settle(self, id: str, xid: str | None, seconds: float) -> Settled:
        asking = Statement(self.ledger.settling, (_text("id", id), _text("xid", xid)))
        answer = self.execute(asking, time.monotonic() + seconds)
        [[seen, status]] = answer["records"]
        return Settled(seen["longValue"], status.get("stringValue"))

    def close(self) -> None:
        close = getattr(self.client, "close", None)
        if close:
            close()

    def execute(self, statement: Statement, deadline: float, transaction: str | None = None) -> dict[str, Any]:
        place = {"transactionId": transaction} if transaction else {}
        parameters = [dict(parameter) for parameter in statement.parameters]
        return _asked(
            deadline,
            lambda: self.client.execute_statement(
                **self._place(), database=self.database, sql=statement.sql, parameters=parameters, **place
            ),
        )

    def _place(self) -> dict[str, str]:
        return {"resourceArn": self.cluster, "secretArn": self.secret}


@dataclass(frozen=True)
class _Session:
    target: DataAPI
    id: str
    deadline: float

    def enter(self, id: str, body: str) -> Entered:
        entering = Statement(self.target.ledger.entering, (_text("id", id), _text("body", body)))
        [[seen, known, xid]] = self.target.execute(entering, self.deadline, self.id)["records"]
        return Entered(seen["longValue"], known["stringValue"], xid["stringValue"])

    def execute(self, statement: Statement) -> None:
        self.target.execute(statement, self.deadline, self.id)

    def commit(self) -> str | None:
        """The Data API tells no warnings."""
        target = self.target
        with _told():
            # Sent also when the time is over: the client's own time-out ends it, and unsent it would hold its locks.
            target.client.commit_transaction(
                resourceArn=target.cluster, secretArn=target.secret, transactionId=self.id
            )
        return None

    def roll_back(self) -> None:
        target = self.target
        with _told():
            target.client.rollback_transaction(
                resourceArn=target.cluster, secretArn=target.secret, transactionId=self.id
            )


def _asked(deadline: float, call: Callable[[], Any]) -> dict[str, Any]:
    if time.monotonic() >= deadline:
        raise TargetError("the attempt's time is over")
    with _told():
        answer: dict[str, Any] = call()
    return answer


@contextmanager
def _told() -> Iterator[None]:
    """What botocore raises, as a TargetError."""
    try:
        yield
    except ParamValidationError as error:
        raise TargetError(str(error), code="ValidationException") from error
    except ClientError as error:
        told = error.response.get("Error", {})
        message = told.get("Message", "")
        found = _SQLSTATE.search(message)
        state = found[1].upper() if found else None
        raise TargetError(message or str(error), code=told.get("Code"), sqlstate=state) from error
    except BotoCoreError as error:
        raise TargetError(str(error)) from error


def _text(name: str, value: str | None) -> Parameter:
    return {"name": name, "value": {"isNull": True} if value is None else {"stringValue": value}}

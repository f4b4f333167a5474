# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the RDS Data API: an HTTP server that runs statements on whoever writes now.

It takes what the botocore model says and nothing else, and is as strict as Aurora where it matters: typed parameters,
one statement at a time, 1 MiB of answer and 4 MiB of request, 45 seconds for a statement, three minutes for a
transaction that nobody uses, and an error that ends its transaction. What the service says when the writer dies
within a call is not documented; here it is a 504, after which nobody knows what became of the call: the worst case.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Params, Result
from harecon_sandbox.signature import Key, standing_key

from harecon_lab.endpoint import Endpoint
from harecon_lab.fields import Invalid, Unsupported, column, field, value
from harecon_lab.named import numbered
from harecon_lab.sessions import Lost, Place, Session, Sessions, SqlError
from harecon_lab.transactions import Transactions

SERVICE = "rds-data"
LARGEST_REQUEST = 4 * 1024 * 1024
LARGEST_RESULT = 1024 * 1024
LARGEST_ROW = 64 * 1024
# The model allows an ARN 100 characters. Those of the secrets that RDS makes for master users have 108 in us-east-1.
LONGER = frozenset({"secretArn"})
# How often it is looked who is overdue.
SWEEP_SECONDS = 0.25


@dataclass(frozen=True)
class Limits:
    """Seconds."""

    statement: float = 45.0
    idle: float = 180.0
    longest: float = 24 * 3600.0


class UnknownSecret(Exception):
    """There is no such secret, or it holds no login."""


# The user and the password that a secret holds. Raises UnknownSecret.
Credentials = Callable[[str], tuple[str, str]]


class DataApi:
    """The server. `writer` says who writes now, `key_of` which key signs for an access key id."""

    def __init__(
        self, cluster_arn: str, writer: Callable[[], Place], credentials: Credentials,
        key_of: Callable[[str], Key | None] = standing_key, is_enabled: Callable[[], bool] = lambda: True,
        limits: Limits = Limits(),
    ) -> None:  # fmt: skip
        self._cluster_arn = cluster_arn
        self._credentials = credentials
        self._is_enabled = is_enabled
        self._limits = limits
        self._sessions = Sessions(writer, limits.statement)
        self.transactions = Transactions(self._sessions, limits.idle, limits.longest)
        operations = {
            "ExecuteStatement": self._execute, "BatchExecuteStatement": self._execute_batch,
            "BeginTransaction": self._begin, "CommitTransaction": self._commit, "RollbackTransaction": self._roll_back,
        }  # fmt: skip
        self._endpoint = Endpoint(SERVICE, operations, LARGEST_REQUEST, key_of, LONGER)
        self._stopped = threading.Event()
        self._lost: list[str] | None = None
        self._sweeper = threading.Thread(target=self._sweep, name="data-api-sweep", daemon=True)

    @property
    def endpoint(self) -> str:
        return self._endpoint.url

    @property
    def violations(self) -> list[str]:
        return self._endpoint.violations

    def start(self) -> None:
        self._endpoint.start()
        self._sweeper.start()

    def stop(self) -> None:
        self._stopped.set()
        self._sweeper.join()
        self._sessions.close()
        self._endpoint.stop()

    def leave(self, name: str) -> int:
        """Ends all connections to a member that writes no more; whoever waits for an answer is told that it is gone."""
        return self._sessions.cut(name)

    @contextmanager
    def losing_answers(self) -> Iterator[list[str]]:
        """Commits are carried out meanwhile, and their clients hear 504: what a writer's last moment may look like.

        The list grows by the id of each.
        """
        self._lost = lost = []
        try:
            yield lost
        finally:
            self._lost = None

    def _sweep(self) -> None:
        while not self._stopped.wait(SWEEP_SECONDS):
            self.transactions.end_idle()
            # The server ends a statement by itself; this is for one that hangs.
            self._sessions.cut_overdue(self._limits.statement + 5)

    # MARK: The operations

    def _begin(self, params: Params) -> Result:
        with _told():
            session = self._session(params)
            try:
                session.run("begin")
            except (Lost, SqlError):
                self._sessions.drop(session)
                raise
        return {"transactionId": self.transactions.open(session, params["secretArn"])}

    def _commit(self, params: Params) -> Result:
        answer = self._finish(params, "commit", "Transaction Committed")
        lost = self._lost
        if lost is not None:
            lost.append(params["transactionId"])
            raise AWSError("DatabaseUnavailableException", "the writer instance isn't available")
        return answer

    def _roll_back(self, params: Params) -> Result:
        return self._finish(params, "rollback", "Rollback Complete")

    def _finish(self, params: Params, sql: str, status: str) -> Result:
        self._check(params)
        with self._within(params) as session, _told():
            try:
                session.run(sql)
            finally:
                # Whatever came of it: it is over.
                transaction = self.transactions.find(params["transactionId"], params["secretArn"])
                if transaction:
                    self.transactions.end(params["transactionId"], transaction)
        return {"transactionStatus": status}

    def _execute(self, params: Params) -> Result:
        if params.get("continueAfterTimeout"):
            raise AWSError("ValidationException", "this stand-in continues no statement after its timeout", 400)
        with self._running(params) as session, _told():
            return _result(session, params)

    def _execute_batch(self, params: Params) -> Result:
        sets = params.get("parameterSets") or [[]]
        with self._running(params) as session, _told():
            is_own = not session.in_transaction
            if is_own:
                session.run("begin")
            for given in sets:
                result = _run(session, params["sql"], given)
                if result.nfields:
                    raise SqlError("0100E", "ERROR: A result was returned when none was expected.")
            if is_own:
                session.run("commit")
        return {"updateResults": [{"generatedFields": []} for _ in sets]}

    # MARK: Sessions

    def _check(self, params: Params) -> tuple[str, str]:
        if params["resourceArn"] != self._cluster_arn:
            raise AWSError("DatabaseNotFoundException", f"there is no cluster {params['resourceArn']}")
        if not self._is_enabled():
            raise AWSError("HttpEndpointNotEnabledException", "the HTTP endpoint of the cluster is not enabled")
        if "schema" in params:
            raise AWSError("ValidationException", "the schema parameter is not supported", 400)
        try:
            return self._credentials(params["secretArn"])
        except UnknownSecret as error:
            raise AWSError("SecretsErrorException", str(error)) from None

    def _session(self, params: Params) -> Session:
        user, password = self._check(params)
        return self._sessions.take(user, password, params.get("database") or "postgres")

    @contextmanager
    def _running(self, params: Params) -> Iterator[Session]:
        """The session of the transaction that is named, or one for this call alone."""
        if "transactionId" in params:
            self._check(params)
            with self._within(params) as session:
                yield session
            return
        with _told():
            session = self._session(params)
        try:
            yield session
        except AWSError:
            self._sessions.drop(session)
            raise
        self._sessions.give_back(session)

    @contextmanager
    def _within(self, params: Params) -> Iterator[Session]:
        name = params["transactionId"]
        transaction = self.transactions.find(name, params["secretArn"])
        if transaction is None:
            raise _no_transaction(name)
        with transaction.lock:
            # It may have ended while another call had it.
            if not transaction.is_open:
                raise _no_transaction(name)
            self.transactions.used(transaction)
            try:
                yield transaction.session
            except AWSError:
                if transaction.is_open:
                    self.transactions.end(name, transaction)
                raise
            if transaction.is_open and not transaction.session.in_transaction:
                # A statement has ended it.
                self.transactions.end(name, transaction)
            self.transactions.used(transaction)


def _no_transaction(name: str) -> AWSError:
    return AWSError("TransactionNotFoundException", f"Transaction {name} is not found")


@contextmanager
def _told() -> Iterator[None]:
    """What PostgreSQL says, as the Data API says it."""
    try:
        yield
    except Lost as error:
        raise AWSError("DatabaseUnavailableException", f"the writer instance isn't available: {error}") from error
    except SqlError as error:
        if error.sqlstate == "57014" and "statement timeout" in error.text:
            raise AWSError("StatementTimeoutException", "Request timed out", dbConnectionId=0) from error
        raise AWSError("DatabaseErrorException", str(error)) from error
    except Invalid as error:
        raise AWSError("ValidationException", str(error), 400) from error
    except Unsupported as error:
        raise AWSError("UnsupportedResultException", str(error)) from error


def _run(session: Session, sql: str, parameters: list[dict[str, Any]]) -> Any:
    text, names = numbered(sql)
    given = {parameter["name"]: parameter for parameter in parameters}
    if len(given) != len(parameters):
        raise Invalid("a parameter is given twice")
    if missing := [name for name in names if name not in given]:
        raise Invalid(f"there is no value for the parameter {missing[0]!r}")
    if extra := sorted(given.keys() - set(names)):
        raise Invalid(f"the statement has no parameter {extra[0]!r}")
    return session.run(text, [value(given[name]) for name in names])


def _result(session: Session, params: Params) -> Result:
    result = _run(session, params["sql"], params.get("parameters") or [])
    if not result.nfields:
        return {"numberOfRecordsUpdated": result.command_tuples or 0, "generatedFields": []}
    _measure(result)
    types = [result.ftype(column) for column in range(result.nfields)]
    names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
    options = params.get("resultSetOptions") or {}
    records = [
        [field(result.get_value(row, index), number, options) for index, number in enumerate(types)]
        for row in range(result.ntuples)
    ]
    answer: Result = {"numberOfRecordsUpdated": 0}
    if params.get("formatRecordsAs") == "JSON":
        answer["formattedRecords"] = json.dumps([dict(zip(names, map(_plain, row), strict=True)) for row in records])
        return answer
    answer["records"] = records
    if params.get("includeResultMetadata"):
        answer["columnMetadata"] = [column(name, number) for name, number in zip(names, types, strict=True)]
    return answer


def _measure(result: Any) -> None:
    total = 0
    for row in range(result.ntuples):
        size = sum(len(result.get_value(row, index) or b"") for index in range(result.nfields))
        if size > LARGEST_ROW:
            raise Unsupported("a row of the result is larger than 64 KB")
        total += size
    if total > LARGEST_RESULT:
        raise Unsupported("Database returned more than the allowed response size limit")


def _plain(given: dict[str, Any]) -> Any:
    if given.get("isNull"):
        return None
    (content,) = given.values()
    return _plain(content) if isinstance(content, dict) else content.hex() if isinstance(content, bytes) else content

# SPDX-License-Identifier: Apache-2.0
"""The Data API over a real database, as far as the functions use it, with faults on demand."""

from __future__ import annotations

import re
import uuid
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from real_postgres import Server
from service_models import check_request
from shared.postgres import Connection, ServerError, Value, connect

LONG = 30.0

# A colon that no other stands beside: not of a cast.
_NAMED = re.compile(r"(?<!:):([a-z_]+)\b")


def refused(code: str, message: str = "", operation: str = "ExecuteStatement") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def lost() -> Exception:
    return ReadTimeoutError(endpoint_url="https://rds-data.us-east-1.amazonaws.com")


class DataAPI:
    """`faults` come first and are met in order: before the call of that name, or, for `commit answer`, after it."""

    def __init__(self, server: Server, user: str = "master") -> None:
        self._server = server
        self._user = user
        self._open: dict[str, Connection] = {}
        self.faults: list[tuple[str, Exception]] = []
        # So many calls that the first fault would meet it lets pass.
        self.spared = 0
        self.calls: list[str] = []

    def begin_transaction(self, resourceArn: str, secretArn: str, database: str) -> dict[str, str]:
        self._meet("begin")
        connection = self._connect()
        connection.execute("begin", timeout=LONG)
        name = str(uuid.uuid4())
        self._open[name] = connection
        return {"transactionId": name}

    def execute_statement(
        self,
        resourceArn: str,
        secretArn: str,
        database: str,
        sql: str,
        parameters: list[dict[str, Any]] | None = None,
        transactionId: str | None = None,
        includeResultMetadata: bool = False,
    ) -> dict[str, Any]:
        request = {"resourceArn": resourceArn, "secretArn": secretArn, "database": database, "sql": sql}
        check_request("rds-data", "ExecuteStatement", {**request, "parameters": parameters or []})
        self._meet("execute")
        if transactionId is None:
            with self._connect() as connection:
                return self._execute(connection, sql, parameters or [], includeResultMetadata)
        return self._execute(self._transaction(transactionId), sql, parameters or [], includeResultMetadata)

    def commit_transaction(self, resourceArn: str, secretArn: str, transactionId: str) -> dict[str, str]:
        self._meet("commit")
        connection = self._transaction(transactionId)
        del self._open[transactionId]
        with connection:
            try:
                connection.execute("commit", timeout=LONG)
            except ServerError as error:
                raise _told(error) from error
        self._meet("commit answer")
        return {"transactionStatus": "Transaction Committed"}

    def rollback_transaction(self, resourceArn: str, secretArn: str, transactionId: str) -> dict[str, str]:
        self._meet("rollback")
        self._transaction(transactionId).close()
        del self._open[transactionId]
        return {"transactionStatus": "Rollback Complete"}

    @property
    def open_transactions(self) -> int:
        return len(self._open)

    def drop_connections(self) -> None:
        """As when a writer dies: what is not committed is gone."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _connect(self) -> Connection:
        return connect(self._server.login(self._user), LONG, self._server.tls())

    def _transaction(self, name: str) -> Connection:
        if name not in self._open:
            raise refused("TransactionNotFoundException", f"Transaction {name} is not found")
        return self._open[name]

    def _meet(self, moment: str) -> None:
        self.calls.append(moment)
        if self.faults and self.faults[0][0] == moment:
            if self.spared:
                self.spared -= 1
                return
            raise self.faults.pop(0)[1]

    def _execute(
        self, connection: Connection, sql: str, parameters: list[dict[str, Any]], names: bool
    ) -> dict[str, Any]:
        values = {parameter["name"]: _plain(parameter["value"]) for parameter in parameters}
        order: list[str] = []

        def number(found: re.Match[str]) -> str:
            order.append(found[1])
            return f"${len(order)}"

        positional = _NAMED.sub(number, sql)
        try:
            # As Aurora does: a parameter has the type of its value, and a text is not taken for a number.
            typed = re.sub(r"\$(\d+)", lambda at: f"${at[1]}{_cast(values[order[int(at[1]) - 1]])}", positional)
            rows = connection.query(typed, *(values[name] for name in order), timeout=LONG)
        except ServerError as error:
            raise _told(error) from error
        answer: dict[str, Any] = {"records": [[_field(value) for value in row.values()] for row in rows]}
        if names and rows:
            answer["columnMetadata"] = [{"name": name} for name in rows[0]]
        return answer


def _told(error: ServerError) -> ClientError:
    return refused("DatabaseErrorException", f"ERROR: {error.message}; SQLState: {error.sqlstate}")


def _plain(value: dict[str, Any]) -> Value:
    ((kind, plain),) = value.items()
    return None if kind == "isNull" else plain


def _cast(value: Value) -> str:
    match value:
        case bool():
            return "::boolean"
        case int():
            return "::bigint"
        case float():
            return "::float8"
        case str():
            return "::text"
        case _:
            return ""


def _field(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"isNull": True}
        case bool():
            return {"booleanValue": value}
        case int():
            return {"longValue": value}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}

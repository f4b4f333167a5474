# SPDX-License-Identifier: Apache-2.0
"""SQL through the Data API, which always runs on the writer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

Value = str | int | float | bool | bytes | None

Row = dict[str, Value]


@dataclass(frozen=True)
class Database:
    """A database of the cluster, with the client and the secret to reach it."""

    client: Any
    cluster: str
    secret: str
    name: str

    def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        """The rows that one statement answers, by the names of their columns. It names its parameters `:name`.

        Raises what botocore raises: a statement that may have changed something must not be sent again blindly.
        """
        given = [{"name": name, "value": _field(value)} for name, value in (parameters or {}).items()]
        answer = self.client.execute_statement(
            resourceArn=self.cluster,
            secretArn=self.secret,
            database=self.name,
            sql=sql,
            includeResultMetadata=True,
            **({"parameters": given} if given else {}),
        )
        columns = [column.get("label") or column["name"] for column in answer.get("columnMetadata", [])]
        return [
            dict(zip(columns, (_value(field) for field in record), strict=True))
            for record in answer.get("records", [])
        ]


def sqlstate(error: ClientError) -> str | None:
    """PostgreSQL's own code of a statement's error, which the Data API gives in its message only."""
    found = re.search(r"SQLState: ([0-9A-Z]{5})", error.response["Error"].get("Message", ""))
    return found[1] if found else None


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
        case bytes():
            return {"blobValue": value}
        case str():
            return {"stringValue": value}


def _value(field: dict[str, Any]) -> Value:
    """A field has one member, named after the type of its value; `isNull` is a type of its own."""
    if field.get("isNull"):
        return None
    (value,) = field.values()
    if isinstance(value, dict):
        raise ValueError("arrays are not read: unnest them in the statement")
    plain: Value = value
    return plain


def as_text(value: Value) -> str:
    """A value as a spec writes it: `true` for a boolean, `3` for a number, `null` for none."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)

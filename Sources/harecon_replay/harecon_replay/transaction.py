# SPDX-License-Identifier: Apache-2.0
"""A transaction: statements that are fixed beforehand, under an id that the caller chose once for what it wants."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any
from uuid import UUID

from harecon_replay.boundaries import DEEPEST, ends_transaction, is_too_deep

# A ledger's key is an index entry, which may have no more than about 2,700 bytes.
LONGEST_ID = 255

# As the Data API takes them: {"name": "n", "value": {"longValue": 5}, "typeHint": "UUID"}.
Parameter = Mapping[str, Any]
Value = str | int | float | bool | bytes | None | Decimal | UUID | date | datetime | time_of_day

# JSON allows them as they are, SQS does not.
_UNSENDABLE = {ord("\ufffe"): "\\ufffe", ord("\uffff"): "\\uffff"}


class Malformed(ValueError):
    """This is no transaction, and will not become one."""


@dataclass(frozen=True)
class Statement:
    """SQL that names its parameters `:name`."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


def statement(sql: str, **values: Value) -> Statement:
    """A statement with Python's own values. Raises Malformed for one that the Data API has no place for."""
    return Statement(sql, tuple(_parameter(name, value) for name, value in values.items()))


@dataclass(frozen=True)
class Transaction:
    """Applied whole or not at all. Those of one `key` are applied in the order in which they were submitted."""

    id: str
    key: str
    statements: tuple[Statement, ...]

    def body(self) -> str:
        """The text that the buffer keeps and SQS carries, written once; `read` says whether it is a transaction.

        Raises Malformed for what JSON has no form for.
        """
        message = {
            "id": self.id,
            "statements": [
                {"sql": one.sql, "parameters": [_written(parameter) for parameter in one.parameters]}
                for one in self.statements
            ],
        }
        try:
            text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            text.encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise Malformed(f'transaction "{self.id}" cannot be written as JSON: {error}') from error
        return text.translate(_UNSENDABLE)


def read(key: str, body: str) -> Transaction:
    """The transaction of a body. Raises Malformed."""
    try:
        message = json.loads(body)
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Malformed("brackets without end") from error
    if is_too_deep(message):
        raise Malformed(f"it nests deeper than {DEEPEST} levels")
    if not isinstance(message, dict):
        raise Malformed("not an object")
    identity, statements = message.get("id"), message.get("statements")
    if not isinstance(identity, str) or not 1 <= len(identity.encode()) <= LONGEST_ID or "\0" in identity:
        raise Malformed(f'"id" is not a text of 1 to {LONGEST_ID} bytes without a zero byte')
    if not isinstance(statements, list) or not statements:
        raise Malformed('"statements" is not a list with at least one')
    return Transaction(identity, key, tuple(_statement(item) for item in statements))


def body_hash(body: str) -> str:
    """What the ledger remembers of a body: SHA-256, in hexadecimal, of the text as it was written."""
    return hashlib.sha256(body.encode()).hexdigest()


def _statement(item: object) -> Statement:
    if not isinstance(item, dict) or not isinstance(item.get("sql"), str) or not item["sql"].strip():
        raise Malformed('a statement has no "sql"')
    if ends_transaction(item["sql"]):
        raise Malformed("a statement begins or ends a transaction, which the client does itself")
    parameters = item.get("parameters", [])
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise Malformed('"parameters" is not a list of objects')
    return Statement(item["sql"], tuple(_read_parameter(parameter) for parameter in parameters))


# MARK: Parameters


def _read_parameter(parameter: dict[str, Any]) -> Parameter:
    """JSON has no bytes: a `blobValue` is base 64 there, as in the Data API's own requests, and bytes here."""
    value = parameter.get("value")
    if not isinstance(value, dict) or "blobValue" not in value:
        return parameter
    try:
        return {**parameter, "value": {"blobValue": base64.b64decode(value["blobValue"], validate=True)}}
    except (TypeError, ValueError, binascii.Error) as error:
        raise Malformed('a "blobValue" is not base 64') from error


def _written(parameter: Parameter) -> dict[str, Any]:
    value = parameter.get("value")
    if isinstance(value, Mapping) and isinstance(value.get("blobValue"), bytes):
        return {**parameter, "value": {"blobValue": base64.b64encode(value["blobValue"]).decode()}}
    return dict(parameter)


def _parameter(name: str, value: Value) -> Parameter:
    field, hint = _field(name, value)
    return {"name": name, "value": field, **({"typeHint": hint} if hint else {})}


def _field(name: str, value: Value) -> tuple[dict[str, Any], str | None]:
    match value:
        case None:
            return {"isNull": True}, None
        case bool():
            return {"booleanValue": value}, None
        case int() if -(2**63) <= value < 2**63:
            return {"longValue": value}, None
        case float() if math.isfinite(value):
            return {"doubleValue": value}, None
        case bytes():
            return {"blobValue": value}, None
        case str():
            return {"stringValue": value}, None
        case Decimal() if value.is_finite():
            return {"stringValue": f"{value:f}"}, "DECIMAL"
        case UUID():
            return {"stringValue": str(value)}, "UUID"
        case datetime() if value.tzinfo is None:
            return {"stringValue": value.isoformat(" ")}, "TIMESTAMP"
        case date() if not isinstance(value, datetime):
            return {"stringValue": value.isoformat()}, "DATE"
        case time_of_day() if value.tzinfo is None:
            return {"stringValue": value.isoformat()}, "TIME"
        case _:
            raise Malformed(f'parameter "{name}" has no form of the Data API: give a text and cast it in SQL')

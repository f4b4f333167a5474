# SPDX-License-Identifier: Apache-2.0
"""A transaction as it waits in the queue."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from replay_worker.boundaries import DEEPEST, ends_transaction, is_too_deep
from shared.ledger import body_hash

# A ledger's key is an index entry, which may have no more than about 2,700 bytes.
LONGEST_ID = 255

# Half of a character beyond the first 65,536, which JSON can escape alone and nobody can send.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")

Parameter = dict[str, Any]


class Malformed(ValueError):
    """What waits in the queue is no transaction, and will not become one."""


@dataclass(frozen=True)
class Statement:
    sql: str
    # As the Data API takes them.
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Transaction:
    """Statements that are applied all or not at all, under an id that its client chose once for what it wants done.

    {"id": "9f0c...", "statements": [
      {"sql": "update account set balance = balance - :n where id = :id",
       "parameters": [{"name": "n", "value": {"longValue": 5}},
                      {"name": "id", "value": {"stringValue": "5b1e..."}, "typeHint": "UUID"}]}]}
    """

    id: str
    statements: tuple[Statement, ...]
    # Tells it from another one that somebody gave the same id.
    body: str

    @staticmethod
    def read(text: str) -> Transaction:
        """Raises Malformed."""
        try:
            message = json.loads(text, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from error
        except (ValueError, RecursionError) as error:
            # A number without end, brackets without end: Python gives up before the text is over.
            raise Malformed(f"not JSON that can be read: {type(error).__name__}") from error
        if is_too_deep(message):
            raise Malformed(f"it nests deeper than {DEEPEST} levels")
        if _HALF.search(text) and not _is_text(message):
            raise Malformed("a text has half of a character")
        if not isinstance(message, dict):
            raise Malformed("not an object")
        identity, statements = message.get("id"), message.get("statements")
        if not isinstance(identity, str) or not 1 <= len(identity.encode()) <= LONGEST_ID or "\0" in identity:
            raise Malformed(f'"id" is not a text of 1 to {LONGEST_ID} bytes')
        if not isinstance(statements, list) or not statements:
            raise Malformed('"statements" is not a list with at least one')
        return Transaction(identity, tuple(_statement(item) for item in statements), body_hash(text))


def _no_number(word: str) -> None:
    """Python takes `NaN` and `Infinity` for numbers, JSON and the Data API do not."""
    raise ValueError(f"{word} is no number")


def _is_text(message: object) -> bool:
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _statement(item: object) -> Statement:
    if not isinstance(item, dict) or not isinstance(item.get("sql"), str) or not item["sql"].strip():
        raise Malformed('a statement has no "sql"')
    if ends_transaction(item["sql"]):
        raise Malformed("a statement begins or ends a transaction, which the worker does itself")
    parameters = item.get("parameters", [])
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise Malformed('"parameters" is not a list of objects')
    return Statement(item["sql"], tuple(_parameter(parameter) for parameter in parameters))


def _parameter(parameter: Parameter) -> Parameter:
    """JSON has no bytes: a `blobValue` is base 64 there, as in the Data API's own requests, and bytes for boto3."""
    value = parameter.get("value")
    if not isinstance(value, dict) or "blobValue" not in value:
        return parameter
    try:
        return {**parameter, "value": {"blobValue": base64.b64decode(value["blobValue"], validate=True)}}
    except (TypeError, ValueError, binascii.Error) as error:
        raise Malformed('a "blobValue" is not base 64') from error

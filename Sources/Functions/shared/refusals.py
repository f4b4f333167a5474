# SPDX-License-Identifier: Apache-2.0
"""What an error of the Data API says about the transaction that met it."""

from __future__ import annotations

import re
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError


class Meaning(Enum):
    """What is to be done about it."""

    # It will never be taken: a constraint, a type, a name that does not exist.
    REFUSED = "refused"
    # It may be taken when it is tried again: another one was in the way.
    AGAIN = "again"
    # Nothing will be taken for now: no writer, no credentials, too many requests.
    LATER = "later"


_SQLSTATE = re.compile(r"SQLState:\s*([0-9A-Z]{5})\b", re.IGNORECASE)

# By the first two characters of the SQLSTATE: what lies in the statement or in its data.
_REFUSED_CLASSES = frozenset({"0A", "20", "21", "22", "23", "27", "2B", "2F", "38", "39", "42", "44", "P0"})
# What lies in other transactions, and in how long this one took.
_AGAIN = frozenset({"40001", "40003", "40P01", "55P03", "57014"})

_MALFORMED = frozenset(
    {"BadRequestException", "SerializationException", "UnsupportedResultException", "ValidationException"}
)


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's code: the Data API has it only in the text, `ERROR: ...; SQLState: 23505`."""
    if not isinstance(error, ClientError):
        return None
    found = _SQLSTATE.search(error.response.get("Error", {}).get("Message", ""))
    return found[1].upper() if found else None


def meaning(error: ClientError | BotoCoreError) -> Meaning:
    """Of an error that came before the commit was sent, or with its answer.

    A commit whose answer never came is LATER: whether it happened, the ledger says next time.
    """
    if isinstance(error, ParamValidationError):
        return Meaning.REFUSED
    if not isinstance(error, ClientError):
        return Meaning.LATER
    state = sqlstate(error)
    if state:
        if state in _AGAIN:
            return Meaning.AGAIN
        # 40002 is a constraint that was checked at the commit.
        return Meaning.REFUSED if state[:2] in _REFUSED_CLASSES or state == "40002" else Meaning.LATER
    code = error.response.get("Error", {}).get("Code", "")
    if code in _MALFORMED:
        return Meaning.REFUSED
    return Meaning.AGAIN if code in ("StatementTimeoutException", "TransactionNotFoundException") else Meaning.LATER


def name(error: Exception) -> str:
    """Short, and without values of the transaction, which the full message may quote: fit for a log."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "unknown")
        state = sqlstate(error)
        return f"{code} {state}" if state else code
    return type(error).__name__

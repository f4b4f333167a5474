# SPDX-License-Identifier: Apache-2.0
"""The Data API's form of a statement, `:name` and typed values, as PostgreSQL itself takes it: `$1` with a cast."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harecon_replay.outcome import TargetError
from harecon_replay.transaction import Parameter, Statement

# What looks like a name within them is none: strings, quoted identifiers, comments, dollar quotes, casts.
_PART = re.compile(
    r"""(?P<other>\b[eE]'(?:[^'\\]|\\.|'')*' | '[^']*' | "[^"]*" | --[^\n]* | /\*.*?\*/
        | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$ | ::)
      | :(?P<name>[A-Za-z_]\w*)""",
    re.DOTALL | re.VERBOSE,
)
_HINTS = {"UUID": "uuid", "JSON": "jsonb", "DECIMAL": "numeric", "DATE": "date", "TIME": "time",
          "TIMESTAMP": "timestamp"}
_TYPES = {"stringValue": "text", "longValue": "bigint", "doubleValue": "float8", "booleanValue": "boolean",
          "blobValue": "bytea"}


def numbered(statement: Statement) -> tuple[str, list[Any]]:
    """SQL with `$1`, ... and their values. Each has the type of its value, as on Aurora: no text is taken for a number.

    Raises TargetError, as the Data API would, for a name without a value and for a value of no known form.
    """
    given = {parameter.get("name"): parameter for parameter in statement.parameters}
    places: dict[str, int] = {}
    values: list[Any] = []

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in given:
            raise TargetError(f'parameter "{name}" has no value', code="BadRequestException")
        kind, value = _typed(given[name])
        if name not in places:
            values.append(value)
            places[name] = len(values)
        return f"${places[name]}{kind}"

    return _PART.sub(place, statement.sql), values


def _typed(parameter: Parameter) -> tuple[str, Any]:
    """The cast, empty for a null without a type, and the value."""
    name, field, hint = parameter.get("name"), parameter.get("value"), parameter.get("typeHint")
    if not isinstance(field, Mapping) or len(field) != 1 or (hint is not None and hint not in _HINTS):
        raise TargetError(f'the value of parameter "{name}" has no form of the Data API', code="BadRequestException")
    ((kind, value),) = field.items()
    if kind == "isNull":
        return (f"::{_HINTS[hint]}" if hint else ""), None
    if kind not in _TYPES:
        raise TargetError(f'parameter "{name}": "{json.dumps(kind)}" is not taken', code="BadRequestException")
    return f"::{_HINTS[hint] if hint else _TYPES[kind]}", value

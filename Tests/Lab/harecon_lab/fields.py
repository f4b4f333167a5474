# SPDX-License-Identifier: Apache-2.0
"""Values as the Data API has them, to and from PostgreSQL's text form. Each parameter has a type, none is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Field = dict[str, Any]

_BOOL, _BYTEA, _TEXT, _FLOAT8, _INT8, _NUMERIC = 16, 17, 25, 701, 20, 1700
_INTEGERS = (20, 21, 23, 26)
_FLOATS = (700, 701)

# How a text is to be taken: the type's number, and the only form in which the Data API takes it.
_HINTS = {
    "JSON": (114, re.compile(r".*", re.DOTALL)),
    "UUID": (2950, re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")),
    "TIMESTAMP": (1114, re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")),
    "DATE": (1082, re.compile(r"\d{4}-\d\d-\d\d")),
    "TIME": (1083, re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?")),
    "DECIMAL": (_NUMERIC, re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")),
}

# Arrays by the number of their type: how the elements are read, and where they go.
_ARRAYS = {
    1000: "booleanValues", 1005: "longValues", 1007: "longValues", 1016: "longValues", 1021: "doubleValues",
    1022: "doubleValues", 1009: "stringValues", 1015: "stringValues", 2951: "stringValues", 1231: "stringValues",
    1115: "stringValues", 1182: "stringValues", 1185: "stringValues",
}  # fmt: skip

_ELEMENTS = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


class Invalid(ValueError):
    """A parameter that the Data API does not take."""


class Unsupported(ValueError):
    """A result that the Data API cannot give."""


@dataclass(frozen=True)
class Value:
    """A parameter as libpq sends it. A type of 0 is for PostgreSQL to find, which it is only for a null."""

    data: bytes | None
    type: int


def value(parameter: dict[str, Any]) -> Value:
    """Raises Invalid."""
    name, field, hint = parameter.get("name", ""), parameter.get("value") or {}, parameter.get("typeHint")
    if len(field) != 1:
        raise Invalid(f"parameter {name!r} has {len(field)} values, not one")
    ((kind, given),) = field.items()
    if hint is not None and kind not in ("stringValue", "isNull"):
        raise Invalid(f"parameter {name!r}: the type hint {hint} is for a stringValue, not for a {kind}")
    match kind:
        case "isNull":
            return Value(None, _HINTS[hint][0] if hint else 0)
        case "booleanValue":
            return Value(b"t" if given else b"f", _BOOL)
        case "longValue":
            return Value(str(given).encode(), _INT8)
        case "doubleValue":
            return Value(repr(float(given)).encode(), _FLOAT8)
        case "blobValue":
            return Value(b"\\x" + bytes(given).hex().encode(), _BYTEA)
        case "stringValue":
            return _text(name, given, hint)
        case _:
            raise Invalid(f"parameter {name!r}: a {kind} is not taken as a parameter")


def _text(name: str, given: str, hint: str | None) -> Value:
    if "\0" in given:
        raise Invalid(f"parameter {name!r}: PostgreSQL has no text with a zero byte")
    if hint is None:
        return Value(given.encode(), _TEXT)
    number, form = _HINTS[hint]
    if not form.fullmatch(given):
        raise Invalid(f"parameter {name!r}: {given!r} is no {hint}")
    return Value(given.encode(), number)


def field(data: bytes | None, number: int, options: dict[str, Any]) -> Field:
    """What a column holds. Raises Unsupported."""
    if data is None:
        return {"isNull": True}
    text = data.decode()
    if number in _ARRAYS:
        return {"arrayValue": _array(text, _ARRAYS[number])}
    if number == _BOOL:
        return {"booleanValue": text == "t"}
    if number in _INTEGERS:
        return {"stringValue": text} if options.get("longReturnType") == "STRING" else {"longValue": int(text)}
    if number in _FLOATS:
        return {"doubleValue": float(text)}
    if number == _BYTEA:
        return {"blobValue": bytes.fromhex(text.removeprefix("\\x"))}
    if number == _NUMERIC and options.get("decimalReturnType") == "DOUBLE_OR_LONG":
        return {"longValue": int(text)} if text.lstrip("-").isdigit() else {"doubleValue": float(text)}
    return {"stringValue": text}


def _array(text: str, kind: str) -> Field:
    inner = text[text.index("{") + 1 : -1]
    if inner.startswith("{"):
        raise Unsupported("the result contains a multidimensional array")
    elements: list[str] = []
    for found in _ELEMENTS.finditer(inner):
        if found[2] == "NULL":
            raise Unsupported("the result contains an array with a null")
        elements.append(re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2])
    match kind:
        case "booleanValues":
            return {kind: [element == "t" for element in elements]}
        case "longValues":
            return {kind: [int(element) for element in elements]}
        case "doubleValues":
            return {kind: [float(element) for element in elements]}
        case _:
            return {kind: elements}


# Names, and JDBC's numbers, of the types that have names of their own there.
_NAMES = {
    16: ("bool", -7), 17: ("bytea", -2), 20: ("int8", -5), 21: ("int2", 5), 23: ("int4", 4), 25: ("text", 12),
    26: ("oid", -5), 114: ("json", 1111), 700: ("float4", 7), 701: ("float8", 8), 1043: ("varchar", 12),
    1082: ("date", 91), 1083: ("time", 92), 1114: ("timestamp", 93), 1184: ("timestamptz", 93),
    1700: ("numeric", 2), 2950: ("uuid", 1111), 3802: ("jsonb", 1111),
}  # fmt: skip


def column(name: str, number: int) -> dict[str, Any]:
    """A column as `includeResultMetadata` tells of it."""
    type_name, jdbc = _NAMES.get(number, ("unknown", 2003 if number in _ARRAYS else 1111))
    return {
        "name": name, "label": name, "type": jdbc, "typeName": type_name, "schemaName": "", "tableName": "",
        "isAutoIncrement": False, "isSigned": number in (*_INTEGERS, *_FLOATS, _NUMERIC), "isCurrency": False,
        "isCaseSensitive": number in (_TEXT, 1043), "nullable": 1, "precision": 0, "scale": 0,
        "arrayBaseColumnType": 0,
    }  # fmt: skip

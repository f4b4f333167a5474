# SPDX-License-Identifier: Apache-2.0
"""Event patterns: which are well formed, and which events they match."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

from harecon_sandbox.kit import AWSError

ABSENT = object()
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _wrong(reason: str) -> AWSError:
    return AWSError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")


# Reading -----------------------------------------------------------------------------------------------------------


def parse(text: str) -> dict[str, Any]:
    """The pattern; refused as EventBridge refuses it."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise _wrong("Filter is not valid JSON") from None
    if not isinstance(pattern, dict):
        raise _wrong("Filter is not an object")
    if not pattern:
        raise _wrong("Empty objects are not allowed")
    _check(pattern)
    return pattern


def _check(pattern: dict[str, Any]) -> None:
    for key, value in pattern.items():
        if key == "$or":
            if not isinstance(value, list) or len(value) < 2 or not all(isinstance(v, dict) and v for v in value):
                raise _wrong("$or must be an array of at least two objects")
            for alternative in value:
                _check(alternative)
        elif isinstance(value, dict):
            if not value:
                raise _wrong("Empty objects are not allowed")
            _check(value)
        elif isinstance(value, list):
            if not value:
                raise _wrong("Empty arrays are not allowed")
            for item in value:
                _check_filter(key, item)
        else:
            raise _wrong(f'"{key}" must be an object or an array')


def _check_filter(key: str, item: Any) -> None:
    if isinstance(item, list):
        raise _wrong(f'Match value must be String, number, true, false, or null in "{key}"')
    if not isinstance(item, dict):
        return
    if len(item) != 1:
        raise _wrong("Only one key allowed in match expression")
    operator, operand = next(iter(item.items()))
    if operator not in OPERATORS:
        raise _wrong(f"Unrecognized match type {operator}")
    if not _operand_fits(operator, operand):
        raise _wrong(f"{operator} match pattern is not valid")


def _operand_fits(operator: str, operand: Any) -> bool:
    match operator:
        case "exists":
            return isinstance(operand, bool)
        case "prefix" | "suffix":
            return isinstance(operand, str) or (isinstance(operand, dict) and [*operand] == ["equals-ignore-case"])
        case "equals-ignore-case" | "wildcard" | "cidr":
            return isinstance(operand, str)
        case "numeric":
            return isinstance(operand, list) and len(operand) in (2, 4) and all(
                (step in COMPARISONS) if index % 2 == 0 else isinstance(step, (int, float))
                for index, step in enumerate(operand)
            )  # fmt: skip
        case _:
            return bool(operand) or operand in (0, False)


# Matching ----------------------------------------------------------------------------------------------------------


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Whether the event has everything that the pattern asks for."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in wanted):
                return False
            continue
        value = event.get(key, ABSENT) if isinstance(event, dict) else ABSENT
        fits = matches(wanted, value) if isinstance(wanted, dict) else any(_fits(item, value) for item in wanted)
        if not fits:
            return False
    return True


def _fits(item: Any, value: Any) -> bool:
    if isinstance(item, dict):
        operator, operand = next(iter(item.items()))
        if operator == "exists":
            return (value is not ABSENT) is operand
        if value is ABSENT:
            return False
        return any(OPERATORS[operator](operand, each) for each in _each(value))
    # A flag is no number here, although Python takes True for 1.
    return value is not ABSENT and any(type(item) is type(each) and item == each for each in _each(value))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _prefix(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        return isinstance(value, str) and value.lower().startswith(operand["equals-ignore-case"].lower())
    return isinstance(value, str) and value.startswith(operand)


def _suffix(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        return isinstance(value, str) and value.lower().endswith(operand["equals-ignore-case"].lower())
    return isinstance(value, str) and value.endswith(operand)


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        operator, inner = next(iter(operand.items()))
        return not any(OPERATORS[operator](each, value) for each in _each(inner))
    return value not in _each(operand)


def _numeric(operand: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return all(COMPARISONS[operand[i]](value, operand[i + 1]) for i in range(0, len(operand), 2))


def _cidr(operand: str, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _wildcard(operand: str, value: Any) -> bool:
    pattern = ".*".join(re.escape(part) for part in operand.split("*"))
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def _ignoring_case(operand: str, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == operand.lower()


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _ignoring_case,
    "exists": lambda operand, value: operand is True,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}

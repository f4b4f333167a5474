# SPDX-License-Identifier: Apache-2.0
"""Filter policies: what SNS takes as one, and which messages it lets through."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from harecon_sandbox.kit import AWSError

from . import state

MAX_KEYS = 5
MAX_COMBINATIONS = 150
OPERATORS = frozenset(
    {"prefix", "suffix", "anything-but", "equals-ignore-case", "exists", "numeric", "cidr", "wildcard"}
)


def _bad(reason: str) -> AWSError:
    return AWSError("InvalidParameter", f"Invalid parameter: FilterPolicy: {reason}")


def check(text: str, scope: str) -> None:
    policy = state.json_object(text)
    if policy is None:
        raise _bad("failed to parse JSON. " + text[:40])
    if len(policy) > MAX_KEYS:
        raise _bad(f"Filter policy can not have more than {MAX_KEYS} keys")
    combinations = 1
    for key, rules, depth in _leaves(policy, scope):
        if not rules:
            raise _bad(f'"{key}" must not be empty')
        for rule in rules:
            _check_rule(rule)
        combinations *= len(rules) * depth
    if combinations > MAX_COMBINATIONS:
        raise _bad(f"Filter policy is too complex: {combinations} combinations of {MAX_COMBINATIONS}")


def _leaves(policy: dict[str, Any], scope: str, depth: int = 1) -> Iterator[tuple[str, list[Any], int]]:
    for key, value in policy.items():
        if key == "$or" and isinstance(value, list):
            for alternative in value:
                yield from _leaves(alternative, scope, depth)
        elif isinstance(value, dict):
            if scope != "MessageBody":
                raise _bad("Filter policy scope MessageAttributes does not support nested filter policy")
            yield from _leaves(value, scope, depth + 1)
        elif isinstance(value, list):
            yield key, value, depth
        else:
            raise _bad(f'"{key}" must be an object or an array')


def _check_rule(rule: Any) -> None:
    if isinstance(rule, dict) and (len(rule) != 1 or not set(rule) <= OPERATORS):
        raise _bad(f"Unrecognized match type {next(iter(rule), '')}")
    if isinstance(rule, list):
        raise _bad("Match value must be String, number, true, false, or null")


def passes(text: str | None, scope: str, attributes: dict[str, Any], body: str) -> bool:
    """Whether a message gets through; one whose body is no JSON does not get through a filter of bodies."""
    policy = state.json_object(text or "{}") or {}
    if not policy:
        return True
    if scope == "MessageBody":
        document = state.json_object(body)
        return document is not None and _all_match(policy, document)
    return _all_match(policy, {name: _plain(attribute) for name, attribute in attributes.items()})


def _plain(attribute: dict[str, Any]) -> Any:
    """The value of a message attribute: a text, a number, or the items of a list."""
    text = attribute.get("StringValue", "")
    kind = attribute.get("DataType", "String").partition(".")
    if kind[0] == "Number" or (kind[0] == "String" and kind[2] == "Array"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _all_match(policy: dict[str, Any], document: dict[str, Any]) -> bool:
    for key, wanted in policy.items():
        if key == "$or":
            if not any(_all_match(alternative, document) for alternative in wanted):
                return False
        elif isinstance(wanted, dict):
            inner = document.get(key)
            if not isinstance(inner, dict) or not _all_match(wanted, inner):
                return False
        elif not _any_rule(wanted, key in document, document.get(key)):
            return False
    return True


def _any_rule(rules: list[Any], there: bool, value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    for rule in rules:
        if isinstance(rule, dict) and "exists" in rule:
            if bool(rule["exists"]) == there:
                return True
        elif there and any(_matches(rule, one) for one in values):
            return True
    return False


def _matches(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return type(rule) is type(value) and rule == value or _same_number(rule, value)
    ((operator, operand),) = rule.items()
    if operator == "numeric":
        return _is_number(value) and _in_range(operand, value)
    if operator == "anything-but":
        return not any(_matches(one, value) for one in (operand if isinstance(operand, list) else [operand]))
    return isinstance(value, str) and TEXT_TESTS[operator](value, str(operand))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same_number(a: Any, b: Any) -> bool:
    return _is_number(a) and _is_number(b) and a == b


def _in_range(conditions: list[Any], value: float) -> bool:
    tests: dict[str, Callable[[float, float], bool]] = {
        "=": lambda a, b: a == b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    }  # fmt: skip
    return all(tests[conditions[i]](value, conditions[i + 1]) for i in range(0, len(conditions), 2))


def _in_network(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network)
    except ValueError:
        return False


TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "prefix": str.startswith,
    "suffix": str.endswith,
    "equals-ignore-case": lambda value, wanted: value.lower() == wanted.lower(),
    "wildcard": lambda value, wanted: re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), value) is not None,
    "cidr": _in_network,
}

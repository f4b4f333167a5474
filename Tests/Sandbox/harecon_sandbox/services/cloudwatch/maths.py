# SPDX-License-Identifier: Apache-2.0
"""Metric math, as much of it as alarms need: arithmetic, comparisons, IF, FILL, ABS, MIN, MAX, SUM, AVG of numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from harecon_sandbox.kit import AWSError

Number = float | None
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow,
}  # fmt: skip
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
OVER: dict[str, Callable[[list[float]], float]] = {
    "MIN": min, "MAX": max, "SUM": sum, "AVG": lambda values: sum(values) / len(values),
}  # fmt: skip


def _unknown(what: str) -> AWSError:
    return AWSError("NotImplemented", f"the sandbox's metric math does not know {what}", 501)


@lru_cache(maxsize=256)
def parse(text: str) -> ast.expr:
    """CloudWatch's operators are Python's, but for the power's."""
    try:
        return ast.parse(text.strip().replace("^", "**").replace("&&", " and ").replace("||", " or "), mode="eval").body
    except SyntaxError:
        raise AWSError("ValidationError", f"Error in expression: {text}", 400) from None


def names(text: str) -> set[str]:
    """The ids of the lines that an expression reads."""
    called = {node.func for node in ast.walk(parse(text)) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name) and node not in called}


def evaluate(text: str, value: Callable[[str], Number]) -> Number:
    """The data point of one period; None where one that is needed is missing, or a division is by zero."""
    return _number(parse(text), value)


def _number(node: ast.expr, value: Callable[[str], Number]) -> Number:
    match node:
        case ast.Constant(value=bool() | str()):
            raise _unknown(ast.unparse(node))
        case ast.Constant():
            return float(node.value)
        case ast.Name():
            return value(node.id)
        case ast.UnaryOp(op=ast.USub()):
            inner = _number(node.operand, value)
            return None if inner is None else -inner
        case ast.BinOp():
            return _binary(node, _number(node.left, value), _number(node.right, value))
        case ast.Compare(ops=[op]):
            left, right = _number(node.left, value), _number(node.comparators[0], value)
            return None if left is None or right is None else float(COMPARE[type(op)](left, right))
        case ast.BoolOp():
            parts = [_number(part, value) for part in node.values]
            known = [part != 0 for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            return float(all(known) if isinstance(node.op, ast.And) else any(known))
        case ast.Call(func=ast.Name(id=name)):
            return _call(name, node.args, value)
    raise _unknown(ast.unparse(node))


def _binary(node: ast.BinOp, left: Number, right: Number) -> Number:
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Div):
        return left / right if right else None
    if type(node.op) not in BINARY:
        raise _unknown(ast.unparse(node))
    return float(BINARY[type(node.op)](left, right))


def _call(name: str, arguments: list[ast.expr], value: Callable[[str], Number]) -> Number:
    if name == "FILL" and len(arguments) == 2:
        first = _number(arguments[0], value)
        return _number(arguments[1], value) if first is None else first
    if name == "IF" and len(arguments) in (2, 3):
        condition = _number(arguments[0], value)
        if condition:
            return _number(arguments[1], value)
        return _number(arguments[2], value) if len(arguments) == 3 and condition is not None else None
    if name == "ABS" and len(arguments) == 1:
        inner = _number(arguments[0], value)
        return None if inner is None else abs(inner)
    if name in OVER and len(arguments) == 1 and isinstance(arguments[0], ast.List):
        found = [number for item in arguments[0].elts if (number := _number(item, value)) is not None]
        return OVER[name](found) if found else None
    raise _unknown(name)

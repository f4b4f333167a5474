# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from harecon_replay.outcome import TargetError
from harecon_replay.sql_names import numbered
from harecon_replay.transaction import Malformed, Statement, Transaction, statement


@pytest.mark.parametrize(
    ("value", "field", "hint"),
    [
        (None, {"isNull": True}, None), (True, {"booleanValue": True}, None), (-5, {"longValue": -5}, None),
        (2**63 - 1, {"longValue": 2**63 - 1}, None), (0.5, {"doubleValue": 0.5}, None),
        ("é", {"stringValue": "é"}, None), (b"\1", {"blobValue": b"\1"}, None),
        (Decimal("1E+3"), {"stringValue": "1000"}, "DECIMAL"), (UUID(int=5), {"stringValue": str(UUID(int=5))}, "UUID"),
        (date(2026, 2, 1), {"stringValue": "2026-02-01"}, "DATE"), (time(1, 2, 3), {"stringValue": "01:02:03"}, "TIME"),
        (datetime(2026, 2, 1, 3, 4, 5), {"stringValue": "2026-02-01 03:04:05"}, "TIMESTAMP"),
    ],
)  # fmt: skip
def test_a_value_has_the_data_apis_form(value: Any, field: dict[str, Any], hint: str | None) -> None:
    (parameter,) = statement("select :v", v=value).parameters
    assert parameter == {"name": "v", "value": field, **({"typeHint": hint} if hint else {})}


@pytest.mark.parametrize("value", [2**63, float("nan"), Decimal("inf"), datetime(2026, 1, 1, tzinfo=UTC), [1], object()])
def test_a_value_without_a_form_is_malformed(value: Any) -> None:
    with pytest.raises(Malformed, match='"v"'):
        statement("select :v", v=value)


def test_a_body_is_compact_json_with_bytes_in_base_64() -> None:
    body = Transaction("a", "k", (statement("select :b", b=b"\xff"),)).body()
    assert body == (
        '{"id":"a","statements":[{"sql":"select :b","parameters":[{"name":"b","value":{"blobValue":"/w=="}}]}]}'
    )


def test_a_body_has_no_character_that_sqs_refuses() -> None:
    body = Transaction("\ufffe\uffff\1é", "k", (Statement("select 1"),)).body()
    assert all(character in "\t\n\r" or " " <= character < "\ufffe" for character in body)
    assert json.loads(body)["id"] == "\ufffe\uffff\1é"


def test_half_a_character_is_malformed() -> None:
    with pytest.raises(Malformed):
        Transaction("\ud800", "k", (Statement("select 1"),)).body()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select :n, :n::text", "select $1::bigint, $1::bigint::text"),
        ("select ':n', \":n\", 'it''s :n', e'\\':n'", "select ':n', \":n\", 'it''s :n', e'\\':n'"),
        ("select 1 -- :n\n + :n", "select 1 -- :n\n + $1::bigint"),
        ("select /* :n */ $$ :n $$, $a$ $$ :n $a$, :n", "select /* :n */ $$ :n $$, $a$ $$ :n $a$, $1::bigint"),
    ],
)
def test_names_are_found_where_they_are_names(sql: str, expected: str) -> None:
    assert numbered(statement(sql, n=5)) == (expected, [5] if "$1" in expected else [])


@pytest.mark.parametrize(
    "parameters",
    [[], [{"name": "n", "value": {"arrayValue": {"longValues": [1]}}}], [{"name": "n"}],
     [{"name": "n", "value": {"longValue": 1, "isNull": True}}],
     [{"name": "n", "value": {"stringValue": "x"}, "typeHint": "INTEGER"}]],
)  # fmt: skip
def test_what_the_data_api_would_not_take_is_refused(parameters: list[dict[str, Any]]) -> None:
    with pytest.raises(TargetError) as refused:
        numbered(Statement("select :n", tuple(parameters)))
    assert refused.value.cause == "malformed"

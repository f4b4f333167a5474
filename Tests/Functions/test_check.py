# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from shared.check import LONGEST_ANSWER, Check
from shared.data_api import Value

LEDGER = Check("ledger", "select count(*) from harecon_ledger", "3")


def test_checks_are_read_from_a_variable() -> None:
    text = '[{"expect": "3", "name": "ledger", "sql": "select count(*) from harecon_ledger"}]'
    assert Check.read(text) == (LEDGER,)
    assert Check.read("[]") == ()


@pytest.mark.parametrize("text", ['[{"sql": "select 1", "expect": "1"}]', '[{"name": "one"}]'])
def test_a_check_without_a_part_of_it_is_none(text: str) -> None:
    with pytest.raises(KeyError):
        Check.read(text)


@pytest.mark.parametrize(
    ("expect", "value"), [("3", 3), ("true", True), ("null", None), ("1.5", 1.5), ("a", "a")]
)
def test_the_first_column_of_the_first_row_is_what_counts(expect: str, value: Value) -> None:
    check = Check("odd", "select ...", expect)
    assert check.failure([{"one": value, "two": "other"}, {"one": "other"}]) is None
    assert check.failure([{"one": "other"}]) == f'"odd" answered "other", not "{expect}"'


@pytest.mark.parametrize("rows", [[], [{}]])
def test_no_answer_is_no_pass(rows: list[dict[str, Value]]) -> None:
    assert LEDGER.failure(rows) == '"ledger" answered nothing, not "3"'


def test_a_long_answer_is_not_told_whole() -> None:
    failure = LEDGER.failure([{"text": "x" * 1000}])
    assert failure is not None and failure.count("x") == LONGEST_ANSWER

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from shared.data_api import Database, Value, as_text


class FakeClient:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def execute_statement(self, **params: Any) -> dict[str, Any]:
        self.asked.append(params)
        return self.answer


def database(answer: dict[str, Any]) -> Database:
    return Database(FakeClient(answer), "cluster-arn", "secret-arn", "payments")


def test_rows_have_the_names_of_their_columns_and_plain_values() -> None:
    asked = database(
        {
            "columnMetadata": [{"name": "a", "label": "ready"}, {"name": "n"}, {"name": "t"}, {"name": "f"}],
            "records": [
                [{"booleanValue": True}, {"longValue": 7}, {"stringValue": "x"}, {"isNull": True}],
                [{"booleanValue": False}, {"longValue": 0}, {"stringValue": ""}, {"doubleValue": 0.5}],
            ],
        }
    )
    assert asked.query("select ...") == [
        {"ready": True, "n": 7, "t": "x", "f": None},
        {"ready": False, "n": 0, "t": "", "f": 0.5},
    ]
    (params,) = asked.client.asked
    assert params == {
        "resourceArn": "cluster-arn",
        "secretArn": "secret-arn",
        "database": "payments",
        "sql": "select ...",
        "includeResultMetadata": True,
    }


def test_a_statement_without_a_result_answers_no_rows() -> None:
    assert database({"numberOfRecordsUpdated": 1}).query("update ...") == []


def test_an_array_is_refused_and_not_half_read() -> None:
    answer = {"columnMetadata": [{"name": "a"}], "records": [[{"arrayValue": {"longValues": [1]}}]]}
    with pytest.raises(ValueError, match="unnest"):
        database(answer).query("select array[1]")


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (None, "null"), (3, "3"), (0.5, "0.5"), ("On", "On")]
)
def test_a_value_is_written_as_in_a_spec(value: Value, text: str) -> None:
    assert as_text(value) == text

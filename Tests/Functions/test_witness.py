# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from shared.data_api import Database
from shared.heartbeat import CREATE, beat
from shared.witness import IDENTITY, Sight, Witness
from world import error


class Scripted:
    """Answers or raises, one call after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def execute_statement(self, *, sql: str, **_: Any) -> dict[str, Any]:
        self.asked.append(sql)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        name, value = answer
        return {"columnMetadata": [{"name": name}], "records": [[{"stringValue": value}]]}


GAP, ID = ("gap", "1"), ("id", "payments-b")


def look(*answers: Any) -> tuple[Sight, list[str]]:
    client = Scripted(*answers)
    return Witness(Database(client, "cluster", "secret", "payments"), "coordinator").look(), client.asked


def database_error(state: str) -> Exception:
    return error("DatabaseErrorException", f"ERROR: something; SQLState: {state}")


def test_a_write_says_that_the_writer_writes_and_who_it_is() -> None:
    assert look(GAP, ID) == (Sight(True, "payments-b"), [beat("coordinator"), IDENTITY])


def test_the_table_is_made_where_there_is_none() -> None:
    sight, asked = look(database_error("42P01"), ("x", "y"), GAP, ID)
    assert sight.writes is True
    assert asked == [beat("coordinator"), CREATE, beat("coordinator"), IDENTITY]


def test_an_engine_that_is_none_of_aurora_s_has_no_name() -> None:
    assert look(GAP, database_error("42883"))[0] == Sight(True, None)


def test_who_cannot_be_named_any_more_may_have_changed() -> None:
    assert look(GAP, error("DatabaseUnavailableException", status=504))[0].writes is None


@pytest.mark.parametrize(
    "failure",
    [
        error("DatabaseUnavailableException", status=504),
        error("DatabaseNotFoundException", status=404),
        error("StatementTimeoutException"),
        *(database_error(state) for state in ("25006", "57P01", "57P03", "08006", "53300", "58030")),
    ],
)
def test_what_the_database_says_of_itself_counts(failure: Exception) -> None:
    assert look(failure)[0].writes is False


@pytest.mark.parametrize(
    ("state", "exhausted"), [("53300", "53300"), ("53100", "53100"), ("57P03", None), ("25006", None)]
)
def test_a_writer_without_room_lives(state: str, exhausted: str | None) -> None:
    assert look(database_error(state))[0].exhausted == exhausted


@pytest.mark.parametrize(
    "failure",
    [
        error("AccessDeniedException"),
        error("SecretsErrorException"),
        error("ThrottlingException"),
        error("ServiceUnavailableError", status=503),
        error("InternalServerErrorException", status=500),
        database_error("42501"),
        ReadTimeoutError(endpoint_url="https://rds-data.example"),
        EndpointConnectionError(endpoint_url="https://rds-data.example"),
    ],
)
def test_what_is_between_says_nothing_of_the_writer(failure: Exception) -> None:
    sight, asked = look(failure)
    assert sight.writes is None and sight.reason
    assert len(asked) == 1, "a write is not repeated"

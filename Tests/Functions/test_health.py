# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from health import handler
from health.handler import Health, Settings, respond
from shared.check import Check
from shared.heartbeat import CREATE, beat

PATH = "/6f1d0c52b8"
ANSWER = "HARECON-OK v1 writer"
WRITABLE = Check("writable", "select not pg_is_in_recovery()", "true")
SETTINGS = Settings(PATH, ANSWER, (WRITABLE,), deadline=1.5)


class FakeDatabase:
    """Answers what it is told to; a text that is a key of `answers` or, for all others, one true column."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], list[dict[str, Any]]]] = {}
        self.asked: list[str] = []

    def query(self, sql: str) -> list[dict[str, Any]]:
        self.asked.append(sql)
        return self.answers.get(sql, lambda: [{"ok": True}])()


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(database: FakeDatabase, clock: Clock) -> Health:
    return Health(SETTINGS.checks, database, now=clock, deadline=5)  # type: ignore[arg-type]


def get(health: Health, path: str = PATH, settings: Settings = SETTINGS) -> tuple[int, str]:
    response = respond({"rawPath": path}, settings, health)
    return response["statusCode"], response["body"]


def failing(error: Exception) -> Callable[[], list[dict[str, Any]]]:
    def answer() -> list[dict[str, Any]]:
        raise error

    return answer


def test_a_writer_that_answers_as_expected_is_good(health: Health) -> None:
    assert get(health) == (200, ANSWER)


@pytest.mark.parametrize("rows", [[{"ok": False}], [{"ok": None}], [{"ok": "yes"}], [{}], []])
def test_any_other_answer_is_bad_and_tells_nothing(
    health: Health, database: FakeDatabase, rows: list[dict[str, Any]]
) -> None:
    database.answers[WRITABLE.sql] = lambda: rows
    assert get(health) == (503, "")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "DatabaseUnavailableException", "Message": "no writer"}}, "ExecuteStatement"),
        EndpointConnectionError(endpoint_url="https://rds-data.us-east-1.amazonaws.com"),
        ValueError("arrays are not read"),
    ],
)
def test_a_database_that_cannot_be_asked_is_bad(health: Health, database: FakeDatabase, error: Exception) -> None:
    database.answers[WRITABLE.sql] = failing(error)
    assert get(health) == (503, "")


def test_a_reader_and_a_writer_that_does_not_commit_are_bad_whatever_the_checks_say(
    health: Health, database: FakeDatabase
) -> None:
    message = "ERROR: cannot execute INSERT in a read-only transaction; SQLState: 25006"
    refused = {"Error": {"Code": "DatabaseErrorException", "Message": message}}
    database.answers[beat("health")] = failing(ClientError(refused, "ExecuteStatement"))
    assert get(health) == (503, "")


def test_the_heartbeat_s_table_is_made_where_there_is_none(health: Health, database: FakeDatabase) -> None:
    refused = {"Error": {"Code": "DatabaseErrorException", "Message": "ERROR: no such table; SQLState: 42P01"}}
    attempts = iter([failing(ClientError(refused, "ExecuteStatement")), lambda: [{"gap": None}]])
    database.answers[beat("health")] = lambda: next(attempts)()
    assert get(health) == (200, ANSWER)
    assert database.asked == [beat("health"), CREATE, beat("health"), WRITABLE.sql]


def test_all_checks_must_pass(database: FakeDatabase, clock: Clock) -> None:
    second = Check("ledger", "select count(*) from ledger", "3")
    health = Health((WRITABLE, second), database, now=clock, deadline=5)  # type: ignore[arg-type]
    database.answers[second.sql] = lambda: [{"count": 2}]
    assert not health.is_good()
    database.answers[second.sql] = lambda: [{"count": 3}]
    clock.moment += 2
    assert health.is_good()


@pytest.mark.parametrize("path", ["", "/", PATH[:-1], PATH + "/", PATH.upper(), PATH[1:], "/ü"])
def test_who_does_not_know_the_path_is_not_answered_and_the_database_not_asked(
    health: Health, database: FakeDatabase, path: str
) -> None:
    assert get(health, path) == (404, "")
    assert database.asked == []


def test_an_answer_is_kept_for_two_seconds_and_no_longer(
    health: Health, database: FakeDatabase, clock: Clock
) -> None:
    assert get(health) == (200, ANSWER)
    database.answers[WRITABLE.sql] = lambda: [{"ok": False}]
    clock.moment += 1.9
    assert get(health) == (200, ANSWER)
    assert database.asked.count(WRITABLE.sql) == 1
    clock.moment += 0.1
    assert get(health) == (503, "")
    assert database.asked.count(WRITABLE.sql) == 2


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a hanging statement waits for; opened at the end so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def test_no_answer_by_the_deadline_is_a_no(database: FakeDatabase, clock: Clock, gate: threading.Event) -> None:
    health = Health(SETTINGS.checks, database, now=clock, deadline=0.05)  # type: ignore[arg-type]

    def hang() -> list[dict[str, Any]]:
        gate.wait(30)
        return [{"ok": True}]

    database.answers[WRITABLE.sql] = hang
    assert get(health) == (503, "")
    assert get(health) == (503, "")
    assert database.asked.count(WRITABLE.sql) == 1, "while a question is under way, no other is put"


def test_what_nobody_waits_for_any_more_is_not_asked(database: FakeDatabase, clock: Clock) -> None:
    """Slow checks: each is answered, and all of them take longer than there is."""
    slow = [Check(f"slow {number}", f"select {number}", "true") for number in range(5)]

    def answer() -> list[dict[str, Any]]:
        clock.moment += 0.6
        return [{"ok": True}]

    database.answers = {check.sql: answer for check in slow}
    health = Health(tuple(slow), database, now=clock, deadline=1.5)  # type: ignore[arg-type]
    assert not health.is_good()
    assert [sql for sql in database.asked if sql in database.answers] == ["select 0", "select 1", "select 2"]


def test_a_question_that_waited_too_long_is_not_put(
    database: FakeDatabase, clock: Clock, gate: threading.Event
) -> None:
    health = Health(SETTINGS.checks, database, now=clock, deadline=0.05)  # type: ignore[arg-type]

    def hang() -> list[dict[str, Any]]:
        gate.wait(30)
        return [{"ok": True}]

    database.answers[WRITABLE.sql] = hang
    # Two are under way, and hang; the third waits for a thread.
    for _ in range(3):
        assert not health.is_good()
        clock.moment += 2
    asked = len(database.asked)
    question = health._question
    gate.set()
    assert question and question.result(30) is False
    assert len(database.asked) == asked


def test_what_was_asked_before_a_long_sleep_says_nothing_of_now(
    database: FakeDatabase, clock: Clock, gate: threading.Event
) -> None:
    health = Health(SETTINGS.checks, database, now=clock, deadline=0.05)  # type: ignore[arg-type]
    answered = threading.Event()

    def hang() -> list[dict[str, Any]]:
        gate.wait(30)
        answered.set()
        return [{"ok": True}]

    database.answers[WRITABLE.sql] = hang
    assert not health.is_good()
    gate.set()
    assert answered.wait(30)
    database.answers[WRITABLE.sql] = lambda: [{"ok": False}]
    clock.moment += 600
    health.deadline = 5
    assert not health.is_good()


def test_settings_come_from_the_environment() -> None:
    environment = {
        "PRIVATE_PATH": PATH,
        "HEALTH_ANSWER": ANSWER,
        "HEALTH_DEADLINE": "1.5",
        "HEALTH_CHECKS": '[{"name": "writable", "sql": "select not pg_is_in_recovery()", "expect": "true"}]',
    }
    assert Settings.read(environment) == SETTINGS
    with pytest.raises(ValueError, match="empty"):
        Settings.read({**environment, "HEALTH_CHECKS": "[]"})
    with pytest.raises(KeyError):
        Settings.read({"HEALTH_CHECKS": environment["HEALTH_CHECKS"], "PRIVATE_PATH": PATH})


def test_the_entry_reads_its_settings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PRIVATE_PATH": PATH,
        "HEALTH_ANSWER": ANSWER,
        "HEALTH_DEADLINE": "1.5",
        "HEALTH_CHECKS": '[{"name": "one", "sql": "select 1", "expect": "1"}]',
        "CLUSTER_ARN": "arn:aws:rds:us-east-1:111122223333:cluster:payments",
        "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:health-AbCdEf",
        "DATABASE": "payments",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    handler._configured.cache_clear()
    try:
        assert handler.handle({"rawPath": "/elsewhere"}, None)["statusCode"] == 404
        monkeypatch.delenv("PRIVATE_PATH")
        assert handler.handle({"rawPath": "/elsewhere"}, None)["statusCode"] == 404
    finally:
        handler._configured.cache_clear()

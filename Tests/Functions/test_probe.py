# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from probe import handler
from probe.handler import Logins, Probe, Settings
from probe.metrics import Meter
from probe.round import Answer, Round
from service_models import check_request
from shared.check import Check
from shared.cluster import Member
from shared.postgres import OwnFault, ServerError
from world import error

SETTINGS = Settings(every=10, attempts=2, timeout=1.5, pause=1, checks=(Check("writable", "select 1", "1"),))

MEMBERS = tuple(Member(name, name == "a", 0, "available", "z1", f"{name}.example", 5432) for name in "abc")


class Bench:
    """A probe whose rounds are told beforehand: who writes, one word for each attempt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writers: str = "") -> None:
        self.time = 1000.0
        self.writers = list(writers)
        self.told: list[dict[str, Any]] = []
        self.put: list[dict[str, Any]] = []
        self.slept: list[float] = []
        self.asked_rds = 0
        self.rds_answers = True
        self.metrics_work = True
        monkeypatch.setattr(handler, "look_once", self.look_once)
        self.probe = Probe(
            SETTINGS,
            connect=lambda member, timeout: pytest.fail("nobody connects here"),
            members=self.members,
            tell=self.told.append,
            meter=Meter(self, "harecon/payments"),
            wall=lambda: self.time,
            clock=lambda: self.time,
            sleep=self.sleep,
        )

    def members(self) -> tuple[Member, ...]:
        self.asked_rds += 1
        if not self.rds_answers:
            raise error("Throttling")
        return MEMBERS

    def look_once(
        self, members: tuple[Member, ...], connect: object, checks: object, timeout: float, at: float
    ) -> Round:
        assert members == MEMBERS
        writer = self.writers.pop(0) if self.writers else "a"
        answers = [Answer(m.id, True, m.id == writer, 0.02, gap=10.0, transactions=at, active=3) for m in members]
        if writer == "?":
            answers = [Answer(m.id, is_blind=True, reason="the secret cannot be read") for m in members]
        return Round(at, tuple(answers), "a")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def put_metric_data(self, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803
        assert Namespace == "harecon/payments"
        check_request("cloudwatch", "PutMetricData", {"Namespace": Namespace, "MetricData": MetricData})
        if not self.metrics_work:
            raise error("InternalFailure", status=500)
        self.put.append(
            {"/".join([d["MetricName"], *(x["Value"] for x in d.get("Dimensions", []))]): d for d in MetricData}
        )

    def values(self, name: str) -> list[float]:
        return [data[name]["Value"] for data in self.put if name in data]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_one_call_looks_every_ten_seconds_into_the_next_minute(bench: Bench) -> None:
    assert bench.probe.run(lambda: 90) == 7
    assert bench.slept == [10] * 6
    assert bench.values("WriterProbe") == [1] * 7
    assert bench.told == []
    assert bench.asked_rds == 1


def test_the_loop_ends_before_lambda_ends_it(bench: Bench) -> None:
    assert bench.probe.run(lambda: 1050 - bench.time) == 4


@pytest.mark.parametrize(("writers", "state"), [("a", "up"), ("--", "down")])
def test_who_asks_is_answered_whatever_there_is_to_tell(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, writers: str, state: str
) -> None:
    bench.writers = list(writers)
    monkeypatch.setattr(handler, "_configured", lambda: bench.probe)
    assert handler.handle({"source": "harecon.coordinator"}, None) == {"rounds": 1}
    assert [event["writer"] for event in bench.told] == [state]


def test_one_failed_attempt_is_no_failure(bench: Bench) -> None:
    bench.writers = ["-", "a"]
    bench.probe.run(lambda: 0)
    assert bench.told == [] and bench.slept == [1]
    assert bench.values("WriterProbe") == [1]


def test_the_coordinator_is_told_at_once_and_every_round_and_of_the_end(bench: Bench) -> None:
    bench.writers = ["a", "-", "-", "-", "-", "b"]
    bench.probe.run(lambda: 1050 - bench.time)
    assert [(event["writer"], event["at"], event["since"], event["member"]) for event in bench.told] == [
        ("down", 1011, 1010, None),
        ("down", 1021, 1010, None),
        ("up", 1030, 1010, "b"),
    ]
    assert bench.told[0]["members"] == {"a": True, "b": True, "c": True}
    json.dumps(bench.told)
    assert bench.values("WriterProbe") == [1, 0, 0, 1]
    assert bench.values("HeartbeatGap") == [10, 1, 11, 10], "while nobody writes the gap grows"
    assert bench.asked_rds == 3, "members are asked for anew after a failure"


def test_a_probe_that_is_blind_says_nothing_of_the_writer(bench: Bench) -> None:
    bench.writers = ["?"] * 4 + ["-", "-"]
    bench.probe.run(lambda: 1045 - bench.time)
    assert bench.values("WriterProbe") == [0, 0, 0, 1], "who finds no writer says so to the alarm"
    assert [(event["writer"], event["since"]) for event in bench.told] == [("down", 1020), ("up", 1020)]
    assert bench.values("HeartbeatGap") == [1, 10], "what was not tried did not fail"


def test_a_failure_before_a_long_sleep_is_another_one(bench: Bench) -> None:
    bench.writers = ["-", "-"]
    bench.probe.run(lambda: 0)
    bench.time += 600
    bench.writers = ["-", "-"]
    bench.probe.run(lambda: 0)
    assert [event["since"] for event in bench.told] == [1000, 1601]


def test_who_the_members_are_is_remembered_when_rds_does_not_answer(bench: Bench) -> None:
    bench.probe.run(lambda: 0)
    bench.rds_answers = False
    bench.probe.run(lambda: 0)
    assert bench.values("WriterProbe") == [1, 1]


def test_nothing_that_fails_on_the_way_ends_the_loop(bench: Bench) -> None:
    def refuse(event: dict[str, Any]) -> None:
        raise error("TooManyRequestsException", status=429)

    bench.probe.tell = refuse
    bench.metrics_work = False
    bench.writers = ["-"] * 14
    assert bench.probe.run(lambda: 90) == 7


# MARK: Metrics


def test_the_alarm_s_metrics_have_a_high_resolution_and_members_their_own(bench: Bench) -> None:
    bench.probe.run(lambda: 0)
    (data,) = bench.put
    assert {name: datum["StorageResolution"] for name, datum in data.items()} == {
        "WriterProbe": 1,
        "MemberProbe/a": 60,
        "MemberProbe/b": 60,
        "MemberProbe/c": 60,
        "WriterProbeLatency": 1,
        "HeartbeatGap": 1,
        "ActiveConnections": 60,
    }
    assert data["WriterProbeLatency"]["Value"] == 20 and data["WriterProbe"]["Timestamp"].timestamp() == 1000


def test_requests_are_counted_between_two_rounds_of_one_writer(bench: Bench) -> None:
    bench.writers = list("aab") + ["b"]
    bench.probe.run(lambda: 1060 - bench.time)
    # The counter follows the clock here: one transaction a second.
    assert bench.values("Requests") == [1.0, 1.0]


# MARK: Logins


class Secrets:
    def __init__(self) -> None:
        self.password, self.reads = "old", 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        return {"SecretString": json.dumps({"username": "master", "password": self.password})}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    secrets = Secrets()

    def connect(login: Any, timeout: float) -> str:
        assert (login.host, login.user, login.database, timeout > 0) == ("a.example", "master", "payments", True)
        if login.password != secrets.password:
            raise ServerError("28P01", "password authentication failed", "FATAL")
        return "connected"

    monkeypatch.setattr(handler, "connect", connect)
    yield secrets


def test_the_password_is_read_once_and_again_when_it_was_rotated(secrets: Secrets) -> None:
    logins = Logins(secrets, "secret-arn", "payments")
    assert logins(MEMBERS[0], 1.0) == logins(MEMBERS[0], 1.0) == "connected"
    assert secrets.reads == 1
    secrets.password = "new"
    assert logins(MEMBERS[0], 1.0) == "connected"
    assert secrets.reads == 2


def test_a_secret_that_does_not_log_in_either_says_nothing_of_the_server(secrets: Secrets) -> None:
    logins = Logins(secrets, "secret-arn", "payments")
    secrets.get_secret_value = lambda SecretId: {"SecretString": '{"username": "master", "password": "bad"}'}  # type: ignore[method-assign]
    with pytest.raises(OwnFault, match="does not log in"):
        logins(MEMBERS[0], 1.0)


def test_a_secret_that_cannot_be_read_is_a_failed_connection(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(SecretId: str) -> dict[str, str]:  # noqa: N803
        raise error("DecryptionFailure")

    monkeypatch.setattr(secrets, "get_secret_value", refuse)
    with pytest.raises(OwnFault, match="cannot be read"):
        Logins(secrets, "secret-arn", "payments")(MEMBERS[0], 1.0)


def test_settings_come_from_the_environment() -> None:
    environment = {
        "SETTINGS": '{"every":10,"attempts":2,"timeout":1.5,"pause":1}',
        "HEALTH_CHECKS": '[{"name":"writable","sql":"select 1","expect":"1"}]',
    }
    assert Settings.read(environment) == SETTINGS


def test_a_dead_connection_costs_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, int] = {}

    def client(service: str, *, attempts: int = 1, **_: Any) -> None:
        asked[service] = attempts

    environment = {
        "SETTINGS": '{"every":10,"attempts":2,"timeout":1.5,"pause":1}',
        "HEALTH_CHECKS": "[]",
        **dict.fromkeys(("COORDINATOR", "CLUSTER", "SECRET_ARN", "DATABASE"), "payments"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler, "client", client)
    handler._configured.cache_clear()
    try:
        handler._configured()
    finally:
        handler._configured.cache_clear()
    assert asked["lambda"] == 2, "the coordinator is told at the second attempt"

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from coordinator import handler
from coordinator.events import read
from coordinator.telling import PHASES
from coordinator_stage import HINT, Killed, Stage, metrics
from shared.tables import Lease
from world import CLUSTER_ARN, SECRET_ARN, FakeTable, World, error

# MARK: Failures


def test_a_failed_writer_that_aurora_leaves_alone_is_failed_over_once(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.world.crash()
    began = stage.world.now()
    stage.probe()
    stage.world.sleep(600)
    assert [(target, works) for _, target, works in stage.world.calls] == [("b", False)]
    assert 20 <= stage.world.calls[0][0] - began < 24
    assert stage.world.drained == ["a"]
    assert stage.memory.outage(stage.world.now()) is None
    assert stage.memory.writer()["member"] == "b"  # type: ignore[index]
    told = stage.subjects("critical")
    assert told[0] == "payments: fails over from a to b"
    assert told[1].startswith("payments: b writes after 4") and len(told) == 2
    found = metrics(capsys.readouterr().out)
    assert found["Failovers"] == [1]
    phases = [found[f"FailoverSeconds/{phase}"][0] for phase in PHASES]
    assert phases == sorted(phases)
    assert phases[-1] < 50


@pytest.mark.parametrize("probe_tells", [True, False])
def test_a_writer_that_has_no_room_is_not_failed_over_and_somebody_hears_of_it(
    stage: Stage, probe_tells: bool
) -> None:
    stage.world.full_until = stage.world.now() + 200
    if probe_tells:
        for number in range(20):
            stage.world.at(number * 10, lambda: stage.handle(stage.down()))
    stage.handle(HINT, limit=250)
    stage.world.sleep(60)
    stage.handle(HINT)
    assert stage.world.calls == [] and stage.world.drained == []
    told = stage.subjects("critical")
    assert told[0] == "payments: the writer fails and nothing is done: the writer lives and has no room for more (53300)"
    assert stage.memory.outage(stage.world.now()) is None, "and it is over when there is room again"


def test_a_writer_that_was_full_and_dies_is_failed_over(stage: Stage) -> None:
    stage.world.full_until = stage.world.now() + 60
    stage.world.at(60, stage.world.crash)
    for number in range(30):
        stage.world.at(number * 10, lambda: stage.handle(stage.down()))
    stage.world.sleep(300)
    assert [works for _, _, works in stage.world.calls] == [False]


def test_after_a_refusal_nobody_says_that_a_failover_was_started(stage: Stage) -> None:
    stage.world.refuse = [error("AccessDenied", status=403)]
    stage.run_out(200)
    told = stage.subjects("critical")
    assert "payments: RDS refuses the failover" in told
    assert "payments: not over after 120 s: RDS refused the failover" in told
    assert not any("started" in subject for subject in told)


def test_a_lag_that_was_seen_long_before_the_failure_counts_for_nothing(stage: Stage) -> None:
    now = stage.world.now()
    # Far behind, and seen so a day ago; lately both are near.
    stage.decisions.put({"id": "lag#b", "lag": 30.0, "at": now - 86_400})
    stage.decisions.put({"id": "lag#c", "lag": 0.1, "at": now - 30})
    stage.run_out(100)
    assert [target for _, target, _ in stage.world.calls] == ["b"], "the lowest tier, of whose lag nobody knows"


def test_a_failure_is_detected_when_it_is_known_and_not_when_it_was_asked_for(stage: Stage) -> None:
    stage.world.crash()
    stage.world.hangs = 3.0
    asked = stage.world.now()
    stage.handle(stage.down(), limit=30)
    outage = stage.memory.outage(stage.world.now())
    assert outage is not None
    assert outage["phases"]["detected"] - asked >= 3.0
    assert outage["since"] == asked


def test_aurora_s_own_failover_is_watched_and_told_and_not_doubled(stage: Stage) -> None:
    stage.world.crash()
    stage.world.at(12, lambda: stage.world.fail_over("c"))
    stage.probe()
    stage.world.sleep(300)
    assert stage.world.calls == []
    assert stage.subjects("critical") == ["payments: c writes after 32 s"]
    assert stage.memory.last_failover()["by"] == "Aurora"  # type: ignore[index]


def test_a_writer_that_comes_back_by_itself_is_left_where_it_is(stage: Stage) -> None:
    stage.world.crash()
    stage.world.at(15, stage.world.recover)
    stage.probe()
    stage.world.sleep(300)
    assert stage.world.calls == []
    assert stage.subjects("critical") == []
    assert len(stage.subjects("warning")) == 1


def test_a_probe_that_cannot_reach_a_healthy_writer_moves_nothing(stage: Stage) -> None:
    began = stage.world.now()
    for number in range(30):
        stage.world.at(number * 10, lambda: stage.handle(stage.down(began)) and None)
    stage.world.sleep(400)
    assert stage.world.calls == []
    # Applications may be cut off in the same way.
    assert stage.subjects("critical")[0].startswith("payments: not over after 120 s: the writer writes, and the probe")


def test_a_data_api_that_fails_beside_a_healthy_writer_moves_nothing(stage: Stage) -> None:
    stage.world.data_api = error("ServiceUnavailableError", status=503)
    assert stage.handle(HINT) == "no failure"
    stage.world.data_api = ReadTimeoutError(endpoint_url="https://rds-data.example")
    assert stage.handle(HINT) == "no failure"
    stage.world.data_api = error("DatabaseUnavailableException", status=504)
    began = stage.world.now()
    stage.world.at(5, lambda: stage.handle(stage.up(began)) and None)
    assert stage.handle(stage.down(), limit=50) == "observe"
    assert stage.world.calls == []
    assert stage.world.sent == []


def test_a_data_api_that_fails_alone_moves_nothing_as_the_probe_says_when_asked(stage: Stage) -> None:
    stage.world.data_api = error("DatabaseUnavailableException", status=504)
    stage.asked = lambda: stage.world.at(4, lambda: stage.handle(stage.up(stage.world.now())) and None)
    assert stage.handle(HINT) == "observe"
    stage.world.sleep(40)
    assert stage.handle(HINT) == "observe", "what the probe said before is too old by then"
    assert stage.world.calls == [] and stage.world.drained == []


def test_a_probe_that_was_asked_and_stays_silent_holds_up_nothing(stage: Stage) -> None:
    began = stage.world.now()
    stage.world.crash()
    asked: list[float] = []

    def fail() -> None:
        asked.append(stage.world.now() - began)
        raise error("TooManyRequestsException", status=429)

    stage.asked = fail
    stage.handle(HINT)
    assert [at - began < 24 for at, _, _ in stage.world.calls] == [True]
    assert asked[:3] == [0, 10, 20]


def test_a_probe_that_tells_of_the_failure_by_itself_is_not_asked(stage: Stage) -> None:
    stage.asked = lambda: pytest.fail("asked")
    stage.run_out(30)
    assert len(stage.world.calls) == 1


def test_a_hung_writer_is_left_on_the_probe_s_word(stage: Stage) -> None:
    stage.world.crash()
    stage.world.data_api = ReadTimeoutError(endpoint_url="https://rds-data.example")
    stage.probe()
    stage.world.at(50, lambda: setattr(stage.world, "data_api", None))
    stage.world.sleep(300)
    assert len(stage.world.calls) == 1


@pytest.mark.parametrize("which", ["hint", "up"])
def test_when_all_is_well_an_event_leads_to_nothing(stage: Stage, which: str) -> None:
    event = HINT if which == "hint" else stage.up(stage.world.now())
    assert stage.handle(event) == "no failure"
    assert stage.world.sent == []
    assert stage.memory.outage(stage.world.now()) is None


def test_a_late_word_of_the_probe_is_no_failure(stage: Stage) -> None:
    late = stage.down()
    stage.world.sleep(60)
    assert stage.handle(late) == "no failure"


def test_a_failover_that_was_over_before_anybody_looked_is_counted_once(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.world.writer = "b"
    assert stage.handle(HINT) == "no failure"
    assert stage.handle(HINT) == "no failure"
    assert metrics(capsys.readouterr().out)["Failovers"] == [1]
    assert (stage.memory.writer() or {})["member"] == "b"
    assert stage.subjects("warning") == ["payments: b writes in place of a"]


def test_an_unknown_event_is_counted_and_not_raised(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.handle(read({"source": "aws.ec2"})) == "not understood"
    assert metrics(capsys.readouterr().out) == {"UnknownEvents": [1]}


def test_a_word_of_before_the_end_of_a_failure_begins_no_other(stage: Stage) -> None:
    stage.run_out(60)
    late = replace(stage.down(stage.world.now() - 60), at=stage.world.now() - 20)
    stage.world.data_api = error("ServiceUnavailableError", status=503)
    assert stage.handle(late) == "no failure"
    assert len(stage.world.calls) == 1


# MARK: Many calls


def test_of_many_calls_at_a_time_one_acts(stage: Stage) -> None:
    stage.world.crash()
    outcomes: list[str] = []
    for at in (1, 1, 5, 25, 26):
        stage.world.at(at, lambda: outcomes.append(stage.handle(HINT)))
    stage.handle(stage.down())
    assert outcomes == ["another is at it"] * 5
    assert len(stage.world.calls) == 1


def test_who_comes_after_a_killed_call_goes_on_and_does_not_start_anew(stage: Stage) -> None:
    stage.world.crash()
    stage.world.promotion = 200.0

    def kill() -> None:
        raise Killed

    stage.world.at(30, kill)
    with pytest.raises(Killed):
        stage.handle(stage.down())
    assert len(stage.world.calls) == 1
    stage.probe()
    stage.world.sleep(500)
    assert len(stage.world.calls) == 1
    assert stage.memory.outage(stage.world.now()) is None


def test_a_lost_lease_ends_the_watch_before_it_acts(stage: Stage) -> None:
    stage.world.crash()
    stage.world.at(10, lambda: Lease(stage.leases, "failover", "thief", 1000, lambda: 1e12).take() and None)
    stage.handle(stage.down())
    assert stage.world.calls == []


def test_time_is_used_up_and_the_next_call_goes_on(stage: Stage) -> None:
    stage.world.crash()
    began = stage.down()
    assert stage.handle(began, limit=35) == "observe"
    stage.world.sleep(5)
    assert stage.handle(stage.down(began.since)) == "done"
    assert len(stage.world.calls) == 1


# MARK: The record


def test_each_change_of_mind_is_on_record_with_its_inputs(stage: Stage) -> None:
    stage.run_out(100)
    records = [item for key, item in sorted(stage.decisions.items.items()) if key.startswith("decision#")]
    verdicts = [item["verdict"] for item in records]
    assert verdicts[0] == "observe" and verdicts[-1] == "done"
    assert "drain" in verdicts and "fail over" in verdicts
    assert all(json.loads(item["inputs"])["failed_writer"] == "a" for item in records)
    lines = stage.logs.lines("coordinator")
    assert [line["verdict"] for line in lines if line["what"] == "decision"] == verdicts
    assert [line["what"] for line in lines if line["what"] != "decision"] == [
        "failure", "failover called", "failure is over",
    ]  # fmt: skip
    assert lines[-1]["writer"] == "b" and lines[-1]["called"] and "writable" in lines[-1]["phases"]


def test_an_audit_log_that_fails_holds_up_no_failover(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.logs.groups.clear()
    stage.run_out(100)
    assert [(target, works) for _, target, works in stage.world.calls] == [("b", False)]
    assert sum(metrics(capsys.readouterr().out)["AuditFailures"]) > 4


def test_nobody_waits_for_the_audit_log_between_the_drain_and_the_failover(stage: Stage) -> None:
    seen: list[tuple[int, int]] = []
    put = stage.logs.put_log_events

    def slow(**params: Any) -> dict[str, Any]:
        seen.append((len(stage.world.drained), len(stage.world.calls)))
        return put(**params)

    stage.logs.put_log_events = slow  # type: ignore[method-assign]
    stage.run_out(100)
    assert (1, 0) not in seen and (0, 0) in seen and (1, 1) in seen


# MARK: The entry


def test_the_entry_is_set_up_by_its_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, decisions, leases = World(), FakeTable(), FakeTable()
    environment = {
        "STACK": "payments",
        "CLUSTER": "payments",
        "CLUSTER_ARN": CLUSTER_ARN,
        "SECRET_ARN": SECRET_ARN,
        "DATABASE": "payments",
        "LEASES_TABLE": "payments-leases",
        "DECISIONS_TABLE": "payments-decisions",
        "CRITICAL_TOPIC": "arn:aws:sns:us-east-1:111122223333:payments-critical",
        "WARNING_TOPIC": "arn:aws:sns:us-east-1:111122223333:payments-warning",
        "DRAINER": "payments-drainer",
        "PROBE": "payments-probe",
        "SETTINGS": json.dumps(
            {
                "mode": "advise",
                "after": 20.0,
                "maxLag": 1.0,
                "otherZone": True,
                "cooldown": 900.0,
                "maxPerDay": 3,
                "failoverWithin": 120.0,
            }
        ),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asked: dict[str, int] = {}

    def client(service: str, *, attempts: int = 1, **_: Any) -> World:
        asked[service] = attempts
        return world

    monkeypatch.setattr(handler, "client", client)
    tables = {"payments-leases": leases, "payments-decisions": decisions}
    monkeypatch.setattr(handler, "Table", lambda _, name: tables[name])
    event = {"source": "aws.rds", "detail": {"EventID": "RDS-EVENT-0071"}, "time": "2024-05-06T23:08:24Z"}
    context = SimpleNamespace(aws_request_id="call", get_remaining_time_in_millis=lambda: 300_000)
    assert handler.handle(event, context) == {"outcome": "no failure"}
    assert '"writer": "a"' in capsys.readouterr().out
    with pytest.raises(handler.UnknownEvent, match="aws.ec2"):
        handler.handle({"source": "aws.ec2"}, context)
    assert '"UnknownEvents": 1' in capsys.readouterr().out
    assert leases.items["failover"]["until"] == 0, "the lease was given back"
    assert asked["sns"] == 2, "a page is not lost for a dead connection"
    assert asked["rds-data"] == asked["rds"] == 1, "what must not happen twice is not repeated"

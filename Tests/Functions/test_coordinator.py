# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from sys import exception
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from coordinator import handler
from coordinator.drills import Drills
from coordinator.events import Event, Kind, read
from coordinator.handler import LEASE_SECONDS, Coordinator
from coordinator.memory import Memory
from coordinator.telling import PHASES, Teller
from coordinator.watch import Watch
from service_models import check_request
from shared.data_api import Database
from shared.decisions import Mode, Settings
from shared.tables import Lease
from shared.witness import Witness
from world import CLUSTER_ARN, SECRET_ARN, FakeTable, World, error

SETTINGS = Settings(Mode.AUTOMATIC, after=20, max_lag=1, other_zone=True, cooldown=900, max_per_day=3)
WITHIN = 120.0


@dataclass
class Fis:
    """Templates by their ids."""

    templates: dict[str, dict[str, Any]]

    def get_experiment_template(self, id: str) -> dict[str, Any]:
        check_request("fis", "GetExperimentTemplate", {"id": id})
        if id not in self.templates:
            raise error("ResourceNotFoundException", status=404)
        return {"experimentTemplate": self.templates[id]}


class Killed(Exception):
    """What Lambda does to a call: nothing of it runs any more."""


@dataclass
class MortalLease(Lease):
    """A lease whose killed holder does not give it back."""

    is_dead: Callable[[], bool] = lambda: False

    def release(self) -> None:
        if not self.is_dead():
            super().release()


class Stage:
    """The coordinator on a world, called as Lambda calls it: each call with a name and a time limit of its own."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.world = World()
        self.decisions, self.leases = FakeTable(), FakeTable()
        self.settings = settings
        drill = {"tags": {"harecon:stack": "payments"}, "actions": {"one": {"actionId": "aws:rds:failover-db-cluster"}}}
        zone = {**drill, "actions": {"one": {"actionId": "aws:network:disrupt-connectivity"}}}
        self.fis = Fis({"failover": drill, "zone": zone, "foreign": {**drill, "tags": {"harecon:stack": "other"}}})
        self.calls = 0
        self.memory = Memory(self.decisions)
        self.memory.note_writer("a", "z1", self.world.now())

    def handle(self, event: Event, limit: float = 300.0, name: str | None = None) -> str:
        self.calls += 1
        name = name or f"call-{self.calls}"
        world = self.world
        teller = Teller(world, "payments", "arn:topic-critical", "arn:topic-warning")
        watch = Watch(
            memory=self.memory,
            lease=MortalLease(
                self.leases, "failover", name, LEASE_SECONDS, world.now, is_dead=lambda: isinstance(exception(), Killed)
            ),
            witness=Witness(Database(world, CLUSTER_ARN, SECRET_ARN, "payments"), "coordinator"),
            rds=world,
            cluster="payments",
            settings=self.settings,
            failover_within=WITHIN,
            teller=teller,
            drain=world.drained.append,
            now=world.now,
            sleep=world.sleep,
            name=name,
        )
        drills = Drills(self.fis, "payments", self.memory, teller, WITHIN, world.now)
        end = world.now() + limit
        return Coordinator(watch, drills, world.now).handle(event, lambda: end - world.now())

    def down(self, since: float | None = None) -> Event:
        now = self.world.now()
        answers = (("a", False), ("b", True), ("c", True))
        return Event(Kind.DOWN, "probe: down", now, now if since is None else since, answers)

    def up(self, since: float) -> Event:
        return Event(Kind.UP, "probe: up", self.world.now(), since)

    def probe(self, rounds: int = 60, every: float = 10.0) -> None:
        """The probe's rounds from now on, as the world is then."""
        failing: list[float] = []

        def once() -> None:
            now = self.world.now()
            if not self.world.works:
                failing.append(now)
                self.handle(self.down(failing[0]))
            elif failing:
                since = failing[0]
                failing.clear()
                self.handle(self.up(since))

        for number in range(rounds):
            self.world.at(number * every, once)

    def subjects(self, topic: str) -> list[str]:
        return [subject for to, subject in self.world.sent if to == topic]


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def metrics(text: str) -> dict[str, list[float]]:
    """The metrics in the log, by name and dimension."""
    found: dict[str, list[float]] = {}
    for line in map(json.loads, text.splitlines()):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                labels = [line[name] for dimensions in directive["Dimensions"] for name in dimensions]
                found.setdefault("/".join([metric["Name"], *labels]), []).append(line[metric["Name"]])
    return found


HINT = Event(Kind.HINT, "RDS-EVENT-0073: Started cross AZ failover")


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


def test_an_unknown_event_is_counted_and_not_raised(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.handle(read({"source": "aws.ec2"})) == "not understood"
    assert metrics(capsys.readouterr().out) == {"UnknownEvents": [1]}


# MARK: What holds back


def run_out(stage: Stage, seconds: float = 600) -> None:
    stage.world.crash()
    stage.probe(int(seconds / 10))
    stage.world.sleep(seconds)


def test_advice_is_given_once_and_nothing_is_done() -> None:
    stage = Stage(replace(SETTINGS, mode=Mode.ADVISE))
    run_out(stage)
    assert stage.world.calls == [] and stage.world.drained == []
    told = stage.subjects("critical")
    assert len(told) == 2 and 'to "b"' in told[0] and "not over after 120 s" in told[1]


def test_a_freeze_holds_until_it_ends(stage: Stage) -> None:
    stage.decisions.put({"id": "freeze", "until": stage.world.now() + 100, "reason": "maintenance", "by": "somebody"})
    began = stage.world.now()
    run_out(stage, 300)
    assert [at - began >= 100 for at, _, _ in stage.world.calls] == [True]
    assert "frozen" in stage.subjects("critical")[0]


def test_after_a_failover_whoever_started_it_there_is_none_for_a_while(stage: Stage) -> None:
    stage.memory.note_failover(stage.world.now() - 100, "a", "Aurora", apart=0)
    began = stage.world.now()
    run_out(stage, 900)
    assert [at - began >= 800 for at, _, _ in stage.world.calls] == [True]
    assert "900 s" in stage.subjects("critical")[0]


def test_the_day_s_budget_is_heeded_across_midnight(stage: Stage) -> None:
    for hours in (23, 12, 1):
        assert stage.memory.spend(stage.world.now() - hours * 3600, 3)
    run_out(stage)
    assert stage.world.calls == []
    assert "3 failovers" in stage.subjects("critical")[0]


def test_when_the_failover_comes_to_nothing_it_is_not_called_again(stage: Stage) -> None:
    stage.world.promotion = None
    run_out(stage, 2000)
    assert len(stage.world.calls) == 1
    assert any("not over after 120 s" in subject for subject in stage.subjects("critical"))


def test_another_target_is_tried_when_rds_does_not_take_the_first(stage: Stage) -> None:
    stage.world.refuse = [error("InvalidDBInstanceState")]
    run_out(stage)
    assert [target for _, target, _ in stage.world.calls] == ["c"]


def test_a_throttled_call_is_made_again(stage: Stage) -> None:
    stage.world.refuse = [error("Throttling")]
    run_out(stage)
    assert [target for _, target, _ in stage.world.calls] == ["b"]


def test_who_is_second_accepts_it(stage: Stage) -> None:
    stage.world.refuse = [error("InvalidDBClusterStateFault")]
    stage.world.at(22, lambda: stage.world.fail_over("c"))
    run_out(stage)
    assert stage.world.calls == []
    assert stage.subjects("critical")[-1].startswith("payments: c writes")


def test_a_call_that_may_have_been_made_is_not_made_again(stage: Stage) -> None:
    stage.world.refuse = [ReadTimeoutError(endpoint_url="https://rds.example"), error("InternalFailure", status=500)]
    run_out(stage)
    assert len(stage.world.refuse) == 1 and stage.world.calls == []


def test_a_refused_call_is_told(stage: Stage) -> None:
    stage.world.refuse = [error("AccessDenied", status=403)] * 5
    run_out(stage)
    assert len(stage.world.refuse) == 4
    assert "payments: RDS refuses the failover" in stage.subjects("critical")


def test_while_rds_does_not_answer_nothing_is_done(stage: Stage) -> None:
    stage.world.rds_answers = False
    run_out(stage, 300)
    assert stage.world.calls == []


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


# MARK: Drills


def drill(status: str, template: str = "failover") -> Event:
    kind = Kind.DRILL_BEGINS if status == "running" else Kind.DRILL_ENDS
    return Event(kind, status, experiment="EXP1", template=template, status=status)


def test_a_failover_that_a_drill_started_is_not_doubled_and_judged(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stage.handle(drill("running")) == "no failure"
    stage.world.fail_over("b", 40)
    stage.probe()
    stage.world.sleep(100)
    stage.handle(drill("completed"))
    stage.handle(drill("completed"))
    assert stage.world.calls == []
    found = metrics(capsys.readouterr().out)
    assert found["DrillRunning"] == [1] and found["DrillVerdict"] == [1]


def test_a_drill_with_too_long_a_gap_has_failed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.handle(drill("running"))
    stage.world.fail_over("b", 150)
    stage.probe()
    stage.world.sleep(300)
    stage.handle(drill("completed"))
    assert metrics(capsys.readouterr().out)["DrillVerdict"] == [0]
    assert any("missed" in subject for subject in stage.subjects("warning"))


def test_the_end_of_a_drill_is_judged_after_the_end_of_its_failure(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.handle(drill("running"))
    stage.world.fail_over("b", 60)
    stage.world.sleep(10)
    stage.handle(drill("completed"))
    assert metrics(capsys.readouterr().out)["DrillVerdict"] == [1]
    assert stage.world.writer == "b"


def test_in_a_drill_that_only_breaks_something_the_coordinator_does_its_work(stage: Stage) -> None:
    stage.handle(drill("running", "zone"))
    run_out(stage, 100)
    assert len(stage.world.calls) == 1


@pytest.mark.parametrize("template", ["foreign", "unknown"])
def test_experiments_of_others_are_none_of_ours(
    stage: Stage, capsys: pytest.CaptureFixture[str], template: str
) -> None:
    stage.handle(drill("running", template))
    stage.handle(drill("completed", template))
    assert stage.decisions.read("drill") is None
    assert "DrillVerdict" not in metrics(capsys.readouterr().out)


@pytest.mark.parametrize("status", ["failed", "stopped", "cancelled"])
def test_an_experiment_that_did_not_come_to_its_end_proves_nothing(
    stage: Stage, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    stage.handle(drill("running"))
    stage.handle(drill(status))
    assert metrics(capsys.readouterr().out)["DrillVerdict"] == [0]


# MARK: The record


def test_each_change_of_mind_is_on_record_with_its_inputs(stage: Stage) -> None:
    run_out(stage, 100)
    records = [item for key, item in sorted(stage.decisions.items.items()) if key.startswith("decision#")]
    verdicts = [item["verdict"] for item in records]
    assert verdicts[0] == "observe" and verdicts[-1] == "done"
    assert "drain" in verdicts and "fail over" in verdicts
    assert all(json.loads(item["inputs"])["failed_writer"] == "a" for item in records)




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
    monkeypatch.setattr(handler, "client", lambda service, **_: world)
    tables = {"payments-leases": leases, "payments-decisions": decisions}
    monkeypatch.setattr(handler, "Table", lambda _, name: tables[name])
    event = {"source": "aws.rds", "detail": {"EventID": "RDS-EVENT-0071"}, "time": "2024-05-06T23:08:24Z"}
    context = SimpleNamespace(aws_request_id="call", get_remaining_time_in_millis=lambda: 300_000)
    assert handler.handle(event, context) == {"outcome": "no failure"}
    assert '"writer": "a"' in capsys.readouterr().out
    assert leases.items["failover"]["until"] == 0, "the lease was given back"


def test_a_word_of_before_the_end_of_a_failure_begins_no_other(stage: Stage) -> None:
    run_out(stage, 60)
    late = replace(stage.down(stage.world.now() - 60), at=stage.world.now() - 20)
    stage.world.data_api = error("ServiceUnavailableError", status=503)
    assert stage.handle(late) == "no failure"
    assert len(stage.world.calls) == 1

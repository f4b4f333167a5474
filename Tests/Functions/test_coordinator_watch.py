# SPDX-License-Identifier: Apache-2.0
"""What the coordinator makes of a failure that changes hands while it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from coordinator_stage import HINT, Stage
from shared.tables import Lease
from world import error


class Drained(list[str]):
    """Something happens between the drain and the failover."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self.then = then

    def append(self, writer: str) -> None:
        super().append(writer)
        self.then()


def crash(stage: Stage, then: Callable[[], object]) -> str:
    stage.world.drained = Drained(then)
    stage.world.crash()
    began = stage.world.now()
    stage.world.sleep(30)
    return stage.handle(stage.down(began))


def test_who_loses_the_lease_while_it_looks_fails_nobody_over(stage: Stage) -> None:
    crash(stage, lambda: Lease(stage.leases, "failover", "thief", 1000, lambda: 1e12).take())
    assert stage.world.drained == ["a"]
    assert stage.world.calls == []


@pytest.mark.parametrize("is_another", [False, True])
def test_a_failure_that_another_saw_the_end_of_is_not_acted_on(stage: Stage, is_another: bool) -> None:
    memory, world = stage.memory, stage.world

    def end() -> None:
        outage = memory.outage(world.now())
        assert outage and memory.close(outage, world.now(), {"to": "page", "subject": "over", "text": "over"})
        if is_another:
            memory.open(world.now(), world.now(), "a", "z1")

    assert crash(stage, end) == "done"
    assert world.calls == []
    left = memory.outage(world.now())
    assert (left is not None) == is_another and "drained" not in (left or {})


def test_promoted_is_when_rds_names_another_and_writable_when_it_takes_a_write(stage: Stage) -> None:
    stage.world.data_api = error("DatabaseUnavailableException", "the writer instance isn't available", 504)
    stage.world.fail_over("b", 5)

    def answers() -> None:
        stage.world.data_api = None

    stage.world.at(30, answers)
    assert stage.handle(HINT) == "done"
    last = stage.memory.last_outage() or {}
    phases = {phase: at - last["since"] for phase, at in last["phases"].items()}
    assert 5 <= phases["promoted"] < 10 and 30 <= phases["writable"] < 35


@pytest.mark.parametrize("silent", ["RDS", "database"])
def test_who_writes_now_is_known_by_either_of_two(
    stage: Stage, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stage.world
    ask = world.execute_statement

    def execute_statement(*, sql: str, **params: Any) -> dict[str, Any]:
        if "aurora_db_instance_identifier" in sql:
            raise error("DatabaseErrorException", "function does not exist; SQLState: 42883")
        return ask(sql=sql, **params)

    if silent == "database":
        monkeypatch.setattr(world, "execute_statement", execute_statement)
    else:
        world.rds_answers = False
    world.fail_over("b", 5)
    assert stage.handle(HINT) == "done"
    known = stage.memory.writer() or {}
    assert (known["member"], known["zone"]) == ("b", "z2" if silent == "database" else None)
    assert any("b writes after" in subject for subject in stage.subjects("critical"))


def test_a_full_writer_is_left_alone_on_the_probe_s_word_for_as_long_as_it_holds(stage: Stage) -> None:
    stage.world.data_api = error("ServiceUnavailableError", status=503)
    stage.world.full_until = stage.world.now() + 1000
    began = stage.world.now()
    stage.world.sleep(30)
    full = stage.down(began)
    assert stage.handle(full, limit=30) == "refuse"
    assert "no room for more (53300)" in stage.subjects("critical")[0]
    # It dies; the probe says no more, and the Data API does.
    stage.world.data_api = None
    stage.world.crash()
    stage.world.sleep(60)
    stage.handle(HINT)
    assert [works for _, _, works in stage.world.calls] == [False]


def test_who_was_the_writer_long_ago_is_not_who_fails_now(stage: Stage) -> None:
    """The lag guard, which notes the writer each minute, has not run since."""
    stage.memory.note_writer("a", "z1", stage.world.now() - 1000)
    stage.world.writer = "c"
    stage.run_out(100)
    assert [target for _, target, _ in stage.world.calls] == ["b"]
    assert (stage.memory.last_outage() or {})["writer"] == "c"


def test_where_no_reader_qualifies_the_page_says_that_aurora_chooses(stage: Stage) -> None:
    for name in "bc":
        stage.decisions.put({"id": f"lag#{name}", "lag": 30.0, "at": stage.world.now()})
    stage.run_out(100)
    assert [target for _, target, _ in stage.world.calls] == [None]
    assert "payments: fails over from a to whom Aurora chooses" in stage.subjects("critical")


@pytest.mark.parametrize("is_refused", [False, True])
def test_the_last_page_says_who_failed_it_over(
    stage: Stage, is_refused: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_refused:
        stage.world.refuse = [error("AccessDenied", status=403)]
        stage.world.at(60, lambda: stage.world.fail_over("b", 5))
    stage.run_out(200)
    by = "Aurora" if is_refused else "harecon"
    assert f"{by} failed it over" in capsys.readouterr().out
    assert (stage.memory.last_failover() or {})["by"] == by


@pytest.mark.parametrize("rds_answers", [False, True])
def test_a_failure_of_which_nobody_knows_whose_it_is_is_watched(stage: Stage, rds_answers: bool) -> None:
    """A new stack, of which the lag guard has noted nothing, and RDS does not answer or names no writer."""
    stage.decisions.delete("writer")
    stage.world.rds_answers, stage.world.writer = rds_answers, ""
    stage.world.crash()
    assert stage.handle(stage.down(), limit=60) == "observe"
    assert (stage.memory.outage(stage.world.now()) or {})["writer"] is None
    assert stage.world.calls == []


def test_a_failure_counts_from_the_probe_s_first_failed_look(stage: Stage) -> None:
    began = stage.world.now()
    crash(stage, lambda: None)
    assert [at - began < 40 for at, _, _ in stage.world.calls] == [True]
    assert (stage.memory.last_outage() or {})["since"] == began


def test_a_cluster_that_fails_over_is_watched_also_when_nobody_can_be_asked(stage: Stage) -> None:
    stage.world.data_api = error("ServiceUnavailableError", status=503)
    stage.world.fail_over("b", 100)
    assert stage.handle(HINT, limit=60) == "observe"
    assert stage.memory.outage(stage.world.now()) is not None


@pytest.mark.parametrize("silent", ["RDS", "nobody"])
def test_a_failover_that_nobody_saw_is_known_by_either_of_two(stage: Stage, silent: str) -> None:
    stage.world.writer, stage.world.rds_answers = "b", silent == "nobody"
    assert stage.handle(HINT) == "no failure"
    assert (stage.memory.writer() or {})["member"] == "b"

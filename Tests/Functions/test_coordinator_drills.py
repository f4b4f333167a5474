# SPDX-License-Identifier: Apache-2.0
"""Drills: what the coordinator leaves to them, and how it judges them."""

from __future__ import annotations

import pytest

from coordinator.events import Event, Kind
from coordinator_stage import Stage, metrics


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


def test_a_drill_that_is_told_to_begin_after_its_end_holds_nothing_back(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.handle(drill("completed"))
    stage.handle(drill("running"))
    assert stage.memory.hold() is None
    assert "DrillRunning" not in metrics(capsys.readouterr().out)
    stage.run_out(100)
    assert [target for _, target, _ in stage.world.calls] == ["b"], "a real failure is acted on"


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
    stage.run_out(100)
    assert len(stage.world.calls) == 1


@pytest.mark.parametrize("template", ["foreign", "denied", "unknown"])
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

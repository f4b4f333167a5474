# SPDX-License-Identifier: Apache-2.0
"""What keeps the coordinator from failing over, and what RDS may answer when it does."""

from __future__ import annotations

from dataclasses import replace

from botocore.exceptions import ReadTimeoutError

from coordinator_stage import HINT, SETTINGS, Stage
from shared.decisions import Mode
from world import error


def test_advice_is_given_once_and_nothing_is_done() -> None:
    stage = Stage(replace(SETTINGS, mode=Mode.ADVISE))
    stage.run_out()
    assert stage.world.calls == [] and stage.world.drained == []
    told = stage.subjects("critical")
    assert len(told) == 2 and 'to "b"' in told[0] and "not over after 120 s" in told[1]


def test_a_freeze_holds_until_it_ends(stage: Stage) -> None:
    stage.decisions.put({"id": "freeze", "until": stage.world.now() + 100, "reason": "maintenance", "by": "somebody"})
    began = stage.world.now()
    stage.run_out(300)
    assert [at - began >= 100 for at, _, _ in stage.world.calls] == [True]
    assert "frozen" in stage.subjects("critical")[0]


def test_after_a_failover_whoever_started_it_there_is_none_for_a_while(stage: Stage) -> None:
    stage.memory.note_failover(stage.world.now() - 100, "a", "Aurora", apart=0)
    began = stage.world.now()
    stage.run_out(900)
    assert [at - began >= 800 for at, _, _ in stage.world.calls] == [True]
    assert "900 s" in stage.subjects("critical")[0]


def test_the_day_s_budget_is_heeded_across_midnight(stage: Stage) -> None:
    for hours in (23, 12, 1):
        assert stage.memory.spend(stage.world.now() - hours * 3600, 3)
    stage.run_out()
    assert stage.world.calls == []
    assert "3 failovers" in stage.subjects("critical")[0]


def test_when_the_failover_comes_to_nothing_it_is_not_called_again(stage: Stage) -> None:
    stage.world.promotion = None
    stage.run_out(2000)
    assert len(stage.world.calls) == 1
    assert any("not over after 120 s" in subject for subject in stage.subjects("critical"))


def test_another_target_is_tried_when_rds_does_not_take_the_first(stage: Stage) -> None:
    stage.world.refuse = [error("InvalidDBInstanceState")]
    stage.run_out()
    assert [target for _, target, _ in stage.world.calls] == ["c"]


def test_a_member_that_somebody_added_hides_no_other_and_is_no_candidate(stage: Stage) -> None:
    stage.world.foreign = {"b"}
    stage.run_out()
    assert [target for _, target, _ in stage.world.calls] == ["c"]


def test_a_failure_that_was_forgotten_meanwhile_is_not_failed_over_twice(stage: Stage) -> None:
    """Nobody could look for a while after the call, and the probe counts from the beginning still."""
    stage.world.promotion = None
    stage.world.crash()
    began = stage.world.now()
    assert stage.handle(stage.down(), limit=60) == "observe"
    assert len(stage.world.calls) == 1
    stage.world.sleep(300)
    assert stage.handle(stage.down(began), limit=60) == "refuse"
    assert len(stage.world.calls) == 1


def test_a_failure_that_only_the_coordinator_sees_is_not_forgotten_while_it_looks(stage: Stage) -> None:
    stage.world.promotion = None
    stage.world.crash()
    assert stage.handle(HINT, limit=600) == "observe"
    assert len(stage.world.calls) == 1


def test_a_throttled_call_is_made_again(stage: Stage) -> None:
    stage.world.refuse = [error("Throttling")]
    stage.run_out()
    assert [target for _, target, _ in stage.world.calls] == ["b"]


def test_what_rds_did_not_take_costs_nothing_of_the_day_s_budget(stage: Stage) -> None:
    stage.world.refuse = [error("Throttling")] * 5 + [error("InvalidDBInstanceState")]
    stage.run_out()
    assert [target for _, target, _ in stage.world.calls] == ["c"]
    assert stage.memory.started(stage.world.now()) == 1


def test_who_is_second_accepts_it(stage: Stage) -> None:
    stage.world.refuse = [error("InvalidDBClusterStateFault")]
    stage.world.at(22, lambda: stage.world.fail_over("c"))
    stage.run_out()
    assert stage.world.calls == []
    assert stage.subjects("critical")[-1].startswith("payments: c writes")


def test_a_call_that_may_have_been_made_is_not_made_again(stage: Stage) -> None:
    stage.world.refuse = [ReadTimeoutError(endpoint_url="https://rds.example"), error("InternalFailure", status=500)]
    stage.run_out()
    assert len(stage.world.refuse) == 1 and stage.world.calls == []


def test_a_refused_call_is_told(stage: Stage) -> None:
    stage.world.refuse = [error("AccessDenied", status=403)] * 5
    stage.run_out()
    assert len(stage.world.refuse) == 4
    assert "payments: RDS refuses the failover" in stage.subjects("critical")


def test_while_rds_does_not_answer_nothing_is_done(stage: Stage) -> None:
    stage.world.rds_answers = False
    stage.run_out(300)
    assert stage.world.calls == []

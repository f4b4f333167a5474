# SPDX-License-Identifier: Apache-2.0
"""Pages: who is on call hears of everything, also when a message is not taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coordinator_stage import HINT, SETTINGS, Killed, Stage
from shared.decisions import Mode
from world import error


def test_a_page_that_is_not_taken_is_sent_again_by_the_next_round() -> None:
    stage = Stage(replace(SETTINGS, mode=Mode.ADVISE))
    stage.world.at(20, lambda: setattr(stage.world, "unsent", 3))
    stage.run_out(100)
    assert stage.world.unsent == 0
    assert ["nothing is done" in subject for subject in stage.subjects("critical")] == [True, False]


def test_the_page_of_a_failover_is_sent_again_too(stage: Stage) -> None:
    stage.world.unsent = 2
    stage.run_out(100)
    told = stage.subjects("critical")
    assert told[0] == "payments: fails over from a to b" and told[1].startswith("payments: b writes") and len(told) == 2


def test_the_page_of_a_refusal_is_sent_again_too(stage: Stage) -> None:
    stage.world.refuse = [error("AccessDenied", status=403)]
    stage.world.unsent = 2
    stage.run_out(100)
    assert stage.subjects("critical").count("payments: RDS refuses the failover") == 1


def test_the_page_of_the_end_is_sent_by_the_next_call(stage: Stage) -> None:
    stage.world.crash()
    stage.probe(4)
    stage.world.at(35, lambda: setattr(stage.world, "unsent", 10_000))
    stage.world.sleep(200)
    assert stage.memory.outage(stage.world.now()) is None, "it is closed all the same"
    assert not any("writes after" in subject for subject in stage.subjects("critical"))
    stage.world.unsent = 0
    stage.handle(HINT)
    stage.handle(HINT)
    assert [subject for subject in stage.subjects("critical") if "writes after" in subject] == [
        stage.subjects("critical")[-1]
    ], "once"


def test_a_call_that_dies_while_it_closes_a_failure_loses_no_page(stage: Stage) -> None:
    stage.world.crash()
    stage.world.at(30, lambda: stage.world.fail_over("b", 5))
    delete, deaths = stage.decisions.delete, iter([True])

    def die(key: str, condition: str = "", **values: object) -> bool:
        if key == "outage" and next(deaths, False):
            raise Killed
        return delete(key, condition, **values)

    object.__setattr__(stage.decisions, "delete", die)
    with pytest.raises(Killed):
        stage.handle(stage.down())
    stage.world.sleep(60)
    assert stage.handle(HINT) == "no failure"
    assert sum("writes after" in subject for subject in stage.subjects("critical")) == 1
    # What comes next is a failure of its own.
    stage.world.crash()
    stage.handle(stage.down(), limit=60)
    outage = stage.memory.outage(stage.world.now())
    assert outage is not None and "called" not in outage


def test_of_topics_that_hang_a_round_waits_for_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages are due in one round: the refusal's, and that it is not over."""
    stage.decisions.put({"id": "freeze", "until": stage.world.now() + 10_000})
    stage.world.unsent = 10_000
    stage.run_out(300)
    moments: list[float] = []
    publish = stage.world.publish

    def note_and_publish(**params: str) -> None:
        moments.append(stage.world.now())
        publish(**params)

    monkeypatch.setattr(stage.world, "publish", note_and_publish)
    stage.handle(stage.down())
    assert len(moments) > 10 and len(set(moments)) == len(moments)
    stage.world.unsent = 0
    stage.handle(stage.down())
    assert len(stage.subjects("critical")) == 2

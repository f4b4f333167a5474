# SPDX-License-Identifier: Apache-2.0
"""The tables' items and leases, on moto's DynamoDB and on the table that other tests use: both must do the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from coordinator.memory import FORGOTTEN_SECONDS, Memory, probe_fails
from moto_table import moto_table
from shared.tables import Item, Lease, Table
from world import FakeTable

NOW = 1_795_000_000.25

MESSAGE = {"to": "page", "subject": "b writes", "text": "at last"}


@pytest.fixture(params=["moto", "memory"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    if request.param == "memory":
        yield FakeTable()
        return
    with moto_table("decisions") as client:
        yield Table(client, "decisions")


@pytest.fixture
def memory(table: Table) -> Memory:
    return Memory(table)


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> float:
        return self.moment


# MARK: Items


def test_an_item_comes_back_as_it_was_put(table: Table) -> None:
    item = {"id": "x", "text": "t", "number": 1.5, "yes": True, "none": None, "map": {"a": 1.0}, "list": ["b", 2.0]}
    assert table.put(item)
    assert table.read("x") == item
    assert table.read("y") is None


def test_a_condition_that_does_not_hold_changes_nothing(table: Table) -> None:
    assert table.put({"id": "x", "at": 1.0}, "attribute_not_exists(#id)")
    assert not table.put({"id": "x", "at": 2.0}, "attribute_not_exists(#id)")
    assert table.update("x", "SET #at = :at", "#at > :limit", at=3, limit=1) is None
    assert not table.delete("x", "#at = :at", at=2)
    assert table.read("x") == {"id": "x", "at": 1.0}
    assert table.delete("x", "#at = :at", at=1)
    assert table.read("x") is None


# MARK: Leases


def test_a_lease_has_one_holder_until_it_runs_out(table: Table) -> None:
    clock = Clock()
    one, two = (Lease(table, "failover", name, 45, clock) for name in ("one", "two"))
    assert one.take() and not two.take()
    clock.moment += 44
    assert one.renew() and not two.take()
    clock.moment += 46
    assert two.take()
    assert not one.renew(), "it woke up after another had taken over"
    assert two.fence > one.fence


def test_a_lease_that_was_given_back_is_free(table: Table) -> None:
    clock = Clock()
    one, two = (Lease(table, "failover", name, 45, clock) for name in ("one", "two"))
    assert one.take()
    one.release()
    assert two.take()
    one.release()
    assert two.renew(), "only its holder gives it back"


def test_a_call_that_is_repeated_takes_its_own_lease_again(table: Table) -> None:
    clock = Clock()
    assert Lease(table, "failover", "call", 45, clock).take()
    again = Lease(table, "failover", "call", 45, clock)
    assert again.take() and again.fence == 2


# MARK: A failure


def test_a_failure_is_opened_once_and_closed_once(memory: Memory) -> None:
    first = memory.open(NOW, NOW - 5, "a", "z1")
    assert memory.open(NOW + 1, NOW, "b", "z2") == first
    assert memory.outage(NOW + 1) == first
    assert memory.close(first, NOW + 40, MESSAGE) and not memory.close(first, NOW + 41, MESSAGE)
    assert memory.close(first, NOW + 40, MESSAGE), "the same call, whose answer got lost"
    assert memory.outage(NOW + 41) is None
    last = memory.last_outage()
    assert last and last["ended"] == NOW + 40 and last["writer"] == "a"


def test_a_message_is_owed_until_it_is_paid(memory: Memory) -> None:
    first = memory.open(NOW, NOW, "a", "z1")
    memory.close(first, NOW + 40, MESSAGE)
    memory.paid(NOW - 1)
    assert (memory.last_outage() or {})["owed"] == MESSAGE, "another failure's was paid"
    memory.paid(NOW)
    assert "owed" not in (memory.last_outage() or {})


def test_a_failure_of_which_nobody_told_any_more_is_over(memory: Memory) -> None:
    memory.open(NOW, NOW, "a", "z1")
    later = NOW + FORGOTTEN_SECONDS
    assert memory.outage(later - 1) is not None
    assert memory.outage(later) is None
    memory.report(later, "down", later, {"a": False})
    assert memory.outage(later) is None, "a report does not bring it back"
    assert memory.open(later, later, "b", "z2")["writer"] == "b"


def test_who_is_late_changes_nothing_of_the_next_failure(memory: Memory) -> None:
    """A call that slept through the end of its failure wakes up in another."""
    late, since = NOW - 500, NOW
    assert memory.close(memory.open(late, late, "a", "z1"), NOW - 400, MESSAGE)
    memory.paid(late)
    assert memory.close(memory.open(NOW - 300, NOW - 300, "b", "z2"), NOW - 200, MESSAGE)
    opened, last = memory.open(since, since, "c", "z3"), memory.last_outage()
    memory.saw(NOW + 100, late)
    memory.reached(late, "called", NOW + 100)
    memory.told(late, "called")
    memory.drain(late, NOW + 100)
    assert not memory.claim(late, NOW + 100, "b")
    memory.unclaim(late, ["b"])
    memory.answered(late, "refused")
    memory.paid(late)
    assert not memory.close({**opened, "since": late}, NOW + 100, MESSAGE)
    memory.tidy()
    assert memory.outage(NOW + 100) == opened
    assert memory.last_outage() == last and last is not None and last["owed"] == MESSAGE


def test_a_failover_is_claimed_once(memory: Memory) -> None:
    since = memory.open(NOW, NOW, "a", "z1")["since"]
    assert memory.claim(since, NOW + 1, "b")
    assert memory.claim(since, NOW + 1, "b"), "the same call, whose answer got lost"
    assert not memory.claim(since, NOW + 2, "c")
    memory.unclaim(since, ["b"])
    assert memory.claim(since, NOW + 3, "c")
    outage = memory.outage(NOW + 3)
    assert outage and outage["refused"] == ["b"] and outage["target"] == "c"
    assert not memory.claim(since - 1, NOW + 4, "c"), "of another failure"


def test_the_first_time_of_a_phase_counts(memory: Memory) -> None:
    since = memory.open(NOW, NOW, "a", "z1")["since"]
    memory.reached(since, "called", NOW + 20)
    memory.reached(since, "called", NOW + 30)
    outage = memory.outage(NOW)
    assert outage and outage["phases"] == {"detected": NOW, "called": NOW + 20}


def test_who_dies_while_it_closes_a_failure_leaves_it_to_the_next(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = memory.open(NOW, NOW, "a", "z1")
    with monkeypatch.context() as dying, pytest.raises(TimeoutError):
        dying.setattr(Table, "delete", lambda *_, **__: (_ for _ in ()).throw(TimeoutError()))
        dying.setattr(FakeTable, "delete", lambda *_, **__: (_ for _ in ()).throw(TimeoutError()))
        memory.close(first, NOW + 40, MESSAGE)
    assert memory.outage(NOW + 41) is not None
    last = memory.tidy()
    assert last and last["ended"] == NOW + 40 and last["owed"] == MESSAGE
    assert memory.outage(NOW + 42) is None
    memory.open(NOW + 50, NOW + 50, "b", "z2")
    assert not memory.close(first, NOW + 60, MESSAGE)
    assert memory.tidy() == last
    assert memory.outage(NOW + 60) and memory.last_outage() == last, "a late word of the first closes no other"


def test_what_was_told_of_a_failure_is_on_record_once(memory: Memory) -> None:
    since = memory.open(NOW, NOW, "a", "z1")["since"]
    for word in ("overdue", "overdue", "frozen"):
        memory.told(since, word)
    memory.told(since - 1, "of another failure")
    outage = memory.outage(NOW)
    assert outage and outage["told"] == ["overdue", "frozen"]


def test_the_probe_s_latest_word_counts_for_a_while(memory: Memory) -> None:
    memory.open(NOW, NOW, "a", "z1")
    assert probe_fails(memory.outage(NOW), NOW) is None
    memory.report(NOW, "down", NOW, {"a": False, "b": True})
    assert probe_fails(memory.outage(NOW), NOW + 20) is True
    assert probe_fails(memory.outage(NOW), NOW + 26) is None
    memory.report(NOW + 10, "up", NOW + 10, {"a": True})
    memory.report(NOW + 11, "down", NOW - 10, {"a": False})
    assert probe_fails(memory.outage(NOW + 11), NOW + 20) is False, "a late word does not undo a later one"


# MARK: What was before


def test_the_budget_counts_24_hours(memory: Memory) -> None:
    for hours in (30, 23, 2):
        assert memory.spend(NOW - hours * 3600, 3)
    assert memory.started(NOW) == 2
    assert memory.spend(NOW, 3) and not memory.spend(NOW, 3)


def test_what_was_spent_in_vain_comes_back(memory: Memory) -> None:
    assert memory.spend(NOW, 2) and memory.spend(NOW + 5, 2)
    memory.refund(NOW + 5)
    assert memory.started(NOW + 6) == 1
    assert memory.spend(NOW + 7, 2) and not memory.spend(NOW + 8, 2)
    memory.refund(NOW + 100_000)
    assert memory.started(NOW + 9) == 2, "nothing was spent on that day"


def test_failovers_that_are_told_of_twice_are_one(memory: Memory) -> None:
    assert memory.note_failover(NOW, "b", "Aurora", apart=120)
    assert not memory.note_failover(NOW + 100, "b", "Aurora", apart=120)
    assert memory.note_failover(NOW + 121, "c", "Aurora", apart=120)
    assert memory.last_failover() == {"id": "failover#last", "at": NOW + 121, "writer": "c", "by": "Aurora"}


def test_a_drill_is_ended_by_its_own_experiment_once(memory: Memory) -> None:
    memory.begin_drill("EXP1", NOW, NOW + 1800, NOW + 120)
    assert memory.hold() == NOW + 120
    assert memory.end_drill("EXP2", NOW + 60) is None
    assert memory.end_drill("EXP1", NOW + 60) is not None
    assert memory.end_drill("EXP1", NOW + 60) is None and memory.hold() is None
    assert not memory.begin_drill("EXP1", NOW + 61, NOW + 1800, NOW + 120), "whatever has ended since"
    assert not memory.begin_drill("EXP2", NOW + 61, NOW + 1800, NOW + 120) and memory.hold() is None
    assert memory.begin_drill("EXP3", NOW + 61, NOW + 1800, NOW + 120)


def test_a_drill_whose_end_is_told_while_it_begins_does_not_stay(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = type(memory.table).put

    def end_first(table: Table, item: Item, *rest: Any, **values: Any) -> bool:
        monkeypatch.undo()
        assert memory.end_drill("EXP1", NOW) is None
        return put(table, item, *rest, **values)

    monkeypatch.setattr(type(memory.table), "put", end_first)
    assert not memory.begin_drill("EXP1", NOW, NOW + 1800, NOW + 120)
    assert memory.hold() is None


def test_how_far_a_reader_lags_is_known_for_a_while(memory: Memory) -> None:
    memory.table.put({"id": "lag#b", "lag": 0.5, "at": NOW - 100})
    assert memory.lag("b", NOW) == 0.5
    assert memory.lag("b", NOW + 60) is None and memory.lag("c", NOW) is None

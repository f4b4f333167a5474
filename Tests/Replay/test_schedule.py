# SPDX-License-Identifier: Apache-2.0
"""Flights that overlap, which the cases do not have."""

from __future__ import annotations

from harecon_replay.jitter import Jitter
from harecon_replay.log_format import Stored
from harecon_replay.schedule import Entry, Schedule
from harecon_replay.settings import Settings
from harecon_replay.transaction import Statement, Transaction


def schedule(*keys: str, concurrency: int = 8) -> tuple[Schedule, list[Entry]]:
    made = Schedule(Settings(concurrency=concurrency), Jitter(random=lambda: 0.5))
    entries = [
        Entry(order, Stored(f"{order}", key, 0, ""), Transaction(f"{order}", key, (Statement("select 1"),)))
        for order, key in enumerate(keys)
    ]
    for entry in entries:
        made.add(entry)
    return made, entries


def taken(schedule: Schedule, now: float = 0) -> list[int]:
    """All that may fly now."""
    found = []
    while entry := schedule.take(now):
        found.append(entry.order)
    return found


def test_a_key_has_one_flight_at_a_time() -> None:
    made, entries = schedule("a", "a", "b", "a", "b")
    assert taken(made) == [0, 2]
    made.left(entries[2])
    assert taken(made) == [4]
    made.left(entries[0])
    made.left(entries[4])
    assert taken(made) == [1]
    assert made.next_moment(0) is None


def test_no_more_fly_than_may() -> None:
    made, entries = schedule("a", "b", "c", concurrency=2)
    assert taken(made) == [0, 1]
    assert made.next_moment(0) is None
    made.left(entries[1])
    assert made.next_moment(0) == 0
    assert taken(made) == [2]


def test_in_an_outage_nothing_flies_beside_the_probe() -> None:
    made, entries = schedule("a", "b", "c", "d")
    assert taken(made) == [0, 1, 2, 3]
    made.target_is_out(entries[0], 0)
    made.paused(entries[0], 0)
    # Those that were in the air when it began land first.
    assert taken(made, 0.1) == []
    for entry in entries[1:]:
        made.target_is_out(entry, 0.1)
        made.paused(entry, 0.1)
    assert made.next_moment(0.1) == 0.2
    assert taken(made, 100) == [0]
    assert made.next_moment(100) is None
    made.left(entries[0])
    assert made.target_answers()
    assert taken(made, 100) == [1, 2, 3]


def test_an_outage_that_many_flights_meet_at_once_is_one() -> None:
    """Or the first probe would wait for as long as after as many probes in vain."""
    made, entries = schedule(*"abcdefgh")
    assert taken(made, 1) == list(range(8))
    for entry in entries:
        made.target_is_out(entry, 2)
        made.paused(entry, 2)
    assert made.next_moment(2) == 2.2
    assert taken(made, 2.2) == [0]
    # The probe's own failure counts.
    made.target_is_out(entries[0], 3)
    made.paused(entries[0], 3)
    assert made.next_moment(3) == 3.35


def test_an_older_one_that_comes_back_flies_before_its_key_goes_on() -> None:
    made, entries = schedule("a", "a", "a")
    assert taken(made) == [0]
    made.left(entries[0])
    assert taken(made) == [1]
    made.add(entries[0])
    assert taken(made) == []
    made.paused(entries[1], 0)
    assert taken(made) == [0]
    made.left(entries[0])
    assert taken(made, 1) == [1]
    made.left(entries[1])
    assert taken(made, 1) == [2]


def test_a_backlog_is_drained_at_its_rate_and_new_work_is_not() -> None:
    made, _ = schedule("a", "b", "c")
    made.drain(2, 0)
    fresh = Entry(3, Stored("3", "d", 0, ""), Transaction("3", "d", ()))
    made.add(fresh)
    assert taken(made) == [3]
    assert made.next_moment(0) == 0.05
    assert [taken(made, moment) for moment in (0.05, 0.0525, 0.0551, 0.0602)] == [[0], [], [1], [2]]

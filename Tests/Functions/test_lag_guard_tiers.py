# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lag_guard.tiers import HIGH_LOOKS, LAST_TIER, LOW_LOOKS, Limits, Memory, Move, Seen, moves

LIMITS = Limits(low=0.5, high=2.0)
TIERS = {"a": 0, "b": 0, "c": 1}


class Stack:
    """Members whose lags are told look by look, and whose tiers follow the guard."""

    def __init__(self, writer: str = "a") -> None:
        self.writer = writer
        self.tiers = dict(TIERS)
        self.memory = {name: Memory() for name in TIERS}

    def look(self, **lags: float | None) -> list[Move]:
        seen = []
        for name in TIERS:
            lag = 0.0 if name == self.writer else lags.get(name, 0.0)
            self.memory[name] = self.memory[name].after(lag, LIMITS)
            seen.append(Seen(name, self.tiers[name], name == self.writer, lag, self.memory[name]))
        found = moves(seen, TIERS)
        for move in found:
            self.tiers[move.id] = move.tier
            memory = self.memory[move.id]
            self.memory[move.id] = Memory(memory.high, memory.low, move.is_down)
        return found


def test_a_reader_that_lags_twice_goes_down() -> None:
    stack = Stack()
    assert stack.look(b=2.0) == []
    assert stack.look(b=2.0) == [Move("b", LAST_TIER, is_down=True)]
    assert stack.look(b=2.0) == [], "it is down already"


def test_one_look_or_an_unknown_lag_between_does_not_count() -> None:
    stack = Stack()
    for lag in (2.0, 1.9, 2.0, None, 2.0, 0.1, 2.0):
        assert stack.look(b=lag) == []


def test_it_comes_back_to_the_spec_s_tier_after_five_good_looks_in_a_row() -> None:
    stack = Stack()
    stack.look(c=3.0)
    stack.look(c=3.0)
    assert stack.tiers["c"] == LAST_TIER
    for lag in (0.4, 0.4, 0.4, 0.4, 0.5):
        assert stack.look(c=lag) == [], "the fifth is at the limit, and the row begins anew"
    for _ in range(LOW_LOOKS - 1):
        assert stack.look(c=0.4) == []
    assert stack.look(c=0.4) == [Move("c", 1, is_down=False)]


def test_between_the_limits_nothing_changes() -> None:
    stack = Stack()
    for _ in range(50):
        assert stack.look(b=1.0, c=1.9) == []


def test_of_readers_that_all_lag_the_nearest_stays() -> None:
    stack = Stack()
    stack.look(b=3.0, c=9.0)
    assert stack.look(b=3.0, c=9.0) == [Move("c", LAST_TIER, is_down=True)]
    assert stack.look(b=30.0, c=9.0) == []


def test_a_reader_that_became_the_writer_comes_back_at_once() -> None:
    stack = Stack()
    stack.look(b=3.0)
    stack.look(b=3.0)
    stack.writer = "b"
    assert stack.look() == [Move("b", 0, is_down=False)]


def test_tiers_that_somebody_else_changed_are_left_alone() -> None:
    far = Memory(high=HIGH_LOOKS)
    near = Memory(low=LOW_LOOKS)
    readers = [Seen("b", 7, False, 9.0, far), Seen("c", LAST_TIER, False, 0.0, near), Seen("x", 3, False, 9.0, far)]
    assert moves([Seen("a", 0, True, 0.0, Memory()), *readers], TIERS) == []


LAGS = st.fixed_dictionaries({name: st.sampled_from([None, 0.0, 0.6, 2.0, 9.0]) for name in ("a", "b", "c")})


@given(st.lists(st.tuples(LAGS, st.sampled_from("abc")), max_size=40))
def test_one_reader_always_keeps_its_tier_and_none_goes_to_and_fro(
    looks: list[tuple[dict[str, float | None], str]],
) -> None:
    stack = Stack()
    since = dict.fromkeys(TIERS, 0)
    for number, (lags, writer) in enumerate(looks):
        stack.writer = writer
        for move in stack.look(**lags):
            quiet = LOW_LOOKS if not move.is_down else HIGH_LOOKS
            assert move.id == writer or number - since[move.id] >= quiet or since[move.id] == 0
            since[move.id] = number
        down = [name for name, tier in stack.tiers.items() if tier == LAST_TIER and name != writer]
        assert len(down) < len(TIERS) - 1

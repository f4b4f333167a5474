# SPDX-License-Identifier: Apache-2.0
"""Events in any order, twice, late or never; calls that are killed; Aurora that acts or not: what must hold anyway."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordinator.events import Event
from coordinator_stage import HINT, SETTINGS, Killed, Stage
from shared import telemetry


@dataclass(frozen=True)
class Happening:
    """Something at a time: a failure, what Aurora makes of it, an event, a call that is killed."""

    at: int
    kind: str
    delay: int
    copies: int


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        at=st.integers(0, 600),
        kind=st.sampled_from(["crash", "crash", "recover", "aurora", "hint", "late", "blind", "deaf", "full", "kill"]),
        delay=st.integers(0, 90),
        copies=st.integers(1, 3),
    ),
    max_size=10,
)

# Long enough for every watch that began to end.
HORIZON_SECONDS = 900


class Play:
    """A stage on which things happen, with a probe that tells what it sees unless it is deaf or blind."""

    def __init__(self, happenings: list[Happening], promotion: float | None) -> None:
        self.stage = Stage(replace(SETTINGS, cooldown=120, max_per_day=2))
        self.world = self.stage.world
        self.world.promotion = promotion
        self.deaf_until = self.blind_until = 0.0
        self.at_work = 0
        self.failing: float | None = None
        for number in range(HORIZON_SECONDS // 10):
            self.world.at(number * 10 + 3, self.probe)
        for happening in happenings:
            self.world.at(happening.at, partial(self.happen, happening))
        self.world.sleep(HORIZON_SECONDS)

    def call(self, event: Event) -> None:
        self.at_work += 1
        with contextlib.suppress(Killed):
            self.stage.handle(event)
        self.at_work -= 1

    def probe(self) -> None:
        now = self.world.now()
        if not self.world.works or now < max(self.blind_until, self.world.full_until):
            self.failing = self.failing or now
            self.tell(self.stage.down(self.failing))
        elif self.failing is not None:
            since, self.failing = self.failing, None
            self.tell(self.stage.up(since))

    def tell(self, event: Event) -> None:
        if self.world.now() >= self.deaf_until:
            self.call(event)

    def happen(self, happening: Happening) -> None:
        match happening.kind:
            case "crash" if self.world.status == "available":
                self.world.crash()
            case "recover":
                self.world.recover()
            case "aurora":
                self.world.at(happening.delay, lambda: self.world.works or self.world.fail_over(seconds=15))
            case "hint":
                for _ in range(happening.copies):
                    self.call(HINT)
            case "late":
                event = self.stage.down() if happening.copies > 1 else self.stage.up(self.world.now())
                self.world.at(happening.delay, lambda: self.call(event))
            case "blind":
                self.blind_until = self.world.now() + happening.delay
            case "full":
                self.world.full_until = self.world.now() + happening.delay
            case "deaf":
                self.deaf_until = self.world.now() + happening.delay
            case "kill" if self.at_work:
                raise Killed


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "print", lambda *_, **__: None, raising=False)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(HAPPENINGS, st.sampled_from([5.0, 35.0, 100.0, None]))
def test_one_failover_for_one_failure_never_of_a_healthy_writer_and_every_call_ends(
    happenings: list[Happening], promotion: float | None
) -> None:
    play = Play(happenings, promotion)
    calls, limits = play.world.calls, play.stage.settings
    assert all(not works for _, _, works in calls), "the writer was healthy"
    # A probe that found nobody before it had reason to has counted from then on.
    is_blind = any(happening.kind in ("blind", "full") for happening in happenings)
    for began, ended in play.world.failures:
        during = [at for at, _, _ in calls if began <= at <= (ended or play.world.now())]
        assert len(during) <= 1, "one failure was failed over twice"
        assert is_blind or all(at - began >= limits.after - 10 for at in during), "too early"
    times = [at for at, _, _ in calls]
    assert all(later - earlier >= limits.cooldown for earlier, later in pairwise(times))
    assert len(calls) <= limits.max_per_day


def test_a_failure_that_aurora_leaves_alone_is_seen_through_whatever_else_happens() -> None:
    """The other half: that it does something at all."""
    noise = [Happening(at, kind, 20, 2) for at, kind in enumerate(["hint", "late", "kill", "hint", "deaf"], 100)]
    play = Play([Happening(100, "crash", 0, 1), *noise], promotion=35.0)
    ((began, ended),) = play.world.failures
    assert len(play.world.calls) == 1
    assert ended is not None and ended - began < 120

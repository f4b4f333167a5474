# SPDX-License-Identifier: Apache-2.0
"""Which transaction flies next, and when. It asks nobody and keeps no clock.

One flight per key at a time, in the order in which they were put; other keys pass. Of those that may fly it is the one
that was tried longest ago, and among those never tried the oldest. While the target is out one flight at a time asks
whether it is back. What waited through that is drained at a limited rate; what came after it is not held up by it.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

from harecon_replay.jitter import Jitter
from harecon_replay.log_format import Stored
from harecon_replay.settings import Settings
from harecon_replay.transaction import Transaction

_NEVER = float("-inf")


@dataclass(eq=False)
class Entry:
    """A transaction on its way. Moments are those of the schedule's caller."""

    order: int
    stored: Stored
    transaction: Transaction
    # An earlier attempt may have got through. Its next flight begins by asking what became of it ...
    doubtful: bool = False
    settles: bool = False
    # ... or, applied as it is, by asking whether the target still has it; then until when it is kept.
    kept_until: float | None = None
    pause: float | None = None
    ready_at: float = _NEVER
    flown_at: float = _NEVER

    @property
    def id(self) -> str:
        return self.stored.id

    @property
    def key(self) -> str:
        return self.stored.key


@dataclass
class _Outage:
    """Since the target gave an error that lies in no transaction."""

    since: float
    pause: float
    probe_at: float


@dataclass
class Schedule:
    settings: Settings
    jitter: Jitter
    _keys: dict[str, deque[Entry]] = field(default_factory=dict)
    # Heads of their keys, by when they were tried: (flown_at, order, entry). Outdated ones are dropped when met.
    _fresh: list[tuple[float, int, Entry]] = field(default_factory=list)
    _backlog: list[tuple[float, int, Entry]] = field(default_factory=list)
    # Heads that pause: (ready_at, order, entry).
    _pausing: list[tuple[float, int, Entry]] = field(default_factory=list)
    # Keys of which one is in the air.
    _flying: set[str] = field(default_factory=set)
    _outage: _Outage | None = None
    # Entries up to this one waited through an outage; the next of them may fly at `_drain_at`.
    _drained_to: int = -1
    _drain_at: float = _NEVER

    def add(self, entry: Entry) -> None:
        """Behind those of its key that were put before it, and before those put after."""
        waiting = self._keys.setdefault(entry.key, deque())
        place = len(waiting)
        while place > 0 and waiting[place - 1].order > entry.order:
            place -= 1
        waiting.insert(place, entry)
        if place == 0:
            self._offer(entry)

    def drain(self, up_to: int, now: float) -> None:
        """Holds those entries to the limited rate: they waited, and have all been offered at once."""
        self._drained_to = max(self._drained_to, up_to)
        self._drain_at = max(self._drain_at, now + self.jitter.within(0, self.settings.pause_base))
        everything = self._fresh + self._backlog
        self._fresh, self._backlog = [], []
        for _, _, entry in everything:
            self._offer(entry)

    def take(self, now: float) -> Entry | None:
        """The next flight, if one may begin now."""
        self._wake(now)
        if len(self._flying) >= self.settings.concurrency:
            return None
        if self._outage and (self._flying or now < self._outage.probe_at):
            return None
        heap = self._choose(now)
        if heap is None:
            return None
        _, _, entry = heapq.heappop(heap)
        if heap is self._backlog:
            self._drain_at = now + 1 / self.settings.drain_per_second
        entry.flown_at = now
        self._flying.add(entry.key)
        return entry

    def next_moment(self, now: float) -> float | None:
        """When something may fly that may not now, None when that depends on a landing or on something new."""
        self._wake(now)
        if len(self._flying) >= self.settings.concurrency or (self._outage and self._flying):
            return None
        moments = [self._pausing[0][0]] if self._pausing else []
        if self._head(self._fresh):
            moments.append(now)
        if self._head(self._backlog):
            moments.append(now if self._outage else max(now, self._drain_at))
        if not moments:
            return None
        return max(min(moments), self._outage.probe_at) if self._outage else min(moments)

    # MARK: Landings

    def left(self, entry: Entry) -> None:
        """It is done with, one way or the other; the next of its key may fly."""
        self._flying.remove(entry.key)
        waiting = self._keys[entry.key]
        waiting.remove(entry)
        if waiting:
            self._offer(waiting[0])
        else:
            del self._keys[entry.key]

    def paused(self, entry: Entry, now: float) -> None:
        """It is tried again after its own pause, which grows."""
        self._flying.remove(entry.key)
        entry.pause = self.jitter.next(entry.pause)
        entry.ready_at = now + entry.pause
        self._offer(self._keys[entry.key][0])

    def target_is_out(self, entry: Entry, now: float) -> None:
        """As its flight has found. One that was in the air when the outage began has nothing new to tell, and the pause
        does not grow by it."""
        if self._outage and entry.flown_at <= self._outage.since:
            return
        pause = self.jitter.next(self._outage.pause if self._outage else None)
        self._outage = _Outage(self._outage.since if self._outage else now, pause, now + pause)

    def target_answers(self) -> bool:
        """Whether that ends an outage."""
        was_out, self._outage = self._outage is not None, None
        return was_out

    # MARK: Heads

    def _offer(self, entry: Entry) -> None:
        """A head of its key waits for its turn."""
        if entry.ready_at > _NEVER:
            heapq.heappush(self._pausing, (entry.ready_at, entry.order, entry))
            return
        heap = self._backlog if entry.order <= self._drained_to else self._fresh
        heapq.heappush(heap, (entry.flown_at, entry.order, entry))

    def _wake(self, now: float) -> None:
        while self._pausing and (self._pausing[0][0] <= now or not self._is_head(self._pausing[0][2])):
            _, _, entry = heapq.heappop(self._pausing)
            if self._is_head(entry) and entry.ready_at <= now:
                entry.ready_at = _NEVER
                self._offer(entry)

    def _choose(self, now: float) -> list[tuple[float, int, Entry]] | None:
        """The heap whose first flies."""
        fresh = self._head(self._fresh)
        # A probe is no drain.
        backlog = self._head(self._backlog) if self._outage or now >= self._drain_at else None
        if fresh is None or backlog is None:
            return self._fresh if fresh else self._backlog if backlog else None
        return self._fresh if self._fresh[0][:2] < self._backlog[0][:2] else self._backlog

    def _head(self, heap: list[tuple[float, int, Entry]]) -> Entry | None:
        while heap:
            flown_at, _, entry = heap[0]
            if self._is_head(entry) and entry.ready_at == _NEVER and flown_at == entry.flown_at:
                return entry
            heapq.heappop(heap)
        return None

    def _is_head(self, entry: Entry) -> bool:
        """And nobody of its key is in the air."""
        waiting = self._keys.get(entry.key)
        return bool(waiting) and waiting[0] is entry and entry.key not in self._flying

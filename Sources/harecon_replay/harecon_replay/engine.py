# SPDX-License-Identifier: Apache-2.0
"""What a client does, apart from its threads: takes transactions in, flies them, tells what became of them."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from harecon_replay.attempt import Attempts, Failed, Landing, Underway
from harecon_replay.bounds import Bounds
from harecon_replay.buffer_file import BufferBroken, BufferInUse, FileBuffer
from harecon_replay.jitter import Jitter
from harecon_replay.log_format import Stored
from harecon_replay.outcome import Applied, Full, Meaning, Outcome, Pending, Refused, TargetError
from harecon_replay.schedule import Entry, Schedule
from harecon_replay.settings import Settings
from harecon_replay.targets import times_seen
from harecon_replay.transaction import Malformed, Transaction, body_hash, read

log = logging.getLogger("harecon_replay")


@dataclass(frozen=True)
class Clock:
    """`moment` is for pauses, in seconds since any start; `unix` for what is kept, in Unix seconds."""

    moment: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time


@dataclass(eq=False)
class _Held:
    """A transaction that the buffer has, or is about to have."""

    entry: Entry
    future: Future[Outcome]
    # Ends when the buffer has it for good, or with why it has nothing of it.
    stored: Future[None] = field(default_factory=Future)


class Engine:
    """Everything may be called from any thread. `changed` is notified when there may be something to fly."""

    def __init__(
        self, attempts: Attempts, buffer: FileBuffer, settings: Settings, jitter: Jitter, clock: Clock
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._attempts = attempts
        self._buffer = buffer
        self._settings = settings
        self._clock = clock
        self._schedule = Schedule(settings, jitter)
        self._bounds = Bounds(settings)
        self._held: dict[str, _Held] = {}
        self._parked = {stored.id: stored for stored in buffer.parked()}
        # Applied, and not yet given up, in case that the target forgets them: (until, order, what).
        self._kept: list[tuple[float, int, _Held]] = []
        self._orders = 0
        self._is_over = False
        self._recover(buffer.waiting())

    # MARK: Taking in

    def accept(self, transaction: Transaction) -> Future[Outcome]:
        """Returns when the transaction is durable. Raises Full, and what the buffer raises; then nothing was taken."""
        try:
            body = transaction.body()
            parsed = read(transaction.key, body)
        except Malformed as error:
            return _told(Refused("malformed", str(error)))
        with self.changed:
            refused = self._refused(transaction.id, body)
            if refused is not None:
                return _told(refused)
            end = self._join if transaction.id in self._held else self._put
            stored = Stored(transaction.id, transaction.key, round(self._clock.unix(), 3), body)
            held = self._held.get(transaction.id) or self._reserve(stored, parsed)
        return end(held)

    def _refused(self, id: str, body: str) -> Refused | None:
        held, parked = self._held.get(id), self._parked.get(id)
        other = held.entry.stored.body if held else parked.body if parked else body
        if other != body:
            return Refused("mismatch", f'the id "{id}" was given to another transaction, which is in the buffer')
        if parked:
            return Refused(parked.cause or "", "it is parked: resubmit it, or discard it")
        return None

    def _reserve(self, stored: Stored, transaction: Transaction) -> _Held:
        self._bounds.check(stored.body, self._clock.unix(), len(self._parked))
        return self._hold(stored, transaction)

    def _hold(self, stored: Stored, transaction: Transaction) -> _Held:
        self._orders += 1
        held = _Held(Entry(self._orders, stored, transaction), _uncancellable())
        self._held[stored.id] = held
        self._bounds.add(stored)
        return held

    def _put(self, held: _Held) -> Future[Outcome]:
        stored = held.entry.stored
        try:
            self._buffer.put(stored.id, stored.key, stored.at, stored.body)
        except (Full, BufferBroken, BufferInUse) as error:
            with self.changed:
                self._forget(held)
            held.stored.set_exception(error)
            raise
        except BaseException:
            # The thread was interrupted while it waited for the disk, and others write the line all the same.
            self._take_in(held)
            raise
        self._take_in(held)
        return held.future

    def _take_in(self, held: _Held) -> None:
        with self.changed:
            self._parked.pop(held.entry.id, None)
            self._schedule.add(held.entry)
            if self._is_over:
                held.future.set_result(Pending())
            self.changed.notify()
        held.stored.set_result(None)

    @staticmethod
    def _join(held: _Held) -> Future[Outcome]:
        """Of one that somebody else has put, or is about to: it is not durable before that one is told so."""
        held.stored.result()
        return held.future

    def _recover(self, waiting: list[Stored]) -> None:
        for stored in waiting:
            try:
                transaction = read(stored.key, stored.body)
            except Malformed as error:
                log.error('"%s" in the buffer is no transaction: %s', stored.id, error)
                self._parks(stored, Refused("malformed"))
                continue
            held = self._hold(stored, transaction)
            held.stored.set_result(None)
            entry = held.entry
            entry.settles, entry.doubtful = stored.xid is not None, True
            self._schedule.add(entry)
        self._schedule.drain(self._orders, self._clock.moment())

    def _forget(self, held: _Held) -> None:
        self._held.pop(held.entry.id, None)
        self._bounds.remove(held.entry.stored)

    # MARK: What is parked

    def parked(self) -> list[Stored]:
        with self.changed:
            return list(self._parked.values())

    def resubmit(self, id: str) -> Future[Outcome]:
        """Puts a parked transaction behind all others of its key.

        Raises KeyError, Malformed for one that was parked for that, and what `accept` raises.
        """
        with self.changed:
            parked = self._parked[id]
            fresh = replace(parked, at=round(self._clock.unix(), 3), xid=None, cause=None, parked_at=None)
            end = self._join if id in self._held else self._put
            held = self._held.get(id) or self._reserve(fresh, read(fresh.key, fresh.body))
        return end(held)

    def discard(self, id: str) -> None:
        """Raises KeyError for one that is not parked."""
        with self.changed:
            if id not in self._parked or id in self._held:
                raise KeyError(id)
            self._buffer.discard(id)
            del self._parked[id]

    def outcome(self, id: str) -> Outcome | None:
        """As far as it is known; None for an id of which neither buffer nor ledger knows. May raise TargetError."""
        with self.changed:
            held, parked = self._held.get(id), self._parked.get(id)
            if held and held.future.done():
                return held.future.result()
            if held:
                return Pending()
            if parked:
                return Refused(parked.cause or "")
        seen = times_seen(self._attempts.target, id, self._settings.attempt_seconds)
        return Applied(seen) if seen else None

    def abandon(self) -> None:
        """Nothing flies any more: whoever waits is told that it goes on another time."""
        with self.changed:
            self._is_over = True
            for held in self._held.values():
                # One that is not durable yet hears of it by who waits for the disk.
                if held.stored.done() and not held.future.done():
                    held.future.set_result(Pending())

    # MARK: Flights

    def take(self) -> Entry | None:
        with self.changed:
            self._give_up_kept()
            return self._schedule.take(self._clock.moment())

    def next_moment(self) -> float | None:
        """When there is something to do that is not to be done now; None when nothing is known of."""
        with self.changed:
            flight = self._schedule.next_moment(self._clock.moment())
            kept = self._kept[0][0] if self._kept else None
            return min((moment for moment in (flight, kept) if moment is not None), default=None)

    def fly(self, entry: Entry) -> None:
        """Never raises what a target or the buffer may answer."""
        landing = self._fly(entry)
        if isinstance(landing, Refused) and not self._parks(entry.stored, landing):
            landing = Failed(Meaning.AGAIN, TargetError("the buffer could not park it"))
        if isinstance(landing, Applied) and not self._settings.retain:
            # Before the id is forgotten: put once more, it must not be ended by this.
            self._finish(entry.id)
        with self.changed:
            held = self._held[entry.id]
            self._land(held, landing)
            self.changed.notify_all()
        # Whoever hears of it and submits the same id again starts anew.
        if isinstance(landing, Applied | Refused) and not held.future.done():
            held.future.set_result(landing)

    def give_up(self, entry: Entry) -> None:
        """Ends a flight of which nothing is known: the next one settles it."""
        with self.changed:
            held = self._held.get(entry.id)
            # Unless it had landed already.
            if held and held.entry is entry:
                unknown = TargetError("the flight did not end")
                self._land(held, Failed(Meaning.LATER, unknown, True, entry.stored.xid))
                self.changed.notify_all()

    def _fly(self, entry: Entry) -> Landing:
        stored, landing = entry.stored, None
        if entry.kept_until is not None:
            landing = self._attempts.look(stored.id)
            if landing is None:
                log.warning('the target has lost "%s" after it had confirmed it: applied again', stored.id)
                entry.kept_until = None
        elif entry.settles:
            landing = self._attempts.settle(stored.id, stored.xid, self._clock.unix() - stored.at)
        if landing is not None:
            return landing

        def note(xid: str) -> None:
            self._note(entry, xid)

        return self._attempts.apply(entry.transaction, body_hash(stored.body), entry.doubtful, note)

    def _note(self, entry: Entry, xid: str) -> None:
        entry.stored = replace(entry.stored, xid=xid)
        self._kept_going("noted", lambda: self._buffer.doubt(entry.id, xid))

    def _finish(self, id: str) -> None:
        self._kept_going("ended", lambda: self._buffer.done(id))

    def _parks(self, stored: Stored, refused: Refused) -> bool:
        at = round(self._clock.unix(), 3)
        if not self._kept_going("parked", lambda: self._buffer.park(stored.id, refused.cause, at)):
            return False
        with self.changed:
            self._parked[stored.id] = replace(stored, cause=refused.cause, parked_at=at)
        return True

    @staticmethod
    def _kept_going(what: str, write: Callable[[], None]) -> bool:
        """Whether it was written. Nothing stops for what the ledger knows as well: work that ends makes room."""
        try:
            write()
        except (Full, BufferBroken) as error:
            log.warning("not %s: %s", what, error)
            return False
        return True

    # MARK: Landings

    def _land(self, held: _Held, landing: Landing) -> None:
        now, entry = self._clock.moment(), held.entry
        is_out = isinstance(landing, Failed) and landing.meaning is Meaning.LATER
        if is_out:
            self._schedule.target_is_out(entry, now)
        match landing:
            case Failed() | Underway():
                if isinstance(landing, Failed):
                    log.info('"%s" is tried again: %s', entry.id, landing.error.short)
                    entry.settles = landing.in_doubt
                    entry.doubtful = entry.doubtful or landing.in_doubt
                    entry.stored = replace(entry.stored, xid=landing.xid)
                self._schedule.paused(entry, now)
            case Refused():
                self._schedule.left(entry)
                self._forget(held)
            case Applied():
                self._schedule.left(entry)
        if not is_out and self._schedule.target_answers():
            self._after_outage(now)
        if isinstance(landing, Applied):
            self._keep_or_forget(held, now)

    def _after_outage(self, now: float) -> None:
        """Whatever took over may lack what was confirmed before: those are asked for, ahead of what waits."""
        for _, _, held in self._kept:
            self._schedule.add(held.entry)
        self._kept.clear()
        self._schedule.drain(self._orders, now)

    def _keep_or_forget(self, held: _Held, now: float) -> None:
        if not self._settings.retain:
            self._forget(held)
            return
        entry = held.entry
        entry.settles, entry.pause = False, None
        if entry.kept_until is None:
            entry.kept_until = now + self._settings.retain
        heapq.heappush(self._kept, (entry.kept_until, entry.order, held))

    def _give_up_kept(self) -> None:
        while self._kept and self._kept[0][0] <= self._clock.moment():
            _, _, held = heapq.heappop(self._kept)
            self._finish(held.entry.id)
            self._forget(held)


def _uncancellable() -> Future[Outcome]:
    """Several may wait for it, and what is in the buffer goes on whether they do or not."""
    future: Future[Outcome] = Future()
    future.set_running_or_notify_cancel()
    return future


def _told(outcome: Outcome) -> Future[Outcome]:
    future = _uncancellable()
    future.set_result(outcome)
    return future

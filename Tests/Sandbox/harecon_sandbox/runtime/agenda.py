# SPDX-License-Identifier: Apache-2.0
"""What happens by itself, when it is due by the account's clock.

One thread does all of it, an account at a time and with the engine locked. It sleeps until the next moment that
anything is due at, or until a clock is turned or something has changed; how long that is in real time follows from
each clock's pace.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from harecon_sandbox.accounts import Account, Violation
from harecon_sandbox.engine import Engine
from harecon_sandbox.kit import Context

Source = Callable[[Context], float | None]
"""Does what is due in the context's account and region; answers when it will have something to do again."""

#: Due times that always lie a moment ahead are a mistake that would keep a processor busy.
SHORTEST = 0.005


@dataclass(order=True)
class Task:
    due: float
    number: int
    work: Callable[[], None] = field(compare=False)


class Agenda:
    """The thread, the tasks that somebody has put off, and the sources that know their own times."""

    def __init__(self, engine: Engine, sources: list[Source]) -> None:
        self._engine = engine
        self._sources = sources
        self._changed = threading.Condition()
        self._accounts: dict[Account, list[Task]] = {}
        self._dirty: set[Account] = set()
        self._next: dict[Account, float] = {}
        self._busy = False
        self._ending = False
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._run, name="agenda", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def adopt(self, account: Account) -> None:
        with self._changed:
            self._accounts[account] = []
        account.clock.watch(lambda: self.wake(account))

    def wake(self, account: Account) -> None:
        """Something has changed: look again. Takes no lock of the engine's."""
        with self._changed:
            if account in self._accounts:
                self._dirty.add(account)
                self._changed.notify_all()

    def put_off(self, account: Account, due: float, work: Callable[[], None]) -> None:
        """Has `work` done at that moment of the account's clock, with the engine locked."""
        with self._changed:
            if account in self._accounts:
                heapq.heappush(self._accounts[account], Task(due, next(self._numbers), work))
                self._dirty.add(account)
                self._changed.notify_all()

    def wait_idle(self, account: Account, seconds: float) -> bool:
        """Whether there is nothing to do for the account at this moment; waits up to `seconds` for that."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._busy and account not in self._dirty and not self._is_due(account), seconds
            )

    # The thread ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._ending or self._dirty or any(map(self._is_due, self._accounts))):
                    self._changed.wait(self._pause())
                if self._ending:
                    return
                turned = [account for account in self._accounts if account in self._dirty or self._is_due(account)]
                self._dirty.clear()
                self._busy = True
            for account in turned:
                self._look(account)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _is_due(self, account: Account) -> bool:
        tasks, now = self._accounts.get(account) or [], account.clock.now()
        return bool(tasks and tasks[0].due <= now) or self._next.get(account, now + 1) <= now

    def _pause(self) -> float | None:
        """Real seconds until the next due time, None when there is none."""
        pauses = []
        for account, tasks in self._accounts.items():
            dues = [tasks[0].due] if tasks else []
            if account in self._next:
                dues.append(self._next[account])
            base, mark, pace = account.clock.course()
            if dues and pace > 0:
                pauses.append(mark + (min(dues) - base) / pace - time.monotonic())
        # A timer may fire a moment early by the account's clock.
        return max(SHORTEST, min(pauses)) if pauses else None

    def _look(self, account: Account) -> None:
        with self._engine.lock:
            if account.closed:
                with self._changed:
                    self._accounts.pop(account, None)
                    self._next.pop(account, None)
                return
            for task in self._take(account):
                self.guard(account, task.work)
            dues: list[float] = []
            for region in sorted(account.regions):
                for source in self._sources:
                    context = self._engine.context(account, "", "", region)
                    self.guard(account, lambda: dues.extend(d for d in [source(context)] if d is not None))
            account.clock.forget_expected()
        with self._changed:
            self._next.pop(account, None)
            if dues:
                self._next[account] = min(dues)

    def _take(self, account: Account) -> list[Task]:
        now, found = account.clock.now(), []
        with self._changed:
            tasks = self._accounts.get(account) or []
            while tasks and tasks[0].due <= now:
                found.append(heapq.heappop(tasks))
        return found

    @staticmethod
    def guard(account: Account, work: Callable[[], None]) -> None:
        """A mistake of the sandbox's own must be seen by the test, and not end the thread."""
        try:
            work()
        except Exception as error:
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            account.violations.append(Violation("crash", "runtime", type(error).__name__, [trace]))

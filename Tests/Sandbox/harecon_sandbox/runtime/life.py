# SPDX-License-Identifier: Apache-2.0
"""The runtime of a sandbox: begun with its server, ended with it, and asked by the services what to run."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harecon_sandbox.accounts import Account, Accounts
from harecon_sandbox.engine import Engine
from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.kit import Context
from harecon_sandbox.signature import Key

from . import wall
from .agenda import Agenda, Source
from .environments import Pool


@dataclass
class Run:
    """One call of a function; times are the account's."""

    n: int
    function: str
    request_id: str
    source: str
    attempt: int
    event: str
    access_key: str
    principal: str
    """Whose key that is: the session of the function's role."""
    started: float
    ended: float | None = None
    outcome: str = "running"
    """running, ok, error or timeout."""
    answer: str = ""
    log: list[str] = field(default_factory=list)


class Runs:
    """The calls of an account's functions, in the order in which they began."""

    def __init__(self) -> None:
        self._grown = threading.Condition()
        self._runs: list[Run] = []

    def open(self, **known: Any) -> Run:
        with self._grown:
            run = Run(n=len(self._runs) + 1, **known)
            self._runs.append(run)
            self._grown.notify_all()
            return run

    def close(self, run: Run, **more: Any) -> None:
        with self._grown:
            for name, value in more.items():
                setattr(run, name, value)
            self._grown.notify_all()

    def wait_still(self, deadline: float) -> bool:
        """Whether nothing runs; waits for that until the deadline (monotonic)."""
        with self._grown:
            return self._grown.wait_for(
                lambda: all(run.ended is not None for run in self._runs), max(0.0, deadline - time.monotonic())
            )

    def since(self, n: int, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Those after the n-th; waits up to `seconds` until the first of them has ended."""
        with self._grown:
            self._grown.wait_for(lambda: any(run.ended is not None for run in self._runs[n:]), seconds)
            return [asdict(run) for run in self._runs[max(0, n) :]]


class Runtime:
    """What brings the sandbox to life. `begin` wants the address of the server that the sandbox answers at."""

    def __init__(self, engine: Engine, accounts: Accounts, learn: Callable[[Key], None], sources: list[Source]) -> None:
        self.engine = engine
        self.endpoint = ""
        self.learn = learn
        self._accounts = accounts
        self._folder = Path(tempfile.mkdtemp(prefix="harecon-sandbox-"))
        self._showing = threading.Lock()
        self.pool = Pool(self._folder)
        self.agenda = Agenda(engine, sources)

    def begin(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.agenda.begin()

    def end(self) -> None:
        """Ends the thread and every process; nothing is left behind."""
        self.agenda.end()
        self.pool.close()
        with self._showing:
            shutil.rmtree(self._folder, ignore_errors=True)

    def answer_url(self, request: Request) -> Response | None:
        """The answer to a request of a function's URL, None for any other request."""
        from . import urls

        asked = urls.wanted(request)
        return None if asked is None else urls.answer(self, self._accounts.all(), request, *asked)

    # Accounts --------------------------------------------------------------------------------------------------------

    def adopt(self, account: Account) -> None:
        """A new account: its functions follow its clock from now on."""
        self.agenda.adopt(account)
        self._show_clock(account)
        account.clock.watch(lambda: self._show_clock(account))

    def _show_clock(self, account: Account) -> None:
        with self._showing:
            if not account.closed and self._folder.exists():
                wall.write(self.wall_of(account.number), account.clock.course())

    def forget(self, account: Account) -> None:
        """The account was emptied: what waits for its functions' next call ends."""
        self.agenda.wake(account)
        self.pool.drop(f"{account.number}/")

    def wall_of(self, number: str) -> Path:
        return self._folder / f"{number}.clock"

    def account(self, ctx: Context) -> Account:
        return self._accounts[ctx.account]

    def runs(self, number: str) -> Runs:
        account = self._accounts[number]
        found: Runs = account.store.setdefault("runtime/runs", Runs())
        return found

    def deliveries(self, number: str) -> list[dict[str, Any]]:
        """What rules and schedules have handed to their targets."""
        with self.engine.lock:
            return [delivery.shape() for delivery in self._accounts[number].store.get("runtime/deliveries", [])]

    def later(self, ctx: Context, due: float, work: Callable[[], None]) -> None:
        self.agenda.put_off(self.account(ctx), due, work)

    def settled(self, number: str, seconds: float) -> bool:
        """Whether the account has come to rest: nothing is due and nothing runs. Waits up to `seconds` for that."""
        account, deadline = self._accounts[number], time.monotonic() + seconds
        while True:
            still = self.agenda.wait_idle(account, max(0.0, deadline - time.monotonic()))
            if not still or not self.runs(number).wait_still(deadline):
                return False
            # What has just ended may have begun something else.
            if self.agenda.wait_idle(account, 0) and self.runs(number).wait_still(0):
                return True


def runtime_of(ctx: Context) -> Runtime | None:
    """The runtime of the sandbox that the call came to, None when it has none."""
    found: Runtime | None = ctx.runner.runtime
    return found

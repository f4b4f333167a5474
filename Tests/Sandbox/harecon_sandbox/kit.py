# SPDX-License-Identifier: Apache-2.0
"""What the author of a service plug-in sees: decorators, errors, the context of a call, and simulated time.

A plug-in is a module `harecon_sandbox/services/<service>.py`. Importing it registers its operations and hooks:

    @operation("rds", "EnableHttpEndpoint")        # adds the operation, or replaces the emulator's own
    def enable(ctx: Context, params: dict) -> dict: ...

    @before("rds", "CreateDBCluster")              # may raise AWSError, or change `params` in place
    def check(ctx: Context, params: dict) -> None: ...

    @after("rds", "DescribeDBClusters")            # answers the result that the client gets
    def complete(ctx: Context, params: dict, result: dict) -> dict: ...

`params` and `result` are plain dictionaries as boto3 takes and gives them. Hooks of one operation run in the order in
which they were registered. Service names are botocore's ("rds", "route53", "resourcegroupstaggingapi", ...).
A module may also define `inventory(ctx) -> list[dict]`, each item with the keys kind, id, name, tags and status.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

Params = dict[str, Any]
Result = dict[str, Any]
Item = TypeVar("Item")


class AWSError(Exception):
    """An error as the service would answer it.

    Without a `status` the HTTP status comes from the botocore model, and is 400 when the model does not list the code.
    `members` are further members of the modelled error shape.
    """

    def __init__(self, code: str, message: str, status: int | None = None, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class Later(Exception):
    """Raised by an operation whose answer takes real time, such as a function that runs.

    `wait` is called with nothing locked, so that what it waits for can call the sandbox; it gives the result or raises
    an AWSError. Hooks after the operation do not see it.
    """

    def __init__(self, wait: Callable[[], Result]) -> None:
        super().__init__("the answer comes later")
        self.wait = wait


class Clock:
    """The simulated time of one account, in seconds since 1970.

    It starts at the real time and runs `scale` times as fast. It never goes backwards. While `auto` is set, a read of
    something in transition moves it to the next transition, after that read was answered.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._lock = threading.RLock()
        self._base = time.time()
        self._mark = time.monotonic()
        self._scale = scale
        self._frozen = False
        self._auto = False
        self._upcoming: list[float] = []
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Has `watcher` called whenever the clock is turned. It must not block, nor run anything of the account."""
        with self._lock:
            self._watchers.append(watcher)

    def course(self) -> tuple[float, float, float]:
        """How it goes until it is turned: simulated time at a moment of `time.monotonic`, that moment, and the pace."""
        with self._lock:
            return self._base, self._mark, 0.0 if self._frozen else self._scale

    def now(self) -> float:
        """Seconds since 1970, simulated."""
        with self._lock:
            if self._frozen:
                return self._base
            return self._base + (time.monotonic() - self._mark) * self._scale

    def datetime(self) -> datetime:
        """The simulated time in UTC, to the second, for time stamps in answers."""
        return datetime.fromtimestamp(int(self.now()), UTC)

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("the clock cannot go back")
        with self._lock:
            self._rebase(self.now() + seconds)
        self._tell()

    def scale(self, factor: float) -> None:
        if factor < 0:
            raise ValueError("the clock cannot go back")
        with self._lock:
            self._rebase(self.now())
            self._scale = factor
        self._tell()

    def freeze(self, frozen: bool = True) -> None:
        with self._lock:
            self._rebase(self.now())
            self._frozen = frozen
        self._tell()

    def auto(self, enabled: bool = True) -> None:
        with self._lock:
            self._auto = enabled
            self._upcoming.clear()

    def expect(self, moment: float) -> None:
        """Notes that what was just read will change at `moment`; `auto` moves the clock there."""
        with self._lock:
            if self._auto and moment > self.now():
                self._upcoming.append(moment)

    def forget_expected(self) -> None:
        """Called before each request: what earlier requests saw no longer moves the clock."""
        with self._lock:
            self._upcoming.clear()

    def settle(self) -> None:
        """Called after each read: with `auto`, moves to the earliest of the changes that the read has seen coming."""
        with self._lock:
            turned = self._auto and bool(self._upcoming)
            if turned:
                self._rebase(max(self.now(), min(self._upcoming)))
            self._upcoming.clear()
        if turned:
            self._tell()

    def describe(self) -> dict[str, Any]:
        with self._lock:
            return {"now": self.now(), "scale": self._scale, "frozen": self._frozen, "auto": self._auto}

    def _rebase(self, now: float) -> None:
        self._base = now
        self._mark = time.monotonic()

    def _tell(self) -> None:
        """Without the clock's lock, so that watchers may take locks of their own and then look at the clock."""
        for watcher in self._watchers:
            watcher()


class Timeline:
    """The statuses that something goes through: `Timeline(ctx.clock, [("creating", 120), ("available", None)])`.

    Each step is a status and how many simulated seconds it lasts; the last step lasts for ever, whatever its number.
    A deletion ends in `Timeline.GONE`: `Timeline(ctx.clock, [("deleting", 60), (Timeline.GONE, None)])`.
    """

    GONE = "<gone>"

    def __init__(self, clock: Clock, steps: Sequence[tuple[str, float | None]], started: float | None = None) -> None:
        if not steps:
            raise ValueError("a timeline needs at least one status")
        self._clock = clock
        self._passing: list[tuple[str, float]] = []
        for status, seconds in steps[:-1]:
            if seconds is None:
                raise ValueError(f"{status!r} lasts for ever, and more follows it")
            self._passing.append((status, seconds))
        self._last = steps[-1][0]
        self.started = clock.now() if started is None else started

    def status(self, now: float | None = None) -> str:
        """The status at `now`, by default the clock's; asking tells the clock of the change to come."""
        moment = self._clock.now() if now is None else now
        end = self.started
        for status, seconds in self._passing:
            end += seconds
            if moment < end:
                self._clock.expect(end)
                return status
        return self._last

    def gone(self, now: float | None = None) -> bool:
        return self.status(now) == Timeline.GONE

    def settled(self, now: float | None = None) -> bool:
        """Whether the last status has been reached."""
        moment = self._clock.now() if now is None else now
        return moment >= self.ends()

    def ends(self) -> float:
        """When the last status is reached."""
        return self.started + sum(seconds for _, seconds in self._passing)


class Runner(Protocol):
    """What runs operations for a context; the server's engine implements it."""

    runtime: Any
    """What runs functions and delivers events, None in a sandbox that only keeps what it is told."""

    def run(self, ctx: Context, params: Params) -> Result: ...

    def emulate(self, ctx: Context, params: Params) -> Result: ...

    def backend(self, service: str, account: str, region: str) -> Any: ...


@dataclass
class Context:
    """One call as its handlers see it."""

    account: str
    region: str
    service: str
    operation: str
    clock: Clock
    store: dict[Any, Any]
    settings: dict[str, Any]
    runner: Runner = field(repr=False)
    request_id: str = ""
    access_key: str = ""

    @property
    def partition(self) -> str:
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    def keep(self, key: str, make: Callable[[], Item]) -> Item:
        """The object kept under `key` for this account and region, made on first use; a reset drops it."""
        place = (key, self.region)
        if place not in self.store:
            self.store[place] = make()
        kept: Item = self.store[place]
        return kept

    def moto(self, service: str, region: str | None = None) -> Any:
        """The emulator's backend of `service` for this account; moto's own name of the backend works as well."""
        return self.runner.backend(service, self.account, region or self.region)

    def call(self, service: str, operation: str, params: Params, region: str | None = None) -> Result:
        """Runs an operation with its hooks, as the same caller, without journal, checks and faults."""
        return self.runner.run(self._other(service, operation, region), params)

    def emulate(self, service: str, operation: str, params: Params, region: str | None = None) -> Result:
        """Runs the emulator's own operation: no replacement, no hooks. A replacement can build on what it replaces."""
        return self.runner.emulate(self._other(service, operation, region), params)

    def _other(self, service: str, operation: str, region: str | None) -> Context:
        return Context(
            self.account, region or self.region, service, operation, self.clock, self.store, self.settings,
            self.runner, self.request_id, self.access_key,
        )  # fmt: skip


Operation = Callable[[Context, Params], Result]
BeforeHook = Callable[[Context, Params], None]
AfterHook = Callable[[Context, Params, Result], Result]
Key = tuple[str, str]


class Registry:
    """The operations and hooks that plug-ins have registered."""

    def __init__(self) -> None:
        self._operations: dict[Key, Operation] = {}
        self._before: dict[Key, list[BeforeHook]] = {}
        self._after: dict[Key, list[AfterHook]] = {}

    def add_operation(self, service: str, names: Iterable[str], handler: Operation) -> None:
        for name in names:
            if (service, name) in self._operations:
                raise ValueError(f"{service}.{name} is registered twice")
            self._operations[service, name] = handler

    def add_before(self, service: str, names: Iterable[str], hook: BeforeHook) -> None:
        for name in names:
            self._before.setdefault((service, name), []).append(hook)

    def add_after(self, service: str, names: Iterable[str], hook: AfterHook) -> None:
        for name in names:
            self._after.setdefault((service, name), []).append(hook)

    def operation(self, service: str, name: str) -> Operation | None:
        return self._operations.get((service, name))

    def before(self, service: str, name: str) -> list[BeforeHook]:
        return self._before.get((service, "*"), []) + self._before.get((service, name), [])

    def after(self, service: str, name: str) -> list[AfterHook]:
        return self._after.get((service, name), []) + self._after.get((service, "*"), [])

    def keys(self) -> set[Key]:
        return {*self._operations, *self._before, *self._after}


REGISTRY = Registry()


def operation(service: str, *names: str) -> Callable[[Operation], Operation]:
    """Registers a handler that adds or replaces the named operations."""

    def register(handler: Operation) -> Operation:
        REGISTRY.add_operation(service, names, handler)
        return handler

    return register


def before(service: str, *names: str) -> Callable[[BeforeHook], BeforeHook]:
    """Registers a hook that runs before the named operations; "*" is every operation of the service."""

    def register(hook: BeforeHook) -> BeforeHook:
        REGISTRY.add_before(service, names, hook)
        return hook

    return register


def after(service: str, *names: str) -> Callable[[AfterHook], AfterHook]:
    """Registers a hook that turns the result of the named operations into what the client gets."""

    def register(hook: AfterHook) -> AfterHook:
        REGISTRY.add_after(service, names, hook)
        return hook

    return register

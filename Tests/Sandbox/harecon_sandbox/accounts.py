# SPDX-License-Identifier: Apache-2.0
"""What the sandbox keeps for each account: clock, settings, faults, journal, violations, holds."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from harecon_sandbox.eventual import Unseen
from harecon_sandbox.faults import Faults
from harecon_sandbox.holds import Holds
from harecon_sandbox.kit import Clock
from harecon_sandbox.pager import Tokens
from harecon_sandbox.recording import Recorder

DEFAULT_ACCOUNT = "111122223333"


@dataclass
class Call:
    """One request in the journal. `started` and `ended` are real seconds since 1970; `ended` is None in flight."""

    n: int
    service: str
    operation: str
    params: Any
    connection: int
    request_id: str
    started: float
    region: str = ""
    access_key: str = ""
    principal: str = ""
    """The ARN of the role's session whose key signed, empty for users."""
    status: int | None = None
    code: str | None = None
    ended: float | None = None
    fault: str | None = None
    effect: bool = False


@dataclass
class Violation:
    """A request that breaks the contract, is wrongly signed, cannot be routed, or made the sandbox itself fail."""

    kind: str
    service: str
    operation: str
    findings: list[str]
    n: int | None = None
    request: str = ""


class Journal:
    """The calls of an account, in the order of their arrival."""

    def __init__(self) -> None:
        self._grown = threading.Condition()
        self._calls: list[Call] = []

    def open(self, **known: Any) -> Call:
        with self._grown:
            call = Call(n=len(self._calls) + 1, started=time.time(), **known)
            self._calls.append(call)
            self._grown.notify_all()
            return call

    def region(self, service: str) -> str | None:
        """Where the account uses a service: the region of its last call, or of most calls when it has had none."""
        with self._grown:
            own = [call.region for call in self._calls if call.service == service]
            if own:
                return own[-1]
            regions = Counter(call.region for call in self._calls)
        return regions.most_common(1)[0][0] if regions else None

    @property
    def count(self) -> int:
        with self._grown:
            return len(self._calls)

    def since(self, n: int, seconds: float = 0.0) -> list[dict[str, Any]]:
        """The calls after the n-th; waits up to `seconds` for the first of them."""
        with self._grown:
            self._grown.wait_for(lambda: len(self._calls) > n, seconds)
            calls = self._calls[max(0, n) :]
        return [asdict(call) | {"params": plain(call.params)} for call in calls]


def plain(value: Any) -> Any:
    """A value in the types of JSON: times as ISO text, bytes as base64."""
    match value:
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value


@dataclass(eq=False)
class Account:
    """One account's state, apart from what moto keeps."""

    number: str
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=dict)
    store: dict[Any, Any] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    violations: list[Violation] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    holds: Holds = field(default_factory=Holds)
    tokens: Tokens = field(default_factory=Tokens)
    unseen: Unseen = field(default_factory=Unseen)
    regions: set[str] = field(default_factory=set)
    closed: bool = False
    """Set by a reset: calls of before it that are still on their way must not change what comes after it."""
    recorder: Recorder | None = None
    skew: float = 0.0
    """How many seconds the server's clock is ahead of the real one, for signatures and the Date header."""

    def setting(self, name: str, default: float = 0.0) -> float:
        return float(self.settings.get(name, default) or 0.0)


class Accounts:
    """All accounts, made on first use from the settings that the sandbox was started with."""

    def __init__(self, make: Callable[[str], Account]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}

    def __getitem__(self, number: str) -> Account:
        with self._lock:
            if number not in self._accounts:
                self._accounts[number] = self._make(number)
            return self._accounts[number]

    def reset(self, number: str) -> None:
        with self._lock:
            account = self._accounts.pop(number, None)
        if account is not None:
            account.closed = True
            account.holds.end()

    def all(self) -> list[Account]:
        with self._lock:
            return list(self._accounts.values())

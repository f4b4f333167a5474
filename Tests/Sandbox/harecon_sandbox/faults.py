# SPDX-License-Identifier: Apache-2.0
"""Faults on demand: which calls fail, and how."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = frozenset(
    {
        "throttle", "500", "503", "reset", "close", "hang", "lost", "truncated", "notfound", "denied", "expired",
        "skew", "latency",
    }
)  # fmt: skip
AFTER_EFFECT = frozenset({"lost", "truncated"})
MEMBERS = {"service", "operation", "kind", "times", "probability", "seed", "skip", "code", "message", "seconds"}


class BadFault(ValueError):
    """The description of a fault makes no sense."""


@dataclass
class Fault:
    """One entry of the list. Without `times` and `probability` it strikes once."""

    service: str
    operation: str
    kinds: list[str]
    times: int | None
    probability: float
    skip: int
    code: str | None
    message: str | None
    seconds: float | None
    random: random.Random = field(repr=False)

    @staticmethod
    def of(description: dict[str, Any], index: int = 0) -> Fault:
        unknown = description.keys() - MEMBERS
        if unknown:
            raise BadFault(f"unknown member {sorted(unknown)[0]!r}, known are {', '.join(sorted(MEMBERS))}")
        kind = description.get("kind")
        kinds = [str(item) for item in kind] if isinstance(kind, list) else [str(kind)]
        for item in kinds:
            if item not in KINDS:
                raise BadFault(f"unknown kind {item!r}, known are {', '.join(sorted(KINDS))}")
        probability = description.get("probability")
        times = description.get("times", 1 if probability is None else None)
        return Fault(
            service=description.get("service", "*"),
            operation=description.get("operation", "*"),
            kinds=kinds,
            times=times,
            probability=1.0 if probability is None else float(probability),
            skip=int(description.get("skip", 0)),
            code=description.get("code"),
            message=description.get("message"),
            seconds=description.get("seconds"),
            # The place in the list keeps two entries with one seed from striking the same calls.
            random=random.Random(f"{description.get('seed', 0)}/{index}"),
        )

    def strikes(self, service: str, operation: str) -> str | None:
        """The kind with which this fault strikes this call, which it counts."""
        if self.service not in ("*", service) or self.operation not in ("*", operation) or self.times == 0:
            return None
        if self.skip > 0:
            self.skip -= 1
            return None
        if self.probability < 1.0 and self.random.random() >= self.probability:
            return None
        if self.times is not None:
            self.times -= 1
        return self.kinds[0] if len(self.kinds) == 1 else self.random.choice(self.kinds)


class Faults:
    """The faults of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._list: list[Fault] = []

    def replace(self, descriptions: list[dict[str, Any]]) -> None:
        faults = [Fault.of(description, index) for index, description in enumerate(descriptions)]
        with self._lock:
            self._list = faults

    def strike(self, service: str, operation: str) -> tuple[str, Fault] | None:
        """The first fault of the list that strikes this call."""
        with self._lock:
            for fault in self._list:
                kind = fault.strikes(service, operation)
                if kind is not None:
                    return kind, fault
        return None

# SPDX-License-Identifier: Apache-2.0
"""What may be chosen about a client. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    # Transactions that are under way at the same time.
    concurrency: int = 8
    # For one attempt, its commit included.
    attempt_seconds: float = 10.0
    pause_base: float = 0.1
    # Longer than this nobody waits who could write again: it is part of the time that a failover costs.
    pause_cap: float = 2.0
    # What waited through an outage is begun no faster: the new writer's caches are cold.
    drain_per_second: float = 200.0
    # What waits may be no more than this, or nothing else is taken. Bytes are those of the bodies.
    max_entries: int = 10_000
    max_bytes: int = 64 * 1024 * 1024
    max_age: float = 345_600.0
    max_parked: int = 10_000
    # For targets that may lose what they confirmed: applied transactions are kept for this long, and asked for again
    # after every outage. More than the replica's lag; 0 for a target that loses nothing.
    retain: float = 0.0
    # For how long the ledger remembers: the spec's, of which the replay worker prunes it.
    ledger_keep: float = 2_592_000.0

    def check(self) -> None:
        """Raises ValueError for what makes no sense."""
        above = (
            "concurrency", "attempt_seconds", "pause_base", "drain_per_second", "max_entries", "max_bytes", "max_age",
            "max_parked", "ledger_keep",
        )  # fmt: skip
        for name in above:
            if not getattr(self, name) > 0:
                raise ValueError(f'"{name}" is {getattr(self, name)}: give it more than 0')
        if not self.retain >= 0:
            raise ValueError(f'"retain" is {self.retain}: give it 0 or more')
        if not self.pause_cap >= self.pause_base:
            raise ValueError(f'"pause_cap" is {self.pause_cap}: give it no less than "pause_base", {self.pause_base}')
        if not self.ledger_keep > self.max_age:
            raise ValueError(
                f'"ledger_keep" is {self.ledger_keep}: give it more than "max_age", {self.max_age}; what waits longer'
                " than the ledger remembers could be applied twice"
            )

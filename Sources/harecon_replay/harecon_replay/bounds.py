# SPDX-License-Identifier: Apache-2.0
"""How much may wait. Past a bound nothing more is taken, and nothing that was taken is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field

from harecon_replay.log_format import Stored
from harecon_replay.outcome import Full
from harecon_replay.settings import Settings


@dataclass
class Bounds:
    settings: Settings
    # In the order in which they were put: the first is the oldest.
    _moments: dict[str, float] = field(default_factory=dict)
    _bytes: int = 0

    def add(self, stored: Stored) -> None:
        self._moments[stored.id] = stored.at
        self._bytes += len(stored.body.encode())

    def remove(self, stored: Stored) -> None:
        del self._moments[stored.id]
        self._bytes -= len(stored.body.encode())

    def check(self, body: str, now: float, parked: int) -> None:
        """Raises Full when one more of that body would be too many. `now` is Unix time."""
        settings = self.settings
        if len(self._moments) >= settings.max_entries:
            raise Full(f"{len(self._moments)} transactions wait, as many as may")
        if self._bytes + len(body.encode()) > settings.max_bytes:
            raise Full(f"{self._bytes} bytes wait, of {settings.max_bytes} that may")
        if self._moments and now - next(iter(self._moments.values())) > settings.max_age:
            raise Full(f"the oldest transaction waits for more than {settings.max_age:g} seconds")
        if parked >= settings.max_parked:
            raise Full(f"{parked} transactions are parked, as many as may: resubmit or discard them")

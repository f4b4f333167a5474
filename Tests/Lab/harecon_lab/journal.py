# SPDX-License-Identifier: Apache-2.0
"""What the application knows: which transfers it began, which were acknowledged and when, which it was told failed."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harecon_lab.bank import Transfer


class Journal:
    """A file of lines, each handed to the system before the next step: it outlives the process that writes it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        # Half of a line, by a process that was killed: the next one would be written behind it.
        self._file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self._lock = threading.Lock()

    def begin(self, transfer: Transfer) -> None:
        self._write({"begin": asdict(transfer)})

    def accepted(self, transfer: Transfer) -> None:
        """A buffer keeps it: it has to be applied, whatever becomes of the application."""
        self._write({"accepted": transfer.name})

    def acknowledged(self, transfer: Transfer) -> None:
        self._write({"acknowledged": transfer.name})

    def failed(self, transfer: Transfer, why: str) -> None:
        self._write({"failed": transfer.name, "why": why})

    def _write(self, entry: dict[str, object]) -> None:
        line = json.dumps({**entry, "at": time.time()}, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line.encode())


@dataclass
class Record:
    """A journal as it was read. Times are seconds by the clock on the wall."""

    begun: dict[str, Transfer] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(*paths: Path) -> Record:
        record = Record()
        for path in paths:
            # The last line of a process that was killed may be half of one.
            for line in path.read_bytes().split(b"\n")[:-1]:
                record._take(json.loads(line))
        return record

    @property
    def unfinished(self) -> list[Transfer]:
        """Begun, and not known to be applied."""
        return [transfer for name, transfer in self.begun.items() if name not in self.acknowledged]

    def _take(self, entry: dict[str, object]) -> None:
        match entry:
            case {"begin": dict() as transfer}:
                self.begun[str(transfer["name"])] = Transfer(**transfer)
            case {"accepted": str() as name}:
                self.accepted.add(name)
            case {"acknowledged": str() as name, "at": float() as at}:
                self.acknowledged.setdefault(name, at)
            case {"failed": str() as name, "why": str() as why}:
                self.failed[name] = why

    def silence(self, after: float) -> tuple[float, float]:
        """The longest time without an acknowledgement that ends after `after`: its begin and its end."""
        times = sorted(self.acknowledged.values())
        pairs = [(first, last) for first, last in zip(times, times[1:], strict=False) if last > after]
        return max(pairs, key=lambda pair: pair[1] - pair[0], default=(after, float("inf")))

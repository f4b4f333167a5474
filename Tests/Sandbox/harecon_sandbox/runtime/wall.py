# SPDX-License-Identifier: Apache-2.0
"""The account's clock as a function's wall clock.

AWS and the functions in it have the same time. An account's clock can be turned, so what runs in it must see that clock
too: else its metrics, leases and deadlines would lie beside those of the services. The account writes the course of its
clock into a small file that its functions have mapped; `install`, in the function's process, has `time.time` and
`datetime` read it. Signatures keep the real time, by which they are judged. What is measured or waited for
(`time.monotonic`, `time.sleep`, sockets) takes real time.
"""

from __future__ import annotations

import datetime as _datetime
import mmap
import struct
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

COURSE = struct.Struct("ddd")

_Real = _datetime.datetime


def write(place: Path, course: tuple[float, float, float]) -> None:
    """Puts the course there in one step, so that a reader never sees half of it. See `Clock.course`."""
    if not place.exists():
        place.write_bytes(COURSE.pack(*course))
        return
    with place.open("r+b") as file, mmap.mmap(file.fileno(), COURSE.size) as area:
        area[:] = COURSE.pack(*course)


class _Wall:
    """Reads the file of an account."""

    def __init__(self, place: str) -> None:
        with open(place, "rb") as file:
            self._area = mmap.mmap(file.fileno(), COURSE.size, prot=mmap.PROT_READ)

    def now(self) -> float:
        while True:
            first, second = self._area[:], self._area[:]
            if first == second:
                break
        base, mark, pace = COURSE.unpack(first)
        return float(base + (time.monotonic() - mark) * pace)


class _Kind(type):
    """What boto3 gives is a plain datetime, and counts as one of these."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _Real)


def install(place: str) -> None:
    """To be called before the function's own modules are loaded."""
    import botocore.compat

    wall = _Wall(place)
    # botocore signs by the time that this module gives it.
    botocore.compat.datetime = SimpleNamespace(datetime=_Real, timezone=_datetime.timezone)

    class Datetime(_Real, metaclass=_Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(wall.now(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now(_datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    Datetime.__name__ = Datetime.__qualname__ = "datetime"
    time.time = wall.now
    time.time_ns = lambda: int(wall.now() * 1_000_000_000)
    _datetime.datetime = Datetime  # type: ignore[misc]

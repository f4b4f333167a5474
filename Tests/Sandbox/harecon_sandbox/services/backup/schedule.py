# SPDX-License-Identifier: Apache-2.0
"""AWS's cron expressions: when one fires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """`*`, `?`, lists, ranges and steps."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        elif "-" in span:
            first, last = (_number(end, names) for end in span.split("-", 1))
        else:
            first = _number(span, names)
            last = high if step else first
        if not low <= first <= last <= high:
            raise ValueError(field)
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


@dataclass(frozen=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    zone: ZoneInfo

    def between(self, start: float, end: float) -> list[float]:
        """When it fires after `start` and not after `end`, in seconds since 1970."""
        fired = []
        moment = datetime.fromtimestamp((int(start) // 60 + 1) * 60, timezone.utc)
        while moment.timestamp() <= end:
            local = moment.astimezone(self.zone)
            if not self._day(local):
                # Whole hours at a time, so that changes of the clock are not stepped over.
                moment += timedelta(minutes=60 - moment.minute)
                continue
            if local.hour in self.hours and local.minute in self.minutes:
                fired.append(moment.timestamp())
            moment += timedelta(minutes=1)
        return fired

    def _day(self, local: datetime) -> bool:
        weekday = (local.weekday() + 1) % 7 + 1
        return local.month in self.months and local.day in self.days and weekday in self.weekdays


@lru_cache(maxsize=256)
def cron(expression: str, zone: str) -> Cron:
    """Raises ValueError for what is no expression of AWS's, or no time zone."""
    match = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", expression)
    if match is None or (match[3] == "?") == (match[5] == "?"):
        raise ValueError(expression)
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(zone) from None
    return Cron(
        _values(match[1], 0, 59),
        _values(match[2], 0, 23),
        _values(match[3], 1, 31),
        _values(match[4], 1, 12, _MONTHS),
        _values(match[5], 1, 7, _DAYS),
        where,
    )

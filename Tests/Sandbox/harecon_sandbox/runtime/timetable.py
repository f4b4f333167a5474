# SPDX-License-Identifier: Apache-2.0
"""When schedule expressions are due: `rate(5 minutes)`, `cron(0 3 ? * SUN *)`, `at(2027-01-01T00:00:00)`."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from harecon_sandbox.kit import AWSError
from harecon_sandbox.services.backup.schedule import Cron, cron

RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
AT = re.compile(r"at\(([^)]+)\)")
UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
DAY = 86_400.0
#: A cron that is not due within four years never is.
FARTHEST = 4 * 366 * DAY


def following(expression: str, zone: str, anchor: float, after: float) -> float | None:
    """The first due time later than `after`, None when there is none; rates count from `anchor`, which is their first.

    Raises AWSError for a cron with words that the sandbox does not know (L, W, #).
    """
    if rate := RATE.fullmatch(expression):
        every = int(rate[1]) * UNITS[rate[2]]
        return anchor if after < anchor else anchor + ((after - anchor) // every + 1) * every
    if at := AT.fullmatch(expression):
        due = datetime.fromisoformat(at[1]).replace(tzinfo=ZoneInfo(zone)).timestamp()
        return due if due > after else None
    return _following_cron(expression, zone, max(after, anchor - 1))


def last(expression: str, zone: str, anchor: float, first: float, now: float) -> float:
    """The last due time not after `now`, given that `first` is one."""
    if rate := RATE.fullmatch(expression):
        every = int(rate[1]) * UNITS[rate[2]]
        return anchor + (now - anchor) // every * every
    if AT.fullmatch(expression):
        return first
    due = first
    while (later := _following_cron(expression, zone, due)) is not None and later <= now:
        due = later
    return due


@lru_cache(maxsize=4096)
def _following_cron(expression: str, zone: str, after: float) -> float | None:
    table, start = _cron(expression, zone), after
    while start < after + FARTHEST:
        found = table.between(start, start + DAY)
        if found:
            return found[0]
        start += DAY
    return None


def _cron(expression: str, zone: str) -> Cron:
    try:
        return cron(expression, zone)
    except ValueError:
        message = f"the sandbox's runtime does not know the schedule {expression!r} in {zone!r}"
        raise AWSError("NotImplemented", message, 501) from None

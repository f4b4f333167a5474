# SPDX-License-Identifier: Apache-2.0
"""Lines of logs: what one call may bring, which the emulator does not look at."""

from __future__ import annotations

import time

from harecon_sandbox.kit import Context, Params, Result, after, before

from .groups import SERVICE, invalid

MOST_EVENTS, MOST_BYTES, OVERHEAD = 10_000, 1_048_576, 26
DAY, SOON, LONG_AGO = 86_400_000, 2 * 3_600_000, 14 * 86_400_000


@before(SERVICE, "PutLogEvents")
def check_batch(ctx: Context, params: Params) -> None:
    """API reference, PutLogEvents: the constraints of a batch, each of which fails the whole call."""
    events = params["logEvents"]
    if len(events) > MOST_EVENTS:
        raise invalid(f"Log events in a single PutLogEvents request must not exceed {MOST_EVENTS}.")
    size = sum(len(event["message"].encode()) + OVERHEAD for event in events)
    if size > MOST_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {MOST_BYTES}")
    moments = [event["timestamp"] for event in events]
    if moments != sorted(moments):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    old, new = _window()
    valid = [moment for moment in moments if old <= moment <= new]
    if valid and valid[-1] - valid[0] > DAY:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


@after(SERVICE, "PutLogEvents")
def count_rejected(ctx: Context, params: Params, result: Result) -> Result:
    """The end of those that are too old is exclusive, the start of those that are too new is the first of them."""
    old, new = _window()
    moments = [event["timestamp"] for event in params["logEvents"]]
    rejected: Params = {}
    if count := sum(moment < old for moment in moments):
        rejected["tooOldLogEventEndIndex"] = count
    if count := sum(moment > new for moment in moments):
        rejected["tooNewLogEventStartIndex"] = len(moments) - count
    others = {key: value for key, value in result.items() if key != "rejectedLogEventsInfo"}
    return {**others, "rejectedLogEventsInfo": rejected} if rejected else others


def _window() -> tuple[int, int]:
    """The milliseconds between which lines are taken: by the machine's clock, as the emulator reads it."""
    now = int(time.time() * 1000)
    return now - LONG_AGO, now + SOON

# SPDX-License-Identifier: Apache-2.0
"""What is known of a failure beyond one call of the function, in the table of decisions.

Items: `outage` is the failure under way, and `outage#last` the one before; `failover#last` and `budget#<day>` say what
was done before; `writer` and `lag#<member>`, by the lag guard, how it was when all was well; `freeze` and `drill` what
holds back, and `drill#<experiment>` which drills have ended; `decision#<time>#<id>` is the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.decisions import FORGOTTEN_SECONDS
from shared.tables import DAY_SECONDS, Item, Table

# How long the probe's word holds: two rounds of it, and some more.
FRESH_SECONDS = 25.0

# The lag guard looks every minute. What it saw before that is not how it was when the failure began.
KNOWN_SECONDS = 150.0

KEPT_SECONDS = 90 * DAY_SECONDS

# Events of a drill that come later than this after its end come never.
LATE_SECONDS = 2 * DAY_SECONDS


@dataclass(frozen=True)
class Memory:
    """The items, each read and written where two calls of the function may meet."""

    table: Table

    # MARK: The failure

    def outage(self, now: float) -> Item | None:
        """The failure under way."""
        item = self.table.read("outage")
        return item if item and now - item["seen"] < FORGOTTEN_SECONDS else None

    def open(self, now: float, since: float, writer: str | None, zone: str | None) -> Item:
        """A new failure; the one that is open already, if there is one."""
        item = {"id": "outage", "since": min(since, now), "seen": now, "writer": writer, "zone": zone}
        fresh = {**item, "phases": {"detected": now}, "refused": [], "told": [], "expires": int(now + KEPT_SECONDS)}
        self.table.put(fresh, "attribute_not_exists(#id) OR #seen <= :forgotten", forgotten=now - FORGOTTEN_SECONDS)
        return self.table.read("outage") or fresh

    def report(
        self, now: float, state: str, at: float, answers: Mapping[str, bool], exhausted: str | None = None
    ) -> None:
        """What the probe says, for whoever is watching this failure. A late report does not undo a later one."""
        self.table.update(
            "outage",
            f"SET #{state} = :at, #seen = :now, #answers = :answers, #exhausted = :exhausted",
            f"attribute_exists(#id) AND #seen > :forgotten AND (attribute_not_exists(#{state}) OR #{state} < :at)",
            at=at,
            now=now,
            answers=dict(answers),
            exhausted=exhausted,
            forgotten=now - FORGOTTEN_SECONDS,
        )

    def saw(self, now: float, since: float) -> None:
        """It is still going on."""
        self.table.update("outage", "SET #seen = :now", "#since = :since", now=now, since=since)

    def reached(self, since: float, phase: str, now: float) -> None:
        """The first time counts."""
        self.table.update(
            "outage",
            f"SET #phases.#{phase} = :now",
            f"#since = :since AND attribute_not_exists(#phases.#{phase})",
            now=now,
            since=since,
        )

    def told(self, since: float, word: str) -> None:
        """This has been told of this failure."""
        self.table.update(
            "outage",
            "SET #told = list_append(#told, :words)",
            "#since = :since AND NOT contains(#told, :word)",
            words=[word],
            word=word,
            since=since,
        )

    def drain(self, since: float, now: float) -> None:
        self.table.update("outage", "SET #drained = :now", "#since = :since", now=now, since=since)

    def claim(self, since: float, now: float, target: str | None) -> bool:
        """Whether the one failover of this failure is ours to start."""
        claimed = self.table.update(
            "outage",
            "SET #called = :now, #target = :target",
            # A second try of the same call, whose first answer got lost, is the first.
            "#since = :since AND (attribute_not_exists(#called) OR #called = :now)",
            now=now,
            target=target,
            since=since,
        )
        return claimed is not None

    def unclaim(self, since: float, targets: list[str]) -> None:
        """RDS surely did not take it: it may be tried again, with another target than these."""
        self.table.update(
            "outage",
            "SET #refused = list_append(#refused, :targets) REMOVE #called",
            "#since = :since",
            targets=targets,
            since=since,
        )

    def answered(self, since: float, outcome: str) -> None:
        """What became of the call for this failure."""
        self.table.update("outage", "SET #outcome = :outcome", "#since = :since", outcome=outcome, since=since)

    def close(self, outage: Item, now: float, message: Mapping[str, str]) -> bool:
        """Whether it was this call that closed it, which then owes `message` to somebody until it is `paid`.

        Kept before it goes, and kept is closed: whoever dies in between leaves the rest to `tidy`, and loses nothing.
        """
        is_first = self.table.put(
            {**outage, "id": "outage#last", "ended": now, "owed": dict(message), "expires": int(now + KEPT_SECONDS)},
            # A second try of the same call, whose first answer got lost, is the first.
            "attribute_not_exists(#id) OR #since < :since OR (#since = :since AND #ended = :ended)",
            since=outage["since"],
            ended=now,
        )
        self._drop(outage["since"])
        return is_first

    def tidy(self) -> Item | None:
        """The last failure, with nothing left of it among those under way."""
        last = self.last_outage()
        if last and (self.table.read("outage") or {}).get("since") == last["since"]:
            self._drop(last["since"])
        return last

    def paid(self, since: float) -> None:
        """The last failure's message was sent."""
        self.table.update("outage#last", "REMOVE #owed", "#since = :since", since=since)

    def _drop(self, since: float) -> None:
        self.table.delete("outage", "#since = :since", since=since)

    def last_outage(self) -> Item | None:
        return self.table.read("outage#last")

    # MARK: What was before

    def writer(self) -> Item | None:
        return self.table.read("writer")

    def note_writer(self, member: str, zone: str | None, now: float) -> None:
        self.table.put({"id": "writer", "member": member, "zone": zone, "at": now, "expires": int(now + KEPT_SECONDS)})

    def lag(self, member: str, since: float) -> float | None:
        """Seconds, as the lag guard saw it when the failure began; None when it had not looked for long."""
        item = self.table.read(f"lag#{member}") or {}
        return item.get("lag") if since - item.get("at", 0.0) < KNOWN_SECONDS else None

    def last_failover(self) -> Item | None:
        return self.table.read("failover#last")

    def note_failover(self, at: float, writer: str | None, by: str, apart: float) -> bool:
        """Whether it is another one than the last, by `apart` seconds."""
        item = {"id": "failover#last", "at": at, "writer": writer, "by": by}
        return self.table.put(item, "attribute_not_exists(#id) OR #at < :before", before=at - apart)

    # MARK: What holds back

    def started(self, now: float) -> int:
        """How many failovers were started within the 24 hours before now."""
        items = [self.table.read(_budget(moment)) for moment in (now - DAY_SECONDS, now)]
        return sum(1 for item in items if item for at in item["times"] if at > now - DAY_SECONDS)

    def spend(self, now: float, most: int) -> bool:
        """Whether the day allows one more. Who asks holds the lease, so that nobody counts at the same time."""
        if self.started(now) >= most:
            return False
        spent = self.table.update(
            _budget(now),
            "SET #times = list_append(if_not_exists(#times, :none), :times), #expires = :expires ADD #count :one",
            "attribute_not_exists(#count) OR #count < :most",
            none=[],
            times=[now],
            expires=int(now + 3 * DAY_SECONDS),
            one=1,
            most=most,
        )
        return spent is not None

    def refund(self, spent: float) -> None:
        """What was spent at that time did not happen."""
        item = self.table.read(_budget(spent)) or {}
        times = [at for at in item.get("times", []) if abs(at - spent) >= 0.001]
        self.table.update(
            _budget(spent),
            "SET #times = :times ADD #count :less",
            # The same call, tried again after a lost answer, takes nothing back twice.
            "#count = :count",
            times=times,
            less=-1,
            count=item.get("count", 0),
        )

    def frozen_until(self) -> float | None:
        return (self.table.read("freeze") or {}).get("until")

    # MARK: Drills

    def begin_drill(self, experiment: str, at: float, until: float, hold: float | None) -> bool:
        """Whether it runs: events come in any order, and its end may have been told. `hold` is until when failures are
        the drill's own to deal with."""
        item = {"id": "drill", "experiment": experiment, "began": at, "until": until, "hold": hold}
        if not self._has_ended(experiment):
            self.table.put({**item, "expires": int(until)})
            # Its end may be told at this very moment: then it saw nothing to end.
            if not self._has_ended(experiment):
                return True
            self._end(experiment)
        return False

    def hold(self) -> float | None:
        return (self.table.read("drill") or {}).get("hold")

    def end_drill(self, experiment: str, now: float) -> Item | None:
        """The drill, if it is this experiment that is on record. It has ended, and begins no more, in any case."""
        self.table.put({"id": f"drill#{experiment}", "expires": int(now + LATE_SECONDS)})
        item = self.table.read("drill")
        if not item or item["experiment"] != experiment:
            return None
        return item if self._end(experiment) else None

    def _has_ended(self, experiment: str) -> bool:
        return self.table.read(f"drill#{experiment}") is not None

    def _end(self, experiment: str) -> bool:
        return self.table.delete("drill", "#experiment = :experiment", experiment=experiment)

    # MARK: The record

    def decided(self, now: float, name: str, inputs: Mapping[str, Any], verdict: str, reason: str) -> None:
        moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        # As text: what an input looks like may change, the record must stay readable.
        text = json.dumps(inputs, default=str, sort_keys=True)
        item = {"inputs": text, "verdict": verdict, "reason": reason, "expires": int(now + KEPT_SECONDS)}
        self.table.put({"id": f"decision#{moment}#{name}", **item})


def probe_fails(outage: Item | None, now: float) -> bool | None:
    """What the probe says lately, None when it says nothing."""
    down, up = ((outage or {}).get(state, 0.0) for state in ("down", "up"))
    if max(down, up) < now - FRESH_SECONDS:
        return None
    return bool(down > up)


def _budget(now: float) -> str:
    return f"budget#{datetime.fromtimestamp(now, UTC).date().isoformat()}"

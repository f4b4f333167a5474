# SPDX-License-Identifier: Apache-2.0
"""A coordinator that may not act: what it has to do all the same, and whether it did.

It refuses, with its reason in the audit log, and pages somebody; it calls nothing. When the service has failed over by
itself it proves the new writer, remembers it, tells of it and closes the failure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from harecon_lab.installed import wait_for
from harecon_lab.lab import Lab
from harecon_lab.stack import ACCOUNT, NAME

PATIENCE_SECONDS = 120.0


class Held(StrEnum):
    """What holds it back."""

    COOLDOWN = "within the cooldown"
    BUDGET = "the day's failovers used up"

    @property
    def reason(self) -> str:
        """What the coordinator gives as its reason, by the limits of specs/payments.yaml."""
        match self:
            case Held.COOLDOWN:
                return "the last failover is less than 900 s ago"
            case Held.BUDGET:
                return "3 failovers were started within 24 hours"


@dataclass(frozen=True)
class Seen:
    """What came of one kill. `called` are the coordinator's calls of RDS, `by` who began each failover."""

    reasons: Sequence[str]
    pages: Sequence[str]
    called: int
    by: Sequence[str]
    # Who writes, and whom the coordinator takes for the writer.
    writer: str
    known: str
    # The failure, as it is on record.
    last: dict[str, Any]


def faults(held: Held, seen: Seen) -> list[str]:
    """What was not as it has to be."""
    found = []
    if not any(held.reason in reason for reason in seen.reasons):
        found.append(f"no refusal for {held.reason!r} is in the audit log, but {list(seen.reasons)}")
    if not any(held.reason in page for page in seen.pages):
        found.append(f"nobody was paged for {held.reason!r}, but for {list(seen.pages)}")
    if not any(f"{seen.writer} writes after" in page for page in seen.pages):
        found.append(f"nobody was told that {seen.writer} writes, but {list(seen.pages)}")
    if seen.called or "called" in seen.last:
        found.append("the coordinator called for a failover")
    if list(seen.by) != ["the service"]:
        found.append(f"failovers by {list(seen.by)}")
    if seen.known != seen.writer:
        found.append(f"{seen.known} is on record as the writer, and {seen.writer} writes")
    if missing := {"detected", "promoted", "writable"} - seen.last["phases"].keys():
        found.append(f"the failure was closed without {sorted(missing)}")
    return found


def look(lab: Lab, at: float, before: int, calls: int) -> Seen:
    """What came of the kill `at`. Before it were so many failovers, and so many calls in the account's journal."""
    wait_for(lambda: _lines(lab, at, "failure is over"), "the coordinator to tell of the end", PATIENCE_SECONDS)
    refused = [line["reason"] for line in _lines(lab, at, "decision") if line["verdict"] == "refuse"]
    made = lab.stack.sandbox.accounts[ACCOUNT].journal.since(calls)
    mine = [call for call in made if call["principal"].endswith(f"/{NAME}-coordinator")]
    pages = [
        call["params"]["Subject"]
        for call in mine
        if call["operation"] == "Publish" and call["status"] == 200
        and call["params"]["TopicArn"].endswith(f":{NAME}-critical")
    ]  # fmt: skip
    return Seen(
        reasons=refused,
        pages=pages,
        called=sum(1 for call in mine if call["operation"] == "FailoverDBCluster"),
        by=[done.by for done in lab.service.done[before:]],
        writer=lab.cluster.writer.name,
        known=str((lab.remembered("writer") or {}).get("member")),
        last=lab.remembered("outage#last") or {"phases": {}},
    )


def _lines(lab: Lab, at: float, what: str) -> list[dict[str, Any]]:
    """The coordinator's lines of this kind in the stack's audit log, since the kill."""
    since = at + lab.ahead()
    pages = lab.stack.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName=f"/harecon/{NAME}/audit", startTime=int(since * 1000)
    )
    lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
    return [
        line for line in lines
        if (line["function"], line["what"]) == ("coordinator", what)
        and datetime.fromisoformat(line["at"]).timestamp() >= since
    ]  # fmt: skip

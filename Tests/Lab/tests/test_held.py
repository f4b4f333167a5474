# SPDX-License-Identifier: Apache-2.0
"""What a coordinator that may not act has to do is looked for, and its lack is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harecon_lab.held import Held, Seen, faults
from harecon_lab.scenario import How, Kill

REFUSED = "the last failover is less than 900 s ago"
SEEN = Seen(
    reasons=[REFUSED],
    pages=[f"payments: the writer fails and nothing is done: {REFUSED}", "payments: payments-b writes after 42 s"],
    called=0,
    by=["the service"],
    writer="payments-b",
    known="payments-b",
    last={"phases": {"detected": 1.0, "promoted": 2.0, "writable": 3.0}},
)


def test_who_refuses_pages_and_accepts_what_the_service_does_has_no_fault() -> None:
    assert faults(Held.COOLDOWN, SEEN) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reasons": []}, "no refusal"),
        ({"reasons": ["failovers are frozen"]}, "no refusal"),
        ({"pages": SEEN.pages[1:]}, "nobody was paged"),
        ({"pages": SEEN.pages[:1]}, "nobody was told"),
        ({"called": 1}, "called for a failover"),
        ({"last": {**SEEN.last, "called": 1.0}}, "called for a failover"),
        ({"by": ["the caller"]}, "failovers by"),
        ({"by": ["the service", "the service"]}, "failovers by"),
        ({"known": "payments-a"}, "on record as the writer"),
        ({"last": {"phases": {"detected": 1.0}}}, "closed without ['promoted', 'writable']"),
    ],
)
def test_what_is_lacking_is_seen(change: dict[str, Any], fault: str) -> None:
    (found,) = faults(Held.COOLDOWN, replace(SEEN, **change))
    assert fault in found


def test_another_reason_than_the_one_that_holds_is_none() -> None:
    assert len(faults(Held.BUDGET, SEEN)) == 2


def test_what_holds_back_is_not_forgotten_before_the_kill() -> None:
    kill = Kill(How.CRASH)
    assert kill.forgotten == ("failover#", "budget#")
    assert replace(kill, same_day=True).forgotten == ("failover#",)
    assert replace(kill, held=Held.BUDGET).forgotten == ("failover#",)
    assert replace(kill, held=Held.COOLDOWN).forgotten == ()

# SPDX-License-Identifier: Apache-2.0
"""How many steps are under way at once, as the log tells it."""

from __future__ import annotations

import re

from harness import Harecon


def most_at_once(story: str, prefix: str = "") -> int:
    """The most steps that were under way at once; one that rests until it is tried again is not."""
    under_way: set[str] = set()
    most = 0
    for address, told in re.findall(r"^  (\S+/\S+): (.+)$", story, re.MULTILINE):
        if not address.startswith(prefix):
            continue
        if re.fullmatch("(creating|updating|deleting)( again)?", told):
            assert address not in under_way, (address, told)
            under_way.add(address)
            most = max(most, len(under_way))
        elif re.search(", again in |^(created|updated|deleted) in |^(deletion scheduled|kept:|goes with)", told):
            under_way.discard(address)
    assert under_way == set(), "each has been told to its end"
    return most


def test_no_more_steps_are_under_way_than_allowed(harecon: Harecon) -> None:
    # Once the VPC is there, its six subnets and three security groups could all be made at once.
    harecon.edit_spec("us-east-1c]", "us-east-1c, us-east-1d, us-east-1e, us-east-1f]")
    harecon.account.control("settings", {"latency_ms": 100})
    assert most_at_once(harecon.apply().expect(0).err, "ec2/") == 8, "as many as the service bears"
    harecon.account.control("settings", {"latency_ms": 0})
    assert most_at_once(harecon.destroy("-discard-data", "-parallelism", "3").expect(0).err) == 3
    story = harecon.apply("-parallelism", "1").expect(0).err
    assert most_at_once(story) == 1
    assert ": creating again\n" in story, "a step that AWS tells to come back later leaves its place to another"

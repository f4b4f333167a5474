# SPDX-License-Identifier: Apache-2.0
"""Law 4: SIGKILL at any call of an apply or a destroy; the rerun converges, with no duplicate and no orphan.

A sample of the calls by default; every one of them with SOAK=1.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from harness import TRAIL, Account, Harecon, Sandbox, until

READING = ("Describe", "Get", "List")
SOAK = os.environ.get("SOAK") == "1"


def writes(account: Account) -> int:
    """Those that had an effect: every run makes as many, and what is refused at first and tried again comes on top.

    Without those of the trail, of which there are as many as the run takes seconds.
    """
    return sum(c["effect"] and not c["operation"].startswith((*READING, *TRAIL)) for c in account.calls())


def fresh(sandbox: Sandbox, folder: Path, name: str) -> tuple[Harecon, Account]:
    account = sandbox.account()
    account.control("reset", {})
    account.control("clock", {"auto": True})
    (folder / name).mkdir()
    return Harecon(folder / name, account), account


def identities(account: Account) -> Counter[tuple[str, str | None]]:
    """Everything in the account, what has no tags of ours too, counted by kind and address."""
    return Counter((r["kind"], r.get("tags", {}).get("harecon:id")) for r in account.inventory())


def assert_no_duplicate(account: Account) -> None:
    owned = [r for r in account.inventory() if r.get("tags", {}).get("harecon:stack")]
    ids = Counter((r["kind"], r["tags"].get("harecon:id")) for r in owned)
    assert [k for k, n in ids.items() if n > 1] == []


def kill_at(harecon: Harecon, account: Account, call: int, after: bool, *arguments: str, reads: bool = False) -> bool:
    """Starts the command and kills it at its `call`-th write, or call of any kind; false when it ended before."""
    account.control("hold", {"n": call, "after": after, "any": reads, "but": TRAIL})
    process = harecon.start(*arguments)

    def state() -> str | None:
        if account.control("held").get("held"):
            return "held"
        return None if process.poll() is None else "ended"

    try:
        reached = until("the call to be held or the command to end", state, 120) == "held"
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate()
        account.control("release", {})
    return reached


def sampled(total: int, count: int) -> list[int]:
    if SOAK or total <= count:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (count - 1)) for i in range(count)})


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
def test_an_apply_killed_at_any_call_is_finished_by_the_next(sandbox: Sandbox, tmp_path: Path, after: bool) -> None:
    harecon, account = fresh(sandbox, tmp_path, "whole")
    harecon.apply().expect(0)
    whole = identities(account)
    for call in sampled(writes(account), 6):
        harecon, account = fresh(sandbox, tmp_path, f"call-{call}")
        arguments = ("apply", "-f", str(harecon.spec), "-auto-approve")
        assert kill_at(harecon, account, call, after, *arguments), f"write {call} was not reached"
        harecon.apply().expect(0)
        harecon.must_be_converged()
        assert_no_duplicate(account)
        assert identities(account) == whole, f"killed at write {call}"
        assert account.violations() == []


def test_an_apply_killed_while_it_looks_is_finished_by_the_next(sandbox: Sandbox, tmp_path: Path) -> None:
    harecon, account = fresh(sandbox, tmp_path, "whole")
    harecon.apply().expect(0)
    whole = identities(account)
    calls = sampled(len(account.calls()), 3)
    reached = 0
    for call in calls:
        harecon, account = fresh(sandbox, tmp_path, f"call-{call}")
        arguments = ("apply", "-f", str(harecon.spec), "-auto-approve")
        reached += kill_at(harecon, account, call, False, *arguments, reads=True)
        harecon.apply().expect(0)
        harecon.must_be_converged()
        assert identities(account) == whole, f"killed at call {call}"
        assert account.violations() == []
    assert reached >= len(calls) * 2 // 3, "how often is looked differs between runs, but not that much"


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
def test_a_destroy_killed_at_any_call_is_finished_by_the_next(sandbox: Sandbox, tmp_path: Path, after: bool) -> None:
    harecon, account = fresh(sandbox, tmp_path, "whole")
    harecon.apply().expect(0)
    before = writes(account)
    harecon.destroy().expect(0)
    for call in sampled(writes(account) - before, 4):
        harecon, account = fresh(sandbox, tmp_path, f"call-{call}")
        empty = identities(account)
        harecon.apply().expect(0)
        arguments = ("destroy", "-f", str(harecon.spec), "-auto-approve", "-confirm", "payments")
        assert kill_at(harecon, account, call, after, *arguments), f"write {call} was not reached"
        harecon.destroy().expect(0)
        left = identities(account) - empty
        assert {kind for kind, _ in left} <= account.may_be_kept(), f"killed at write {call}: {left}"
        assert account.violations() == []


def test_ctrl_c_finishes_what_is_in_flight_and_says_what_is_left(harecon: Harecon, account: Account) -> None:
    account.control("clock", {"auto": False, "scale": 20})
    process = harecon.start("apply", "-f", str(harecon.spec), "-auto-approve")
    until("the cluster to be asked for", lambda: any(c["operation"] == "CreateDBCluster" for c in account.calls()), 120)
    process.send_signal(signal.SIGINT)
    account.control("clock", {"auto": True})
    out, err = process.communicate(timeout=180)
    assert process.returncode == 6, out + err
    assert "rds/instance.a" in out + err, "what is not done is named"
    harecon.apply().expect(0)
    harecon.must_be_converged()

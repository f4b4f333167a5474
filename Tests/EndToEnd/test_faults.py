# SPDX-License-Identifier: Apache-2.0
"""Apply and destroy converge although calls fail; nothing is made twice."""

from __future__ import annotations

import pytest
from harness import Account, Harecon
from test_kill_anywhere import assert_no_duplicate

MIXED = ["throttle", "500", "503", "reset", "lost"]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fifth_of_all_calls_failing_in_mixed_ways(harecon: Harecon, account: Account, seed: int) -> None:
    faults = [
        {"service": "*", "operation": "*", "kind": kind, "probability": 0.2 / len(MIXED), "seed": seed * 100 + i}
        for i, kind in enumerate(MIXED)
    ]
    account.control("settings", {"eventual": 1})
    account.control("faults", faults)
    for _ in range(4):
        finished = harecon.apply()
        assert finished.code in (0, 1, 6), finished.out + finished.err
        if finished.code == 0:
            break
    else:
        raise AssertionError(f"four runs did not converge\n{finished.out}\n{finished.err}")
    failed = [c for c in account.calls() if c.get("fault")]
    assert len(failed) > 0.1 * len(account.calls()), "the faults must have been felt"
    account.control("faults", [])
    harecon.must_be_converged()
    assert_no_duplicate(account)

    account.control("faults", faults)
    for _ in range(4):
        if harecon.destroy().code == 0:
            break
    account.control("faults", [])
    harecon.destroy().expect(0)
    owned = [r for r in account.inventory() if r.get("tags", {}).get("harecon:stack") == "payments"]
    assert {r["kind"] for r in owned} <= {"kms/key", "rds/cluster-snapshot"}, owned


def test_two_applies_at_once_do_not_corrupt_anything(harecon: Harecon, account: Account) -> None:
    arguments = ("apply", "-f", str(harecon.spec), "-auto-approve")
    both = [harecon.start(*arguments), harecon.start(*arguments)]
    outputs = [p.communicate(timeout=240) for p in both]
    codes = [p.returncode for p in both]
    assert all(code in (0, 1, 5, 6, 7, 8) for code in codes), outputs
    harecon.apply().expect(0)
    harecon.must_be_converged()
    assert_no_duplicate(account)

# SPDX-License-Identifier: Apache-2.0
"""The policies that `harecon iam` prints, against what the commands call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from harness import Account, Harecon


def policies(harecon: Harecon, mode: str) -> dict[str, Any]:
    return harecon("iam", mode, "-f", str(harecon.spec), "-o", "json").expect(0).json


def not_allowed(report: dict[str, Any], calls: Sequence[dict[str, Any]]) -> set[str]:
    """The calls that no statement of the report's policies allows."""
    statements = [s for document in report["documents"] for s in document["policy"]["Statement"]]
    allowed: set[str] = set()
    for statement in statements:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            allowed |= {actions} if isinstance(actions, str) else set(actions)

    def fits(operation: str) -> bool:
        actions = report["calls"].get(operation)
        return actions is not None and all(any(fnmatchcase(a, p) for p in allowed) for a in actions)

    return {name for call in calls if not fits(name := f"{call['service']} {call['operation']}")}


def test_a_stacks_whole_life_stays_within_its_policies(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    start = len(account.calls())
    harecon.plan().expect(0)
    harecon("reconcile", "-f", str(harecon.spec), "-mode", "observe").expect(0)
    looked = account.calls()[start:]
    harecon.edit_spec("owner: dbre", "owner: platform")
    harecon.apply().expect(0)
    harecon.destroy("-discard-data").expect(0)

    everything = account.calls()
    assert looked and len(everything) > len(looked)
    assert not_allowed(policies(harecon, "plan"), looked) == set()
    assert not_allowed(policies(harecon, "apply"), everything) == set()
    written = not_allowed(policies(harecon, "plan"), everything)
    assert "rds CreateDBCluster" in written, "the policy of plan is not that of apply"


def test_the_policies_are_json_that_can_be_given_to_iam(harecon: Harecon, account: Account) -> None:
    for mode in ("plan", "apply", "drill"):
        by_name = json.loads(harecon("iam", mode, "-f", str(harecon.spec)).expect(0).out)
        report = policies(harecon, mode)
        assert report["schema"] == "harecon.iam/v1" and report["mode"] == mode and report["stack"] == "payments"
        assert by_name == {d["name"]: d["policy"] for d in report["documents"]}
        for name, policy in by_name.items():
            assert policy["Version"] == "2012-10-17"
            made = account.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))
            assert made["Policy"]["Arn"].endswith(name)


def test_roles_without_a_boundary_are_told(harecon: Harecon) -> None:
    assert "permissionsBoundary" in harecon("iam", "apply", "-f", str(harecon.spec)).expect(0).err
    bound = harecon("iam", "apply", "-boundary", "-f", str(harecon.spec)).expect(0)
    assert "unbounded" not in bound.err and list(json.loads(bound.out)) == ["harecon-payments-boundary"]
    assert "permissionsBoundary" not in harecon("iam", "plan", "-f", str(harecon.spec)).expect(0).err


def test_another_mode_is_refused(harecon: Harecon, account: Account) -> None:
    assert "drill" in harecon("iam", "destroy", "-f", str(harecon.spec)).expect(4).err
    assert account.calls() == []

# SPDX-License-Identifier: Apache-2.0
"""The main job: plan, apply, an empty plan, drift found and repaired, destroy. Laws 1, 2, 7, 9."""

from __future__ import annotations

from collections import Counter

from harness import Account, Harecon, without_trail
from plan_calls import CALLS

READING = ("Describe", "Get", "List")


def test_from_nothing_to_converged_and_back(harecon: Harecon, account: Account) -> None:
    planned = harecon.plan("-detailed-exitcode").expect(2)
    assert "to create, 0 to update, 0 to delete" in planned.out
    assert "rds/cluster.main" in planned.out
    assert "(known after apply)" in planned.out

    harecon.apply().expect(0)
    empty = harecon.plan("-detailed-exitcode").expect(0)
    assert "No changes" in empty.out

    status = {i["DBInstanceIdentifier"]: i for i in account.client("rds").describe_db_instances()["DBInstances"]}
    assert len(status) == 3
    assert {i["AvailabilityZone"] for i in status.values()} == {"us-east-1a", "us-east-1b", "us-east-1c"}

    harecon.destroy().expect(0)
    left = [r for r in account.inventory() if r.get("tags", {}).get("harecon:stack") == "payments"]
    kept = {r["kind"] for r in left}
    assert kept <= account.may_be_kept(), left
    assert "nothing" in harecon.destroy().expect(0).err.lower() + harecon.destroy().out.lower()


def test_reading_commands_write_nothing(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    before = len(account.calls())
    harecon.plan().expect(0)
    harecon("validate", "-f", str(harecon.spec)).expect(0)
    harecon("graph", "-f", str(harecon.spec)).expect(0)
    harecon("reconcile", "-f", str(harecon.spec), "-mode", "observe").expect(0)
    calls = account.calls()[before:]
    assert calls, "plan must have looked"
    writing = [c["operation"] for c in calls if not c["operation"].startswith(READING)]
    assert writing == []
    assert "GetSecretValue" not in {c["operation"] for c in calls}


def test_a_plan_costs_exactly_these_calls(harecon: Harecon, account: Account) -> None:
    # What the listing of tags does not know yet is asked about by itself, which depends on how long ago it was made.
    account.control("settings", {"tagging_lag": 0})
    harecon.apply().expect(0)
    before = len(account.calls())
    report = harecon.plan("-o", "json").expect(0).json
    calls = account.calls()[before:]
    made = Counter((c["service"], c["operation"]) for c in calls)
    assert made == {(service, operation): n for service, counts in CALLS.items() for operation, n in counts.items()}
    assert report["calls"] == len(calls)


def test_the_same_world_gives_the_same_digest(harecon: Harecon) -> None:
    first = harecon.plan("-o", "json", LC_ALL="C").expect(0).json["digest"]
    second = harecon.plan("-o", "json", LC_ALL="tr_TR.UTF-8", TZ="Asia/Tokyo").expect(0).json["digest"]
    assert first == second
    harecon.edit_spec("rotateEvery: 365d", "rotateEvery: 364d")
    assert harecon.plan("-o", "json").json["digest"] != first


def test_what_changed_behind_its_back_is_named_and_repaired(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    group = account.client("ec2").describe_security_groups(
        Filters=[{"Name": "tag:harecon:id", "Values": ["ec2/security-group.database"]}]
    )["SecurityGroups"][0]["GroupId"]
    account.edit("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    account.edit("rds", "ModifyDBCluster", DBClusterIdentifier="payments", BackupRetentionPeriod=1, ApplyImmediately=True)

    seen = harecon("reconcile", "-f", str(harecon.spec), "-mode", "observe").expect(2)
    assert "0.0.0.0/0" in seen.out + seen.err
    assert "backupRetention" in seen.out + seen.err

    before = len(account.calls())
    harecon("reconcile", "-f", str(harecon.spec), "-mode", "repair").expect(0)
    writes = [c["operation"] for c in account.calls()[before:] if not c["operation"].startswith(READING)]
    assert sorted(without_trail(writes)) == ["ModifyDBCluster", "RevokeSecurityGroupIngress"]
    harecon.must_be_converged()

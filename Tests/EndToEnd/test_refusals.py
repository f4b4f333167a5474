# SPDX-License-Identifier: Apache-2.0
"""Laws 3, 8 and 11: what harecon must not do it refuses, and says why and what to do instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import Account, Harecon, until, without_trail

READING = ("Describe", "Get", "List")


def wrote(account: Account, since: int) -> list[str]:
    return [c["operation"] for c in account.calls()[since:] if not c["operation"].startswith(READING)]


@pytest.mark.parametrize(
    ("old", "new", "attribute"),
    [("database: payments", "database: ledger", "databaseName")],
)
def test_what_aws_cannot_change_is_refused_before_anything_is_written(
    harecon: Harecon, account: Account, old: str, new: str, attribute: str
) -> None:
    harecon.apply().expect(0)
    harecon.edit_spec(old, new)
    since = len(account.calls())
    refused = harecon.apply().expect(3)
    assert attribute in refused.err and "payments" in refused.err and "ledger" in refused.err
    assert wrote(account, since) == []


def test_a_member_taken_from_the_spec_never_takes_the_cluster_along(harecon: Harecon, account: Account) -> None:
    def members() -> dict[str, bool]:
        (cluster,) = account.client("rds").describe_db_clusters()["DBClusters"]
        return {m["DBInstanceIdentifier"]: m["IsClusterWriter"] for m in cluster["DBClusterMembers"]}

    three = harecon.spec.read_text()
    last = "    - {name: c, zone: us-east-1c, tier: 1}\n"
    harecon.edit_spec(last, last + "    - {name: d, zone: us-east-1a, tier: 1}\n")
    harecon.apply().expect(0)
    assert len(members()) == 4

    # The member that was made first writes, whichever that was.
    if not members()["payments-d"]:
        account.edit("rds", "FailoverDBCluster", DBClusterIdentifier="payments", TargetDBInstanceIdentifier="payments-d")
    until("the failover", lambda: members()["payments-d"])
    harecon.spec.write_text(three)
    since = len(account.calls())
    refused = harecon.apply().expect(3)
    assert "rds/instance.d" in refused.err and "writer" in refused.err
    assert wrote(account, since) == []

    account.edit("rds", "FailoverDBCluster", DBClusterIdentifier="payments", TargetDBInstanceIdentifier="payments-a")
    until("the failover", lambda: members()["payments-a"])
    planned = harecon.plan("-o", "json").expect(0).json
    changes = {c["address"]: c["action"] for c in planned["changes"]}
    assert changes.pop("rds/instance.d") == "delete"
    # What names the members follows: widgets, the events of instances, who may be moved and failed over to.
    assert set(changes.values()) == {"update"} and not [a for a in changes if a.startswith("rds/")]
    since = len(account.calls())
    harecon.apply().expect(0)
    assert [call for call in wrote(account, since) if "DB" in call] == ["DeleteDBInstance"]
    assert members() == {"payments-a": True, "payments-b": False, "payments-c": False}
    harecon.must_be_converged()


def test_a_member_that_somebody_deleted_is_made_again_and_nothing_else(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    account.edit("rds", "DeleteDBInstance", DBInstanceIdentifier="payments-c", SkipFinalSnapshot=True)
    since = len(account.calls())
    harecon.apply().expect(0)
    assert without_trail(wrote(account, since)) == ["CreateDBInstance"]
    harecon.must_be_converged()


def test_a_foreign_cluster_of_our_name_is_left_alone(harecon: Harecon, account: Account) -> None:
    vpc = account.edit("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        account.edit("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.9.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for i, zone in enumerate("ab")
    ]
    account.edit("rds", "CreateDBSubnetGroup", DBSubnetGroupName="theirs", DBSubnetGroupDescription="theirs",
                 SubnetIds=[s["Subnet"]["SubnetId"] for s in subnets])
    account.edit("rds", "CreateDBCluster", DBClusterIdentifier="payments", Engine="aurora-postgresql",
                 EngineVersion="15.10", MasterUsername="someone", ManageMasterUserPassword=True,
                 DBSubnetGroupName="theirs")
    since = len(account.calls())
    refused = harecon.apply().expect(8)
    assert "payments" in refused.err and "rds/cluster.main" in refused.err
    assert wrote(account, since) == []


def test_two_candidates_for_one_identity_are_both_named(harecon: Harecon, account: Account) -> None:
    tags = [{"Key": "harecon:stack", "Value": "payments"}, {"Key": "harecon:id", "Value": "ec2/vpc.main"}]
    ids = [
        account.edit("ec2", "CreateVpc", CidrBlock="10.20.0.0/16",
                     TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"]["VpcId"]
        for _ in range(2)
    ]
    refused = harecon.apply().expect(8)
    assert all(i in refused.err for i in ids)


@pytest.mark.parametrize("new_owner", [None, "billing"])
def test_a_network_that_lost_its_owner_is_refused_alone_and_naming_both_owners(
    harecon: Harecon, account: Account, new_owner: str | None
) -> None:
    harecon.apply().expect(0)
    (vpc,) = [r["id"] for r in account.inventory() if r.get("tags", {}).get("harecon:id") == "ec2/vpc.main"]
    if new_owner:
        account.edit("ec2", "CreateTags", Resources=[vpc], Tags=[{"Key": "harecon:stack", "Value": new_owner}])
    else:
        account.edit("ec2", "DeleteTags", Resources=[vpc], Tags=[{"Key": "harecon:stack"}])
    since = len(account.calls())
    refused = harecon.apply("-o", "json").expect(8)
    (error,) = refused.json["diagnostics"]
    assert error["address"] == "ec2/vpc.main"
    assert vpc in error["message"] and 'of stack "payments"' in error["message"]
    assert (f'of stack "{new_owner}"' if new_owner else "no tag of harecon's") in error["message"]
    assert wrote(account, since) == []
    account.edit("ec2", "CreateTags", Resources=[vpc], Tags=[{"Key": "harecon:stack", "Value": "payments"}])
    harecon.must_be_converged()


def test_a_saved_plan_is_refused_when_reality_has_moved(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    harecon.edit_spec("rotateEvery: 365d", "rotateEvery: 300d")
    harecon.plan("-out", "saved.plan").expect(0)
    key = account.client("kms").list_aliases()["Aliases"]
    target = next(a["TargetKeyId"] for a in key if a["AliasName"] == "alias/harecon/payments/main")
    account.edit("kms", "DisableKeyRotation", KeyId=target)
    since = len(account.calls())
    refused = harecon("apply", "saved.plan").expect(7)
    assert "kms/key.main" in refused.err
    assert wrote(account, since) == []


def test_a_saved_plan_is_applied_once_and_only_as_it_was_saved(harecon: Harecon) -> None:
    harecon.plan("-out", "saved.plan").expect(0)
    saved = harecon.folder / "saved.plan"
    edited = json.loads(saved.read_text())
    text = saved.read_text().replace("10.20.0.0/16", "10.99.0.0/16")
    assert text != saved.read_text() and edited
    (harecon.folder / "edited.plan").write_text(text)
    assert "changed after it was written" in harecon("apply", "edited.plan").expect(4).err
    harecon("apply", "saved.plan").expect(0)
    harecon("apply", "saved.plan").expect(7)


def test_no_secret_leaves(harecon: Harecon, account: Account) -> None:
    canary = "sandbox-secret"
    texts: list[str] = []
    for finished in (
        harecon.plan("-out", "saved.plan", HARECON_LOG="debug"),
        harecon("apply", "saved.plan", HARECON_LOG="debug"),
        harecon.plan("-o", "json", HARECON_LOG="trace"),
    ):
        finished.expect(0)
        texts += [finished.out, finished.err]
    stranger = account.sandbox.account()
    wrong = {"AWS_ACCESS_KEY_ID": f"AKIA{stranger.id}", "AWS_SECRET_ACCESS_KEY": f"wrong-{canary}"}
    refused = harecon.plan(HARECON_LOG="trace", **wrong).expect(9)
    texts += [refused.out, refused.err]
    texts.append((harecon.folder / "saved.plan").read_text())
    assert not any(canary in text for text in texts)
    assert any("rds DescribeDBClusters" in text for text in texts), "the debug log names the calls"


def test_stacks_of_one_name_in_two_regions_leave_each_other_alone(harecon: Harecon, account: Account, tmp_path: Path) -> None:
    (tmp_path / "west").mkdir()
    west = Harecon(tmp_path / "west", account)
    west.spec.write_text(west.spec.read_text().replace("us-east-1", "eu-west-1"))
    harecon.apply().expect(0)
    west.apply().expect(0)
    harecon.must_be_converged()
    west.must_be_converged()
    west.destroy().expect(0)
    harecon.must_be_converged()

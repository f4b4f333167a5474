# SPDX-License-Identifier: Apache-2.0
"""Law 5: what AWS does by itself is no drift."""

from __future__ import annotations

from harness import Account, Harecon


def test_a_role_swap_is_no_change(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    members = account.client("rds").describe_db_clusters(DBClusterIdentifier="payments")["DBClusters"][0]["DBClusterMembers"]
    reader = next(m["DBInstanceIdentifier"] for m in members if not m["IsClusterWriter"])
    account.edit("rds", "FailoverDBCluster", DBClusterIdentifier="payments", TargetDBInstanceIdentifier=reader)
    harecon.plan("-detailed-exitcode").expect(0)


def test_a_minor_upgrade_by_aws_is_a_note(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    account.edit("rds", "ModifyDBCluster", DBClusterIdentifier="payments", EngineVersion="15.12", ApplyImmediately=True)
    plan = harecon.plan("-detailed-exitcode").expect(0)
    assert "15.12" in plan.out


def test_a_renamed_record_is_answered_all_the_while(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    harecon.edit_spec("{writer: writer,", "{writer: primary,")
    story = harecon.apply().expect(0).err.splitlines()
    (made,) = [i for i, line in enumerate(story) if line.startswith("  route53/record-set.writer: created")]
    (gone,) = [i for i, line in enumerate(story) if line.startswith("  route53/record-set.writer~") and line.endswith(": deleting")]
    assert made < gone
    zone = account.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    records = account.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    names = {record["Name"] for record in records if record["Type"] == "CNAME"}
    assert "primary.payments.internal." in names and "writer.payments.internal." not in names
    harecon.must_be_converged()


def test_tags_of_others_stay(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    vpc = account.client("ec2").describe_vpcs(Filters=[{"Name": "tag:harecon:id", "Values": ["ec2/vpc.main"]}])["Vpcs"][0]
    account.edit("ec2", "CreateTags", Resources=[vpc["VpcId"]], Tags=[{"Key": "cost-centre", "Value": "42"}])
    harecon.plan("-detailed-exitcode").expect(0)

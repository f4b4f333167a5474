# SPDX-License-Identifier: Apache-2.0
"""What destroy says it did is what it did."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from harness import Account, Harecon


def state_of_the_key(account: Account) -> tuple[str, str | None]:
    """The state of the stack's only key, and the day on which it goes."""
    (key,) = [r["id"] for r in account.inventory() if r["kind"] == "kms/key"]
    found = account.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    deletion: datetime | None = found.get("DeletionDate")
    return found["KeyState"], deletion and deletion.astimezone(UTC).date().isoformat()


def test_a_key_that_a_snapshot_needs_is_told_as_kept(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    destroyed = harecon.destroy("-o", "json").expect(0)
    assert state_of_the_key(account) == ("Enabled", None)
    lingering = {told["address"]: told for told in destroyed.json["lingering"]}
    assert set(lingering) == {"kms/key.main", "secretsmanager/secret.app"}
    assert lingering["kms/key.main"]["outcome"] == "kept"
    assert "snapshots" in lingering["kms/key.main"]["because"]
    assert lingering["secretsmanager/secret.app"]["outcome"] != "kept"
    assert "kms/key.main: kept: snapshots" in destroyed.err
    assert "kms/key.main: deleted" not in destroyed.err


def test_a_key_that_goes_is_told_with_its_day(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    destroyed = harecon.destroy("-discard-data").expect(0)
    state, day = state_of_the_key(account)
    assert state == "PendingDeletion"
    assert f"kms/key.main: deletion scheduled for {day}" in destroyed.out
    assert f"kms/key.main: deletion scheduled for {day}" in destroyed.err
    assert "2 scheduled for deletion" in destroyed.out, "the key, and the secret of a user"


@pytest.mark.parametrize("arguments", [(), ("-discard-data",)])
def test_what_became_of_the_key_is_told_also_when_its_last_answer_is_lost(
    harecon: Harecon, account: Account, arguments: tuple[str, ...]
) -> None:
    harecon.apply().expect(0)
    account.control("faults", [{"service": "kms", "operation": "DeleteAlias", "kind": "lost", "times": 1}])
    destroyed = harecon.destroy(*arguments).expect(0)
    assert "kms/key.main: deleted" not in destroyed.err
    assert re.search("^kms/key.main: (kept|deletion scheduled)", destroyed.out, re.MULTILINE)


def test_what_others_have_put_into_the_stack_is_named_before_anything_is_deleted(
    harecon: Harecon, account: Account
) -> None:
    harecon.apply().expect(0)
    account.edit("rds", "CreateDBInstance", DBInstanceIdentifier="reports", DBClusterIdentifier="payments",
                 Engine="aurora-postgresql", DBInstanceClass="db.serverless")
    zone = account.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    values = [{"Value": "a.example.com"}]
    record = {"Name": "reports.payments.internal", "Type": "CNAME", "TTL": 60, "ResourceRecords": values}
    change = {"Action": "CREATE", "ResourceRecordSet": record}
    account.edit("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    harecon.must_be_converged()
    since = len(account.calls())
    refused = harecon.destroy("-o", "json").expect(8).json["diagnostics"]
    told = {error["address"]: error["message"] for error in refused}
    assert set(told) == {"rds/cluster.main", "route53/hosted-zone.main"}
    assert '"reports"' in told["rds/cluster.main"]
    assert "reports.payments.internal/CNAME" in told["route53/hosted-zone.main"]
    assert not [c for c in account.calls()[since:] if not c["operation"].startswith(("Describe", "Get", "List"))]

    account.edit("rds", "DeleteDBInstance", DBInstanceIdentifier="reports", SkipFinalSnapshot=True)
    change["Action"] = "DELETE"
    account.edit("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    harecon.destroy("-discard-data").expect(0)


def test_reports_of_drills_are_kept_unless_the_data_is_discarded(harecon: Harecon, account: Account) -> None:
    def buckets() -> list[str]:
        return [r["id"] for r in account.inventory() if r["kind"] == "s3/bucket"]

    harecon.apply().expect(0)
    (bucket,) = buckets()
    report = "drills/weekly-failover/EXP1/report.pdf"
    account.client("s3").put_object(Bucket=bucket, Key=report, Body=b"%PDF-1.7")
    destroyed = harecon.destroy("-o", "json").expect(0)
    kept = {told["address"]: told for told in destroyed.json["lingering"]}["s3/bucket.evidence"]
    assert kept["outcome"] == "kept" and "not empty" in kept["because"]
    assert state_of_the_key(account) == ("Enabled", None)
    assert account.client("s3").get_object(Bucket=bucket, Key=report)["Body"].read() == b"%PDF-1.7"
    harecon.apply().expect(0)
    assert buckets() == [bucket], "the same, taken back"
    harecon.destroy("-discard-data").expect(0)
    assert buckets() == []

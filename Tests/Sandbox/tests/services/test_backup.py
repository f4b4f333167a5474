# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Network, refused, trail, trust

MARK = "awsbackup-restore-test"
RULE = {"RuleName": "daily", "TargetBackupVaultName": "payments", "ScheduleExpression": "cron(0 1 ? * * *)"}
HOUR = 3600


@pytest.fixture
def backup(aws: Any) -> Any:
    return aws.client("backup")


@pytest.fixture
def vault(backup: Any) -> str:
    return backup.create_backup_vault(BackupVaultName="payments")["BackupVaultArn"]


@pytest.fixture
def role(aws: Any) -> str:
    made = aws.client("iam").create_role(RoleName="backup", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    aws.advance(30)
    return str(made["Role"]["Arn"])


@pytest.fixture
def cluster(network: Network, auto: Any) -> str:
    rds = auto.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    arn = rds.create_db_cluster(
        DBClusterIdentifier="payments", Engine="aurora-postgresql", EngineVersion="15.10", MasterUsername="postgres",
        ManageMasterUserPassword=True, DBSubnetGroupName="payments", VpcSecurityGroupIds=[network.group],
        StorageEncrypted=True, ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 4},
        Tags=[{"Key": "harecon:stack", "Value": "payments"}],
    )["DBCluster"]["DBClusterArn"]  # fmt: skip
    trail(lambda: rds.describe_db_clusters(DBClusterIdentifier="payments")["DBClusters"][0]["Status"], "available")
    auto.control("clock", {"auto": False})
    return str(arn)


def test_vault_policy_denies_and_lock_holds(backup: Any, vault: str, aws: Any) -> None:
    with refused("AlreadyExistsException"):
        backup.create_backup_vault(BackupVaultName="payments")
    with refused("AccessDeniedException"):
        backup.describe_backup_vault(BackupVaultName="none")
    with refused("ResourceNotFoundException"):
        backup.get_backup_vault_access_policy(BackupVaultName="payments")
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}]})  # fmt: skip
    backup.put_backup_vault_access_policy(BackupVaultName="payments", Policy=text)
    assert backup.get_backup_vault_access_policy(BackupVaultName="payments")["Policy"] == text
    with refused("InvalidParameterValueException", "3 or greater"):
        backup.put_backup_vault_lock_configuration(BackupVaultName="payments", ChangeableForDays=2)
    backup.put_backup_vault_lock_configuration(BackupVaultName="payments", MinRetentionDays=7, ChangeableForDays=3)
    (seen,) = backup.list_backup_vaults()["BackupVaultList"]
    assert seen["Locked"] and seen["MinRetentionDays"] == 7 and "LockDate" in seen
    backup.delete_backup_vault_lock_configuration(BackupVaultName="payments")
    backup.put_backup_vault_lock_configuration(BackupVaultName="payments", MinRetentionDays=7, ChangeableForDays=3)
    aws.advance(3 * 86400 + 1)
    with refused("InvalidRequestException", "immutable"):
        backup.delete_backup_vault_lock_configuration(BackupVaultName="payments")


def test_plan_is_completed_versioned_and_goes_after_its_selections(backup: Any, vault: str, role: str) -> None:
    with refused("InvalidParameterValueException", "does not exist"):
        backup.create_backup_plan(
            BackupPlan={"BackupPlanName": "p", "Rules": [{**RULE, "TargetBackupVaultName": "none"}]}
        )
    asked = {"BackupPlan": {"BackupPlanName": "payments", "Rules": [RULE]}, "CreatorRequestId": "one"}
    made = backup.create_backup_plan(**asked)
    assert backup.create_backup_plan(**asked)["BackupPlanId"] == made["BackupPlanId"]
    with refused("AlreadyExistsException"):
        backup.create_backup_plan(**{**asked, "CreatorRequestId": "two"})
    plan = made["BackupPlanId"]
    (rule,) = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"]
    assert (rule["StartWindowMinutes"], rule["CompletionWindowMinutes"]) == (480, 10080)
    changed = backup.update_backup_plan(
        BackupPlanId=plan,
        BackupPlan={"BackupPlanName": "payments", "Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": 14}}]},
    )
    assert changed["VersionId"] != made["VersionId"]
    cluster = "arn:aws:rds:us-east-1:1:cluster:payments"
    selection = {"SelectionName": "aurora", "IamRoleArn": role, "Resources": [cluster]}
    with refused("InvalidParameterValueException", "cannot be assumed"):
        backup.create_backup_selection(BackupPlanId=plan, BackupSelection={**selection, "IamRoleArn": role + "x"})
    chosen = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)["SelectionId"]
    with refused("AlreadyExistsException"):
        backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)
    with refused("InvalidRequestException", "selections"):
        backup.delete_backup_plan(BackupPlanId=plan)
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=chosen)
    backup.delete_backup_plan(BackupPlanId=plan)
    with refused("ResourceNotFoundException"):
        backup.get_backup_plan(BackupPlanId=plan)


def make_testing(backup: Any, vault: str, role: str, cluster: str, group: str, name: str = "payments_daily") -> str:
    made = backup.create_restore_testing_plan(
        RestoreTestingPlan={
            "RestoreTestingPlanName": name,
            "ScheduleExpression": "cron(0 * ? * * *)",
            "RecoveryPointSelection": {
                "Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": [vault], "RecoveryPointTypes": ["SNAPSHOT"],
            },
        }
    )  # fmt: skip
    backup.create_restore_testing_selection(
        RestoreTestingPlanName=name,
        RestoreTestingSelection={
            "RestoreTestingSelectionName": "aurora", "ProtectedResourceType": "Aurora", "IamRoleArn": role,
            "ProtectedResourceArns": [cluster], "ValidationWindowHours": 4,
            "RestoreMetadataOverrides": {
                "dbSubnetGroupName": "payments", "vpcSecurityGroupIds": json.dumps([group]),
            },
        },
    )  # fmt: skip
    return str(made["RestoreTestingPlanArn"])


def test_names_of_restore_testing_have_no_hyphens(backup: Any, vault: str, role: str) -> None:
    with refused("InvalidParameterValueException", "alphanumeric"):
        make_testing(backup, vault, role, "arn:aws:rds:us-east-1:1:cluster:payments", "sg-1", "payments-daily")


def test_restore_test_restores_a_cluster_without_instances_and_deletes_it(
    backup: Any, vault: str, role: str, cluster: str, network: Network, aws: Any
) -> None:
    rds = aws.client("rds")
    job = backup.start_backup_job(BackupVaultName="payments", ResourceArn=cluster, IamRoleArn=role)["BackupJobId"]
    aws.advance(600)
    assert backup.describe_backup_job(BackupJobId=job)["State"] == "COMPLETED"
    with refused("InvalidRequestException", "recovery points"):
        backup.delete_backup_vault(BackupVaultName="payments")
    plan = make_testing(backup, vault, role, cluster, network.group)

    def restore() -> dict[str, Any]:
        (found,) = backup.list_restore_jobs(ByRestoreTestingPlanArn=plan)["RestoreJobs"][-1:]
        return dict(found)

    aws.advance(HOUR)
    seen = [restore()["Status"]]
    for _ in range(4):
        aws.advance(400)
        seen.append(restore()["Status"])
    assert {"COMPLETED"} <= set(seen) <= {"PENDING", "RUNNING", "COMPLETED"}
    done = restore()
    assert (done["ValidationStatus"], "DeletionStatus" in done) == ("VALIDATING", False)
    (made,) = rds.describe_db_clusters(DBClusterIdentifier=done["CreatedResourceArn"])["DBClusters"]
    tags = {tag["Key"]: tag["Value"] for tag in made["TagList"]}
    assert made["DBClusterIdentifier"].startswith(f"{MARK}-") and made["DBClusterMembers"] == []
    assert MARK in tags and tags["harecon:stack"] == "payments"
    backup.put_restore_validation_result(RestoreJobId=done["RestoreJobId"], ValidationStatus="SUCCESSFUL")
    aws.advance(60)
    assert restore()["DeletionStatus"] == "DELETING"
    aws.advance(300)
    assert (restore()["ValidationStatus"], restore()["DeletionStatus"]) == ("SUCCESSFUL", "SUCCESSFUL")
    with refused("InvalidRequestException", "already"):
        backup.put_restore_validation_result(RestoreJobId=done["RestoreJobId"], ValidationStatus="FAILED")


def test_cluster_without_its_mark_is_not_deleted(
    backup: Any, vault: str, role: str, cluster: str, network: Network, aws: Any
) -> None:
    backup.start_backup_job(BackupVaultName="payments", ResourceArn=cluster, IamRoleArn=role)
    aws.advance(600)
    plan = make_testing(backup, vault, role, cluster, network.group)
    aws.advance(HOUR)
    backup.list_restore_jobs()
    aws.advance(1000)
    job = backup.list_restore_jobs(ByRestoreTestingPlanArn=plan)["RestoreJobs"][-1]
    aws.client("rds").remove_tags_from_resource(ResourceName=job["CreatedResourceArn"], TagKeys=[MARK])
    aws.advance(4 * HOUR + 1)
    late = backup.describe_restore_job(RestoreJobId=job["RestoreJobId"])
    assert (late["ValidationStatus"], late["DeletionStatus"]) == ("TIMED_OUT", "FAILED")

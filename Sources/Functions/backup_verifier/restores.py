# SPDX-License-Identifier: Apache-2.0
"""Restore tests in AWS: the jobs of the stack's plan, the clusters that they made, and what is done to these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backup_verifier.steps import Copy, Job, Verdict

# A restored cluster is deleted after a week at the latest, the longest window of validation.
LOOKED_BACK = timedelta(days=8)

LONGEST_MESSAGE = 250


@dataclass(frozen=True)
class Restores:
    backup: Any
    rds: Any
    stack: str
    # The restore testing plan's name.
    plan: str
    # Of the instance that a restored cluster is given.
    parameter_group: str

    def jobs(self, now: datetime) -> list[Job]:
        """The plan's jobs of the last days, the oldest first."""
        pages = self.backup.get_paginator("list_restore_jobs").paginate(
            ByResourceType="Aurora", ByCreatedAfter=now - LOOKED_BACK
        )
        found = [entry for page in pages for entry in page.get("RestoreJobs", [])]
        return sorted((_job(entry) for entry in found if _plan(entry) == self.plan), key=lambda job: job.created)

    def copy(self, job: Job) -> Copy | None:
        """None before there is a cluster, and when it is gone."""
        if job.cluster is None:
            return None
        try:
            (found,) = self.rds.describe_db_clusters(DBClusterIdentifier=_identifier(job.cluster))["DBClusters"]
        except self.rds.exceptions.DBClusterNotFoundFault:
            return None
        secret = found.get("MasterUserSecret", {})
        return Copy(
            arn=found["DBClusterArn"],
            status=found["Status"].lower(),
            has_capacity="MaxCapacity" in found.get("ServerlessV2ScalingConfiguration", {}),
            secret=secret.get("SecretArn", ""),
            secret_status=secret.get("SecretStatus", "").lower(),
            is_open=found.get("HttpEndpointEnabled", False),
            instance_status=self._instance_status(job),
        )

    def _instance_status(self, job: Job) -> str | None:
        try:
            (found,) = self.rds.describe_db_instances(DBInstanceIdentifier=job.instance(self.stack))["DBInstances"]
        except self.rds.exceptions.DBInstanceNotFoundFault:
            return None
        status: str = found["DBInstanceStatus"].lower()
        return status

    def prepare(self, copy: Copy) -> None:
        # Enough to read with; what runs for minutes need not be small either.
        capacity = (
            {} if copy.has_capacity else {"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4}}
        )
        secret = {} if copy.secret else {"ManageMasterUserPassword": True}
        self.rds.modify_db_cluster(
            DBClusterIdentifier=_identifier(copy.arn), ApplyImmediately=True, **capacity, **secret
        )

    def add_instance(self, job: Job, copy: Copy) -> None:
        self.rds.create_db_instance(
            DBInstanceIdentifier=job.instance(self.stack),
            DBClusterIdentifier=_identifier(copy.arn),
            DBInstanceClass="db.serverless",
            Engine="aurora-postgresql",
            DBParameterGroupName=self.parameter_group,
            PubliclyAccessible=False,
            AutoMinorVersionUpgrade=False,
            Tags=[{"Key": "harecon:verifies", "Value": job.id}],
        )

    def open(self, copy: Copy) -> None:
        self.rds.enable_http_endpoint(ResourceArn=copy.arn)

    def remove_instance(self, job: Job) -> None:
        self.rds.delete_db_instance(DBInstanceIdentifier=job.instance(self.stack), SkipFinalSnapshot=True)

    def report(self, job: Job, verdict: Verdict, message: str) -> None:
        self.backup.put_restore_validation_result(
            RestoreJobId=job.id, ValidationStatus=verdict.value, ValidationStatusMessage=message[:LONGEST_MESSAGE]
        )


def _plan(entry: dict[str, Any]) -> str:
    """The name of the plan that the restore is for, empty when it is for none.

    Its ARN ends in the name and an id of AWS's making, `...:harecon_payments-0f1e2d3c-...`; names have no hyphens.
    """
    arn: str = entry.get("CreatedBy", {}).get("RestoreTestingPlanArn", "")
    return arn.rsplit(":", 1)[-1].split("-", 1)[0]


def _job(entry: dict[str, Any]) -> Job:
    return Job(
        id=entry["RestoreJobId"],
        status=entry["Status"],
        cluster=entry.get("CreatedResourceArn"),
        created=entry["CreationDate"],
        completed=entry.get("CompletionDate"),
        backed_up=entry.get("RecoveryPointCreationDate"),
        result=entry.get("ValidationStatus"),
        message=entry.get("StatusMessage", ""),
    )


def _identifier(cluster: str) -> str:
    """`arn:aws:rds:us-east-1:111122223333:cluster:awsbackup-restore-test-1`"""
    return cluster.rsplit(":", 1)[-1]

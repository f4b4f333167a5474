# SPDX-License-Identifier: Apache-2.0
"""An AWS of a few lines in which a backup is restored for a test; its works take their time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from audit_double import FakeLogs
from backup_verifier.evidence import Evidence
from backup_verifier.handler import Verifier
from backup_verifier.restores import Restores
from service_models import check_request
from shared.check import Check

BEGUN = datetime(2026, 11, 22, 3, tzinfo=UTC)
PLAN = (
    "arn:aws:backup:us-east-1:111122223333:restore-testing-plan:"
    "harecon_payments-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
)
CLUSTER = "arn:aws:rds:us-east-1:111122223333:cluster:awsbackup-restore-test-1"
LEDGER = Check("ledger", "select count(*) > 0 from harecon_ledger", "true")
HEARTBEAT = "select extract(epoch from max(at))::float8 as newest from harecon_heartbeat"


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SomeOperation")


class ClusterNotFound(ClientError):
    pass


class InstanceNotFound(ClientError):
    pass


class Exceptions:
    DBClusterNotFoundFault = ClusterNotFound
    DBInstanceNotFoundFault = InstanceNotFound


class World:
    """RDS, AWS Backup, the database and the table, seen from one restore test."""

    exceptions = Exceptions

    def __init__(self) -> None:
        self.now = BEGUN + timedelta(minutes=20)
        self.job: dict[str, Any] = {
            "RestoreJobId": "job-1", "Status": "COMPLETED", "CreationDate": BEGUN,
            "CompletionDate": BEGUN + timedelta(minutes=15), "RecoveryPointCreationDate": BEGUN - timedelta(hours=2),
            "CreatedResourceArn": CLUSTER, "CreatedBy": {"RestoreTestingPlanArn": PLAN},
        }
        self.others: list[dict[str, Any]] = []
        self.cluster: dict[str, Any] | None = {"DBClusterArn": CLUSTER, "Status": "available"}
        self.instance: dict[str, Any] | None = None
        self.items: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Any] = {LEDGER.sql: True, HEARTBEAT: BEGUN.timestamp() - 300}
        self.told: list[tuple[str, str]] = []
        self.logs = FakeLogs()
        self.objects: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        # Met before the call of that name.
        self.faults: list[tuple[str, Exception]] = []

    def verifier(self) -> Verifier:
        return Verifier(
            restores=Restores(self, self, "payments", "harecon_payments", "payments-instance-pg15"),
            decisions=self,  # type: ignore[arg-type]
            audit=self.logs.audit("backup-verifier"),
            evidence=Evidence(self, "payments-evidence"),
            database=lambda copy: self,  # type: ignore[arg-type, return-value]
            checks=(LEDGER,),
            within=4 * 3600.0,
            tell=lambda subject, message: self.told.append((subject, message)),
            now=lambda: self.now,
        )

    def look(self) -> None:
        """One call of the function."""
        verifier = self.verifier()
        for job in verifier.restores.jobs(self.now):
            verifier.look(job)

    def pass_time(self, minutes: float = 5) -> None:
        """What AWS has begun it has finished by then."""
        self.now += timedelta(minutes=minutes)
        if self.cluster:
            self.cluster["Status"] = "available"
            if secret := self.cluster.get("MasterUserSecret"):
                secret["SecretStatus"] = "active"
        if self.instance:
            gone = self.instance["DBInstanceStatus"] == "deleting"
            self.instance = None if gone else {"DBInstanceStatus": "available"}

    def run(self, looks: int = 20) -> None:
        for _ in range(looks):
            self.look()
            self.pass_time()

    @property
    def result(self) -> str | None:
        return self.job.get("ValidationStatus")

    def _meet(self, operation: str, service: str = "", **params: Any) -> None:
        self.calls.append(operation)
        if service:
            check_request(service, operation, params)
        if self.faults and self.faults[0][0] == operation:
            raise self.faults.pop(0)[1]

    # AWS Backup

    def get_paginator(self, name: str) -> World:
        assert name == "list_restore_jobs"
        return self

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        self._meet("ListRestoreJobs", "backup", **params)
        yield {"RestoreJobs": self.others}
        yield {"RestoreJobs": [dict(self.job)]}

    def put_restore_validation_result(self, **params: Any) -> None:
        self._meet("PutRestoreValidationResult", "backup", **params)
        assert self.instance is None, "AWS Backup may not be able to delete a cluster with an instance"
        assert self.result is None
        self.job["ValidationStatus"] = params["ValidationStatus"]
        self.job["ValidationStatusMessage"] = params["ValidationStatusMessage"]
        self.cluster = None

    # RDS

    def describe_db_clusters(self, **params: Any) -> dict[str, Any]:
        self._meet("DescribeDBClusters", "rds", **params)
        if self.cluster is None:
            raise ClusterNotFound({"Error": {"Code": "DBClusterNotFoundFault"}}, "DescribeDBClusters")
        return {"DBClusters": [self.cluster]}

    def describe_db_instances(self, **params: Any) -> dict[str, Any]:
        self._meet("DescribeDBInstances", "rds", **params)
        if self.instance is None:
            raise InstanceNotFound({"Error": {"Code": "DBInstanceNotFound"}}, "DescribeDBInstances")
        return {"DBInstances": [self.instance]}

    def modify_db_cluster(self, **params: Any) -> None:
        self._meet("ModifyDBCluster", "rds", **params)
        cluster = self._available_cluster()
        if "ServerlessV2ScalingConfiguration" in params:
            cluster["ServerlessV2ScalingConfiguration"] = params["ServerlessV2ScalingConfiguration"]
        if params.get("ManageMasterUserPassword"):
            assert "MasterUserSecret" not in cluster
            cluster["MasterUserSecret"] = {"SecretArn": "secret", "SecretStatus": "creating"}
        cluster["Status"] = "modifying"

    def create_db_instance(self, **params: Any) -> None:
        self._meet("CreateDBInstance", "rds", **params)
        assert "ServerlessV2ScalingConfiguration" in self._available_cluster()
        assert self.instance is None
        self.instance = {"DBInstanceStatus": "creating"}

    def enable_http_endpoint(self, **params: Any) -> None:
        self._meet("EnableHttpEndpoint", "rds", **params)
        self._available_cluster()["HttpEndpointEnabled"] = True

    def delete_db_instance(self, **params: Any) -> None:
        self._meet("DeleteDBInstance", "rds", **params)
        assert self.instance is not None and params["SkipFinalSnapshot"]
        self.instance = {"DBInstanceStatus": "deleting"}

    def _available_cluster(self) -> dict[str, Any]:
        if self.cluster is None or self.cluster["Status"] != "available":
            raise refused("InvalidDBClusterStateFault")
        return self.cluster

    # The table

    def read(self, key: str) -> dict[str, Any] | None:
        self._meet("GetItem")
        return self.items.get(key)

    def put(self, item: dict[str, Any], condition: str) -> bool:
        self._meet("PutItem")
        assert condition == "attribute_not_exists(#id)"
        return self.items.setdefault(item["id"], item) is item

    # The bucket

    def put_object(self, **params: Any) -> None:
        self._meet("PutObject", "s3", **params)
        assert params["Bucket"] == "payments-evidence" and params["ChecksumAlgorithm"]
        assert "restore#job-1" not in self.items, "the result is kept before the verdict is"
        self.objects[params["Key"]] = json.loads(params["Body"])

    # The database

    def query(self, sql: str) -> list[dict[str, Any]]:
        self._meet("ExecuteStatement")
        assert self.instance == {"DBInstanceStatus": "available"}
        answer = self.answers[sql]
        if isinstance(answer, Exception):
            raise answer
        return [{"newest" if sql == HEARTBEAT else "ok": answer}]

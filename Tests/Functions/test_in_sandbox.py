# SPDX-License-Identifier: Apache-2.0
"""The functions' own boto3 calls against the sandbox: as strict as AWS, and as slow by its clock."""

from __future__ import annotations

import io
import json
import sys
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from audit_double import FakeLogs
from backup_verifier.evidence import Evidence
from backup_verifier.handler import Verifier
from backup_verifier.restores import Restores
from real_postgres import PASSWORD, Server
from replay_worker import handler as replay
from replay_worker.handler import DeadLetters, hasten
from rotate_user.credentials import Cluster, Credentials
from rotate_user.handler import Rotation, Secrets
from shared.audit import Audit
from shared.check import Check
from shared.postgres import connect
from shared.tables import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Sandbox"))

from harecon_sandbox.sandbox import Sandbox  # noqa: E402
from harecon_sandbox.server import Server as Endpoint  # noqa: E402

ACCOUNT = "111122223333"
LONG = 30.0
HEARTBEAT_AGE = 120.0


@dataclass(frozen=True)
class Aws:
    endpoint: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=f"AKIA{ACCOUNT}",
            aws_secret_access_key=f"sandbox-secret-{ACCOUNT}",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=10),
        )

    def control(self, path: str, body: Any) -> Any:
        url = f"{self.endpoint}/_sandbox/{path}?account={ACCOUNT}"
        request = urllib.request.Request(url, data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def role(self, name: str, service: str) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        self.advance(60)
        return str(made["Role"]["Arn"])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    server = Endpoint(Sandbox().handle)
    server.start()
    yield Aws(server.endpoint)
    server.stop()


# MARK: Restored backups


@pytest.fixture
def cluster(aws: Aws) -> str:
    ec2, rds = aws.client("ec2"), aws.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    aws.advance(60)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate("abc")
    ]
    aws.advance(60)
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=subnets)
    rds.create_db_parameter_group(
        DBParameterGroupName="payments-instance-pg15", DBParameterGroupFamily="aurora-postgresql15", Description="d"
    )
    made = rds.create_db_cluster(
        DBClusterIdentifier="payments",
        Engine="aurora-postgresql",
        EngineVersion="15.10",
        MasterUsername="postgres",
        ManageMasterUserPassword=True,
        DBSubnetGroupName="payments",
        StorageEncrypted=True,
    )
    aws.advance(1800)
    return str(made["DBCluster"]["DBClusterArn"])


def test_a_restored_backup_is_proven_and_deleted(aws: Aws, cluster: str, logs: FakeLogs) -> None:
    backup, rds, s3 = aws.client("backup"), aws.client("rds"), aws.client("s3")
    s3.create_bucket(Bucket="payments-evidence", ObjectLockEnabledForBucket=True)
    begin_restore_tests(aws, cluster)
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="payments-decisions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.advance(60)
    told: list[str] = []

    def jobs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = backup.list_restore_jobs()["RestoreJobs"]
        return found

    def now() -> datetime:
        # By the sandbox's own clock, which the newest of its tests tells best.
        return max((job.get("CompletionDate") or job["CreationDate"] for job in jobs()), default=datetime.now(UTC))

    class Database:
        def query(self, sql: str) -> list[dict[str, Any]]:
            heartbeat = min(job["CreationDate"] for job in jobs()).timestamp() - HEARTBEAT_AGE
            return [{"newest": heartbeat} if "harecon_heartbeat" in sql else {"ok": True}]

    verifier = Verifier(
        restores=Restores(backup, rds, "payments", "harecon_payments", "payments-instance-pg15"),
        decisions=Table(dynamodb, "payments-decisions"),
        audit=logs.audit("backup-verifier"),
        evidence=Evidence(s3, "payments-evidence"),
        database=lambda copy: Database(),  # type: ignore[arg-type, return-value]
        checks=(Check("ledger", "select count(*) > 0 from harecon_ledger", "true"),),
        within=4 * 3600.0,
        tell=lambda subject, message: told.append(message),
        now=now,
    )
    seen: set[tuple[str | None, str | None]] = set()
    for _ in range(24):
        aws.advance(300)
        for job in verifier.restores.jobs(now()):
            verifier.look(job)
        seen |= {(job.get("ValidationStatus"), job.get("DeletionStatus")) for job in jobs()}
    assert ("SUCCESSFUL", "SUCCESSFUL") in seen
    assert not any(deletion == "FAILED" for _, deletion in seen), "no instance was in the way"
    assert not any(status in ("FAILED", "TIMED_OUT") for status, _ in seen)
    assert told == []
    oldest = min(jobs(), key=lambda job: job["CreationDate"])
    first = oldest["RestoreJobId"]
    evidence = f"restore-tests/{oldest['CreationDate'].astimezone(UTC).date()}/{first}.json"
    told_of = json.loads(s3.get_object(Bucket="payments-evidence", Key=evidence)["Body"].read())
    assert (told_of["verdict"], told_of["dataAge"]) == ("SUCCESSFUL", HEARTBEAT_AGE)
    kept = verifier.decisions.read(f"restore#{first}")
    assert kept is not None and (kept["verdict"], kept["dataAge"]) == ("SUCCESSFUL", HEARTBEAT_AGE)


def begin_restore_tests(aws: Aws, cluster: str) -> None:
    """One an hour, of a backup that is there already."""
    backup, role = aws.client("backup"), aws.role("backup", "backup.amazonaws.com")
    vault = backup.create_backup_vault(BackupVaultName="payments")["BackupVaultArn"]
    backup.start_backup_job(BackupVaultName="payments", ResourceArn=cluster, IamRoleArn=role)
    aws.advance(1200)
    choice = {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": [vault], "RecoveryPointTypes": ["SNAPSHOT"]}
    backup.create_restore_testing_plan(
        RestoreTestingPlan={
            "RestoreTestingPlanName": "harecon_payments",
            "ScheduleExpression": "cron(0 * ? * * *)",
            "RecoveryPointSelection": choice,
        }
    )
    backup.create_restore_testing_selection(
        RestoreTestingPlanName="harecon_payments",
        RestoreTestingSelection={
            "RestoreTestingSelectionName": "aurora",
            "ProtectedResourceType": "Aurora",
            "IamRoleArn": role,
            "ProtectedResourceArns": [cluster],
            "ValidationWindowHours": 4,
            "RestoreMetadataOverrides": {"dbSubnetGroupName": "payments"},
        },
    )


# MARK: Users


def test_a_user_is_rotated_through_secrets_manager(aws: Aws, server: Server, logs: FakeLogs) -> None:
    secrets = aws.client("secretsmanager")
    value = {
        "dbname": "postgres", "engine": "postgres", "host": "localhost", "masterarn": "master",
        "password": "from the beginning", "port": server.port, "username": "sandboxed",
    }  # fmt: skip
    arn = secrets.create_secret(Name="payments/users/sandboxed", SecretString=json.dumps(value))["ARN"]
    users = []
    for _ in range(2):
        token = str(uuid.uuid4())
        secrets.rotate_secret(
            SecretId=arn,
            ClientRequestToken=token,
            RotationLambdaARN=make_function(aws),
            RotationRules={"ScheduleExpression": "cron(0 3 ? * SUN *)", "Duration": "2h"},
        )
        rotation = Rotation(
            secrets=Secrets(secrets, arn, token),
            cluster=lambda: Cluster("localhost", server.port, "master"),
            master=lambda name: ("master", PASSWORD),
            connect=lambda login: connect(login, LONG, server.tls()),
            audit=logs.audit("rotate-user"),
        )
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            rotation.take(step)
        stages = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
        assert "AWSCURRENT" in stages[token]
        current = Credentials.read(secrets.get_secret_value(SecretId=arn)["SecretString"])
        connect(current.login(), LONG, server.tls()).close()
        users.append(current.user)
    assert users == ["sandboxed_clone", "sandboxed"]


def make_function(aws: Aws) -> str:
    """One that Secrets Manager may call; the same every time."""
    functions = aws.client("lambda")
    try:
        return str(functions.get_function_configuration(FunctionName="rotate")["FunctionArn"])
    except functions.exceptions.ResourceNotFoundException:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("index.py", "")
        made = functions.create_function(
            FunctionName="rotate",
            Runtime="python3.11",
            Handler="index.handler",
            Role=aws.role("rotate", "lambda.amazonaws.com"),
            Code={"ZipFile": archive.getvalue()},
        )
        functions.add_permission(
            FunctionName="rotate",
            StatementId="rotation",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
        )
        return str(made["FunctionArn"])


# MARK: Queues


def test_messages_are_parked_and_hastened(aws: Aws) -> None:
    sqs = aws.client("sqs")
    replay._queue_url.cache_clear()
    for queue in ("replay.fifo", "dead.fifo"):
        sqs.create_queue(QueueName=queue, Attributes={"FifoQueue": "true", "VisibilityTimeout": "360"})
    url = sqs.get_queue_url(QueueName="replay.fifo")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{", MessageGroupId="g", MessageDeduplicationId="d")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSourceARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:replay.fifo",
    }
    dead = DeadLetters(sqs, "dead.fifo")
    for _ in range(2):
        dead.park(record, "malformed", "not JSON\x00")
    parked = sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"],
        MaxNumberOfMessages=10,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )["Messages"]
    assert [(found["Body"], found["Attributes"]["MessageGroupId"]) for found in parked] == [("{", "g")]
    assert parked[0]["MessageAttributes"]["reason"]["StringValue"] == "not JSON?"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    hasten(sqs, [record])
    aws.advance(3)
    (again,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert again["MessageId"] == message["MessageId"]


# MARK: The audit log


def test_what_was_done_is_written_to_the_audit_log(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    client = aws.client("logs")
    client.create_log_group(logGroupName="/harecon/payments/audit")
    aws.advance(5)
    # Two calls of a function at a time, of which one makes the stream.
    for writer in ("payments-a", "payments-b"):
        audit = Audit(client, "/harecon/payments/audit", "drainer")
        audit.record("drained", writer=writer)
        audit.flush()
    assert "AuditFailures" not in capsys.readouterr().out
    (stream,) = client.describe_log_streams(logGroupName="/harecon/payments/audit")["logStreams"]
    assert stream["logStreamName"].startswith("drainer/")
    events = client.get_log_events(
        logGroupName="/harecon/payments/audit", logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert [json.loads(event["message"])["writer"] for event in events] == ["payments-a", "payments-b"]


def test_without_its_group_the_audit_log_is_counted_as_lost(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    client = aws.client("logs")
    audit = Audit(client, "/harecon/gone/audit", "drainer")
    audit.record("drained")
    audit.flush()
    assert '"AuditFailures": 1' in capsys.readouterr().out
    assert client.describe_log_groups(logGroupNamePrefix="/harecon/gone/")["logGroups"] == []

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from .conftest import Network, refused, trail, trust

CRON = {"ScheduleExpression": "cron(0 3 ? * SUN *)", "Duration": "2h"}
TOKEN = "b" * 64


@pytest.fixture
def secrets(aws: Any) -> Any:
    return aws.client("secretsmanager")


@pytest.fixture
def function(aws: Any) -> str:
    role = aws.client("iam").create_role(RoleName="rotate", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    aws.advance(60)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", "")
    made = aws.client("lambda").create_function(
        FunctionName="rotate", Runtime="python3.11", Handler="index.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    return str(made["FunctionArn"])


def allow(aws: Any, function: str) -> None:
    aws.client("lambda").add_permission(
        FunctionName=function, StatementId="rotation", Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )  # fmt: skip


def user(secrets: Any) -> str:
    value = json.loads(secrets.get_secret_value(SecretId="payments-app")["SecretString"])
    return str(value["username"])


def test_user_rotation_needs_a_function_it_may_invoke_and_alternates(secrets: Any, function: str, aws: Any) -> None:
    arn = secrets.create_secret(Name="payments-app", SecretString='{"username": "app", "password": "x"}')["ARN"]
    with refused("InvalidRequestException", "No Lambda rotation function"):
        secrets.rotate_secret(SecretId=arn, RotationRules=CRON)
    with refused("AccessDeniedException", "cannot invoke"):
        secrets.rotate_secret(SecretId=arn, RotationRules=CRON, RotationLambdaARN=function)
    allow(aws, function)
    asked = {"SecretId": arn, "RotationRules": CRON, "RotationLambdaARN": function, "ClientRequestToken": TOKEN}
    secrets.rotate_secret(**asked)
    secrets.rotate_secret(**asked)
    with refused("InvalidRequestException", "previous rotation"):
        secrets.rotate_secret(**{**asked, "ClientRequestToken": "c" * 64})
    seen = secrets.describe_secret(SecretId=arn)
    assert (seen["RotationEnabled"], seen["RotationRules"], seen["RotationLambdaARN"]) == (True, CRON, function)
    assert seen["VersionIdsToStages"][TOKEN] == ["AWSPENDING"] and user(secrets) == "app"
    aws.advance(60)
    stages = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert (stages[TOKEN], user(secrets)) == (["AWSCURRENT", "AWSPENDING"], "app_clone")
    secrets.rotate_secret(SecretId=arn, RotationRules=CRON, RotateImmediately=False)
    aws.advance(60)
    assert user(secrets) == "app_clone"
    secrets.cancel_rotate_secret(SecretId=arn)
    after = secrets.describe_secret(SecretId=arn)
    assert (after["RotationEnabled"], after["RotationRules"]) == (False, CRON)


@pytest.mark.parametrize(
    "rules",
    [
        {"ScheduleExpression": "rate(3 hours)"},
        {"ScheduleExpression": "cron(5 3 ? * SUN *)"},
        {"ScheduleExpression": "cron(0 3 * * * *)"},
        {"ScheduleExpression": "cron(0 23 ? * SUN *)", "Duration": "2h"},
        {"ScheduleExpression": "cron(0 3 ? * SUN *)", "AutomaticallyAfterDays": 7},
    ],
)
def test_rules_are_judged(secrets: Any, rules: dict[str, Any]) -> None:
    arn = secrets.create_secret(Name="payments-app", SecretString="{}")["ARN"]
    with refused("InvalidParameterException"):
        secrets.rotate_secret(SecretId=arn, RotationRules=rules)


def test_master_secret_is_rotated_by_rds_and_goes_with_its_cluster(secrets: Any, network: Network, auto: Any) -> None:
    rds = auto.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    made = rds.create_db_cluster(
        DBClusterIdentifier="payments", Engine="aurora-postgresql", MasterUsername="postgres",
        ManageMasterUserPassword=True, DBSubnetGroupName="payments",
    )["DBCluster"]  # fmt: skip
    trail(lambda: rds.describe_db_clusters(DBClusterIdentifier="payments")["DBClusters"][0]["Status"], "available")
    arn = made["MasterUserSecret"]["SecretArn"]
    seen = secrets.describe_secret(SecretId=arn)
    tags = {tag["Key"]: tag["Value"] for tag in seen["Tags"]}
    assert (seen["OwningService"], seen["RotationRules"]) == ("rds", {"AutomaticallyAfterDays": 7})
    assert tags["aws:rds:primaryDBClusterArn"] == made["DBClusterArn"]
    value = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert set(value) == {"username", "password"}
    secrets.rotate_secret(SecretId=arn, RotationRules=CRON, RotateImmediately=False)
    assert secrets.describe_secret(SecretId=arn)["RotationRules"] == CRON
    for refusal in (
        lambda: secrets.delete_secret(SecretId=arn),
        lambda: secrets.update_secret(SecretId=arn, Description="mine"),
        lambda: secrets.cancel_rotate_secret(SecretId=arn),
        lambda: secrets.rotate_secret(SecretId=arn, RotationRules=CRON, RotationLambdaARN="arn:aws:lambda:f"),
    ):
        with refused("InvalidRequestException"):
            refusal()
    rds.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    auto.advance(600)
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=arn)

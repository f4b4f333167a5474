# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import gone, refused, root_statement

DAY = 86400
TOKEN = "a" * 64


@pytest.fixture
def secrets(aws: Any) -> Any:
    return aws.client("secretsmanager")


def make(secrets: Any, name: str = "payments-app", value: str = '{"username": "app"}', **more: Any) -> str:
    return secrets.create_secret(Name=name, SecretString=value, **more)["ARN"]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_secret_keeps_what_was_asked_for_and_describe_shows_no_value(secrets: Any, aws: Any) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    arn = make(secrets, Description="app", KmsKeyId=key, Tags=[{"Key": "a", "Value": "1"}], ClientRequestToken=TOKEN)
    seen = secrets.describe_secret(SecretId="payments-app")
    assert arn.startswith(f"arn:aws:secretsmanager:us-east-1:{aws.account}:secret:payments-app-") and seen["ARN"] == arn
    assert (seen["Description"], seen["KmsKeyId"], seen["Tags"]) == ("app", key, [{"Key": "a", "Value": "1"}])
    assert seen["VersionIdsToStages"] == {TOKEN: ["AWSCURRENT"]}
    assert not {"RotationEnabled", "RotationRules", "DeletedDate", "SecretString"} & seen.keys()
    assert secrets.describe_secret(SecretId=arn[:-7])["ARN"] == arn
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == '{"username": "app"}'


def test_same_token_is_the_same_version(secrets: Any) -> None:
    arn = make(secrets, ClientRequestToken=TOKEN)
    assert make(secrets, ClientRequestToken=TOKEN) == arn
    with refused("ResourceExistsException"):
        make(secrets, value="another", ClientRequestToken=TOKEN)
    with refused("ResourceExistsException"):
        make(secrets)
    assert len(secrets.list_secret_version_ids(SecretId=arn)["Versions"]) == 1


@pytest.mark.parametrize("name", ["payments app", "payments-abc123", "a!b"])
def test_names_are_judged(secrets: Any, name: str) -> None:
    with refused("InvalidParameterException" if name == "payments-abc123" else "ValidationException"):
        make(secrets, name)


def test_deletion_is_scheduled_and_the_name_stays_taken(secrets: Any, aws: Any) -> None:
    arn = make(secrets)
    with refused("InvalidParameterException", "between 7 and 30"):
        secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=3)
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=30)
    assert "DeletedDate" in secrets.describe_secret(SecretId=arn)
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    for call in (
        lambda: secrets.get_secret_value(SecretId=arn),
        lambda: secrets.get_resource_policy(SecretId=arn),
        lambda: secrets.tag_resource(SecretId=arn, Tags=[{"Key": "a", "Value": "1"}]),
        lambda: secrets.delete_secret(SecretId=arn),
    ):
        with refused("InvalidRequestException", "marked"):
            call()
    with refused("InvalidRequestException", "already scheduled for deletion"):
        make(secrets)
    secrets.restore_secret(SecretId=arn)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == '{"username": "app"}'
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    aws.advance(7 * DAY + 1)
    assert gone(lambda: secrets.describe_secret(SecretId=arn), "ResourceNotFoundException") == []
    assert make(secrets) != arn


def test_forced_deletion_frees_the_name(secrets: Any) -> None:
    arn = make(secrets)
    secrets.delete_secret(SecretId=arn)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert make(secrets) != arn


def test_listing_filters_by_the_beginning_of_names_and_lags(secrets: Any, aws: Any) -> None:
    for name in ("payments-app", "payments-batch", "orders-app"):
        make(secrets, name)

    def names(**given: Any) -> list[str]:
        return [s["Name"] for s in secrets.list_secrets(**given)["SecretList"]]

    assert names(Filters=[{"Key": "name", "Values": ["payments"]}]) == ["payments-app", "payments-batch"]
    assert names(Filters=[{"Key": "name", "Values": ["!payments"]}]) == ["orders-app"]
    aws.control("settings", {"secrets_lag": 300})
    make(secrets, "payments-new")
    assert "payments-new" not in names()
    aws.advance(301)
    assert "payments-new" in names()


def test_public_policies_are_refused_where_they_are_blocked(secrets: Any, aws: Any) -> None:
    arn = make(secrets)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    with refused("PublicPolicyException"):
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy(allow), BlockPublicPolicy=True)
    for broken in ("{", policy({"Effect": "Allow"})):
        with refused("MalformedPolicyDocumentException"):
            secrets.put_resource_policy(SecretId=arn, ResourcePolicy=broken)
    unknown = {**root_statement(aws.account), "Principal": {"AWS": f"arn:aws:iam::{aws.account}:role/none"}}
    with refused("MalformedPolicyDocumentException", "principal"):
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy(unknown))
    text = policy({**allow, "Effect": "Deny"})
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=text, BlockPublicPolicy=True)
    assert secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"] == text
    secrets.delete_resource_policy(SecretId=arn)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=arn)


def test_random_passwords_have_what_was_asked_for(secrets: Any) -> None:
    made = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
    assert len(made) == 40 and made.isalnum() and not made.isdigit() and made.lower() != made
    plain = secrets.get_random_password(
        PasswordLength=20, ExcludePunctuation=True, ExcludeUppercase=True, ExcludeLowercase=True, ExcludeCharacters="0"
    )["RandomPassword"]
    assert plain.isdigit() and "0" not in plain
    with refused("InvalidParameterException", "too short"):
        secrets.get_random_password(PasswordLength=2)


def test_labels_move_only_when_it_is_said_from_where(secrets: Any) -> None:
    arn = make(secrets, ClientRequestToken=TOKEN)
    pending = secrets.put_secret_value(SecretId=arn, SecretString="two", VersionStages=["AWSPENDING"])["VersionId"]
    assert secrets.get_secret_value(SecretId=arn)["VersionId"] == TOKEN
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")["SecretString"] == "two"
    with refused("InvalidParameterException", "RemoveFromVersionId"):
        secrets.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=pending)
    secrets.update_secret_version_stage(
        SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=TOKEN
    )
    stages = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert stages == {TOKEN: ["AWSPREVIOUS"], pending: ["AWSCURRENT", "AWSPENDING"]}
    secrets.update_secret_version_stage(SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=pending)
    assert secrets.describe_secret(SecretId=arn)["VersionIdsToStages"][pending] == ["AWSCURRENT"]


def test_key_must_be_there(secrets: Any, aws: Any) -> None:
    missing = f"arn:aws:kms:us-east-1:{aws.account}:key/11111111-2222-3333-4444-555555555555"
    with refused("EncryptionFailure"):
        make(secrets, KmsKeyId=missing)
    arn = make(secrets)
    with refused("EncryptionFailure"):
        secrets.update_secret(SecretId=arn, KmsKeyId=missing)
    secrets.update_secret(SecretId=arn, Description="new")
    assert len(secrets.list_secret_version_ids(SecretId=arn)["Versions"]) == 1

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from typing import Any

import pytest

from .conftest import gone, refused, trail


@pytest.fixture
def dynamodb(auto: Any) -> Any:
    return auto.client("dynamodb")


def make(dynamodb: Any, **more: Any) -> dict[str, Any]:
    return dynamodb.create_table(
        TableName="lease", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more,
    )["TableDescription"]  # fmt: skip


def table(dynamodb: Any) -> dict[str, Any]:
    return dynamodb.describe_table(TableName="lease")["Table"]


def status_trail(dynamodb: Any, last: str = "ACTIVE") -> list[str]:
    return trail(lambda: table(dynamodb)["TableStatus"], last)


def test_table_takes_time_and_serves_nothing_before(dynamodb: Any) -> None:
    assert make(dynamodb)["TableStatus"] == "CREATING"
    with refused("ResourceNotFoundException"):
        dynamodb.put_item(TableName="lease", Item={"id": {"S": "a"}})
    with refused("ResourceInUseException", "already exists"):
        make(dynamodb)
    assert status_trail(dynamodb) == ["CREATING", "ACTIVE"]
    assert "Item" not in dynamodb.get_item(TableName="lease", Key={"id": {"S": "a"}})


def test_one_change_at_a_time(dynamodb: Any) -> None:
    make(dynamodb)
    with refused("ResourceInUseException"):
        dynamodb.update_table(TableName="lease", DeletionProtectionEnabled=True)
    status_trail(dynamodb)
    dynamodb.update_table(TableName="lease", DeletionProtectionEnabled=True)
    with refused("ResourceInUseException", "updated"):
        dynamodb.update_table(TableName="lease", DeletionProtectionEnabled=False)
    assert status_trail(dynamodb) == ["UPDATING", "ACTIVE"]
    with refused("ValidationException", "protected"):
        dynamodb.delete_table(TableName="lease")
    with refused("ValidationException", "ProvisionedThroughput"):
        dynamodb.update_table(TableName="lease", BillingMode="PROVISIONED")


def test_deletion_lingers(dynamodb: Any) -> None:
    make(dynamodb)
    status_trail(dynamodb)
    assert dynamodb.delete_table(TableName="lease")["TableDescription"]["TableStatus"] == "DELETING"
    with refused("ResourceInUseException"):
        make(dynamodb)
    gone(lambda: table(dynamodb)["TableStatus"], "ResourceNotFoundException")
    make(dynamodb)


def test_key_is_kept_changed_and_taken_away(dynamodb: Any, auto: Any) -> None:
    with refused("ValidationException", "KMS"):
        make(dynamodb, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/none"})
    key = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    make(dynamodb)
    status_trail(dynamodb)
    dynamodb.update_table(TableName="lease", SSESpecification={"Enabled": True, "KMSMasterKeyId": key})
    status_trail(dynamodb)
    assert table(dynamodb)["SSEDescription"]["KMSMasterKeyArn"] == key
    dynamodb.update_table(TableName="lease", SSESpecification={"Enabled": False})
    assert "SSEDescription" not in table(dynamodb)


def test_recovery_comes_after_the_table(dynamodb: Any) -> None:
    def recover(**more: Any) -> Any:
        return dynamodb.update_continuous_backups(
            TableName="lease", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, **more}
        )["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

    with refused("TableNotFoundException"):
        recover()
    make(dynamodb)
    status_trail(dynamodb)
    with refused("ContinuousBackupsUnavailableException"):
        recover()
    assert recover(RecoveryPeriodInDays=7)["RecoveryPeriodInDays"] == 7


def test_expiry_changes_once_an_hour(dynamodb: Any, auto: Any) -> None:
    def expire(enabled: bool, attribute: str = "expires") -> None:
        specification = {"Enabled": enabled, "AttributeName": attribute}
        dynamodb.update_time_to_live(TableName="lease", TimeToLiveSpecification=specification)

    make(dynamodb)
    status_trail(dynamodb)
    expire(True)
    with refused("ValidationException", "multiple times"):
        expire(False)
    auto.advance(3600)
    with refused("ValidationException", "already"):
        expire(True, "until")
    expire(False)


def test_increments_at_once_all_count(dynamodb: Any, auto: Any) -> None:
    make(dynamodb)
    status_trail(dynamodb)

    def increment() -> None:
        client = auto.client("dynamodb")
        for _ in range(10):
            client.update_item(
                TableName="lease", Key={"id": {"S": "a"}}, UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )  # fmt: skip

    racers = [threading.Thread(target=increment) for _ in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert dynamodb.get_item(TableName="lease", Key={"id": {"S": "a"}})["Item"]["n"] == {"N": "60"}


def test_tables_are_found_by_their_tags(dynamodb: Any, auto: Any) -> None:
    arn = make(dynamodb, Tags=[{"Key": "harecon:stack", "Value": "payments"}])["TableArn"]
    auto.advance(60)
    tagging = auto.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["dynamodb:table"])["ResourceTagMappingList"]
    assert [item["ResourceARN"] for item in found] == [arn]
    tagging.tag_resources(ResourceARNList=[arn], Tags={"a": "1"})
    tags = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"] for tag in tags} == {"harecon:stack", "a"}

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError

import pytest

from .conftest import refused


@pytest.fixture
def name(aws: Any) -> str:
    return f"evidence-{aws.account}"


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3")


def policy(name: str, **more: Any) -> str:
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*", **more
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_new_bucket_has_the_defaults_of_aws(s3: Any, name: str) -> None:
    tags = [{"Key": "team", "Value": "dbre"}]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    controls = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    with refused("NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=name)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)
    with refused("ObjectLockConfigurationNotFoundError"):
        s3.get_object_lock_configuration(Bucket=name)


def test_names_are_checked_and_the_worlds(s3: Any, other: Any, name: str) -> None:
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket="UPPER")
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    foreign = other.client("s3")
    with refused("BucketAlreadyExists"):
        foreign.create_bucket(Bucket=name)
    with refused("AccessDenied"):
        foreign.get_bucket_tagging(Bucket=name)
    with refused("AccessDenied"):
        s3.get_bucket_versioning(Bucket=name, ExpectedBucketOwner="999999999999")
    with refused("NoSuchBucket"):
        s3.get_bucket_versioning(Bucket=f"{name}-none")
    assert foreign.list_buckets()["Buckets"] == []


def test_a_bucket_is_in_one_region(aws: Any, s3: Any, name: str) -> None:
    west = aws.client("s3", "eu-west-1")
    with refused("IllegalLocationConstraintException"):
        west.create_bucket(Bucket=name)
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    # boto3 follows the redirect, to the sandbox's one endpoint again and again.
    asked = {"service": "s3", "operation": "GetBucketTagging", "params": {"Bucket": name}, "region": "us-east-1"}
    with pytest.raises(HTTPError) as caught:
        aws.control("edit", asked)
    assert "PermanentRedirect" in caught.value.read().decode()
    assert s3.list_buckets(BucketRegion="us-east-1")["Buckets"] == []
    assert [bucket["BucketRegion"] for bucket in s3.list_buckets(Prefix="evidence")["Buckets"]] == ["eu-west-1"]
    with refused("BucketAlreadyOwnedByYou"):
        west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_lock_keeps_versions_and_its_mode(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    retention = {"Mode": "GOVERNANCE", "Days": 30}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == lock
    with refused("InvalidBucketState"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    version = s3.list_object_versions(Bucket=name)["Versions"][0]["VersionId"]
    errors = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a", "VersionId": version}]})["Errors"]
    assert [error["Code"] for error in errors] == ["AccessDenied"]


def test_a_bucket_that_is_there_is_given_a_lock_once_it_is_versioned(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="before", Body=b"1")
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}
    with refused("InvalidBucketState"):
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == lock
    s3.put_object(Bucket=name, Key="after", Body=b"1")
    versions = s3.list_object_versions(Bucket=name)["Versions"]
    objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
    errors = s3.delete_objects(Bucket=name, Delete={"Objects": objects})["Errors"]
    assert [error["Key"] for error in errors] == ["after"]


def test_policies_are_read(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    for broken in ("{", "{}", policy("another"), policy(name, Effect="Maybe")):
        with refused("MalformedPolicy"):
            s3.put_bucket_policy(Bucket=name, Policy=broken)
    with refused("AccessDenied"):
        s3.put_bucket_policy(Bucket=name, Policy=policy(name, Effect="Allow"))
    s3.put_bucket_policy(Bucket=name, Policy=policy(name))
    assert s3.get_bucket_policy(Bucket=name)["Policy"] == policy(name)


def test_settings_come_back_and_go(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"] == [rule]
    s3.delete_bucket_lifecycle(Bucket=name)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)
    with refused("MalformedXML"):
        idle = {"ID": "idle", "Status": "Enabled", "Filter": {"Prefix": ""}}
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [idle]})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "b", "Value": "2"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "b", "Value": "2"}]
    with refused("InvalidTag"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "aws:a", "Value": "1"}]})


def test_only_an_empty_bucket_goes(aws: Any, s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a", "b"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    s3.delete_object(Bucket=name, Key="b")
    aws.settings(page=3)
    page = s3.list_object_versions(Bucket=name)
    assert page["IsTruncated"] and len(page["Versions"]) + len(page.get("DeleteMarkers", [])) == 3
    aws.settings(page=None)
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=name)
    page = s3.list_object_versions(Bucket=name)
    held = page["Versions"] + page["DeleteMarkers"]
    objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in held]
    assert len(objects) == 4
    assert "Errors" not in s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
    s3.delete_bucket(Bucket=name)
    assert aws.inventory() == []


def test_tags_are_found_by_the_tagging_api(auto: Any, name: str) -> None:
    auto.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "a", "Value": "1"}]})
    auto.advance(60)
    tagging = auto.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["s3"])["ResourceTagMappingList"]
    assert [mapping["ResourceARN"] for mapping in found] == [f"arn:aws:s3:::{name}"]
    tagging.tag_resources(ResourceARNList=[f"arn:aws:s3:::{name}"], Tags={"b": "2"})
    tags = auto.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "1", "b": "2"}

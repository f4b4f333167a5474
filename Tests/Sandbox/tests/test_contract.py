# SPDX-License-Identifier: Apache-2.0
"""Requests as boto3 writes them keep the contract; the same requests with one slip do not."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import wire
from botocore.exceptions import ClientError
from conftest import Aws
from corpus import WRITES

LISTS = {
    "ec2": "describe_vpcs",
    "rds": "describe_db_clusters",
    "kms": "list_keys",
    "iam": "list_roles",
    "route53": "list_hosted_zones",
    "logs": "describe_log_groups",
    "sts": "get_caller_identity",
    "resourcegroupstaggingapi": "get_resources",
    "sns": "list_topics",
    "sqs": "list_queues",
    "lambda": "list_functions",
    "events": "list_rules",
    "scheduler": "list_schedules",
    "cloudwatch": "describe_alarms",
    "secretsmanager": "list_secrets",
    "backup": "list_backup_plans",
    "dynamodb": "list_tables",
    "s3": "list_buckets",
    "ssm": "describe_parameters",
}


@pytest.mark.parametrize("service", LISTS)
def test_boto3_is_answered(aws: Aws, service: str) -> None:
    result = getattr(aws.client(service), LISTS[service])()
    assert result["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert result["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("service", "operation", "params"), WRITES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_botocore_writes_keeps_the_contract(
    aws: Aws, service: str, operation: str, params: dict[str, Any]
) -> None:
    request = wire.signed(wire.sketch(service, operation, **params), aws.endpoint, aws.access_key, aws.secret)
    answer = wire.send(request, aws.endpoint)
    assert answer.code != "ContractViolation"
    assert b"<html" not in answer.body.lower()
    (call,) = aws.calls()
    assert (call["service"], call["operation"]) == (service, operation)
    assert [finding for found in aws.violations() if found["kind"] != "crash" for finding in found["findings"]] == []
    aws.reset()  # moto itself may crash on an incomplete request, which is not what this test is about


def refused(aws: Aws, request: wire.Sketch) -> str:
    """Sends a request with a slip in it, rightly signed; answers the findings."""
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    findings = "\n".join(finding for violation in aws.violations() for finding in violation["findings"])
    assert answer.status == 400 and answer.code == "ContractViolation", answer
    assert findings
    aws.reset()
    return findings


def in_body(old: str, new: str) -> Callable[[wire.Sketch], wire.Sketch]:
    def change(request: wire.Sketch) -> wire.Sketch:
        assert old.encode() in request.body
        return replace(request, body=request.body.replace(old.encode(), new.encode()))

    return change


def in_json(**members: Any) -> Callable[[wire.Sketch], wire.Sketch]:
    return lambda request: replace(request, body=json.dumps(json.loads(request.body) | members).encode())


def header(name: str, value: str | None) -> Callable[[wire.Sketch], wire.Sketch]:
    return lambda request: request.with_header(name, value)


def method(name: str) -> Callable[[wire.Sketch], wire.Sketch]:
    return lambda request: replace(request, method=name)


def in_target(old: str, new: str) -> Callable[[wire.Sketch], wire.Sketch]:
    def change(request: wire.Sketch) -> wire.Sketch:
        assert old in request.target
        return replace(request, target=request.target.replace(old, new))

    return change


CLUSTER: dict[str, Any] = {
    "DBClusterIdentifier": "payments",
    "Engine": "aurora-postgresql",
    "DeletionProtection": True,
    "Port": 5432,
    "AvailabilityZones": ["us-east-1a", "us-east-1b"],
    "ServerlessV2ScalingConfiguration": {"MinCapacity": 1.0},
}
KEY: dict[str, Any] = {"Description": "d", "Tags": [{"TagKey": "a", "TagValue": "b"}], "MultiRegion": True}
RECORD: dict[str, Any] = {
    "HostedZoneId": "Z0123456789ABC",
    "ChangeBatch": {
        "Changes": [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": "a.example",
                    "Type": "A",
                    "TTL": 5,
                    "ResourceRecords": [{"Value": "10.0.0.1"}],
                },
            }
        ]
    },
}
GROUP: dict[str, Any] = {"logGroupName": "g", "retentionInDays": 30}
VPC: dict[str, Any] = {"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": False}
SCHEDULE: dict[str, Any] = {
    "Name": "s",
    "ScheduleExpression": "rate(1 minute)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:lambda:us-east-1:1:function:f", "RoleArn": "arn:aws:iam::111122223333:role/r"},
}

MUTANTS: list[tuple[str, str, str, dict[str, Any], Callable[[wire.Sketch], wire.Sketch]]] = [
    ("member misspelt", "rds", "CreateDBCluster", CLUSTER, in_body("DeletionProtection", "DeletionProtektion")),
    ("member in other case", "rds", "CreateDBCluster", CLUSTER, in_body("DBClusterIdentifier", "DbClusterIdentifier")),
    ("wrong version", "rds", "CreateDBCluster", CLUSTER, in_body("Version=2014-10-31", "Version=2014-09-01")),
    ("version left out", "rds", "CreateDBCluster", CLUSTER, in_body("&Version=2014-10-31", "")),
    ("True for true", "rds", "CreateDBCluster", CLUSTER, in_body("DeletionProtection=true", "DeletionProtection=True")),
    ("1 for true", "rds", "CreateDBCluster", CLUSTER, in_body("DeletionProtection=true", "DeletionProtection=1")),
    ("no number", "rds", "CreateDBCluster", CLUSTER, in_body("Port=5432", "Port=a")),
    ("float for integer", "rds", "CreateDBCluster", CLUSTER, in_body("Port=5432", "Port=5432.0")),
    (
        "member for its name",
        "rds",
        "CreateDBCluster",
        CLUSTER,
        in_body("AvailabilityZones.AvailabilityZone.1", "AvailabilityZones.member.1"),
    ),
    (
        "list from zero",
        "rds",
        "CreateDBCluster",
        CLUSTER,
        in_body("AvailabilityZones.AvailabilityZone.1", "AvailabilityZones.AvailabilityZone.0"),
    ),
    (
        "list with a gap",
        "rds",
        "CreateDBCluster",
        CLUSTER,
        in_body("AvailabilityZones.AvailabilityZone.2", "AvailabilityZones.AvailabilityZone.3"),
    ),
    ("member twice", "rds", "CreateDBCluster", CLUSTER, in_body("Port=5432", "Port=5432&Port=5432")),
    ("required member left out", "rds", "CreateDBCluster", CLUSTER, in_body("&Engine=aurora-postgresql", "")),
    ("unknown member", "rds", "CreateDBCluster", CLUSTER, in_body("Port=5432", "Port=5432&Foo=bar")),
    ("JSON content type", "rds", "CreateDBCluster", CLUSTER, header("Content-Type", "application/json")),
    ("GET", "rds", "CreateDBCluster", CLUSTER, method("GET")),
    ("another path", "rds", "CreateDBCluster", CLUSTER, in_target("/", "/rds")),
    ("member misspelt", "ec2", "CreateVpc", VPC, in_body("CidrBlock=10", "CidrBlok=10")),
    ("lower case as in XML", "ec2", "CreateVpc", VPC, in_body("AmazonProvidedIpv6", "amazonProvidedIpv6")),
    ("member misspelt", "kms", "CreateKey", KEY, in_body('"Description"', '"Descripton"')),
    ("string for boolean", "kms", "CreateKey", KEY, in_json(MultiRegion="true")),
    ("string for structure", "kms", "CreateKey", KEY, in_json(Tags=["a"])),
    ("structure for list", "kms", "CreateKey", KEY, in_json(Tags={"TagKey": "a", "TagValue": "b"})),
    ("null", "kms", "CreateKey", KEY, in_json(Policy=None)),
    ("enum unknown", "kms", "CreateKey", KEY, in_json(KeyUsage="ENCRYPT")),
    ("too long", "kms", "CreateKey", KEY, in_json(Description="x" * 8193)),
    ("no JSON", "kms", "CreateKey", KEY, in_body('"Description"', "Description")),
    ("JSON version", "kms", "CreateKey", KEY, header("Content-Type", "application/x-amz-json-1.0")),
    ("target prefix", "kms", "CreateKey", KEY, header("X-Amz-Target", "KMS.CreateKey")),
    ("key twice", "kms", "CreateKey", KEY, in_body('{"Description": "d"', '{"Description": "d", "Description": "d"')),
    ("number as string", "logs", "PutRetentionPolicy", GROUP, in_json(retentionInDays="30")),
    ("float for integer", "logs", "PutRetentionPolicy", GROUP, in_body(": 30", ": 30.0")),
    ("pattern", "logs", "PutRetentionPolicy", GROUP, in_json(logGroupName="a b")),
    ("element misspelt", "route53", "ChangeResourceRecordSets", RECORD, in_body("ResourceRecords>", "ResourceRecord>")),
    (
        "namespace lost",
        "route53",
        "ChangeResourceRecordSets",
        RECORD,
        in_body(' xmlns="https://route53.amazonaws.com/doc/2013-04-01/"', ""),
    ),
    ("enum unknown", "route53", "ChangeResourceRecordSets", RECORD, in_body("UPSERT", "upsert")),
    (
        "another root",
        "route53",
        "ChangeResourceRecordSets",
        RECORD,
        in_body("ChangeResourceRecordSetsRequest", "ChangeResourceRecordSetsRequestt"),
    ),
    (
        "list unwrapped",
        "route53",
        "ChangeResourceRecordSets",
        RECORD,
        lambda request: in_body("<Changes>", "")(in_body("</Changes>", "")(request)),
    ),
    ("no XML", "route53", "ChangeResourceRecordSets", RECORD, in_body("</Changes>", "")),
    ("final slash lost", "route53", "ChangeResourceRecordSets", RECORD, in_target("/rrset/", "/rrset")),
    (
        "query misspelt",
        "route53",
        "ListResourceRecordSets",
        {"HostedZoneId": "Z1", "StartRecordName": "a"},
        in_target("?name=", "?nam="),
    ),
    ("member misspelt", "scheduler", "CreateSchedule", SCHEDULE, in_body('"RoleArn"', '"RoleARN"')),
    ("label twice", "scheduler", "CreateSchedule", SCHEDULE, in_json(Name="s")),
]


@pytest.mark.parametrize(
    ("service", "operation", "params", "change"),
    [mutant[1:] for mutant in MUTANTS],
    ids=[f"{mutant[1]}: {mutant[0]}" for mutant in MUTANTS],
)
def test_a_mutant_is_refused(
    aws: Aws, service: str, operation: str, params: dict[str, Any], change: Callable[[wire.Sketch], wire.Sketch]
) -> None:
    assert refused(aws, change(wire.sketch(service, operation, **params)))


@pytest.mark.parametrize(
    ("old", "new"), [("MinCapacity=1.0", "MinCapacity=1"), ("MinCapacity=1.0", "MinCapacity=1.00")]
)
def test_a_float_may_be_written_in_any_form(aws: Aws, old: str, new: str) -> None:
    request = in_body(old, new)(wire.sketch("rds", "CreateDBCluster", **CLUSTER))
    wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert aws.violations() == []


def test_a_finding_names_the_member_and_stays_on_the_list(aws: Aws) -> None:
    request = in_body("DeletionProtection", "DeletionProtektion")(wire.sketch("rds", "CreateDBCluster", **CLUSTER))
    wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    (violation,) = aws.violations()
    assert (violation["kind"], violation["service"], violation["operation"]) == ("contract", "rds", "CreateDBCluster")
    assert "DeletionProtektion" in violation["findings"][0]
    aws.reset()
    assert aws.violations() == []


def test_a_lenient_account_only_takes_notes(aws: Aws) -> None:
    aws.settings(contract="log")
    request = in_body("&Version=2014-10-31", "")(wire.sketch("rds", "DescribeDBClusters"))
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert answer.status == 200
    assert len(aws.violations()) == 1
    aws.reset()


@pytest.mark.parametrize(
    ("service", "operation", "params", "body"),
    [
        ("kms", "CreateKey", {}, b'"text"'),
        ("kms", "CreateKey", {}, b"[" * 100_000),
        ("kms", "CreateKey", {}, b"\xff\xfe"),
        ("rds", "DescribeDBClusters", {}, b"Action=DescribeDBClusters&Version=2014-10-31&Marker=%ff"),
        ("route53", "ChangeResourceRecordSets", RECORD, b""),
        ("route53", "ChangeResourceRecordSets", RECORD, b"<a/>"),
        ("route53", "ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1"}, b"\x00"),
        ("lambda", "CreateFunction", {}, b"null"),
        ("scheduler", "CreateSchedule", {"Name": "s"}, b'{"Target": [[]], "FlexibleTimeWindow": 1}'),
    ],
)
def test_a_body_that_is_none_of_the_protocol_is_refused_and_crashes_nothing(
    aws: Aws, service: str, operation: str, params: dict[str, Any], body: bytes
) -> None:
    assert refused(aws, replace(wire.sketch(service, operation, **params), body=body))


def test_values_beyond_the_model_are_for_the_service_to_refuse(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/99")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_a_body_that_needs_a_checksum_is_not_taken_without(aws: Aws) -> None:
    change = wire.sketch("s3", "PutBucketVersioning", Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    bare = change.with_header("Content-MD5", None)
    for request in (bare, bare.with_header("x-amz-checksum-sha256", "AAAA")):
        answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
        assert answer.code == "ContractViolation"
    digest = base64.b64encode(hashlib.sha256(change.body).digest()).decode()
    whole = bare.with_header("x-amz-checksum-sha256", digest)
    answer = wire.send(wire.signed(whole, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert answer.code == "NoSuchBucket"
    aws.reset()

# SPDX-License-Identifier: Apache-2.0
"""Lists come in pages: as asked for, forced smaller, with tokens that mean nothing elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, Aws

COUNT = 5


def fill(aws: Aws) -> None:
    """Five of each kind of thing."""
    aws.settings(quotas={"vpc/L-F678F1CE": COUNT + 1})  # the default VPC counts
    for n in range(COUNT):
        vpc = aws.edit("ec2", "CreateVpc", CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"]
        aws.edit("rds", "CreateDBClusterParameterGroup", DBClusterParameterGroupName=f"g{n}",
            DBParameterGroupFamily="aurora-postgresql15", Description="d")  # fmt: skip
        aws.edit("kms", "CreateKey", Description=f"k{n}")
        aws.edit("iam", "CreateRole", RoleName=f"role-{n}", AssumeRolePolicyDocument=TRUST)
        aws.edit("route53", "CreateHostedZone", Name=f"z{n}.example", CallerReference=str(n),
            VPC={"VPCRegion": "us-east-1", "VPCId": vpc}, HostedZoneConfig={"PrivateZone": True})  # fmt: skip
        aws.edit("logs", "CreateLogGroup", logGroupName=f"group-{n}", tags={"a": "b"})
        aws.edit("sns", "CreateTopic", Name=f"topic-{n}")
        aws.edit("sqs", "CreateQueue", QueueName=f"queue-{n}")
        aws.edit("secretsmanager", "CreateSecret", Name=f"secret-{n}", ClientRequestToken="0" * 32, SecretString="x")
    aws.advance(3600)  # until everything is available and the tagging API knows it


LISTS = [
    ("ec2", "describe_vpcs", "Vpcs", lambda item: item["VpcId"], {}),
    ("ec2", "describe_security_groups", "SecurityGroups", lambda item: item["GroupId"], {}),
    ("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups",
        lambda item: item["DBClusterParameterGroupName"], {}),
    ("kms", "list_keys", "Keys", lambda item: item["KeyId"], {}),
    ("iam", "list_roles", "Roles", lambda item: item["RoleName"], {}),
    ("route53", "list_hosted_zones", "HostedZones", lambda item: item["Id"], {}),
    ("logs", "describe_log_groups", "logGroups", lambda item: item["logGroupName"], {}),
    ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", lambda item: item["ResourceARN"], {}),
    ("sns", "list_topics", "Topics", lambda item: item["TopicArn"], {}),
    ("sqs", "list_queues", "QueueUrls", lambda item: item, {}),
    ("secretsmanager", "list_secrets", "SecretList", lambda item: item["Name"], {}),
]  # fmt: skip


@pytest.mark.parametrize("empty_pages", [False, True], ids=["", "with empty pages"])
@pytest.mark.parametrize(("service", "method", "key", "name", "params"), LISTS, ids=[entry[1] for entry in LISTS])
def test_pages_of_one_hold_the_same_as_the_whole(
    aws: Aws, service: str, method: str, key: str, name: Any, params: dict[str, Any], empty_pages: bool
) -> None:
    fill(aws)
    client = aws.client(service)
    whole = [name(item) for item in getattr(client, method)(**params)[key]]
    assert len(whole) >= COUNT
    aws.settings(page=1, empty_pages=empty_pages)
    pages = [page.get(key, []) for page in client.get_paginator(method).paginate(**params)]
    assert [name(item) for page in pages for item in page] == whole
    assert max(len(page) for page in pages) == 1
    assert len(pages) == len(whole) * (2 if empty_pages else 1)


def test_a_client_may_ask_for_smaller_pages_but_not_for_larger_than_forced(aws: Aws) -> None:
    fill(aws)
    kms = aws.client("kms")
    assert len(kms.list_keys(Limit=2)["Keys"]) == 2
    aws.settings(page=3)
    assert len(kms.list_keys(Limit=4)["Keys"]) == 3
    assert len(kms.list_keys(Limit=1)["Keys"]) == 1


def test_the_default_page_of_log_groups_has_fifty(aws: Aws) -> None:
    for n in range(51):
        aws.edit("logs", "CreateLogGroup", logGroupName=f"group-{n}")
    page = aws.client("logs").describe_log_groups()
    assert len(page["logGroups"]) == 50
    assert page["nextToken"]


def test_a_token_is_opaque_and_belongs_to_its_question(aws: Aws) -> None:
    fill(aws)
    iam = aws.client("iam")
    whole = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    aws.settings(page=2)
    first, again = iam.list_roles(), iam.list_roles()
    assert first["Marker"] != again["Marker"]
    assert "role" not in first["Marker"]
    assert [role["RoleName"] for role in iam.list_roles(Marker=first["Marker"])["Roles"]] == whole[2:4]
    with pytest.raises(ClientError) as caught:
        iam.list_roles(Marker=first["Marker"], PathPrefix="/a/")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("rds", "describe_db_clusters", {"Marker": "x"}, "InvalidParameterValue"),
        ("ec2", "describe_vpcs", {"NextToken": "x"}, "InvalidNextToken"),
        ("kms", "list_keys", {"Marker": "x"}, "InvalidMarkerException"),
        ("resourcegroupstaggingapi", "get_resources", {"PaginationToken": "x"}, "PaginationTokenExpiredException"),
    ],
)
def test_a_made_up_token_is_refused(aws: Aws, service: str, method: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), method)(**params)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("size", [5, 101])
def test_rds_has_pages_of_20_to_100(aws: Aws, size: int) -> None:
    with pytest.raises(ClientError, match="between 20 and 100"):
        aws.client("rds").describe_db_clusters(MaxRecords=size)


def test_the_tagging_api_ends_with_an_empty_token(aws: Aws) -> None:
    assert aws.client("resourcegroupstaggingapi").get_resources()["PaginationToken"] == ""


def test_record_sets_are_paged_by_name_and_type_in_the_order_of_their_labels(aws: Aws) -> None:
    vpc = aws.edit("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(
        Name="example.org", CallerReference="1", VPC={"VPCRegion": "us-east-1", "VPCId": vpc}
    )["HostedZone"]["Id"]
    names = ["b.example.org.", "a.z.example.org.", "z.example.org.", "c.a.example.org."]
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}]},
        }
        for name in names
        for kind, value in (("A", "10.0.0.1"), ("TXT", '"x"'))
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    aws.settings(page=1)
    pages = list(route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone))
    found = [(item["Name"], item["Type"]) for page in pages for item in page["ResourceRecordSets"]]
    assert found == [
        ("example.org.", "NS"), ("example.org.", "SOA"), ("c.a.example.org.", "A"), ("c.a.example.org.", "TXT"),
        ("b.example.org.", "A"), ("b.example.org.", "TXT"), ("z.example.org.", "A"), ("z.example.org.", "TXT"),
        ("a.z.example.org.", "A"), ("a.z.example.org.", "TXT"),
    ]  # fmt: skip
    start = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName="b.example.org", StartRecordType="TXT")
    assert start["ResourceRecordSets"][0]["Type"] == "TXT"
    assert (start["NextRecordName"], start["NextRecordType"], start["MaxItems"]) == ("z.example.org.", "A", "1")

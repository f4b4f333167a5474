# SPDX-License-Identifier: Apache-2.0
"""Faults strike the calls they are meant for, in the words of each protocol, with and without effect."""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.error
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import wire
from botocore import xform_name
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from conftest import Aws
from harecon_sandbox import eventual

FORMS = [
    ("throttle", "rds", "DescribeDBClusters", {}, "Throttling", 400),
    ("throttle", "ec2", "DescribeVpcs", {}, "RequestLimitExceeded", 503),
    ("throttle", "kms", "ListKeys", {}, "ThrottlingException", 400),
    ("throttle", "route53", "ListHostedZones", {}, "Throttling", 400),
    ("throttle", "lambda", "ListFunctions", {}, "TooManyRequestsException", 429),
    ("throttle", "s3", "ListBuckets", {}, "SlowDown", 503),
    ("500", "rds", "DescribeDBClusters", {}, "InternalFailure", 500),
    ("500", "ec2", "DescribeVpcs", {}, "InternalError", 500),
    ("503", "logs", "DescribeLogGroups", {}, "ServiceUnavailableException", 503),
    ("denied", "iam", "ListRoles", {}, "AccessDenied", 403),
    ("denied", "ec2", "DescribeVpcs", {}, "UnauthorizedOperation", 403),
    ("denied", "kms", "ListKeys", {}, "AccessDeniedException", 400),
    ("expired", "sts", "GetCallerIdentity", {}, "ExpiredToken", 403),
    ("expired", "logs", "DescribeLogGroups", {}, "ExpiredTokenException", 400),
    ("expired", "ec2", "DescribeVpcs", {}, "RequestExpired", 400),
    ("notfound", "rds", "DescribeDBClusters", {"DBClusterIdentifier": "x"}, "DBClusterNotFoundFault", 404),
    ("notfound", "rds", "DescribeDBSubnetGroups", {"DBSubnetGroupName": "x"}, "DBSubnetGroupNotFoundFault", 404),
    ("notfound", "ec2", "DescribeVpcs", {"VpcIds": ["vpc-1234abcd"]}, "InvalidVpcID.NotFound", 400),
    ("notfound", "kms", "DescribeKey", {"KeyId": "x"}, "NotFoundException", 400),
    ("notfound", "iam", "GetRole", {"RoleName": "x"}, "NoSuchEntity", 404),
    ("notfound", "route53", "GetHostedZone", {"Id": "Z1"}, "NoSuchHostedZone", 404),
    ("notfound", "logs", "ListTagsForResource", {"resourceArn": "arn:x"}, "ResourceNotFoundException", 400),
]


def snake(operation: str) -> str:
    return str(xform_name(operation))


@pytest.mark.parametrize(("kind", "service", "operation", "params", "code", "status"), FORMS)
def test_a_fault_has_the_form_of_the_protocol(
    aws: Aws, kind: str, service: str, operation: str, params: dict[str, Any], code: str, status: int
) -> None:
    aws.faults({"service": service, "operation": operation, "kind": kind})
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), snake(operation))(**params)
    metadata = caught.value.response["ResponseMetadata"]
    assert (caught.value.response["Error"]["Code"], metadata["HTTPStatusCode"]) == (code, status)
    assert metadata["RequestId"]
    (call,) = aws.calls()
    assert (call["fault"], call["code"], call["status"], call["effect"]) == (kind, code, status, False)


def test_a_fault_without_times_strikes_once_and_only_its_operation(aws: Aws) -> None:
    aws.faults({"service": "kms", "operation": "ListKeys", "kind": "throttle"})
    kms = aws.client("kms")
    kms.list_aliases()
    with pytest.raises(ClientError):
        kms.list_keys()
    kms.list_keys()


def test_a_listing_of_everything_never_misses(aws: Aws) -> None:
    aws.faults({"kind": "notfound", "times": 9})
    aws.client("sqs").list_queues(QueueNamePrefix="payments")
    aws.client("iam").list_roles(PathPrefix="/harecon/payments/")
    aws.client("rds").describe_db_clusters()
    aws.client("ec2").describe_vpcs(Filters=[{"Name": "tag:a", "Values": ["b"]}])
    assert [call["fault"] for call in aws.calls()] == [None] * 4
    with pytest.raises(ClientError, match="DBClusterNotFoundFault"):
        aws.client("rds").describe_db_clusters(DBClusterIdentifier="payments")


def test_what_all_of_aws_knows_by_now_is_not_missed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="payments")
    aws.faults({"kind": "notfound", "times": 9})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.put_retention_policy(logGroupName="payments", retentionInDays=30)
    monkeypatch.setattr(eventual, "KNOWN_EVERYWHERE", 0.0)
    logs.put_retention_policy(logGroupName="payments", retentionInDays=30)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.put_retention_policy(logGroupName="another", retentionInDays=30)


def test_skip_and_times_say_which_calls_are_struck(aws: Aws) -> None:
    aws.faults({"kind": "500", "skip": 2, "times": 2})
    kms = aws.client("kms")
    outcomes = []
    for _ in range(6):
        try:
            kms.list_keys()
            outcomes.append(True)
        except ClientError:
            outcomes.append(False)
    assert outcomes == [True, True, False, False, True, True]


def test_probability_with_a_seed_strikes_the_same_calls_again(aws: Aws) -> None:
    def outcomes() -> list[str | None]:
        aws.reset()
        aws.faults(
            {"kind": ["throttle", "500", "503"], "probability": 0.3, "seed": 7}, {"kind": "denied", "probability": 0.2}
        )
        kms = aws.client("kms")
        for _ in range(40):
            with contextlib.suppress(ClientError):
                kms.list_keys()
        return [call["fault"] for call in aws.calls()]

    first = outcomes()
    assert outcomes() == first
    assert {"throttle", "500", "503", "denied", None} == set(first)


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_cut_connection_has_no_effect(aws: Aws, kind: str) -> None:
    aws.faults({"operation": "CreateKey", "kind": kind})
    kms = aws.client("kms")
    with pytest.raises(ConnectionClosedError):
        kms.create_key()
    assert kms.list_keys()["Keys"] == []
    assert aws.calls()[0]["effect"] is False
    assert aws.calls()[0]["status"] is None


@pytest.mark.parametrize("kind", ["lost", "truncated"])
def test_a_lost_answer_leaves_the_effect(aws: Aws, kind: str) -> None:
    aws.faults({"operation": "CreateKey", "kind": kind})
    kms = aws.client("kms")
    with pytest.raises(Exception, match=r"onnection|ncomplete"):
        kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 1
    assert aws.calls()[0]["effect"] is True


def test_a_hanging_call_blocks_no_other_and_ends_with_its_client(aws: Aws) -> None:
    aws.faults({"operation": "CreateKey", "kind": "hang"})
    with pytest.raises(ReadTimeoutError):
        aws.client("kms", read_timeout=0.3).create_key()
    kms = aws.client("kms")
    assert kms.list_keys()["Keys"] == []
    assert aws.calls()[0]["fault"] == "hang"


def test_a_reset_ends_a_hanging_call(aws: Aws) -> None:
    aws.faults({"operation": "CreateKey", "kind": "hang"})
    failures: list[Exception] = []

    def call() -> None:
        try:
            aws.client("kms").create_key()
        except ConnectionClosedError as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert aws.control("journal?wait=10")["calls"]
    aws.reset()
    thread.join(timeout=10)
    assert len(failures) == 1


def test_latency_is_added_to_each_call_and_runs_side_by_side(aws: Aws) -> None:
    aws.settings(latency_ms=1000)
    clients = [aws.client("kms") for _ in range(5)]
    threads = [threading.Thread(target=client.list_keys) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = aws.calls()
    assert all(call["ended"] - call["started"] >= 0.99 for call in calls)
    assert max(call["started"] for call in calls) < min(call["ended"] for call in calls)


def test_latency_of_one_call(aws: Aws) -> None:
    aws.faults({"kind": "latency", "seconds": 0.4})
    started = time.monotonic()
    aws.client("kms").list_keys()
    assert time.monotonic() - started >= 0.4


def test_skew_answers_once_and_moves_the_clock_of_the_server(aws: Aws) -> None:
    aws.faults({"kind": "skew", "seconds": 1200})
    request = wire.sketch("rds", "DescribeDBClusters")
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert (answer.code, answer.status) == ("RequestTimeTooSkewed", 403)
    server = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(server.timestamp() - time.time() - 1200) < 60
    again = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert again.code == "SignatureDoesNotMatch"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: datetime.now(UTC) + timedelta(seconds=1200))
        corrected = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert corrected.status == 200


def test_a_fault_may_have_a_code_of_its_own(aws: Aws) -> None:
    aws.faults({"kind": "denied", "code": "KMSInvalidStateException", "message": "pending deletion"})
    with pytest.raises(ClientError, match="pending deletion") as caught:
        aws.client("kms").list_keys()
    assert caught.value.response["Error"]["Code"] == "KMSInvalidStateException"


@pytest.mark.parametrize("fault", [{"kind": "explode"}, {"kind": "500", "tmes": 2}, {}])
def test_a_fault_that_makes_no_sense_is_refused(aws: Aws, fault: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.faults(fault)
    assert caught.value.code == 400
    assert b"known are" in caught.value.read()

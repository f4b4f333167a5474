# SPDX-License-Identifier: Apache-2.0
"""Signatures are recomputed: a right one is accepted, one changed bit is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import wire
from botocore.exceptions import ClientError
from conftest import TRUST, Aws
from wire import Sketch

SERVICES: list[tuple[str, str, dict[str, Any], str]] = [
    ("rds", "DescribeDBClusters", {"MaxRecords": 20}, "SignatureDoesNotMatch"),
    ("ec2", "DescribeVpcs", {}, "AuthFailure"),
    ("kms", "ListKeys", {"Limit": 5}, "InvalidSignatureException"),
    ("route53", "ListHostedZones", {"MaxItems": "5"}, "SignatureDoesNotMatch"),
    ("lambda", "ListFunctions", {"MaxItems": 5}, "InvalidSignatureException"),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": "a"}, "SignatureDoesNotMatch"),
]


def good(aws: Aws, service: str, operation: str, params: dict[str, Any]) -> Sketch:
    return wire.signed(wire.sketch(service, operation, **params), aws.endpoint, aws.access_key, aws.secret)


def refused(aws: Aws, request: Sketch) -> str:
    answer = wire.send(request, aws.endpoint)
    assert answer.status in (400, 401, 403), answer
    (violation,) = aws.violations()
    assert violation["kind"] == "signature"
    assert [call["effect"] for call in aws.calls()] == [False]
    aws.reset()
    return answer.code


@pytest.mark.parametrize(("service", "operation", "params", "code"), SERVICES)
def test_a_wrong_secret_is_refused_in_the_words_of_the_service(
    aws: Aws, service: str, operation: str, params: dict[str, Any], code: str
) -> None:
    request = wire.signed(wire.sketch(service, operation, **params), aws.endpoint, aws.access_key, "wrong")
    assert refused(aws, request) == code


@pytest.mark.parametrize(("service", "operation", "quotes"), [("rds", "DescribeDBClusters", True),
    ("kms", "ListKeys", True), ("ec2", "DescribeVpcs", False)])  # fmt: skip
def test_the_refusal_of_a_wrong_secret_quotes_what_was_to_be_signed_with_the_token(
    aws: Aws, other: Aws, service: str, operation: str, quotes: bool
) -> None:
    role = other.edit("iam", "CreateRole", RoleName="deploy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="harecon")["Credentials"]
    client = aws.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key="wrong",
        aws_session_token=keys["SessionToken"],
    )
    with pytest.raises(ClientError) as caught:
        client._make_api_call(operation, {})
    message = caught.value.response["Error"]["Message"]
    assert (f"x-amz-security-token:{keys['SessionToken']}" in message) == quotes
    assert ("The Canonical String for this request should have been\n'POST\n/\n" in message) == quotes
    other.reset()


def body(request: Sketch) -> Sketch:
    return replace(request, body=request.body.replace(b"MaxRecords=20", b"MaxRecords=21"))


def query(request: Sketch) -> Sketch:
    return replace(request, target=request.target + "?a=b")


def path(request: Sketch) -> Sketch:
    return replace(request, target="/x" + request.target)


def unsigned_header(request: Sketch) -> Sketch:
    return request.with_header("X-Amz-Meta-More", "1")


def signed_header(request: Sketch) -> Sketch:
    return request.with_header("Content-Type", "application/x-www-form-urlencoded")


def method(request: Sketch) -> Sketch:
    return replace(request, method="PUT")


def date(request: Sketch) -> Sketch:
    stamp = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ") + timedelta(seconds=1)
    return request.with_header("X-Amz-Date", stamp.strftime("%Y%m%dT%H%M%SZ"))


def region(request: Sketch) -> Sketch:
    return request.with_header("Authorization", request.headers["Authorization"].replace("us-east-1", "us-east-2"))


def bit(request: Sketch) -> Sketch:
    text = request.headers["Authorization"]
    return request.with_header("Authorization", text[:-1] + ("0" if text[-1] != "0" else "1"))


def order(request: Sketch) -> Sketch:
    text = request.headers["Authorization"]
    signed = text.partition("SignedHeaders=")[2].partition(",")[0]
    return request.with_header("Authorization", text.replace(signed, ";".join(reversed(signed.split(";")))))


def token(request: Sketch) -> Sketch:
    return request.with_header("X-Amz-Security-Token", "made-up")


@pytest.mark.parametrize(
    "tamper",
    [body, query, path, unsigned_header, signed_header, method, date, region, bit, order, token],
    ids=lambda change: change.__name__,
)
def test_a_tampered_request_is_refused(aws: Aws, tamper: Callable[[Sketch], Sketch]) -> None:
    request = good(aws, "rds", "DescribeDBClusters", {"MaxRecords": 20})
    assert wire.send(request, aws.endpoint).status == 200
    aws.reset()
    assert refused(aws, tamper(request))


def test_a_false_payload_hash_is_refused(aws: Aws) -> None:
    request = wire.sketch("s3", "PutObject", Bucket="bucket", Key="k", Body=b"abc")
    signed = wire.signed(request, aws.endpoint, aws.access_key, aws.secret)
    assert refused(aws, replace(signed, body=b"abd")) == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(("service", "operation"), [("iam", "ListRoles"), ("route53", "ListHostedZones")])
def test_a_global_service_wants_its_own_region_when_told_to(aws: Aws, service: str, operation: str) -> None:
    here, there = (
        wire.signed(wire.sketch(service, operation), aws.endpoint, aws.access_key, aws.secret, region=region)
        for region in ("us-east-1", "eu-west-1")
    )
    assert wire.send(there, aws.endpoint).status == 200
    aws.settings(global_scope=True)
    assert wire.send(here, aws.endpoint).status == 200
    aws.reset()
    aws.settings(global_scope=True)
    assert refused(aws, there) == "SignatureDoesNotMatch"


def test_a_regional_service_is_signed_for_any_region(aws: Aws) -> None:
    aws.settings(global_scope=True)
    aws.client("rds", "eu-west-1").describe_db_clusters()


def test_an_unknown_key_is_refused(aws: Aws) -> None:
    request = wire.signed(wire.sketch("iam", "ListRoles"), aws.endpoint, "AKIAIOSFODNN7EXAMPLE", "x")
    answer = wire.send(request, aws.endpoint)
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId")


def test_an_unsigned_request_is_refused(aws: Aws) -> None:
    answer = wire.send(wire.sketch("rds", "DescribeDBClusters"), aws.endpoint)
    assert (answer.status, answer.code) == (403, "MissingAuthenticationToken")


def test_a_request_dated_ten_minutes_ago_is_refused_with_the_time_of_the_server(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = datetime.now(UTC) - timedelta(minutes=10)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: past)
    request = good(aws, "kms", "ListKeys", {})
    monkeypatch.undo()
    answer = wire.send(request, aws.endpoint)
    assert answer.code == "InvalidSignatureException"
    assert "Signature expired" in answer.text
    assert "date" in answer.headers
    aws.reset()


def test_keys_of_an_assumed_role_sign_with_their_token_for_the_roles_account(aws: Aws, other: Aws) -> None:
    role = other.edit("iam", "CreateRole", RoleName="deploy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="harecon")["Credentials"]
    secrets = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    aws.client("rds", **secrets).describe_db_clusters()
    (call,) = other.calls()
    assert (call["operation"], call["access_key"]) == ("DescribeDBClusters", keys["AccessKeyId"])
    with pytest.raises(ClientError) as caught:
        aws.client("rds", **(secrets | {"aws_session_token": None})).describe_db_clusters()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
    other.reset()


def test_a_server_whose_clock_is_ahead_accepts_only_a_client_that_follows_it(aws: Aws) -> None:
    aws.settings(skew_s=3600)
    answer = wire.send(good(aws, "ec2", "DescribeVpcs", {}), aws.endpoint)
    assert answer.code == "RequestExpired"
    server = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(server.timestamp() - time.time() - 3600) < 60
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: datetime.now(UTC) + timedelta(hours=1))
        assert wire.send(good(aws, "ec2", "DescribeVpcs", {}), aws.endpoint).status == 200

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from .conftest import refused

ISSUER = "https://token.actions.githubusercontent.com"
HOST = ISSUER.removeprefix("https://")


def allow(action: str, principal: dict[str, str], **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": principal, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(aws: Any, name: str, document: str) -> str:
    arn = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    aws.advance(60)
    return arn


def test_caller_of_a_standing_key(aws: Any) -> None:
    answer = aws.client("sts").get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (aws.account, f"arn:aws:iam::{aws.account}:user/sandbox")


def test_assumed_role_signs_and_is_itself(aws: Any) -> None:
    arn = make_role(aws, "deploy", allow("sts:AssumeRole", {"AWS": f"arn:aws:iam::{aws.account}:root"}))
    answer = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="run")
    keys = answer["Credentials"]
    session = aws.client(
        "sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{aws.account}:assumed-role/deploy/run"


def test_role_of_another_account_that_trusts_ours(aws: Any, other: Any) -> None:
    document = allow("sts:AssumeRole", {"AWS": aws.account}, Condition={"StringEquals": {"sts:ExternalId": "x-1"}})
    arn = make_role(other, "guest", document)
    with refused("AccessDenied"):
        aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="run")
    keys = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="run", ExternalId="x-1")["Credentials"]
    session = aws.client(
        "sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    assert session.get_caller_identity()["Account"] == other.account


def test_roles_that_cannot_be_assumed(aws: Any) -> None:
    sts = aws.client("sts")
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{aws.account}:role/none", RoleSessionName="run")
    service = make_role(aws, "service", allow("sts:AssumeRole", {"Service": "lambda.amazonaws.com"}))
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=service, RoleSessionName="run")
    mine = make_role(aws, "mine", allow("sts:AssumeRole", {"AWS": aws.account}))
    with refused("ValidationError"):
        sts.assume_role(RoleArn=mine, RoleSessionName="run", DurationSeconds=7200)
    young = aws.client("iam").create_role(
        RoleName="young", AssumeRolePolicyDocument=allow("sts:AssumeRole", {"AWS": aws.account})
    )["Role"]["Arn"]
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=young, RoleSessionName="run")


# Web identity ------------------------------------------------------------------------------------------------------


def token(**claims: Any) -> str:
    known = {
        "iss": ISSUER,
        "sub": "repo:acme/infra:ref:refs/heads/main",
        "aud": "sts.amazonaws.com",
        "exp": time.time() + 600,
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, {**known, **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@pytest.fixture
def web(aws: Any) -> tuple[Any, str]:
    """An unsigned client, and a role that a repository's main branch may assume."""
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    conditions = {
        "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{HOST}:sub": "repo:acme/infra:*"},
    }
    federated = {"Federated": provider["OpenIDConnectProviderArn"]}
    arn = make_role(aws, "ci", allow("sts:AssumeRoleWithWebIdentity", federated, Condition=conditions))
    client = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=aws.endpoint,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )  # fmt: skip
    return client, arn


def test_web_identity_gives_keys_that_work(aws: Any, web: tuple[Any, str]) -> None:
    client, arn = web
    answer = client.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=token())
    assert answer["SubjectFromWebIdentityToken"] == "repo:acme/infra:ref:refs/heads/main"
    assert answer["Audience"] == "sts.amazonaws.com"
    keys = answer["Credentials"]
    session = aws.client(
        "sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    assert session.get_caller_identity()["Arn"].endswith(":assumed-role/ci/ci")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not-a-token", "InvalidIdentityToken"),
        (token(aud="other"), "InvalidIdentityToken"),
        (token(iss="https://example.com"), "InvalidIdentityToken"),
        (token(exp=1), "ExpiredTokenException"),
        (token(sub="repo:acme/other:ref:refs/heads/main"), "AccessDenied"),
    ],
    ids=["no token", "audience", "issuer", "expired", "subject"],  # a token says when it was made
)
def test_web_identity_refusals(web: tuple[Any, str], text: str, code: str) -> None:
    client, arn = web
    with refused(code):
        client.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=text)

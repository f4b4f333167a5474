# SPDX-License-Identifier: Apache-2.0
"""Words for the tests of the services: what is refused, what comes about, and a network to build on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """Expects that AWS refuses with this code, and with this in its message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text.lower() in error["Message"].lower(), error


def trail(read: Callable[[], str], last: str, most: int = 12) -> list[str]:
    """The statuses that reads see until the last one; every read moves an automatic clock."""
    seen: list[str] = []
    for _ in range(most):
        status = read()
        if not seen or seen[-1] != status:
            seen.append(status)
        if status == last:
            return seen
    raise AssertionError(f"{last} is never seen: {seen}")


def gone(read: Callable[[], Any], code: str, most: int = 12) -> list[Any]:
    """What reads see until the thing is gone, which is told by this code."""
    seen: list[Any] = []
    for _ in range(most):
        try:
            seen.append(read())
        except ClientError as error:
            assert error.response["Error"]["Code"] == code
            return seen
    raise AssertionError(f"never gone: {seen}")


@dataclass
class Network:
    """A VPC with three subnets in three zones and a security group."""

    vpc: str
    subnets: list[str]
    group: str


@pytest.fixture
def auto(aws: Any) -> Any:
    """The account with a clock that reads move to the next change."""
    aws.control("clock", {"auto": True})
    return aws


@pytest.fixture
def network(auto: Any) -> Network:
    ec2 = auto.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for i, zone in enumerate(ZONES)
    ]
    group = ec2.create_security_group(GroupName="database", Description="database", VpcId=vpc)["GroupId"]
    return Network(vpc, subnets, group)


def trust(*services: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def root_statement(account: str) -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*",
    }  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""The actions and types of targets that this FIS knows: those that a database stack can meet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ActionKind:
    """What an action wants."""

    description: str
    #: The action's word for its target → the type of resource; at most one.
    targets: dict[str, str] = field(default_factory=dict)
    #: Parameter → whether it must be given.
    parameters: dict[str, bool] = field(default_factory=dict)


ACTIONS = {
    "aws:rds:failover-db-cluster": ActionKind("Failover a DB Cluster.", {"Clusters": "aws:rds:cluster"}),
    "aws:rds:reboot-db-instances": ActionKind(
        "Reboot the specified DB instances.", {"DBInstances": "aws:rds:db"}, {"forceFailover": False}
    ),
    "aws:network:disrupt-connectivity": ActionKind(
        "Disrupt network connectivity.", {"Subnets": "aws:ec2:subnet"},
        {"duration": True, "scope": True, "prefixListIdentifier": False},
    ),
    "aws:cloudwatch:assert-alarm-state": ActionKind(
        "Asserts the state of CloudWatch alarms.", {}, {"alarmArns": True, "alarmStates": True}
    ),
    "aws:fis:wait": ActionKind("Wait for the specified duration.", {}, {"duration": True}),
}  # fmt: skip

#: Type of resource → its parameters; none of them must be given.
TARGET_TYPES: dict[str, tuple[str, ...]] = {
    "aws:rds:cluster": ("writerAvailabilityZoneIdentifiers",),
    "aws:rds:db": ("availabilityZoneIdentifiers",),
    "aws:ec2:subnet": ("availabilityZoneIdentifier", "vpc"),
}

SCOPES = frozenset({"all", "availability-zone", "dynamodb", "prefix-list", "s3", "s3express", "vpc"})

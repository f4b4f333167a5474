# SPDX-License-Identifier: Apache-2.0
"""What the RDS of one account and region holds, and how it changes while the simulated clock runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Timeline
from harecon_sandbox.services.common import Tags, check_tags

from . import catalogue

SERVICE = "rds"


@dataclass
class Effect:
    """Something that happens at a moment of the simulated clock."""

    due: float
    apply: Callable[[], None]


@dataclass
class ParameterGroup:
    """A parameter group of a cluster or of an instance."""

    name: str
    family: str
    description: str
    arn: str
    tags: Tags
    cluster: bool
    values: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, catalogue.Parameter]:
        return catalogue.CLUSTER_PARAMETERS if self.cluster else catalogue.INSTANCE_PARAMETERS

    @property
    def is_default(self) -> bool:
        return self.name.startswith("default.")

    def at_boot(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """What an instance takes over when it starts: which group, and what waits for a restart.

        Immediate changes of dynamic parameters need none.  Attaching another group does, whatever it holds: AWS
        shows pending-reboot then.
        """
        waiting = {
            (name, value)
            for name, value in self.values.items()
            if self.known[name].apply_type == "static" or self.methods.get(name) == "pending-reboot"
        }
        return self.name, frozenset(waiting)


@dataclass
class SubnetGroup:
    name: str
    description: str
    arn: str
    vpc: str
    subnets: dict[str, str]  # subnet id: its availability zone
    tags: Tags

    @property
    def zones(self) -> set[str]:
        return set(self.subnets.values())

    def shape(self) -> dict[str, Any]:
        return {
            "DBSubnetGroupName": self.name,
            "DBSubnetGroupDescription": self.description,
            "VpcId": self.vpc,
            "SubnetGroupStatus": "Complete",
            "Subnets": [
                {
                    "SubnetIdentifier": subnet,
                    "SubnetAvailabilityZone": {"Name": zone},
                    "SubnetOutpost": {},
                    "SubnetStatus": "Active",
                }
                for subnet, zone in self.subnets.items()
            ],
            "DBSubnetGroupArn": self.arn,
            "SupportedNetworkTypes": ["IPV4"],
        }


@dataclass
class Cluster:
    """A cluster: `fields` as DescribeDBClusters gives them, without what follows from other things."""

    fields: dict[str, Any]
    timeline: Timeline
    tags: Tags
    group: str
    subnet_group: str
    security_groups: list[str]
    pending: dict[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    secret: Timeline | None = None
    lag: Timeline | None = None
    regrouping: list[str] | None = None
    writer: str | None = None

    @property
    def name(self) -> str:
        return str(self.fields["DBClusterIdentifier"])

    @property
    def arn(self) -> str:
        return str(self.fields["DBClusterArn"])

    @property
    def version(self) -> str:
        return str(self.fields["EngineVersion"])

    def memberships(self) -> list[dict[str, str]]:
        """The security groups, and while they change what is coming and going."""
        now, then = self.security_groups, self.regrouping
        if then is None:
            return [{"VpcSecurityGroupId": group, "Status": "active"} for group in now]
        statuses = {group: "active" if group in then else "removing" for group in now}
        statuses |= {group: "adding" for group in then if group not in now}
        return [{"VpcSecurityGroupId": group, "Status": status} for group, status in statuses.items()]


@dataclass
class Instance:
    fields: dict[str, Any]
    timeline: Timeline
    tags: Tags
    cluster: str
    group: str
    subnet: str
    booted: tuple[Any, ...] = ()
    booted_cluster: tuple[Any, ...] = ()
    endpoint_from: float = 0.0
    pending: dict[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.fields["DBInstanceIdentifier"])

    @property
    def arn(self) -> str:
        return str(self.fields["DBInstanceArn"])

    @property
    def zone(self) -> str:
        return str(self.fields["AvailabilityZone"])


@dataclass
class Snapshot:
    fields: dict[str, Any]
    timeline: Timeline
    tags: Tags


@dataclass
class State:
    clusters: dict[str, Cluster] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    subnet_groups: dict[str, SubnetGroup] = field(default_factory=dict)
    cluster_groups: dict[str, ParameterGroup] = field(default_factory=dict)
    groups: dict[str, ParameterGroup] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def record(self, source: Cluster | Instance, message: str, category: str, moment: float) -> None:
        """Adds to what DescribeEvents answers."""
        kind = "db-cluster" if isinstance(source, Cluster) else "db-instance"
        self.events.append({
            "SourceIdentifier": source.name, "SourceType": kind, "SourceArn": source.arn, "Message": message,
            "EventCategories": [category], "Date": timestamp(moment),
        })  # fmt: skip

    def holders(self) -> list[Cluster | Instance]:
        return [*self.clusters.values(), *self.instances.values()]

    def members(self, cluster: Cluster) -> list[Instance]:
        return [i for i in self.instances.values() if i.cluster == cluster.name]


def new_state(ctx: Context) -> State:
    state = State()
    for family in catalogue.FAMILIES:
        name = f"default.{family}"
        for kind, groups, is_cluster in (("cluster-pg", state.cluster_groups, True), ("pg", state.groups, False)):
            groups[name] = ParameterGroup(
                name=name,
                family=family,
                description=f"Default {'cluster ' if is_cluster else ''}parameter group for {family}",
                arn=f"arn:{ctx.partition}:rds:{ctx.region}:{ctx.account}:{kind}:{name}",
                tags={},
                cluster=is_cluster,
            )
    return state


def timestamp(moment: float) -> datetime:
    return datetime.fromtimestamp(int(moment), timezone.utc)


_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")


def identifier(parameter: str, value: str, limit: int = 63) -> str:
    """The name as RDS keeps it, in lower case; refuses what is not an identifier."""
    lowered = value.lower()
    if len(lowered) > limit or not _IDENTIFIER.fullmatch(lowered):
        raise invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain "
            "only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive "
            "hyphens."
        )
    return lowered


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterValue", message, 400)


def combination(message: str) -> AWSError:
    return AWSError("InvalidParameterCombination", message, 400)


_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*", re.UNICODE)


def check_rds_tags(tags: Tags, current: Tags) -> None:
    """RDS takes letters, digits, white space and _.:/=+-@ in tags, nothing else."""
    check_tags(tags, current, invalid)
    for key, value in tags.items():
        for text in (key, value):
            if not _TAG_TEXT.fullmatch(text):
                raise invalid(f"The tag '{text}' contains characters that are not allowed")


_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEK = 7 * 24 * 60


def _minutes(text: str) -> int:
    hours, minutes = int(text[:2]), int(text[3:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    return hours * 60 + minutes


def backup_window(text: str) -> str:
    """The window as RDS keeps it; at least 30 minutes."""
    try:
        if not re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", text):
            raise ValueError(text)
        start, end = (_minutes(part) for part in text.split("-"))
    except ValueError:
        raise invalid(f"Invalid backup window format: {text}. Should be specified as a range hh24:mi-hh24:mi") from None
    if (end - start) % (24 * 60) < 30:
        raise invalid("The backup window must be at least 30 minutes.")
    return text


def week_minutes(text: str) -> tuple[int, int]:
    """Start and length of a maintenance window, in minutes from Sunday 00:00 UTC."""
    days = "|".join(_DAYS)
    if not re.fullmatch(rf"({days}):\d\d:\d\d-({days}):\d\d:\d\d", text):
        raise ValueError(text)
    start, end = (_DAYS.index(part[:3]) * 24 * 60 + _minutes(part[4:]) for part in text.split("-"))
    return start, (end - start) % _WEEK


def maintenance_window(text: str) -> str:
    """The window as RDS keeps it, in lower case; 30 minutes to 24 hours."""
    lowered = text.lower()
    try:
        _, length = week_minutes(lowered)
    except ValueError:
        raise invalid(
            f"Invalid maintenance window format: {text}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi"
        ) from None
    if not 30 <= length <= 24 * 60:
        raise invalid("The maintenance window must be at least 30 minutes and at most 24 hours.")
    return lowered


def check_windows(backup: str, maintenance: str) -> None:
    """Refuses windows that overlap on any day."""
    start, end = (_minutes(part) for part in backup.split("-"))
    length = (end - start) % (24 * 60)
    first, span = week_minutes(maintenance)
    for day in range(-1, 8):
        backup_start = day * 24 * 60 + start
        if backup_start < first + span and first < backup_start + length:
            raise invalid("The backup window and maintenance window must not overlap.")


def next_window(now: float, maintenance: str) -> float:
    """When the window opens next."""
    moment = timestamp(now)
    passed = ((moment.weekday() + 1) % 7) * 24 * 60 + moment.hour * 60 + moment.minute
    start, _ = week_minutes(maintenance)
    return (now // 60) * 60 + ((start - passed) % _WEEK or _WEEK) * 60

# SPDX-License-Identifier: Apache-2.0
"""The cluster as RDS describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

AVAILABLE = "available"

# Of a member that the function's role does not reach.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Member:
    """An instance of the cluster. `host` is empty for as long as it is being made."""

    id: str
    is_writer: bool
    tier: int
    status: str
    zone: str
    host: str
    port: int
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cluster:
    """`status` and the members' are in lower case."""

    status: str
    members: tuple[Member, ...]

    @property
    def writer(self) -> Member | None:
        return next((member for member in self.members if member.is_writer), None)

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.id == name), None)


def look(rds: Any, cluster: str) -> Cluster:
    """Asks RDS for the cluster and each of its members.

    Each by its name: a list with a filter is granted on all instances of an account only. Who is in the list of members
    but has gone meanwhile is left out. Of one that somebody has added beside the spec, which the role does not reach,
    no more is known than that it is there and whether it writes: it must not hide the others.
    """
    (found,) = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    members = [_member(rds, entry) for entry in found.get("DBClusterMembers", [])]
    return Cluster(found["Status"].lower(), tuple(member for member in members if member))


def _member(rds: Any, entry: dict[str, Any]) -> Member | None:
    name = entry["DBInstanceIdentifier"]
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    except ClientError as error:
        if error.response["Error"].get("Code") != "AccessDenied":
            raise
        return Member(name, entry["IsClusterWriter"], entry.get("PromotionTier", 1), UNKNOWN, "", "", 5432)
    endpoint = found.get("Endpoint", {})
    return Member(
        id=name,
        is_writer=entry["IsClusterWriter"],
        tier=entry.get("PromotionTier", 1),
        status=found["DBInstanceStatus"].lower(),
        zone=found.get("AvailabilityZone", ""),
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port", 5432),
        arn=found.get("DBInstanceArn", ""),
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("TagList", [])},
    )

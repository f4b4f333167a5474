# SPDX-License-Identifier: Apache-2.0
"""RDS: Aurora PostgreSQL clusters, their instances and groups.

These kinds are kept here and not in the emulator, so that each has the statuses, pending changes and refusals of AWS.
Proxies, event subscriptions and other engines are the emulator's.
"""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context
from harecon_sandbox.services import ec2, secretsmanager

from . import (  # noqa: F401  (register operations)
    clusters,
    creating,
    endpoints,
    groups,
    instance_changes,
    instances,
    modify,
    offers,
    running,
    snapshots,
    tags,
    versions,
)
from .lifecycle import current
from .restoring import (  # noqa: F401  (for AWS Backup)
    busy_for_backup,
    delete_for_backup,
    restore_for_backup,
    take_for_backup,
)


def _needs(ctx: Context, resource: ec2.Resource) -> str | None:
    """Which database still needs a subnet or a security group.

    On AWS it is the instances' interfaces that hold both.  A subnet of a DB subnet group and a group of a cluster that
    has no instance yet are held here as well: to delete them would break the next instance.
    """
    place = ("rds", ctx.region)
    if place not in ctx.store:
        return None
    state = current(ctx)
    if resource.kind == "subnet":
        return next((g.name for g in state.subnet_groups.values() if resource.id in g.subnets), None)
    if resource.kind == "security-group":
        return next(
            (c.name for c in state.clusters.values() if resource.id in c.security_groups + (c.regrouping or [])), None
        )
    return None


ec2.HOLDERS.append(_needs)


def _master_secrets(ctx: Context) -> list[secretsmanager.Managed]:
    """The secrets of the master users, which go with their clusters."""
    if ("rds", ctx.region) not in ctx.store:
        return []
    return [
        secretsmanager.Managed(
            arn=secret["SecretArn"],
            key=secret["KmsKeyId"],
            username=cluster.fields["MasterUsername"],
            description=f"The secret associated with the primary RDS DB cluster: {cluster.arn}",
            tags=(("aws:secretsmanager:owningService", "rds"), ("aws:rds:primaryDBClusterArn", cluster.arn)),
        )
        for cluster in current(ctx).clusters.values()
        if (secret := cluster.fields.get("MasterUserSecret")) is not None
    ]


secretsmanager.MANAGERS["rds"] = _master_secrets


def inventory(ctx: Context) -> list[dict[str, Any]]:
    state = current(ctx)
    rows: list[tuple[str, str, str, dict[str, str], str]] = []
    for cluster in state.clusters.values():
        rows.append(("cluster", cluster.name, cluster.arn, cluster.tags, cluster.timeline.status()))
    for instance in state.instances.values():
        rows.append(("instance", instance.name, instance.arn, instance.tags, instance.timeline.status()))
    for group in state.subnet_groups.values():
        rows.append(("subnet-group", group.name, group.arn, group.tags, "Complete"))
    for endpoint in endpoints.endpoints(ctx).values():
        rows.append(("cluster-endpoint", endpoint.name, endpoint.arn, endpoint.tags, endpoint.timeline.status()))
    for kind, held in (("cluster-parameter-group", state.cluster_groups), ("parameter-group", state.groups)):
        rows += [(kind, g.name, g.arn, g.tags, "available") for g in held.values() if not g.is_default]
    for name, snapshot in state.snapshots.items():
        rows.append(
            (
                "cluster-snapshot",
                name,
                snapshot.fields["DBClusterSnapshotArn"],
                snapshot.tags,
                snapshot.timeline.status(),
            )
        )
    return [
        {"kind": f"rds/{kind}", "id": name, "name": name, "arn": arn, "tags": dict(tagged), "status": status}
        for kind, name, arn, tagged, status in rows
    ]

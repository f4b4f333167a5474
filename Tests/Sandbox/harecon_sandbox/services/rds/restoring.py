# SPDX-License-Identifier: Apache-2.0
"""What AWS Backup does with clusters: takes snapshots as only it can, restores clusters and deletes them again."""

from __future__ import annotations

import json
from typing import Any

from harecon_sandbox.kit import Context
from harecon_sandbox.services.common import Tags, tag_list

from . import snapshots
from .clusters import find_cluster
from .lifecycle import current
from .state import Cluster


def take_for_backup(ctx: Context, cluster: Cluster, name: str) -> None:
    """Takes a snapshot of the name `awsbackup:job-…`."""
    state = current(ctx)
    snapshot = snapshots.take(ctx, state, cluster, name.removeprefix(snapshots.BACKUP), cluster.tags)
    del state.snapshots[snapshot.fields["DBClusterSnapshotIdentifier"]]
    snapshot.fields |= {"DBClusterSnapshotIdentifier": name, "SnapshotType": "awsbackup"}
    snapshot.fields["DBClusterSnapshotArn"] = snapshot.fields["DBClusterSnapshotArn"].replace(
        ":cluster-snapshot:", f":cluster-snapshot:{snapshots.BACKUP}"
    )
    state.snapshots[name] = snapshot


def restore_for_backup(ctx: Context, source: dict[str, Any], name: str, overrides: dict[str, str], tags: Tags) -> str:
    """The ARN of a new cluster that is like the source was and has no instance."""
    groups = overrides.get("vpcsecuritygroupids")
    asked = {
        "DBClusterIdentifier": name,
        "Engine": source["Engine"],
        "EngineVersion": source["EngineVersion"],
        "MasterUsername": source["MasterUsername"],
        "MasterUserPassword": "as-it-was-when-backed-up",
        "DatabaseName": source["DatabaseName"],
        "Port": source["Port"],
        "StorageEncrypted": source["StorageEncrypted"],
        "ServerlessV2ScalingConfiguration": source["ServerlessV2ScalingConfiguration"],
        "EnableHttpEndpoint": False,
        "Tags": tag_list({key: value for key, value in tags.items() if not key.startswith("aws:")}),
        # Without being told it goes to the default VPC, if there is one.
        "DBSubnetGroupName": overrides.get("dbsubnetgroupname", "default"),
    }
    if source.get("KmsKeyId"):
        asked["KmsKeyId"] = source["KmsKeyId"]
    if groups:
        asked["VpcSecurityGroupIds"] = json.loads(groups)
    made = ctx.call("rds", "CreateDBCluster", {k: v for k, v in asked.items() if v is not None})
    return str(made["DBCluster"]["DBClusterArn"])


def busy_for_backup(ctx: Context, name: str) -> bool:
    """Whether the cluster is still being made or changed, so that it cannot be deleted yet."""
    cluster = current(ctx).clusters.get(name)
    return cluster is not None and cluster.timeline.status() != "available"


def delete_for_backup(ctx: Context, name: str, mark: str) -> str | None:
    """Deletes a cluster that bears the mark of a test. Otherwise says why it cannot.

    Whether AWS Backup deletes a cluster that still has an instance is not documented; here it does not.
    """
    state = current(ctx)
    if name not in state.clusters:
        return None
    cluster = find_cluster(state, name)
    if mark not in cluster.tags:
        return f"The cluster {name} no longer has the tag {mark}."
    if state.members(cluster):
        return f"The cluster {name} still has DB instances."
    ctx.call("rds", "DeleteDBCluster", {"DBClusterIdentifier": name, "SkipFinalSnapshot": True})
    return None

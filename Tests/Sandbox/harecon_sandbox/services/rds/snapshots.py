# SPDX-License-Identifier: Apache-2.0
"""Cluster snapshots that people and deletions make."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import Tags, arn, tag_list, tags_from

from .checks import matches_filters
from .lifecycle import current
from .state import SERVICE, Cluster, Snapshot, State, check_rds_tags, identifier

CREATING = 120.0
BACKUP = "awsbackup:"
"""How the names of AWS Backup's snapshots begin. It alone can take them: here, what edits from outside."""


def take(ctx: Context, state: State, cluster: Cluster, name: str, tags: Tags) -> Snapshot:
    key = identifier("DBClusterSnapshotIdentifier", name, limit=255)
    if key in state.snapshots:
        raise AWSError(
            "DBClusterSnapshotAlreadyExistsFault",
            f"Cannot create the snapshot because one with the identifier {key} already exists.",
        )
    source = cluster.fields
    copied = ("AvailabilityZones", "DBClusterIdentifier", "Engine", "EngineMode", "EngineVersion", "AllocatedStorage",
              "Port", "ClusterCreateTime", "MasterUsername", "StorageEncrypted", "KmsKeyId", "DbClusterResourceId",
              "IAMDatabaseAuthenticationEnabled", "BackupRetentionPeriod", "PreferredBackupWindow")  # fmt: skip
    fields: dict[str, Any] = {
        **{name: source[name] for name in copied if name in source},
        "DBClusterSnapshotIdentifier": key,
        "DBClusterSnapshotArn": arn(ctx, SERVICE, f"cluster-snapshot:{key}"),
        "SnapshotCreateTime": ctx.clock.datetime(),
        "SnapshotType": "manual",
        "LicenseModel": "postgresql-license",
        "StorageType": source["StorageType"],
        "VpcId": state.subnet_groups[cluster.subnet_group].vpc,
    }
    snapshot = Snapshot(fields, Timeline(ctx.clock, [("creating", CREATING), ("available", None)]), dict(tags))
    state.snapshots[key] = snapshot
    return snapshot


def _render(snapshot: Snapshot) -> dict[str, Any]:
    status = snapshot.timeline.status()
    return {**snapshot.fields, "Status": status, "PercentProgress": 100 if status == "available" else 0,
            "TagList": tag_list(snapshot.tags)}  # fmt: skip


def find_snapshot(state: State, name: str) -> Snapshot:
    key = name.rsplit(":", 1)[-1].lower()
    if key not in state.snapshots:
        raise AWSError("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot {name} not found.")
    return state.snapshots[key]


@operation(SERVICE, "CreateDBClusterSnapshot")
def create_snapshot(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    key = params["DBClusterIdentifier"].lower()
    if key not in state.clusters:
        raise AWSError("DBClusterNotFoundFault", f"DBCluster {key} not found.")
    cluster = state.clusters[key]
    if cluster.timeline.status() != "available":
        raise AWSError("InvalidDBClusterStateFault", f"DB cluster {key} is not in available state.")
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    if cluster.fields["CopyTagsToSnapshot"]:
        tags = {**cluster.tags, **tags}
    name = params["DBClusterSnapshotIdentifier"]
    if ctx.access_key or not name.startswith(BACKUP):
        return {"DBClusterSnapshot": _render(take(ctx, state, cluster, name, tags))}
    snapshot = take(ctx, state, cluster, name.removeprefix(BACKUP), tags)
    snapshot.fields |= {"DBClusterSnapshotIdentifier": name, "SnapshotType": "awsbackup"}
    return {"DBClusterSnapshot": _render(snapshot)}


FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-cluster-snapshot-id": "DBClusterSnapshotIdentifier",
    "snapshot-type": "SnapshotType",
    "engine": "Engine",
}


@operation(SERVICE, "DescribeDBClusterSnapshots")
def describe_snapshots(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    if name := params.get("DBClusterSnapshotIdentifier"):
        found = [find_snapshot(state, name)]
    else:
        found = list(state.snapshots.values())
    cluster = params.get("DBClusterIdentifier", "").rsplit(":", 1)[-1].lower()
    kind = params.get("SnapshotType")
    return {
        "DBClusterSnapshots": [
            _render(s)
            for s in found
            if cluster in ("", s.fields["DBClusterIdentifier"])
            and s.fields["SnapshotType"] in ((kind,) if kind else ("automated", "manual"))
            and matches_filters(s.fields, s.fields["DBClusterSnapshotArn"], params.get("Filters"), FILTERS)
        ]
    }


@operation(SERVICE, "DeleteDBClusterSnapshot")
def delete_snapshot(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    snapshot = find_snapshot(state, params["DBClusterSnapshotIdentifier"])
    if snapshot.timeline.status() != "available":
        raise AWSError("InvalidDBClusterSnapshotStateFault", "The snapshot is not in available state.")
    if snapshot.fields["SnapshotType"] != "manual":
        raise AWSError("InvalidDBClusterSnapshotStateFault", "Only manual snapshots may be deleted.")
    del state.snapshots[snapshot.fields["DBClusterSnapshotIdentifier"]]
    return {"DBClusterSnapshot": {**_render(snapshot), "Status": "deleted"}}

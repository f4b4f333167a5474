# SPDX-License-Identifier: Apache-2.0
"""DB clusters: describe, delete, fail over, Data API."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import account_token, tag_list

from . import catalogue, databases, lifecycle, snapshots
from .checks import matches_filters
from .lifecycle import current
from .state import SERVICE, Cluster, State, combination, invalid

#: Route 53 zones of the RDS endpoints, by region.
HOSTED_ZONES = {"us-east-1": "Z2R2ITUGPM61AM", "us-east-2": "ZTYO4JCEJJ7UQ", "eu-west-1": "Z29XKXDKYMONMX"}


def find_cluster(state: State, name: str) -> Cluster:
    """The cluster by its name or ARN."""
    key = name.rsplit(":", 1)[-1].lower() if name.startswith("arn:") else name.lower()
    cluster = state.clusters.get(key)
    if cluster is None:
        raise AWSError("DBClusterNotFoundFault", f"DBCluster {name} not found.")
    return cluster


def require_available(cluster: Cluster) -> None:
    """Refuses a cluster that is busy.

    AWS documents this state for each operation without saying what else might pass; here nothing else does, neither for
    modifications and deletions nor for new instances.
    """
    status = cluster.timeline.status()
    if status != "available":
        raise AWSError(
            "InvalidDBClusterStateFault", f"DB cluster {cluster.name} is not in available state: it is {status}."
        )


def endpoint_host(ctx: Context, name: str, kind: str) -> str:
    """kind: "cluster-" for the writer, "cluster-ro-" for the readers, "" for an instance."""
    suffix = "rds.amazonaws.com.cn" if ctx.partition == "aws-cn" else "rds.amazonaws.com"
    return f"{name}.{kind}{account_token(ctx)}.{ctx.region}.{suffix}"


def render_cluster(ctx: Context, state: State, cluster: Cluster) -> dict[str, Any]:
    shape = {key: value for key, value in cluster.fields.items() if value is not None}
    members = state.members(cluster)
    group = state.cluster_groups[cluster.group].at_boot()
    shape |= {
        "Status": cluster.timeline.status(),
        "Endpoint": endpoint_host(ctx, cluster.name, "cluster-"),
        "ReaderEndpoint": endpoint_host(ctx, cluster.name, "cluster-ro-"),
        **databases.cluster_endpoint(cluster),
        "HostedZoneId": HOSTED_ZONES.get(ctx.region, HOSTED_ZONES["us-east-1"]),
        "DBSubnetGroup": cluster.subnet_group,
        "DBClusterParameterGroup": cluster.group,
        "MultiAZ": len({member.zone for member in members}) > 1,
        "VpcSecurityGroups": cluster.memberships(),
        "DBClusterMembers": [
            {
                "DBInstanceIdentifier": member.name,
                "IsClusterWriter": member.name == cluster.writer,
                "DBClusterParameterGroupStatus": lifecycle.apply_status(member.booted_cluster != group),
                "PromotionTier": member.fields["PromotionTier"],
            }
            for member in members
        ],
        "TagList": tag_list(cluster.tags),
    }
    # "The storage type isn't returned when you set it to aurora."
    if shape.get("StorageType") == "aurora":
        del shape["StorageType"]
    if not shape.get("EnabledCloudwatchLogsExports"):
        shape.pop("EnabledCloudwatchLogsExports", None)
    if cluster.secret is not None:
        shape["MasterUserSecret"] = {**shape["MasterUserSecret"], "SecretStatus": cluster.secret.status()}
    if cluster.pending:
        shape["PendingModifiedValues"] = _pending_shape(cluster)
    if cluster.lag is not None:
        cluster.lag.status()  # tells the clock that a value is about to change without a status of its own
    if cluster.timeline.settled():
        created = cluster.fields["ClusterCreateTime"]
        shape |= {"EarliestRestorableTime": created, "LatestRestorableTime": max(created, ctx.clock.datetime())}
    return shape


def _pending_shape(cluster: Cluster) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    for name, value in cluster.pending.items():
        if name == "MasterUserPassword":
            shape[name] = "****"
        elif name == "CloudwatchLogsExportConfiguration":
            shape["PendingCloudwatchLogsExports"] = {
                "LogTypesToEnable": list(value.get("EnableLogTypes") or ()),
                "LogTypesToDisable": list(value.get("DisableLogTypes") or ()),
            }
        else:
            shape[name] = value
    return shape


# Describe ----------------------------------------------------------------------------------------------------------

FILTERS = {
    "clone-group-id": "CloneGroupId",
    "db-cluster-id": "DBClusterIdentifier",
    "db-cluster-resource-id": "DbClusterResourceId",
    "domain": "DomainMemberships.Domain",
    "engine": "Engine",
}


@operation(SERVICE, "DescribeDBClusters")
def describe_clusters(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    if name := params.get("DBClusterIdentifier"):
        found = [find_cluster(state, name)]
    else:
        found = list(state.clusters.values())
    matching = [c for c in found if matches_filters(c.fields, c.arn, params.get("Filters"), FILTERS)]
    return {"DBClusters": [render_cluster(ctx, state, cluster) for cluster in matching]}


# Delete ------------------------------------------------------------------------------------------------------------


@operation(SERVICE, "DeleteDBCluster")
def delete_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    final = params.get("FinalDBSnapshotIdentifier")
    if cluster.timeline.status() == "deleting":
        raise AWSError("InvalidDBClusterStateFault", "Cluster is already being deleted.")
    if cluster.fields["DeletionProtection"]:
        raise combination("Cannot delete protected Cluster, please disable deletion protection and try again.")
    if not params.get("SkipFinalSnapshot", False) and not final:
        raise combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if params.get("SkipFinalSnapshot", False) and final:
        raise combination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is specified.")
    if any(not lifecycle.deleting(member) for member in state.members(cluster)):
        raise AWSError(
            "InvalidDBClusterStateFault",
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
        )
    require_available(cluster)
    if final:
        snapshots.take(ctx, state, cluster, final, {} if not cluster.fields["CopyTagsToSnapshot"] else cluster.tags)
    # The cluster outlives its last instance.
    end = max([ctx.clock.now(), *(member.timeline.ends() for member in state.members(cluster))])
    seconds = end - ctx.clock.now() + lifecycle.CLUSTER_DELETING
    cluster.timeline = Timeline(ctx.clock, [("deleting", seconds), (Timeline.GONE, None)])
    cluster.effects.clear()
    return {"DBCluster": render_cluster(ctx, state, cluster)}


# Failover ----------------------------------------------------------------------------------------------------------


@operation(SERVICE, "FailoverDBCluster")
def failover_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    require_available(cluster)
    readers = [m for m in state.members(cluster) if m.name != cluster.writer and not lifecycle.deleting(m)]
    if not readers:
        raise AWSError(
            "InvalidDBClusterStateFault", f"Cluster {cluster.name} cannot be failed over: it has no readable standby."
        )
    target = params.get("TargetDBInstanceIdentifier", "").lower() or None
    # Which of its two state faults AWS gives for a target that is the writer is not documented.
    candidates = [m for m in readers if target is None or m.name == target]
    if not candidates:
        raise AWSError("InvalidDBInstanceState", f"{target} is not a reader of {cluster.name}.")
    if all(m.timeline.status() != "available" for m in candidates):
        raise AWSError("InvalidDBInstanceState", f"No failover target of {cluster.name} is available.")
    if real := databases.DATABASES.get(cluster.arn):
        cluster.timeline = Timeline(ctx.clock, [("failing-over", None)])
        real.fail_over(target)
        return {"DBCluster": render_cluster(ctx, state, cluster)}
    seconds = lifecycle.FAILING_OVER
    cluster.timeline = Timeline(ctx.clock, [("failing-over", seconds), ("available", None)])
    moment = ctx.clock.now() + seconds / 2
    lifecycle.later(ctx, cluster, seconds / 2, lambda: lifecycle.fail_over(state, cluster, target, moment))
    return {"DBCluster": render_cluster(ctx, state, cluster)}


# Data API ----------------------------------------------------------------------------------------------------------


@operation(SERVICE, "EnableHttpEndpoint", "DisableHttpEndpoint")
def set_http_endpoint(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    resource = params["ResourceArn"]
    enable = ctx.operation == "EnableHttpEndpoint"
    cluster = next((c for c in state.clusters.values() if c.arn == resource), None)
    if cluster is None:
        raise AWSError("ResourceNotFoundFault", f"The specified resource ID was not found: {resource}")
    if cluster.timeline.status() != "available":
        raise AWSError("InvalidResourceStateFault", f"DB cluster {cluster.name} is not in available state.")
    if enable and not catalogue.supports_data_api(cluster.version):
        raise invalid(f"The HTTP endpoint is not available for engine version {cluster.version}.")
    # What the answer says is seen by DescribeDBClusters only a moment later.
    lifecycle.later(
        ctx, cluster, lifecycle.HTTP_ENDPOINT_LAG, lambda: cluster.fields.update(HttpEndpointEnabled=enable)
    )
    cluster.lag = Timeline(ctx.clock, [("pending", lifecycle.HTTP_ENDPOINT_LAG), ("done", None)])
    return {"ResourceArn": resource, "HttpEndpointEnabled": enable}

# SPDX-License-Identifier: Apache-2.0
"""Running clusters: stop and start, roles, maintenance, events, quotas."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, after, before, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.rds import lifecycle
from harecon_sandbox.services.rds.clusters import find_cluster, render_cluster, require_available
from harecon_sandbox.services.rds.lifecycle import current
from harecon_sandbox.services.rds.state import SERVICE, Cluster, Instance, State, combination, invalid

STOPPING = 120.0
STARTING = 180.0
EVENTS_KEPT = timedelta(days=14)


# Stop and start ----------------------------------------------------------------------------------------------------


def _pass_through(ctx: Context, state: State, cluster: Cluster, word: str, seconds: float, last: str) -> None:
    passing: list[Cluster | Instance] = [cluster, *state.members(cluster)]
    for holder in passing:
        holder.timeline = Timeline(ctx.clock, [(word, seconds), (last, None)])


@operation(SERVICE, "StopDBCluster")
def stop_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    require_available(cluster)
    if any(member.timeline.status() != "available" for member in state.members(cluster)):
        raise AWSError("InvalidDBInstanceState", f"Not all instances of {cluster.name} are available.")
    _pass_through(ctx, state, cluster, "stopping", STOPPING, "stopped")
    return {"DBCluster": render_cluster(ctx, state, cluster)}


@operation(SERVICE, "StartDBCluster")
def start_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    if cluster.timeline.status() != "stopped":
        raise AWSError("InvalidDBClusterStateFault", f"DB cluster {cluster.name} is not in stopped state.")
    _pass_through(ctx, state, cluster, "starting", STARTING, "available")
    return {"DBCluster": render_cluster(ctx, state, cluster)}


@operation(SERVICE, "RebootDBCluster")
def reboot_cluster(ctx: Context, params: Params) -> Result:
    cluster = find_cluster(current(ctx), params["DBClusterIdentifier"])
    raise combination(f"RebootDBCluster is for Multi-AZ DB clusters; reboot the instances of {cluster.name}.")


# Roles -------------------------------------------------------------------------------------------------------------


@operation(SERVICE, "AddRoleToDBCluster")
def add_role(ctx: Context, params: Params) -> Result:
    cluster = find_cluster(current(ctx), params["DBClusterIdentifier"])
    require_available(cluster)
    role = {"RoleArn": params["RoleArn"], "Status": "ACTIVE", "FeatureName": params.get("FeatureName", "")}
    if iam.find_role(ctx, params["RoleArn"]) is None:
        raise invalid(f"The IAM role {params['RoleArn']} does not exist or cannot be assumed.")
    if any(known["RoleArn"] == role["RoleArn"] for known in cluster.fields["AssociatedRoles"]):
        message = f"Role ARN {role['RoleArn']} is already associated with DB cluster {cluster.name}."
        raise AWSError("DBClusterRoleAlreadyExists", message)
    cluster.fields["AssociatedRoles"].append(role)
    return {}


@operation(SERVICE, "RemoveRoleFromDBCluster")
def remove_role(ctx: Context, params: Params) -> Result:
    cluster = find_cluster(current(ctx), params["DBClusterIdentifier"])
    require_available(cluster)
    kept = [role for role in cluster.fields["AssociatedRoles"] if role["RoleArn"] != params["RoleArn"]]
    if len(kept) == len(cluster.fields["AssociatedRoles"]):
        message = f"Role ARN {params['RoleArn']} is not associated with DB cluster {cluster.name}."
        raise AWSError("DBClusterRoleNotFound", message)
    cluster.fields["AssociatedRoles"] = kept
    return {}


# Log groups --------------------------------------------------------------------------------------------------------

WRITES_AGAIN = 20.0


def _known(ctx: Context) -> State | None:
    """The state when the account uses RDS in this region at all."""
    return current(ctx) if ("rds", ctx.region) in ctx.store else None


@before("logs", "DescribeLogGroups", "ListLogGroups")
def settle_logs(ctx: Context, params: Params) -> None:
    """What clusters have written by now is there."""
    _known(ctx)


@after("logs", "DeleteLogGroup")
def write_again(ctx: Context, params: Params, result: Result) -> Result:
    """A running cluster's next line makes its deleted log group again: no retention, no key, no tags."""
    state = _known(ctx)
    parts = params["logGroupName"].removeprefix("/aws/rds/cluster/").split("/")
    cluster = state.clusters.get(parts[0]) if state else None
    if state is not None and cluster is not None and parts[-1] in cluster.fields["EnabledCloudwatchLogsExports"]:
        lifecycle.later(ctx, cluster, WRITES_AGAIN, lambda: lifecycle.export_logs(ctx, state, cluster))
    return result


# Maintenance -------------------------------------------------------------------------------------------------------


@operation(SERVICE, "DescribePendingMaintenanceActions")
def describe_maintenance(ctx: Context, params: Params) -> Result:
    """What AWS has announced.  Setting `pending_maintenance`, {arn: [action, ...]}, plays AWS."""
    state = current(ctx)
    announced: dict[str, list[str]] = ctx.settings.get("pending_maintenance") or {}
    known = {holder.arn for holder in state.holders()}
    only = params.get("ResourceIdentifier")
    return {
        "PendingMaintenanceActions": [
            {
                "ResourceIdentifier": arn,
                "PendingMaintenanceActionDetails": [{"Action": action, "Description": action} for action in actions],
            }
            for arn, actions in announced.items()
            if arn in known and only in (None, arn)
        ]
    }


# Events ------------------------------------------------------------------------------------------------------------


def _moment(value: Any, default: datetime) -> datetime:
    if value is None:
        return default
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


@operation(SERVICE, "DescribeEvents")
def describe_events(ctx: Context, params: Params) -> Result:
    """The last hour's events unless the call says otherwise; AWS keeps them for two weeks."""
    if "SourceIdentifier" in params and "SourceType" not in params:
        raise combination("SourceType must be given with SourceIdentifier.")
    now = ctx.clock.datetime()
    end = _moment(params.get("EndTime"), now)
    start = _moment(params.get("StartTime"), end - timedelta(minutes=params.get("Duration", 60)))
    start = max(start, now - EVENTS_KEPT)
    categories = set(params.get("EventCategories") or ())
    return {
        "Events": [
            event
            for event in current(ctx).events
            if start <= event["Date"] <= end
            and params.get("SourceType") in (None, event["SourceType"])
            and params.get("SourceIdentifier", "").lower() in ("", event["SourceIdentifier"])
            and (not categories or categories.intersection(event["EventCategories"]))
        ]
    }

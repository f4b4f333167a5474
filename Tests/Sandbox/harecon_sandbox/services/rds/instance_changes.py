# SPDX-License-Identifier: Apache-2.0
"""Changes of DB instances: modifications, restarts, deletions."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services import ec2

from . import catalogue, lifecycle
from .checks import check_insights, check_monitoring
from .instances import (
    certificate,
    check_certificate,
    check_tier,
    find_instance,
    instance_group,
    monitoring_stream,
    refuse_clusters_own,
    render_instance,
    require_instance_available,
)
from .lifecycle import current
from .state import SERVICE, Cluster, Instance, State, combination, invalid, maintenance_window


@operation(SERVICE, "ModifyDBInstance")
def modify_instance(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    instance = find_instance(state, params["DBInstanceIdentifier"])
    cluster = state.clusters[instance.cluster]
    require_instance_available(instance)
    refuse_clusters_own({k: v for k, v in params.items() if k != "DBPortNumber"})
    for name in ("CloudwatchLogsExportConfiguration", "DBPortNumber", "EngineVersion", "DBSubnetGroupName"):
        if name in params:
            raise combination(f"{name} of a member of a DB Cluster is changed with ModifyDBCluster.")
    check_tier(params)
    check_certificate(params)
    at_once: Params = {
        n: params[n] for n in ("PromotionTier", "AutoMinorVersionUpgrade", "PubliclyAccessible") if n in params
    }
    if "PreferredMaintenanceWindow" in params:
        at_once["PreferredMaintenanceWindow"] = maintenance_window(params["PreferredMaintenanceWindow"])
    group = instance.group
    if "DBParameterGroupName" in params:
        group = instance_group(state, cluster, params["DBParameterGroupName"])
    soon = _changed(instance, check_insights(ctx, params, instance.fields))
    monitoring = check_monitoring(ctx, params, instance.fields)
    soon |= _changed(instance, {**monitoring, **monitoring_stream(ctx, monitoring, instance.name)})
    restarting = _restarting(params, instance, cluster)
    if "NewDBInstanceIdentifier" in params:
        raise combination("The sandbox does not rename DB instances.")
    instance.group = group
    instance.fields.update(at_once)
    for name in ("DBInstanceClass", "CACertificateIdentifier"):
        if name in params:
            instance.pending.pop(name, None)
    if params.get("ApplyImmediately"):
        restarting = {**instance.pending, **restarting}
    instance.pending |= restarting
    if soon or (restarting and params.get("ApplyImmediately")):
        _apply(ctx, state, instance, soon, restarting if params.get("ApplyImmediately") else {}, ctx.clock.now())
    if restarting and not params.get("ApplyImmediately"):
        lifecycle.defer(ctx, instance, lambda due: _apply(ctx, state, instance, {}, dict(instance.pending), due))
    return {"DBInstance": render_instance(ctx, state, instance)}


def _changed(instance: Instance, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if instance.fields.get(name) != value}


def _restarting(params: Params, instance: Instance, cluster: Cluster) -> dict[str, Any]:
    """What takes the instance down, and waits for the window unless ApplyImmediately is true."""
    wanted: Params = {name: params[name] for name in ("DBInstanceClass", "CACertificateIdentifier") if name in params}
    if (size := wanted.get("DBInstanceClass")) and size not in catalogue.INSTANCE_CLASSES:
        raise invalid(f"Invalid DB Instance class: {size}")
    if wanted.get("DBInstanceClass") == "db.serverless" and not cluster.fields.get("ServerlessV2ScalingConfiguration"):
        raise AWSError(
            "InvalidDBClusterStateFault", "Set the Serverless v2 scaling configuration on the parent DB cluster first."
        )
    return _changed(instance, wanted)


def _apply(
    ctx: Context, state: State, instance: Instance, soon: dict[str, Any], restarting: dict[str, Any], start: float
) -> None:
    status = "configuring-enhanced-monitoring" if "MonitoringInterval" in soon and not restarting else "modifying"
    steps = [("available", lifecycle.STILL_AVAILABLE), (status, lifecycle.MODIFYING), ("available", None)]
    instance.timeline = Timeline(ctx.clock, steps, start)

    def take_effect() -> None:
        instance.fields.update(soon)
        instance.fields.update(restarting)
        if "CACertificateIdentifier" in restarting:
            instance.fields.update(certificate(ctx, restarting["CACertificateIdentifier"]))
        for name in restarting:
            instance.pending.pop(name, None)
        if restarting:
            lifecycle.boot(state, state.clusters[instance.cluster], instance)

    lifecycle.later(ctx, instance, lifecycle.STILL_AVAILABLE + lifecycle.MODIFYING, take_effect, start)


# Reboot and delete -------------------------------------------------------------------------------------------------


@operation(SERVICE, "RebootDBInstance")
def reboot_instance(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    instance = find_instance(state, params["DBInstanceIdentifier"])
    if params.get("ForceFailover"):
        raise combination("ForceFailover cannot be set for a member of an Aurora cluster; use FailoverDBCluster.")
    require_instance_available(instance)
    instance.timeline = Timeline(ctx.clock, [("rebooting", lifecycle.REBOOTING), ("available", None)])
    end = instance.timeline.ends()

    def restarted() -> None:
        state.record(instance, "DB instance restarted.", "availability", end)
        lifecycle.boot(state, state.clusters[instance.cluster], instance)

    lifecycle.later(ctx, instance, lifecycle.REBOOTING, restarted)
    return {"DBInstance": render_instance(ctx, state, instance)}


@operation(SERVICE, "DeleteDBInstance")
def delete_instance(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    instance = find_instance(state, params["DBInstanceIdentifier"])
    cluster = state.clusters[instance.cluster]
    if instance.timeline.status() == "deleting":
        raise AWSError("InvalidDBInstanceState", f"Instance {instance.name} is already being deleted.")
    if "FinalDBSnapshotIdentifier" in params:
        raise combination("FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance")
    # AWS deletes some instances that are not available; the wait for `available` is the stricter reading.
    require_instance_available(instance)
    seconds = lifecycle.INSTANCE_DELETING
    instance.timeline = Timeline(ctx.clock, [("deleting", seconds), (Timeline.GONE, None)])
    instance.effects.clear()
    if cluster.writer == instance.name:
        lifecycle.promote(state, cluster)
    ec2.release_interfaces(ctx, instance.arn, at=instance.timeline.ends())
    return {"DBInstance": render_instance(ctx, state, instance)}

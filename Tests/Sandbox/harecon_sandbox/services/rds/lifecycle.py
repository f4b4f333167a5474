# SPDX-License-Identifier: Apache-2.0
"""How clusters and instances change on their own: effects that fall due, deletions that end, roles that move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Timeline
from harecon_sandbox.services import ec2

from .state import Cluster, Effect, Instance, State, new_state, next_window

SERVICE = "rds"

# Simulated seconds.  AWS takes about as long; a client must cope with any length.
CLUSTER_CREATING = 150.0
CLUSTER_DELETING = 100.0
INSTANCE_CREATING = 240.0
INSTANCE_CONFIGURING = 30.0
INSTANCE_DELETING = 180.0
#: After a modification was accepted the status is still `available` for this long.
STILL_AVAILABLE = 8.0
MODIFYING = 40.0
UPGRADING = 420.0
REBOOTING = 45.0
FAILING_OVER = 35.0
SECRET_CREATING = 60.0
SECRET_ROTATING = 45.0
HTTP_ENDPOINT_LAG = 10.0


def current(ctx: Context) -> State:
    """The state as the clock has it now."""
    state = ctx.keep("rds", lambda: new_state(ctx))
    _settle(ctx, state)
    return state


def _settle(ctx: Context, state: State) -> None:
    now = ctx.clock.now()
    while due := _next_due(ctx, state, now):
        holder, effect = due
        holder.effects.remove(effect)
        effect.apply()
    for instance in [i for i in state.instances.values() if ended(i)]:
        state.record(instance, "DB instance deleted.", "deletion", instance.timeline.ends())
        del state.instances[instance.name]
    for cluster in [c for c in state.clusters.values() if ended(c)]:
        state.record(cluster, "DB cluster deleted.", "deletion", cluster.timeline.ends())
        del state.clusters[cluster.name]


def _next_due(ctx: Context, state: State, now: float) -> tuple[Cluster | Instance, Effect] | None:
    waiting = [
        (effect.due, holder, effect) for holder in state.holders() for effect in holder.effects if effect.due <= now
    ]
    if not waiting:
        return None
    _, holder, effect = min(waiting, key=lambda entry: entry[0])
    return holder, effect


def ended(holder: Any) -> bool:
    """Whether a deletion is over; does not tell the clock that somebody looked."""
    timeline: Timeline = holder.timeline
    return timeline.settled() and timeline.status() == Timeline.GONE


def deleting(holder: Any) -> bool:
    timeline: Timeline = holder.timeline
    return timeline.status() in ("deleting", Timeline.GONE)


def later(ctx: Context, holder: Cluster | Instance, seconds: float, apply: Any, start: float | None = None) -> None:
    """Has `apply` happen when the clock has moved on."""
    begin = ctx.clock.now() if start is None else start
    holder.effects.append(Effect(begin + seconds, apply))


# Roles -------------------------------------------------------------------------------------------------------------


def promote(state: State, cluster: Cluster, target: str | None = None) -> None:
    """Makes another member the writer: the one named, else the available reader of the lowest tier."""
    readers = [m for m in state.members(cluster) if m.name != cluster.writer and not deleting(m)]
    if target is not None:
        readers = [m for m in readers if m.name == target]
    # A reader that works goes before one that does not; AWS then takes the lowest tier and the largest instance.
    readers.sort(key=lambda m: (m.timeline.status() != "available", m.fields["PromotionTier"], m.name))
    if readers:
        cluster.writer = readers[0].name
    elif target is None:
        cluster.writer = None


def fail_over(state: State, cluster: Cluster, target: str | None, moment: float) -> None:
    """Moves the writer's role, with the events that AWS sends."""
    before = state.instances.get(cluster.writer or "")
    promote(state, cluster, target)
    after = state.instances.get(cluster.writer or "")
    if after is None or after is before:
        return
    reach = "same" if before is not None and before.zone == after.zone else "cross"
    state.record(cluster, f"Started {reach} AZ failover to DB instance: {after.name}", "failover", moment)
    state.record(cluster, f"Completed failover to DB instance: {after.name}", "failover", moment)


# Parameters --------------------------------------------------------------------------------------------------------


def boot(state: State, cluster: Cluster, instance: Instance) -> None:
    """The instance starts with the parameters as they are now."""
    instance.booted = (*state.groups[instance.group].at_boot(), max_capacity(cluster))
    instance.booted_cluster = state.cluster_groups[cluster.group].at_boot()


def max_capacity(cluster: Cluster) -> float | None:
    """max_connections follows the largest capacity and is static: a change waits for a restart."""
    scaling = cluster.fields.get("ServerlessV2ScalingConfiguration")
    return scaling["MaxCapacity"] if scaling else None


def apply_status(waiting: bool) -> str:
    return "pending-reboot" if waiting else "in-sync"


# Modifications -----------------------------------------------------------------------------------------------------


def apply_to_cluster(ctx: Context, state: State, cluster: Cluster, changes: dict[str, Any], start: float) -> None:
    """Carries changes out: `available` for a moment, then a status of its own, then the new values."""
    upgrade = changes.get("EngineVersion")
    status, seconds = ("upgrading", UPGRADING) if upgrade else ("modifying", MODIFYING)
    steps = [("available", STILL_AVAILABLE), (status, seconds), ("available", None)]
    cluster.timeline = Timeline(ctx.clock, steps, start)
    cluster.regrouping = changes.get("VpcSecurityGroupIds", cluster.regrouping)
    restarts = bool(upgrade) or "Port" in changes
    if restarts:
        word = "upgrading" if upgrade else "rebooting"
        for member in state.members(cluster):
            member.timeline = Timeline(
                ctx.clock, [("available", STILL_AVAILABLE), (word, seconds), ("available", None)], start
            )

    def take_effect() -> None:
        _write(ctx, state, cluster, changes)
        for name in changes:
            cluster.pending.pop(name, None)
        if restarts:
            for member in state.members(cluster):
                boot(state, cluster, member)

    later(ctx, cluster, STILL_AVAILABLE + seconds, take_effect, start)


def _write(ctx: Context, state: State, cluster: Cluster, changes: dict[str, Any]) -> None:
    fields = cluster.fields
    members = state.members(cluster)
    for name, value in changes.items():
        if name == "VpcSecurityGroupIds":
            cluster.security_groups, cluster.regrouping = value, None
            for member in members:
                ec2.regroup_interfaces(ctx, member.arn, value)
        elif name == "CloudwatchLogsExportConfiguration":
            enabled = set(fields.get("EnabledCloudwatchLogsExports", ()))
            enabled |= set(value.get("EnableLogTypes") or ())
            enabled -= set(value.get("DisableLogTypes") or ())
            fields["EnabledCloudwatchLogsExports"] = sorted(enabled)
            export_logs(ctx, state, cluster)
        elif name == "StorageType":
            fields["StorageType"] = value
        elif name == "EngineVersion":
            fields["EngineVersion"] = value
            for member in members:
                member.fields["EngineVersion"] = value
        elif name in ("MasterUserPassword", "RotateMasterUserPassword"):
            continue
        else:
            fields[name] = value
            if name in INHERITED:
                for member in members:
                    member.fields[name] = value


#: What instances take over from their cluster.
INHERITED = (
    "DatabaseInsightsMode",
    "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
)


def defer(ctx: Context, holder: Cluster | Instance, apply: Callable[[float], None]) -> None:
    """Has `apply` carry out what is pending when the maintenance window opens.  Auto does not wait for windows."""
    window = holder.fields["PreferredMaintenanceWindow"]
    due = next_window(ctx.clock.now(), window)

    def open_window() -> None:
        if not holder.pending or deleting(holder):
            return
        if holder.fields["PreferredMaintenanceWindow"] != window or not holder.timeline.settled(due):
            defer(ctx, holder, apply)
        else:
            apply(due)

    later(ctx, holder, due - ctx.clock.now(), open_window)


# Log groups --------------------------------------------------------------------------------------------------------


def export_logs(ctx: Context, state: State, cluster: Cluster) -> None:
    """A running cluster writes to its log groups, and makes those that are not there: no retention, key or tags."""
    if not any(m.timeline.settled() and m.timeline.status() == "available" for m in state.members(cluster)):
        return
    for log_type in cluster.fields.get("EnabledCloudwatchLogsExports", ()):
        name = f"/aws/rds/cluster/{cluster.name}/{log_type}"
        try:
            ctx.call("logs", "CreateLogGroup", {"logGroupName": name})
        except AWSError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

# SPDX-License-Identifier: Apache-2.0
"""ModifyDBCluster: what applies at once, what takes a while, what waits for the maintenance window."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation

from . import catalogue, lifecycle
from .checks import check_insights, check_log_types, check_password, check_scaling, check_security_groups
from .clusters import find_cluster, render_cluster, require_available
from .creating import managed_secret
from .groups import find_parameter_group
from .lifecycle import current
from .state import (
    SERVICE,
    Cluster,
    State,
    backup_window,
    check_windows,
    combination,
    identifier,
    invalid,
    maintenance_window,
)

#: Changes that wait for the maintenance window unless ApplyImmediately is true, and where they are shown.
DEFERRABLE = {
    "EngineVersion": "EngineVersion",
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "StorageType": "StorageType",
}
#: Members of PendingModifiedValues besides those.
SHOWN_AS_PENDING = (*DEFERRABLE.values(), "MasterUserPassword", "CloudwatchLogsExportConfiguration")


@operation(SERVICE, "ModifyDBCluster")
def modify_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    require_available(cluster)
    # Everything is checked before anything is changed.
    renamed = _new_name(state, params)
    at_once = _at_once(state, cluster, params)
    soon = _soon(ctx, cluster, params)
    deferrable = _deferrable(state, cluster, params)
    secret = _secret(ctx, cluster, params)
    if renamed:
        _rename(state, cluster, renamed)
    cluster.fields.update({name: value for name, value in at_once.items() if name != "DBClusterParameterGroupName"})
    cluster.group = at_once.get("DBClusterParameterGroupName", cluster.group)
    if secret:
        soon |= secret
    for name in deferrable:
        cluster.pending.pop(name, None)
    changes = {name: value for name, value in deferrable.items() if cluster.fields.get(name) != value}
    if params.get("ApplyImmediately"):
        # "... and any pending modifications are applied as soon as possible."
        soon |= {**cluster.pending, **changes}
    elif changes:
        cluster.pending |= changes
        lifecycle.defer(
            ctx, cluster, lambda due: lifecycle.apply_to_cluster(ctx, state, cluster, dict(cluster.pending), due)
        )
    if soon:
        cluster.pending |= {name: soon[name] for name in SHOWN_AS_PENDING if name in soon}
        lifecycle.apply_to_cluster(ctx, state, cluster, soon, ctx.clock.now())
    return {"DBCluster": render_cluster(ctx, state, cluster)}


def _at_once(state: State, cluster: Cluster, params: Params) -> dict[str, Any]:
    """What is changed when the call returns, whatever ApplyImmediately says."""
    changes: dict[str, Any] = {
        name: params[name]
        for name in ("DeletionProtection", "CopyTagsToSnapshot", "AutoMinorVersionUpgrade")
        if name in params
    }
    if "PreferredBackupWindow" in params:
        changes["PreferredBackupWindow"] = backup_window(params["PreferredBackupWindow"])
    if "PreferredMaintenanceWindow" in params:
        changes["PreferredMaintenanceWindow"] = maintenance_window(params["PreferredMaintenanceWindow"])
    windows = {**cluster.fields, **changes}
    check_windows(windows["PreferredBackupWindow"], windows["PreferredMaintenanceWindow"])
    if name := params.get("DBClusterParameterGroupName"):
        changes["DBClusterParameterGroupName"] = _group(state, cluster, name, params)
    return changes


def _group(state: State, cluster: Cluster, name: str, params: Params) -> str:
    try:
        group = find_parameter_group(state, name, cluster=True)
    except AWSError:
        raise AWSError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}") from None
    family = catalogue.family_of(params.get("EngineVersion", cluster.version))
    if group.family != family:
        raise combination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Use a parameter group with DBParameterGroupFamily {family}."
        )
    return group.name


def _soon(ctx: Context, cluster: Cluster, params: Params) -> dict[str, Any]:
    """What takes its time but waits for no window.  Only what differs is a change."""
    changes: dict[str, Any] = {}
    vpc = current(ctx).subnet_groups[cluster.subnet_group].vpc
    if groups := params.get("VpcSecurityGroupIds"):
        checked = check_security_groups(ctx, vpc, groups)
        if checked != cluster.security_groups:
            changes["VpcSecurityGroupIds"] = checked
    if "Port" in params:
        if not 1150 <= params["Port"] <= 65535:
            raise invalid(f"Invalid port: {params['Port']}. Must be between 1150 and 65535.")
        if params["Port"] != cluster.fields["Port"]:
            changes["Port"] = params["Port"]
    if scaling := params.get("ServerlessV2ScalingConfiguration"):
        merged = {**(cluster.fields.get("ServerlessV2ScalingConfiguration") or {}), **scaling}
        if merged.get("MinCapacity") != 0 and "SecondsUntilAutoPause" not in scaling:
            merged.pop("SecondsUntilAutoPause", None)
        check_scaling(merged, cluster.version)
        if merged != cluster.fields.get("ServerlessV2ScalingConfiguration"):
            changes["ServerlessV2ScalingConfiguration"] = merged
    if logs := _logs(cluster, params.get("CloudwatchLogsExportConfiguration")):
        changes["CloudwatchLogsExportConfiguration"] = logs
    insights = check_insights(ctx, params, cluster.fields)
    changes |= {name: value for name, value in insights.items() if cluster.fields.get(name) != value}
    # MonitoringInterval and MonitoringRoleArn of this call are for Multi-AZ clusters only, EnableHttpEndpoint is for
    # Serverless v1: both are taken and have no effect, as the API reference says.
    return changes


def _logs(cluster: Cluster, configuration: Params | None) -> dict[str, list[str]]:
    if not configuration:
        return {}
    enable = configuration.get("EnableLogTypes") or []
    disable = configuration.get("DisableLogTypes") or []
    check_log_types([*enable, *disable])
    if set(enable) & set(disable):
        raise combination("A log type cannot be enabled and disabled at once.")
    now = set(cluster.fields["EnabledCloudwatchLogsExports"])
    changes = {
        "EnableLogTypes": [name for name in enable if name not in now],
        "DisableLogTypes": [name for name in disable if name in now],
    }
    return {key: names for key, names in changes.items() if names}


def _deferrable(state: State, cluster: Cluster, params: Params) -> dict[str, Any]:
    if not 1 <= params.get("BackupRetentionPeriod", 1) <= 35:
        raise invalid(f"Invalid backup retention period: {params['BackupRetentionPeriod']}. Must be between 1 and 35.")
    if params.get("StorageType", "aurora") not in ("aurora", "aurora-iopt1"):
        raise AWSError("StorageTypeNotSupported", f"Storage type {params['StorageType']} is not supported.")
    if version := params.get("EngineVersion"):
        _check_upgrade(state, cluster, version, params)
    return {shown: params[name] for name, shown in DEFERRABLE.items() if name in params}


def _check_upgrade(state: State, cluster: Cluster, version: str, params: Params) -> None:
    now = cluster.version
    if version == now:
        return
    if version not in catalogue.VERSIONS:
        raise combination(f"Cannot find version {version} for {catalogue.ENGINE}")
    if catalogue.version_key(version) < catalogue.version_key(now):
        raise combination(f"Cannot upgrade {catalogue.ENGINE} from {now} to {version}")
    if catalogue.major(version) != catalogue.major(now):
        if not params.get("AllowMajorVersionUpgrade"):
            raise combination(
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
            )
        if not cluster.group.startswith("default.") and "DBClusterParameterGroupName" not in params:
            raise combination(
                "The current DB cluster parameter group is custom. You must explicitly specify a new DB cluster "
                "parameter group, either default or custom, for the engine version upgrade."
            )


def _secret(ctx: Context, cluster: Cluster, params: Params) -> dict[str, Any]:
    """Who keeps the master password; always applied at once."""
    managed = cluster.secret is not None
    if "MasterUserPassword" in params:
        if params.get("ManageMasterUserPassword", managed):
            raise combination("You can't specify MasterUserPassword when ManageMasterUserPassword is set to true.")
        check_password(params["MasterUserPassword"])
    if managed and params.get("ManageMasterUserPassword", True) and "MasterUserSecretKmsKeyId" in params:
        # Whether the key of an existing secret can be changed in place is not documented; refused here.
        if managed_secret(ctx, params)["KmsKeyId"] != cluster.fields["MasterUserSecret"]["KmsKeyId"]:
            raise combination("The KMS key of a managed master user secret cannot be changed.")
    if params.get("RotateMasterUserPassword"):
        if not managed:
            raise combination("RotateMasterUserPassword needs a password that RDS manages.")
        if not params.get("ApplyImmediately"):
            raise combination("You must set ApplyImmediately to rotate the master user password.")
        cluster.secret = Timeline(ctx.clock, [("rotating", lifecycle.SECRET_ROTATING), ("active", None)])
    if params.get("ManageMasterUserPassword") and not managed:
        cluster.fields["MasterUserSecret"] = managed_secret(ctx, params)
        cluster.secret = Timeline(ctx.clock, [("creating", lifecycle.SECRET_CREATING), ("active", None)])
    elif params.get("ManageMasterUserPassword") is False and managed:
        if "MasterUserPassword" not in params:
            raise combination("MasterUserPassword is needed when RDS is to manage it no longer.")
        cluster.fields["MasterUserSecret"] = None
        cluster.secret = None
    return {"MasterUserPassword": params["MasterUserPassword"]} if "MasterUserPassword" in params else {}


def _new_name(state: State, params: Params) -> str | None:
    if "NewDBClusterIdentifier" not in params:
        return None
    name = identifier("NewDBClusterIdentifier", params["NewDBClusterIdentifier"])
    if name in state.clusters:
        raise AWSError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    return name


def _rename(state: State, cluster: Cluster, name: str) -> None:
    members = state.members(cluster)
    del state.clusters[cluster.name]
    cluster.fields["DBClusterArn"] = cluster.arn.removesuffix(cluster.name) + name
    cluster.fields["DBClusterIdentifier"] = name
    state.clusters[name] = cluster
    for member in members:
        member.cluster = name

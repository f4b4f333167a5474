# SPDX-License-Identifier: Apache-2.0
"""DB clusters that are made: what AWS asks of the request, and what it adds."""

from __future__ import annotations

import uuid
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services import ec2, kms
from harecon_sandbox.services.common import arn, resource_token, tags_from

from . import catalogue, lifecycle
from .checks import (
    check_insights,
    check_log_types,
    check_monitoring,
    check_password,
    check_scaling,
    check_security_groups,
)
from .clusters import render_cluster
from .groups import find_parameter_group, find_subnet_group
from .lifecycle import current
from .state import (
    SERVICE,
    Cluster,
    State,
    backup_window,
    check_rds_tags,
    check_windows,
    combination,
    identifier,
    invalid,
    maintenance_window,
)

RESERVED_USERS = ("admin", "postgres_admin", "rdsadmin", "rdsrepladmin", "public", "none")


def _check_engine(params: Params) -> str:
    engine = params["Engine"]
    if engine != catalogue.ENGINE:
        raise invalid(f"Invalid DB engine: {engine}. The sandbox knows {catalogue.ENGINE} only.")
    if params.get("EngineMode", "provisioned") != "provisioned":
        raise combination(f"The engine mode {params['EngineMode']} you requested is currently unavailable.")
    version = params.get("EngineVersion", catalogue.DEFAULT_VERSION)
    if version.isdigit():
        version = next((v for v in reversed(catalogue.VERSIONS) if catalogue.major(v) == version), version)
    if version not in catalogue.VERSIONS:
        raise combination(f"Cannot find version {version} for {engine}")
    return str(version)


def _credentials(ctx: Context, params: Params) -> dict[str, Any] | None:
    """The managed secret that the cluster gets, or None when a password was given."""
    user = params.get("MasterUsername", "")
    if not user or not user[0].isalpha() or not user.replace("_", "").isalnum() or len(user) > 63:
        raise invalid(
            f"The parameter MasterUsername must be provided, begin with a letter and be alphanumeric: '{user}'"
        )
    if user.lower() in RESERVED_USERS:
        raise invalid(f"MasterUsername {user} cannot be used as it is a reserved word used by the engine")
    if params.get("ManageMasterUserPassword"):
        if "MasterUserPassword" in params:
            raise combination("You can't specify MasterUserPassword when ManageMasterUserPassword is set to true.")
        return managed_secret(ctx, params)
    if "MasterUserSecretKmsKeyId" in params:
        raise combination("MasterUserSecretKmsKeyId needs ManageMasterUserPassword.")
    check_password(params.get("MasterUserPassword", ""))
    return None


def managed_secret(ctx: Context, params: Params) -> dict[str, Any]:
    key = kms.accessible_key(ctx, params.get("MasterUserSecretKmsKeyId"), "secretsmanager", "KMSKeyNotAccessibleFault")
    name = f"rds!cluster-{uuid.uuid4()}-{resource_token(6).lower()}"
    return {"SecretArn": arn(ctx, "secretsmanager", f"secret:{name}"), "KmsKeyId": key}


def _zones_of(ctx: Context, subnet_zones: set[str], params: Params) -> list[str]:
    """Storage is in three zones: those of the subnets first."""
    wanted = list(params.get("AvailabilityZones") or ())
    known = ec2.zones(ctx)
    if len(wanted) > 3:
        raise invalid("Can't specify more than three Availability Zones.")
    for zone in wanted:
        if zone not in known:
            raise invalid(f"Invalid availability zone: {zone}")
    for zone in [*sorted(subnet_zones), *known]:
        if len(wanted) < 3 and zone not in wanted:
            wanted.append(zone)
    return sorted(wanted)


def _encryption(ctx: Context, params: Params) -> dict[str, Any]:
    encrypted = params.get("StorageEncrypted", "KmsKeyId" in params)
    if not encrypted:
        if "KmsKeyId" in params:
            raise combination("KmsKeyId needs StorageEncrypted.")
        return {"StorageEncrypted": False}
    key = kms.accessible_key(ctx, params.get("KmsKeyId"), "rds", "KMSKeyNotAccessibleFault")
    return {"StorageEncrypted": True, "KmsKeyId": key, "StorageEncryptionType": "sse-kms"}


def _check_plain(params: Params, version: str) -> None:
    """What can be judged from the request alone."""
    if not 1 <= params.get("BackupRetentionPeriod", 1) <= 35:
        raise invalid(f"Invalid backup retention period: {params['BackupRetentionPeriod']}. Must be between 1 and 35.")
    if not 1150 <= params.get("Port", 5432) <= 65535:
        raise invalid(f"Invalid port: {params['Port']}. Must be between 1150 and 65535.")
    if params.get("StorageType", "aurora") not in ("aurora", "aurora-iopt1"):
        raise AWSError("StorageTypeNotSupported", f"Storage type {params['StorageType']} is not supported.")
    if params.get("EnableHttpEndpoint") and not catalogue.supports_data_api(version):
        raise combination(f"The HTTP endpoint is not available for engine version {version}.")
    name = params.get("DatabaseName", "a")
    if not name or len(name) > 63 or not name[0].isalpha() or not name.replace("_", "a").isalnum():
        raise invalid(f"DatabaseName must begin with a letter and contain only alphanumeric characters: '{name}'")
    check_log_types(params.get("EnableCloudwatchLogsExports") or ())
    if "ServerlessV2ScalingConfiguration" in params:
        check_scaling(params["ServerlessV2ScalingConfiguration"], version)


@operation(SERVICE, "CreateDBCluster")
def create_cluster(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    name = identifier("DBClusterIdentifier", params["DBClusterIdentifier"])
    version = _check_engine(params)
    if name in state.clusters:
        raise AWSError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    _check_plain(params, version)
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    subnet_group = _subnet_group(ctx, state, params)
    security_groups = check_security_groups(ctx, subnet_group.vpc, params.get("VpcSecurityGroupIds"))
    group = _parameter_group(state, params, version)
    backup = backup_window(params.get("PreferredBackupWindow", "07:12-07:42"))
    maintenance = maintenance_window(params.get("PreferredMaintenanceWindow", "sun:09:33-sun:10:03"))
    check_windows(backup, maintenance)
    secret = _credentials(ctx, params)
    fields: dict[str, Any] = {
        "DBClusterIdentifier": name,
        "DBClusterArn": arn(ctx, SERVICE, f"cluster:{name}"),
        "DbClusterResourceId": f"cluster-{resource_token()}",
        "AllocatedStorage": 1,
        "AvailabilityZones": _zones_of(ctx, subnet_group.zones, params),
        "BackupRetentionPeriod": params.get("BackupRetentionPeriod", 1),
        "DatabaseName": params.get("DatabaseName"),
        "Engine": catalogue.ENGINE,
        "EngineVersion": version,
        "EngineMode": "provisioned",
        "Port": params.get("Port", 5432),
        "MasterUsername": params["MasterUsername"],
        "PreferredBackupWindow": backup,
        "PreferredMaintenanceWindow": maintenance,
        "ReadReplicaIdentifiers": [],
        "AssociatedRoles": [],
        "IAMDatabaseAuthenticationEnabled": params.get("EnableIAMDatabaseAuthentication", False),
        "ClusterCreateTime": ctx.clock.datetime(),
        "EnabledCloudwatchLogsExports": sorted(params.get("EnableCloudwatchLogsExports") or ()),
        "StorageType": params.get("StorageType", "aurora"),
        "AutoMinorVersionUpgrade": params.get("AutoMinorVersionUpgrade", True),
        "DeletionProtection": params.get("DeletionProtection", False),
        "HttpEndpointEnabled": params.get("EnableHttpEndpoint", False),
        "ActivityStreamStatus": "stopped",
        "CopyTagsToSnapshot": params.get("CopyTagsToSnapshot", False),
        "CrossAccountClone": False,
        "DomainMemberships": [],
        "NetworkType": "IPV4",
        "ServerlessV2ScalingConfiguration": params.get("ServerlessV2ScalingConfiguration"),
        "EngineLifecycleSupport": params.get("EngineLifecycleSupport", "open-source-rds-extended-support"),
        "LocalWriteForwardingStatus": "disabled",
        "MasterUserSecret": secret,
        **_encryption(ctx, params),
        **check_insights(ctx, params),
        **check_monitoring(ctx, params),
    }
    timeline = Timeline(ctx.clock, [("creating", lifecycle.CLUSTER_CREATING), ("available", None)])
    cluster = Cluster(fields, timeline, tags, group, subnet_group.name, security_groups)
    if secret:
        steps = [("creating", lifecycle.SECRET_CREATING), ("active", None)]
        cluster.secret = Timeline(ctx.clock, steps)
    state.clusters[name] = cluster
    ends = timeline.ends()
    lifecycle.later(
        ctx, cluster, lifecycle.CLUSTER_CREATING, lambda: state.record(cluster, "DB cluster created.", "creation", ends)
    )
    return {"DBCluster": render_cluster(ctx, state, cluster)}


def _subnet_group(ctx: Context, state: State, params: Params) -> Any:
    if "DBSubnetGroupName" in params:
        return find_subnet_group(state, params["DBSubnetGroupName"])
    if "default" in state.subnet_groups:
        return state.subnet_groups["default"]
    # Without a group AWS makes one of the default VPC's subnets; a stack that relies on it is wrong here.
    raise AWSError("DBSubnetGroupNotFoundFault", "DB subnet group 'default' does not exist.")


def _parameter_group(state: State, params: Params, version: str) -> str:
    family = catalogue.family_of(version)
    name = params.get("DBClusterParameterGroupName", f"default.{family}")
    try:
        group = find_parameter_group(state, name, cluster=True)
    except AWSError:
        raise AWSError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}") from None
    if group.family != family:
        raise combination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Use a parameter group with DBParameterGroupFamily {family}."
        )
    return group.name

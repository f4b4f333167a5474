# SPDX-License-Identifier: Apache-2.0
"""DB instances of a cluster."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services import ec2
from harecon_sandbox.services.common import arn, resource_token, tag_list, tags_from

from . import catalogue, databases, lifecycle
from .checks import check_insights, check_monitoring, matches_filters
from .clusters import HOSTED_ZONES, endpoint_host, find_cluster, require_available
from .groups import find_parameter_group
from .lifecycle import current
from .state import (
    SERVICE,
    Cluster,
    Instance,
    State,
    SubnetGroup,
    check_rds_tags,
    combination,
    identifier,
    invalid,
    maintenance_window,
)

#: What a member of an Aurora cluster takes from its cluster and may not set itself.  AWS refuses some of these and
#: ignores others; all are refused here, so that nothing is asked for that would not be done.
CLUSTERS_OWN = (
    "AllocatedStorage", "BackupRetentionPeriod", "CharacterSetName", "DatabaseInsightsMode", "DBName",
    "DeletionProtection", "EnableCloudwatchLogsExports", "EnableIAMDatabaseAuthentication", "Iops", "KmsKeyId",
    "ManageMasterUserPassword", "MasterUserPassword", "MasterUserSecretKmsKeyId", "MasterUsername",
    "MaxAllocatedStorage", "Port", "PreferredBackupWindow", "StorageEncrypted", "StorageThroughput", "StorageType",
    "VpcSecurityGroupIds",
)  # fmt: skip


def find_instance(state: State, name: str) -> Instance:
    """The instance by its name or ARN."""
    key = name.rsplit(":", 1)[-1].lower() if name.startswith("arn:") else name.lower()
    instance = state.instances.get(key)
    if instance is None:
        raise AWSError("DBInstanceNotFound", f"DBInstance {name} not found.")
    return instance


def require_instance_available(instance: Instance) -> None:
    status = instance.timeline.status()
    if status != "available":
        raise AWSError("InvalidDBInstanceState", f"Instance {instance.name} is in state {status}, not available.")


def refuse_clusters_own(params: Params) -> None:
    given = [name for name in CLUSTERS_OWN if name in params]
    if given:
        raise combination(
            f"The requested DB Instance is a member of a DB Cluster. Set {', '.join(given)} for the DB Cluster."
        )


def render_instance(ctx: Context, state: State, instance: Instance) -> dict[str, Any]:
    cluster = state.clusters[instance.cluster]
    shared = cluster.fields
    shape = {key: value for key, value in instance.fields.items() if value is not None}
    booted = (*state.groups[instance.group].at_boot(), lifecycle.max_capacity(cluster))
    shape |= {
        "DBInstanceStatus": instance.timeline.status(),
        "DBClusterIdentifier": cluster.name,
        "MasterUsername": shared["MasterUsername"],
        "PreferredBackupWindow": shared["PreferredBackupWindow"],
        "BackupRetentionPeriod": shared["BackupRetentionPeriod"],
        "IAMDatabaseAuthenticationEnabled": shared["IAMDatabaseAuthenticationEnabled"],
        "StorageEncrypted": shared["StorageEncrypted"],
        "StorageType": shared["StorageType"],
        "EngineLifecycleSupport": shared["EngineLifecycleSupport"],
        "VpcSecurityGroups": cluster.memberships(),
        "DBSubnetGroup": state.subnet_groups[cluster.subnet_group].shape(),
        "DBParameterGroups": [
            {
                "DBParameterGroupName": instance.group,
                "ParameterApplyStatus": lifecycle.apply_status(instance.booted != booted),
            }
        ],
        "PendingModifiedValues": dict(instance.pending),
        "TagList": tag_list(instance.tags),
    }
    if "KmsKeyId" in shared:
        shape["KmsKeyId"] = shared["KmsKeyId"]
    if shared.get("DatabaseName"):
        shape["DBName"] = shared["DatabaseName"]
    if ctx.clock.now() >= instance.endpoint_from:
        shape["Endpoint"] = {
            "Address": endpoint_host(ctx, instance.name, ""),
            "Port": shared["Port"],
            "HostedZoneId": HOSTED_ZONES.get(ctx.region, HOSTED_ZONES["us-east-1"]),
            **databases.endpoint(cluster, instance.name),
        }
        shape["InstanceCreateTime"] = datetime.fromtimestamp(int(instance.endpoint_from), timezone.utc)
    return shape


# Create ------------------------------------------------------------------------------------------------------------


def _placement(ctx: Context, state: State, cluster: Cluster, params: Params) -> tuple[str, str]:
    """Zone and subnet: the one asked for, else where the cluster has the fewest members."""
    group = state.subnet_groups[cluster.subnet_group]
    zone = params.get("AvailabilityZone")
    if zone is None:
        taken = [member.zone for member in state.members(cluster)]
        usable = [z for z in sorted(group.zones) if z in cluster.fields["AvailabilityZones"]] or sorted(group.zones)
        zone = min(usable, key=lambda z: (taken.count(z), z))
    elif zone not in ec2.zones(ctx):
        raise invalid(f"Invalid availability zone: {zone}")
    elif zone not in group.zones:
        raise invalid(f"The availability zone {zone} is not covered by the DB subnet group {group.name}.")
    return zone, _subnet_in(group, zone)


def _subnet_in(group: SubnetGroup, zone: str) -> str:
    return next(subnet for subnet, its_zone in group.subnets.items() if its_zone == zone)


def _check_request(state: State, cluster: Cluster, params: Params) -> None:
    if params["Engine"] != cluster.fields["Engine"]:
        raise combination("The engine of the DB instance does not match the engine of its DB cluster.")
    version = params.get("EngineVersion", cluster.version)
    if version != cluster.version:
        raise combination(
            f"The engine version that you requested for your DB instance ({version}) does not match the engine version "
            f"of your DB cluster ({cluster.version})."
        )
    if params["DBInstanceClass"] not in catalogue.INSTANCE_CLASSES:
        raise invalid(f"Invalid DB Instance class: {params['DBInstanceClass']}")
    if params["DBInstanceClass"] == "db.serverless" and not cluster.fields.get("ServerlessV2ScalingConfiguration"):
        raise AWSError(
            "InvalidDBClusterStateFault",
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB "
            "instance.",
        )
    group = params.get("DBSubnetGroupName", cluster.subnet_group).lower()
    if group != cluster.subnet_group:
        raise combination(f"The DB subnet group {group} is not that of the DB cluster, {cluster.subnet_group}.")
    if params.get("MultiAZ"):
        raise combination("MultiAZ cannot be set for a member of an Aurora cluster.")
    check_tier(params)
    check_certificate(params)


def check_tier(params: Params) -> None:
    if not 0 <= params.get("PromotionTier", 1) <= 15:
        raise invalid(f"Invalid promotion tier: {params['PromotionTier']}. Must be between 0 and 15.")


def check_certificate(params: Params) -> None:
    name = params.get("CACertificateIdentifier", catalogue.DEFAULT_CA)
    if name not in catalogue.CA_CERTIFICATES:
        raise AWSError("CertificateNotFound", f"Certificate not found: {name}")


def instance_group(state: State, cluster: Cluster, name: str) -> str:
    group = find_parameter_group(state, name, cluster=False)
    family = catalogue.family_of(cluster.version)
    if group.family != family:
        raise combination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Use a parameter group with DBParameterGroupFamily {family}."
        )
    return group.name


def certificate(ctx: Context, name: str) -> dict[str, Any]:
    return {
        "CACertificateIdentifier": name,
        "CertificateDetails": {"CAIdentifier": name, "ValidTill": datetime(2061, 5, 25, tzinfo=timezone.utc)},
    }


@operation(SERVICE, "CreateDBInstance")
def create_instance(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    name = identifier("DBInstanceIdentifier", params["DBInstanceIdentifier"])
    if "DBClusterIdentifier" not in params:
        raise combination("The sandbox makes DB instances in Aurora clusters only: DBClusterIdentifier is missing.")
    if name in state.instances:
        raise AWSError("DBInstanceAlreadyExists", "DB instance already exists")
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    refuse_clusters_own(params)
    require_available(cluster)
    _check_request(state, cluster, params)
    group = instance_group(
        state, cluster, params.get("DBParameterGroupName", f"default.{catalogue.family_of(cluster.version)}")
    )
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    zone, subnet = _placement(ctx, state, cluster, params)
    inherited = {key: cluster.fields.get(key) for key in ("MonitoringInterval", "MonitoringRoleArn")}
    monitoring = check_monitoring(ctx, params, inherited)
    fields: dict[str, Any] = {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": arn(ctx, SERVICE, f"db:{name}"),
        "DbiResourceId": f"db-{resource_token()}",
        "DBInstanceClass": params["DBInstanceClass"],
        "Engine": catalogue.ENGINE,
        "EngineVersion": cluster.version,
        "AllocatedStorage": 1,
        "StorageThroughput": 0,
        "DBSecurityGroups": [],
        "AvailabilityZone": zone,
        "PreferredMaintenanceWindow": maintenance_window(
            params.get("PreferredMaintenanceWindow", cluster.fields["PreferredMaintenanceWindow"])
        ),
        "MultiAZ": False,
        "AutoMinorVersionUpgrade": params.get("AutoMinorVersionUpgrade", True),
        "ReadReplicaDBInstanceIdentifiers": [],
        "LicenseModel": "postgresql-license",
        "OptionGroupMemberships": [{
            "OptionGroupName": f"default:{catalogue.ENGINE}-{catalogue.major(cluster.version)}", "Status": "in-sync",
        }],
        "PubliclyAccessible": params.get("PubliclyAccessible", False),
        "DbInstancePort": 0,
        "DomainMemberships": [],
        "CopyTagsToSnapshot": False,
        "PromotionTier": params.get("PromotionTier", 1),
        "DeletionProtection": False,
        "AssociatedRoles": [],
        "CustomerOwnedIpEnabled": False,
        "NetworkType": "IPV4",
        "BackupTarget": "region",
        "DedicatedLogVolume": False,
        **certificate(ctx, params.get("CACertificateIdentifier", catalogue.DEFAULT_CA)),
        **check_insights(ctx, params, cluster.fields),
        **monitoring,
        **monitoring_stream(ctx, monitoring, name),
    }  # fmt: skip
    steps: list[tuple[str, float | None]] = [("creating", lifecycle.INSTANCE_CREATING)]
    if monitoring["MonitoringInterval"]:
        steps.append(("configuring-enhanced-monitoring", lifecycle.INSTANCE_CONFIGURING))
    timeline = Timeline(ctx.clock, [*steps, ("available", None)])
    instance = Instance(fields, timeline, tags, cluster.name, group, subnet)
    instance.endpoint_from = timeline.started + lifecycle.INSTANCE_CREATING
    state.instances[name] = instance
    if cluster.writer is None:
        cluster.writer = name
    lifecycle.boot(state, cluster, instance)
    ec2.attach_interface(
        ctx, instance.arn, subnet, cluster.security_groups, "RDSNetworkInterface", "interface", "amazon-rds"
    )

    def ready() -> None:
        state.record(instance, "DB instance created.", "creation", timeline.ends())
        lifecycle.export_logs(ctx, state, cluster)

    lifecycle.later(ctx, instance, timeline.ends() - timeline.started, ready)
    return {"DBInstance": render_instance(ctx, state, instance)}


def monitoring_stream(ctx: Context, monitoring: dict[str, Any], name: str) -> dict[str, Any]:
    if not monitoring["MonitoringInterval"]:
        return {"EnhancedMonitoringResourceArn": None}
    stream = arn(ctx, "logs", f"log-group:RDSOSMetrics:log-stream:{name}")
    return {"EnhancedMonitoringResourceArn": stream}


# Describe ----------------------------------------------------------------------------------------------------------

FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-instance-id": "DBInstanceIdentifier",
    "dbi-resource-id": "DbiResourceId",
    "domain": "DomainMemberships.Domain",
    "engine": "Engine",
}


@operation(SERVICE, "DescribeDBInstances")
def describe_instances(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    if name := params.get("DBInstanceIdentifier"):
        found = [find_instance(state, name)]
    else:
        found = list(state.instances.values())
    filters = params.get("Filters")
    matching = [
        i for i in found
        if matches_filters({**i.fields, "DBClusterIdentifier": i.cluster}, i.arn, filters, FILTERS)
    ]  # fmt: skip
    return {"DBInstances": [render_instance(ctx, state, instance) for instance in matching]}

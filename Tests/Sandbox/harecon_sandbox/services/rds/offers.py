# SPDX-License-Identifier: Apache-2.0
"""What of RDS an account can have: versions that are not retired, classes by zone, and as many as its quotas allow.

Settings: `retired_versions` (none), a list; `class_zones` (all), `{"db.serverless": ["us-east-1a"]}`; `quotas`.
"""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context, Params, Result, before, operation
from harecon_sandbox.services import ec2, quotas

from . import catalogue
from .lifecycle import current
from .state import SERVICE, combination


def versions(ctx: Context) -> list[str]:
    """The versions that something new can be made with."""
    retired = ctx.settings.get("retired_versions") or ()
    return [version for version in catalogue.VERSIONS if version not in retired]


def zones(ctx: Context, size: str) -> list[str]:
    """The zones in which there are instances of the class."""
    given = ctx.settings.get("class_zones") or {}
    return [zone for zone in ec2.zones(ctx) if zone in given.get(size, [zone])]


@before(SERVICE, "CreateDBCluster")
def check_cluster(ctx: Context, params: Params) -> None:
    version = params.get("EngineVersion")
    if version in catalogue.VERSIONS and version not in versions(ctx):
        raise combination(f"Cannot find version {version} for {params['Engine']}")
    clusters = current(ctx).clusters
    if params["DBClusterIdentifier"].lower() not in clusters and len(clusters) >= quotas.CLUSTERS.value(ctx.settings):
        raise AWSError("DBClusterQuotaExceededFault", "DB Cluster quota exceeded")


@before(SERVICE, "ModifyDBCluster")
def check_target(ctx: Context, params: Params) -> None:
    """A cluster stays with a retired version, and none moves to it."""
    cluster = current(ctx).clusters.get(params["DBClusterIdentifier"].lower())
    version = params.get("EngineVersion")
    if cluster and version != cluster.version and version in catalogue.VERSIONS and version not in versions(ctx):
        raise combination(f"Cannot find version {version} for {catalogue.ENGINE}")


@before(SERVICE, "CreateDBInstance")
def check_instance(ctx: Context, params: Params) -> None:
    instances = current(ctx).instances
    if params["DBInstanceIdentifier"].lower() in instances:
        return
    size, zone = params["DBInstanceClass"], params.get("AvailabilityZone")
    if zone in ec2.zones(ctx) and zone not in zones(ctx, size):
        raise combination(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={size}, Engine={params['Engine']}, AvailabilityZone={zone}."
        )
    if len(instances) >= quotas.INSTANCES.value(ctx.settings):
        raise AWSError("InstanceQuotaExceeded", "DB Instance quota exceeded")


@before(SERVICE, "CreateDBClusterParameterGroup", "CreateDBParameterGroup")
def check_group(ctx: Context, params: Params) -> None:
    of_cluster = ctx.operation == "CreateDBClusterParameterGroup"
    groups = current(ctx).cluster_groups if of_cluster else current(ctx).groups
    name = params["DBClusterParameterGroupName" if of_cluster else "DBParameterGroupName"].lower()
    most = (quotas.CLUSTER_GROUPS if of_cluster else quotas.GROUPS).value(ctx.settings)
    if name not in groups and sum(not group.is_default for group in groups.values()) >= most:
        raise AWSError("DBParameterGroupQuotaExceeded", "Quota of parameter groups exceeded")


@before(SERVICE, "CreateDBSubnetGroup")
def check_subnet_group(ctx: Context, params: Params) -> None:
    groups = current(ctx).subnet_groups
    if params["DBSubnetGroupName"].lower() not in groups and len(groups) >= quotas.SUBNET_GROUPS.value(ctx.settings):
        raise AWSError("DBSubnetGroupQuotaExceeded", "Quota of DB subnet groups exceeded")


@operation(SERVICE, "DescribeAccountAttributes")
def describe_account(ctx: Context, params: Params) -> Result:
    state = current(ctx)

    def most(quota: quotas.Quota) -> int:
        return quota.value(ctx.settings)

    used = {
        "DBClusters": (len(state.clusters), most(quotas.CLUSTERS)),
        "DBInstances": (len(state.instances), most(quotas.INSTANCES)),
        "DBClusterParameterGroups": (
            sum(not g.is_default for g in state.cluster_groups.values()), most(quotas.CLUSTER_GROUPS),
        ),
        "DBParameterGroups": (sum(not g.is_default for g in state.groups.values()), most(quotas.GROUPS)),
        "DBSubnetGroups": (len(state.subnet_groups), most(quotas.SUBNET_GROUPS)),
        "SubnetsPerDBSubnetGroup": (max((len(g.subnets) for g in state.subnet_groups.values()), default=0), 20),
        "ManualClusterSnapshots": (len(state.snapshots), 100),
    }  # fmt: skip
    return {
        "AccountQuotas": [
            {"AccountQuotaName": name, "Used": count, "Max": limit} for name, (count, limit) in used.items()
        ]
    }

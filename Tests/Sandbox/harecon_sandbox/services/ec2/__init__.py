# SPDX-License-Identifier: Apache-2.0
"""EC2's network: VPC, subnet, route table, security group, endpoint, interface, tags.

These kinds are kept here and not in the emulator, so that each has the states, dependencies and filters of AWS; the
emulator answers what is not listed here (gateways, prefix lists, zones).
"""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, before
from harecon_sandbox.services.common import arn

from . import (  # noqa: F401  (each registers its operations)
    endpoint_services, endpoints, flow_logs, routes, security_groups, tags, vpcs,
)  # fmt: skip
from .security_groups import default_group  # noqa: F401
from .state import (  # noqa: F401  (what other services use)
    HOLDERS,
    KINDS,
    SERVICE,
    Network,
    Resource,
    attach_interface,
    interfaces_of,
    network,
    regroup_interfaces,
    release_interfaces,
    zones,
)


@before(SERVICE, "*")
def refuse_dry_run(ctx: Context, params: Params) -> None:
    if params.get("DryRun"):
        raise AWSError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def _given_by_aws(net: Network, resource: Resource) -> bool:
    """Whether AWS made the resource by itself, so that nobody has to delete it."""
    default_vpcs = {vpc.id for vpc in net.all("vpc") if vpc.shape["IsDefault"]}
    if resource.id in default_vpcs or resource.shape.get("VpcId") in default_vpcs and not resource.tags:
        return resource.kind != "security-group" or resource.shape["GroupName"] == "default"
    if resource.kind == "route-table":
        return routes.is_main(resource)
    if resource.kind == "security-group":
        return bool(resource.shape["GroupName"] == "default")
    if resource.kind == "security-group-rule":
        group = net.kinds["security-group"].get(resource.shape["GroupId"])
        untouched = security_groups.EVERYWHERE["IpRanges"][0]["CidrIp"] == resource.shape.get("CidrIpv4")  # type: ignore[index]
        egress = resource.shape["IsEgress"] and resource.shape["IpProtocol"] == "-1" and untouched
        return group is None or group.shape["GroupName"] == "default" or (egress and not resource.tags)
    return False


def inventory(ctx: Context) -> list[dict[str, Any]]:
    net = network(ctx)
    return [
        {
            "kind": f"ec2/{kind}",
            "id": resource.id,
            "name": resource.tags.get("Name")
            or resource.shape.get("GroupName")
            or resource.shape.get("Description", ""),
            "arn": arn(ctx, SERVICE, f"{kind}/{resource.id}"),
            "tags": dict(resource.tags),
            "status": resource.status(),
        }
        for kind in KINDS
        for resource in net.all(kind)
        if not _given_by_aws(net, resource)
    ]

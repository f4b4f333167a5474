# SPDX-License-Identifier: Apache-2.0
"""Endpoints of clusters: the two that each has, and custom ones that lead to some of its instances."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import Tags, arn, tags_from

from .checks import matches_filters
from .clusters import endpoint_host, find_cluster, require_available
from .instances import find_instance
from .lifecycle import current
from .state import SERVICE, Cluster, State, check_rds_tags, combination, identifier, invalid

CREATING = 40.0
MODIFYING = 30.0
DELETING = 20.0
MOST = 5

FILTERS = {
    "db-cluster-endpoint-type": "EndpointType",
    "db-cluster-endpoint-custom-type": "CustomEndpointType",
    "db-cluster-endpoint-status": "Status",
    "db-cluster-endpoint-id": "DBClusterEndpointIdentifier",
}


@dataclass
class Endpoint:
    name: str
    cluster: str
    kind: str
    static: list[str]
    excluded: list[str]
    arn: str
    timeline: Timeline
    tags: Tags
    resource: str = field(default_factory=lambda: "cluster-endpoint-" + secrets.token_hex(13).upper())


def endpoints(ctx: Context) -> dict[str, Endpoint]:
    """Those that are there: what was deleted, or whose cluster is gone, is not."""
    held: dict[str, Endpoint] = ctx.keep("rds-endpoints", dict)
    clusters = current(ctx).clusters
    for name, endpoint in list(held.items()):
        if endpoint.cluster not in clusters or (endpoint.timeline.settled() and endpoint.timeline.gone()):
            del held[name]
    return held


def find_endpoint(ctx: Context, name: str) -> Endpoint:
    found = endpoints(ctx).get(name.lower())
    if found is None:
        raise AWSError("DBClusterEndpointNotFoundFault", f"DBClusterEndpoint {name} not found.")
    return found


def _render(ctx: Context, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "DBClusterEndpointIdentifier": endpoint.name,
        "DBClusterIdentifier": endpoint.cluster,
        "DBClusterEndpointResourceIdentifier": endpoint.resource,
        "Endpoint": endpoint_host(ctx, endpoint.name, "cluster-custom-"),
        "Status": endpoint.timeline.status(),
        "EndpointType": "CUSTOM",
        "CustomEndpointType": endpoint.kind,
        "StaticMembers": list(endpoint.static),
        "ExcludedMembers": list(endpoint.excluded),
        "DBClusterEndpointArn": endpoint.arn,
    }


def _own(ctx: Context, cluster: Cluster) -> list[dict[str, Any]]:
    """The two that a cluster has by itself; they have no identifiers."""
    status = "available" if cluster.timeline.settled() else cluster.timeline.status()
    return [
        {
            "DBClusterIdentifier": cluster.name,
            "Endpoint": endpoint_host(ctx, cluster.name, kind),
            "Status": status,
            "EndpointType": word,
        }
        for kind, word in (("cluster-", "WRITER"), ("cluster-ro-", "READER"))
    ]


def _type(value: str, *, creating: bool) -> str:
    if value not in ("READER", "ANY"):
        others = " WRITER is not supported for custom endpoints." if creating and value == "WRITER" else ""
        raise invalid(f"Invalid endpoint type: {value}. It is READER or ANY.{others}")
    return value


def _members(state: State, cluster: Cluster, params: Params, endpoint: Endpoint | None) -> tuple[list[str], list[str]]:
    lists = []
    for member, kept in (
        ("StaticMembers", endpoint.static if endpoint else []),
        ("ExcludedMembers", endpoint.excluded if endpoint else []),
    ):
        names = [name.lower() for name in params.get(member, kept) or ()]
        for name in names:
            if find_instance(state, name).cluster != cluster.name:
                raise combination(f"The instance {name} is not a member of the cluster {cluster.name}.")
        lists.append(sorted(set(names)))
    if lists[0] and lists[1]:
        raise combination("StaticMembers and ExcludedMembers cannot be specified together.")
    return lists[0], lists[1]


@operation(SERVICE, "CreateDBClusterEndpoint")
def create_endpoint(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    cluster = find_cluster(state, params["DBClusterIdentifier"])
    name = identifier("DBClusterEndpointIdentifier", params["DBClusterEndpointIdentifier"])
    if name in endpoints(ctx):
        raise AWSError("DBClusterEndpointAlreadyExistsFault", f"DBClusterEndpoint {name} already exists.")
    if sum(e.cluster == cluster.name for e in endpoints(ctx).values()) >= MOST:
        raise AWSError("DBClusterEndpointQuotaExceededFault", f"The cluster {cluster.name} has {MOST} endpoints.")
    require_available(cluster)
    kind = _type(params["EndpointType"], creating=True)
    static, excluded = _members(state, cluster, params, None)
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    endpoints(ctx)[name] = made = Endpoint(
        name, cluster.name, kind, static, excluded, arn(ctx, SERVICE, f"cluster-endpoint:{name}"),
        Timeline(ctx.clock, [("creating", CREATING), ("available", None)]), tags,
    )  # fmt: skip
    return _render(ctx, made)


@operation(SERVICE, "ModifyDBClusterEndpoint")
def modify_endpoint(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    endpoint = find_endpoint(ctx, params["DBClusterEndpointIdentifier"])
    _require_endpoint_available(endpoint)
    cluster = find_cluster(state, endpoint.cluster)
    require_available(cluster)
    static, excluded = _members(state, cluster, params, endpoint)
    endpoint.kind = _type(params.get("EndpointType", endpoint.kind), creating=False)
    endpoint.static, endpoint.excluded = static, excluded
    endpoint.timeline = Timeline(ctx.clock, [("modifying", MODIFYING), ("available", None)])
    return _render(ctx, endpoint)


def _require_endpoint_available(endpoint: Endpoint) -> None:
    if endpoint.timeline.status() != "available":
        message = f"DBClusterEndpoint {endpoint.name} is not in available state."
        raise AWSError("InvalidDBClusterEndpointStateFault", message)


@operation(SERVICE, "DeleteDBClusterEndpoint")
def delete_endpoint(ctx: Context, params: Params) -> Result:
    endpoint = find_endpoint(ctx, params["DBClusterEndpointIdentifier"])
    _require_endpoint_available(endpoint)
    endpoint.timeline = Timeline(ctx.clock, [("deleting", DELETING), (Timeline.GONE, None)])
    return _render(ctx, endpoint)


@operation(SERVICE, "DescribeDBClusterEndpoints")
def describe_endpoints(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    wanted = params.get("DBClusterIdentifier")
    clusters = [find_cluster(state, wanted)] if wanted else list(state.clusters.values())
    names = {cluster.name for cluster in clusters}
    shapes = [_render(ctx, e) for e in endpoints(ctx).values() if e.cluster in names]
    if name := params.get("DBClusterEndpointIdentifier"):
        shapes = [_render(ctx, find_endpoint(ctx, name))]
    else:
        shapes += [shape for cluster in clusters for shape in _own(ctx, cluster)]
    return {"DBClusterEndpoints": [s for s in shapes if matches_filters(s, "", params.get("Filters"), FILTERS)]}

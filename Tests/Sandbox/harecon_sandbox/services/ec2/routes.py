# SPDX-License-Identifier: Apache-2.0
"""Route tables, their associations and their routes."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, hex_id

from .state import (
    SERVICE,
    Filters,
    Network,
    Resource,
    canonical_cidr,
    dependency,
    described,
    invalid,
    network,
    tags_for,
    with_tags,
)


def is_main(table: Resource) -> bool:
    return any(association["Main"] for association in table.shape["Associations"])


def add_route_table(ctx: Context, net: Network, vpc: Resource, tags: Tags, main: bool = False) -> Resource:
    identifier = hex_id("rtb")
    shape: dict[str, Any] = {
        "RouteTableId": identifier,
        "VpcId": vpc.id,
        "OwnerId": ctx.account,
        "Associations": [],
        "PropagatingVgws": [],
        "Routes": [
            {
                "DestinationCidrBlock": vpc.shape["CidrBlock"],
                "GatewayId": "local",
                "Origin": "CreateRouteTable",
                "State": "active",
            }
        ],
    }
    if main:
        shape["Associations"].append(_association(identifier, None))
    return net.add(Resource(identifier, "route-table", shape, tags))


def _association(table: str, subnet: str | None) -> dict[str, Any]:
    association: dict[str, Any] = {
        "RouteTableAssociationId": hex_id("rtbassoc"),
        "RouteTableId": table,
        "Main": subnet is None,
        "AssociationState": {"State": "associated"},
    }
    if subnet:
        association["SubnetId"] = subnet
    return association


@operation(SERVICE, "CreateRouteTable")
def create_route_table(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    vpc = net.find("vpc", params["VpcId"])
    token = params.get("ClientToken")
    if token and (known := net.tokens.get(token)):
        if known[0] != params:
            raise AWSError("IdempotentParameterMismatch", "The client token was used with other parameters.")
        if known[1] in net.kinds["route-table"]:
            return {"RouteTable": with_tags(net.find("route-table", known[1])), "ClientToken": token}
    table = add_route_table(ctx, net, vpc, tags_for(params, "route-table"))
    if token:
        net.tokens[token] = (dict(params), table.id)
    return {"RouteTable": with_tags(table), **({"ClientToken": token} if token else {})}


ROUTE_TABLE_FILTERS: Filters = {
    "association.gateway-id": "Associations.GatewayId",
    "association.main": "Associations.Main",
    "association.route-table-association-id": "Associations.RouteTableAssociationId",
    "association.route-table-id": "Associations.RouteTableId",
    "association.subnet-id": "Associations.SubnetId",
    "owner-id": "OwnerId",
    "route-table-id": "RouteTableId",
    "route.destination-cidr-block": "Routes.DestinationCidrBlock",
    "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
    "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
    "route.gateway-id": "Routes.GatewayId",
    "route.instance-id": "Routes.InstanceId",
    "route.nat-gateway-id": "Routes.NatGatewayId",
    "route.transit-gateway-id": "Routes.TransitGatewayId",
    "route.origin": "Routes.Origin",
    "route.state": "Routes.State",
    "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
    "vpc-id": "VpcId",
}


@operation(SERVICE, "DescribeRouteTables")
def describe_route_tables(ctx: Context, params: Params) -> Result:
    tables = described(ctx, params, "route-table", "RouteTableIds", ROUTE_TABLE_FILTERS, with_tags)
    return {"RouteTables": tables}


@operation(SERVICE, "DeleteRouteTable")
def delete_route_table(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    table = net.find("route-table", params["RouteTableId"])
    endpoints = [e for e in net.all("vpc-endpoint") if table.id in e.shape["RouteTableIds"]]
    if table.shape["Associations"] or endpoints:
        raise dependency("routeTable", table.id)
    net.remove(table)
    return {}


@operation(SERVICE, "AssociateRouteTable")
def associate_route_table(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    table = net.find("route-table", params["RouteTableId"])
    if "SubnetId" not in params:
        raise AWSError("MissingParameter", "Either 'subnetId' or 'gatewayId' should be provided.")
    subnet = net.find("subnet", params["SubnetId"])
    if subnet.shape["VpcId"] != table.shape["VpcId"]:
        raise invalid(f"Route table {table.id} and subnet {subnet.id} belong to different networks")
    for other in net.all("route-table"):
        if any(a.get("SubnetId") == subnet.id for a in other.shape["Associations"]):
            raise AWSError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table.id} conflicts with an existing association",
            )
    association = _association(table.id, subnet.id)
    table.shape["Associations"].append(association)
    return {
        "AssociationId": association["RouteTableAssociationId"],
        "AssociationState": association["AssociationState"],
    }


def _find_association(net: Network, identifier: str) -> tuple[Resource, dict[str, Any]]:
    for table in net.all("route-table"):
        for association in table.shape["Associations"]:
            if association["RouteTableAssociationId"] == identifier:
                return table, association
    raise AWSError("InvalidAssociationID.NotFound", f"The association ID '{identifier}' does not exist")


@operation(SERVICE, "DisassociateRouteTable")
def disassociate_route_table(ctx: Context, params: Params) -> Result:
    table, association = _find_association(network(ctx), params["AssociationId"])
    if association["Main"]:
        raise invalid(f"cannot disassociate the main route table association {params['AssociationId']}")
    table.shape["Associations"].remove(association)
    return {}


@operation(SERVICE, "ReplaceRouteTableAssociation")
def replace_route_table_association(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    old, association = _find_association(net, params["AssociationId"])
    new = net.find("route-table", params["RouteTableId"])
    if old.shape["VpcId"] != new.shape["VpcId"]:
        raise invalid(f"Route table {new.id} and route table {old.id} belong to different networks")
    old.shape["Associations"].remove(association)
    fresh = _association(new.id, association.get("SubnetId"))
    new.shape["Associations"].append(fresh)
    return {"NewAssociationId": fresh["RouteTableAssociationId"], "AssociationState": fresh["AssociationState"]}


# Routes ------------------------------------------------------------------------------------------------------------

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = {
    "GatewayId": ("igw-", "vgw-", "local"),
    "NatGatewayId": ("nat-",),
    "TransitGatewayId": ("tgw-",),
    "NetworkInterfaceId": ("eni-",),
    "VpcPeeringConnectionId": ("pcx-",),
    "EgressOnlyInternetGatewayId": ("eigw-",),
    "InstanceId": ("i-",),
    "VpcEndpointId": ("vpce-",),
}


def _destination(params: Params) -> tuple[str, str]:
    given = [name for name in _DESTINATIONS if name in params]
    if len(given) != 1:
        raise AWSError("MissingParameter", "The request must contain exactly one destination.")
    name = given[0]
    value = params[name]
    return name, value if name == "DestinationPrefixListId" else canonical_cidr(value, "destinationCidrBlock")


def _target(params: Params) -> dict[str, str]:
    """The route's target.  What stands behind gateways is not this emulator's: their ids are taken by form."""
    given = [name for name in _TARGETS if name in params]
    if len(given) != 1:
        raise AWSError("MissingParameter", "The request must contain exactly one target.")
    name = given[0]
    if not params[name].startswith(_TARGETS[name]):
        raise invalid(f"Value ({params[name]}) for parameter {name[0].lower()}{name[1:]} is invalid.")
    return {"GatewayId" if name == "VpcEndpointId" else name: params[name]}


def _route(table: Resource, name: str, value: str) -> dict[str, Any] | None:
    return next((route for route in table.shape["Routes"] if route.get(name) == value), None)


@operation(SERVICE, "CreateRoute")
def create_route(ctx: Context, params: Params) -> Result:
    table = network(ctx).find("route-table", params["RouteTableId"])
    name, value = _destination(params)
    target = _target(params)
    if _route(table, name, value):
        raise AWSError("RouteAlreadyExists", f"The route identified by {value} already exists.")
    table.shape["Routes"].append({name: value, **target, "Origin": "CreateRoute", "State": "active"})
    return {"Return": True}


@operation(SERVICE, "ReplaceRoute")
def replace_route(ctx: Context, params: Params) -> Result:
    table = network(ctx).find("route-table", params["RouteTableId"])
    name, value = _destination(params)
    target = _target(params)
    route = _route(table, name, value)
    if route is None:
        raise AWSError("InvalidParameterValue", f"There is no route defined for '{value}' in the route table.")
    for key in _TARGETS:
        route.pop(key, None)
    route.update(target)
    return {}


@operation(SERVICE, "DeleteRoute")
def delete_route(ctx: Context, params: Params) -> Result:
    table = network(ctx).find("route-table", params["RouteTableId"])
    name, value = _destination(params)
    route = _route(table, name, value)
    if route is None:
        raise AWSError(
            "InvalidRoute.NotFound", f"no route with destination-cidr-block {value} in route table {table.id}"
        )
    if route.get("GatewayId") == "local":
        raise invalid(f"cannot remove local route {value} in route table {table.id}")
    table.shape["Routes"].remove(route)
    return {}

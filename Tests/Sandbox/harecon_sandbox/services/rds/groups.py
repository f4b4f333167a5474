# SPDX-License-Identifier: Apache-2.0
"""DB subnet groups, and the parameter groups of clusters and of instances."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import ec2
from harecon_sandbox.services.common import arn, tags_from

from . import catalogue
from .lifecycle import current
from .state import SERVICE, ParameterGroup, State, SubnetGroup, check_rds_tags, combination, identifier, invalid

# Subnet groups -----------------------------------------------------------------------------------------------------


def find_subnet_group(state: State, name: str) -> SubnetGroup:
    group = state.subnet_groups.get(name.lower())
    if group is None:
        raise AWSError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    return group


def _resolve_subnets(ctx: Context, identifiers: list[str]) -> tuple[str, dict[str, str]]:
    """The VPC of the subnets, and each subnet's zone."""
    net = ec2.network(ctx)
    known = net.kinds["subnet"]
    missing = [i for i in identifiers if i not in known]
    if missing:
        raise AWSError("InvalidSubnet", f"Some input subnets in :[{', '.join(missing)}] are invalid.")
    vpcs = {known[i].shape["VpcId"] for i in identifiers}
    if len(vpcs) != 1:
        raise invalid("Subnets are not in the same VPC.")
    subnets = {i: str(known[i].shape["AvailabilityZone"]) for i in identifiers}
    if len(set(subnets.values())) < 2:
        raise AWSError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(sorted(set(subnets.values())))}. Add subnets to cover at least 2 AZs.",
        )
    return vpcs.pop(), subnets


@operation(SERVICE, "CreateDBSubnetGroup")
def create_subnet_group(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    name = params["DBSubnetGroupName"].lower()
    if not re.fullmatch(r"[a-z0-9 ._-]{1,255}", name) or name == "default":
        raise invalid(f"The parameter DBSubnetGroupName is not a valid identifier: {name}")
    if name in state.subnet_groups:
        raise AWSError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    vpc, subnets = _resolve_subnets(ctx, params["SubnetIds"])
    group = SubnetGroup(
        name, params["DBSubnetGroupDescription"], arn(ctx, SERVICE, f"subgrp:{name}"), vpc, subnets, tags
    )
    state.subnet_groups[name] = group
    return {"DBSubnetGroup": group.shape()}


@operation(SERVICE, "DescribeDBSubnetGroups")
def describe_subnet_groups(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    if name := params.get("DBSubnetGroupName"):
        return {"DBSubnetGroups": [find_subnet_group(state, name).shape()]}
    return {"DBSubnetGroups": [group.shape() for group in state.subnet_groups.values()]}


def _users(state: State, group: SubnetGroup) -> list[str]:
    return [cluster.name for cluster in state.clusters.values() if cluster.subnet_group == group.name]


@operation(SERVICE, "ModifyDBSubnetGroup")
def modify_subnet_group(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    group = find_subnet_group(state, params["DBSubnetGroupName"])
    vpc, subnets = _resolve_subnets(ctx, params["SubnetIds"])
    if vpc != group.vpc:
        raise invalid("The new Subnets are not in the same Vpc as the existing subnet group")
    users = set(_users(state, group))
    for instance in state.instances.values():
        if instance.cluster in users and instance.subnet not in subnets:
            raise AWSError(
                "SubnetAlreadyInUse", f"The subnet {instance.subnet} is currently in use by {instance.name}."
            )
    group.subnets = subnets
    if "DBSubnetGroupDescription" in params:
        group.description = params["DBSubnetGroupDescription"]
    return {"DBSubnetGroup": group.shape()}


@operation(SERVICE, "DeleteDBSubnetGroup")
def delete_subnet_group(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    group = find_subnet_group(state, params["DBSubnetGroupName"])
    if users := _users(state, group):
        raise AWSError(
            "InvalidDBSubnetGroupStateFault",
            f"Cannot delete the subnet group '{group.name}' because at least one database instance: {users[0]} is "
            "still using it.",
        )
    del state.subnet_groups[group.name]
    return {}


# Parameter groups --------------------------------------------------------------------------------------------------


def find_parameter_group(state: State, name: str, *, cluster: bool) -> ParameterGroup:
    groups = state.cluster_groups if cluster else state.groups
    group = groups.get(name.lower())
    if group is None:
        word = "DBClusterParameterGroup" if cluster else "DBParameterGroup"
        raise AWSError("DBParameterGroupNotFound", f"{word} not found: {name}")
    return group


def _of_cluster(ctx: Context) -> bool:
    """Whether the call is about cluster parameter groups; each operation has a twin for instances."""
    return "Cluster" in ctx.operation


def _name_key(ctx: Context) -> str:
    return "DBClusterParameterGroupName" if _of_cluster(ctx) else "DBParameterGroupName"


def _group_shape(group: ParameterGroup) -> dict[str, str]:
    word = "DBClusterParameterGroup" if group.cluster else "DBParameterGroup"
    return {
        f"{word}Name": group.name,
        "DBParameterGroupFamily": group.family,
        "Description": group.description,
        f"{word}Arn": group.arn,
    }


@operation(SERVICE, "CreateDBClusterParameterGroup", "CreateDBParameterGroup")
def create_parameter_group(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    of_cluster = _of_cluster(ctx)
    groups = state.cluster_groups if of_cluster else state.groups
    name = identifier(_name_key(ctx), params[_name_key(ctx)], limit=255)
    family = params["DBParameterGroupFamily"]
    if family not in catalogue.FAMILIES:
        raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
    if name in groups:
        raise AWSError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    tags = tags_from(params.get("Tags"))
    check_rds_tags(tags, {})
    kind = "cluster-pg" if of_cluster else "pg"
    group = ParameterGroup(name, family, params["Description"], arn(ctx, SERVICE, f"{kind}:{name}"), tags, of_cluster)
    groups[name] = group
    return {"DBClusterParameterGroup" if of_cluster else "DBParameterGroup": _group_shape(group)}


@operation(SERVICE, "DescribeDBClusterParameterGroups", "DescribeDBParameterGroups")
def describe_parameter_groups(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    of_cluster = _of_cluster(ctx)
    if name := params.get(_name_key(ctx)):
        found = [find_parameter_group(state, name, cluster=of_cluster)]
    else:
        found = list((state.cluster_groups if of_cluster else state.groups).values())
    member = "DBClusterParameterGroups" if of_cluster else "DBParameterGroups"
    return {member: [_group_shape(group) for group in found]}


def _user_of(state: State, group: ParameterGroup) -> str | None:
    holders: list[Any] = list((state.clusters if group.cluster else state.instances).values())
    return next((holder.name for holder in holders if holder.group == group.name), None)


@operation(SERVICE, "DeleteDBClusterParameterGroup", "DeleteDBParameterGroup")
def delete_parameter_group(ctx: Context, params: Params) -> Result:
    state = current(ctx)
    of_cluster = _of_cluster(ctx)
    group = find_parameter_group(state, params[_name_key(ctx)], cluster=of_cluster)
    if group.is_default:
        raise AWSError("InvalidDBParameterGroupState", f"Default parameter group {group.name} cannot be deleted.")
    if _user_of(state, group):
        raise AWSError(
            "InvalidDBParameterGroupState",
            f"One or more database instances are still members of this parameter group {group.name}, so the group "
            "cannot be deleted",
        )
    del (state.cluster_groups if of_cluster else state.groups)[group.name]
    return {}


# Parameters --------------------------------------------------------------------------------------------------------


def _parameter_shape(parameter: catalogue.Parameter, group: ParameterGroup | None) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "ParameterName": parameter.name,
        "Description": f"Sets {parameter.name}.",
        "Source": parameter.source,
        "ApplyType": parameter.apply_type,
        "DataType": parameter.data_type,
        "IsModifiable": parameter.modifiable,
        "ApplyMethod": "pending-reboot",
        "SupportedEngineModes": ["provisioned"],
    }
    value = parameter.value
    if group is not None and parameter.name in group.values:
        value = group.values[parameter.name]
        shape |= {"Source": "user", "ApplyMethod": group.methods[parameter.name]}
    if value is not None:
        shape["ParameterValue"] = value
    if parameter.allowed is not None:
        shape["AllowedValues"] = parameter.allowed
    return shape


@operation(SERVICE, "DescribeDBClusterParameters", "DescribeDBParameters")
def describe_parameters(ctx: Context, params: Params) -> Result:
    group = find_parameter_group(current(ctx), params[_name_key(ctx)], cluster=_of_cluster(ctx))
    source = params.get("Source")
    if source not in (None, "user", "system", "engine-default"):
        raise invalid(f"Invalid source: {source}. Valid values are: user, system, engine-default")
    shapes = [_parameter_shape(parameter, group) for parameter in group.known.values()]
    return {"Parameters": [shape for shape in shapes if source in (None, shape["Source"])]}


@operation(SERVICE, "DescribeEngineDefaultClusterParameters", "DescribeEngineDefaultParameters")
def describe_engine_defaults(ctx: Context, params: Params) -> Result:
    family = params["DBParameterGroupFamily"]
    if family not in catalogue.FAMILIES:
        raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
    known = catalogue.CLUSTER_PARAMETERS if _of_cluster(ctx) else catalogue.INSTANCE_PARAMETERS
    shapes = [_parameter_shape(parameter, None) for parameter in known.values()]
    return {"EngineDefaults": {"DBParameterGroupFamily": family, "Parameters": shapes}}


def _modifiable_group(ctx: Context, params: Params) -> ParameterGroup:
    group = find_parameter_group(current(ctx), params[_name_key(ctx)], cluster=_of_cluster(ctx))
    if group.is_default:
        raise AWSError("InvalidDBParameterGroupState", f"Default parameter group {group.name} cannot be modified.")
    return group


def _checked(group: ParameterGroup, entry: Params) -> tuple[catalogue.Parameter, str]:
    """The parameter and how the change is to be applied."""
    name = entry.get("ParameterName", "")
    parameter = group.known.get(name)
    if parameter is None:
        raise invalid(f"Could not find parameter with name: {name}")
    if not parameter.modifiable:
        raise invalid(f"The parameter {name} cannot be modified.")
    method = entry.get("ApplyMethod")
    if method not in ("immediate", "pending-reboot"):
        raise invalid("The parameter ApplyMethod must be provided and must not be blank.")
    if method == "immediate" and parameter.apply_type == "static":
        raise combination("cannot use immediate apply method for static parameter")
    return parameter, method


def _check_count(parameters: list[Params]) -> None:
    if len(parameters) > 20:
        raise invalid("A maximum of 20 parameters can be modified in a single request.")


@operation(SERVICE, "ModifyDBClusterParameterGroup", "ModifyDBParameterGroup")
def modify_parameter_group(ctx: Context, params: Params) -> Result:
    group = _modifiable_group(ctx, params)
    _check_count(params["Parameters"])
    changes = []
    for entry in params["Parameters"]:
        parameter, method = _checked(group, entry)
        value = entry.get("ParameterValue")
        if value is None:
            raise invalid("The parameter ParameterValue must be provided and must not be blank.")
        if not parameter.accepts(value):
            raise invalid(
                f"Invalid parameter value: {value} for: {parameter.name} allowed values are: {parameter.allowed}"
            )
        changes.append((parameter.name, value, method))
    for name, value, method in changes:
        group.values[name] = value
        group.methods[name] = method
    return {_name_key(ctx): group.name}


@operation(SERVICE, "ResetDBClusterParameterGroup", "ResetDBParameterGroup")
def reset_parameter_group(ctx: Context, params: Params) -> Result:
    group = _modifiable_group(ctx, params)
    # For instance groups ResetAllParameters is true unless said otherwise; for cluster groups it must be said.
    if params.get("ResetAllParameters", not group.cluster and "Parameters" not in params):
        if "Parameters" in params:
            raise combination("ResetAllParameters and Parameters cannot both be given.")
        group.values.clear()
        group.methods.clear()
        return {_name_key(ctx): group.name}
    entries = params.get("Parameters")
    if not entries:
        raise combination("Either ResetAllParameters or a list of parameters must be given.")
    _check_count(entries)
    names = [_checked(group, entry)[0].name for entry in entries]
    for name in names:
        group.values.pop(name, None)
        group.methods.pop(name, None)
    return {_name_key(ctx): group.name}

# SPDX-License-Identifier: Apache-2.0
"""What a function can be set to, and what AWS refuses."""

from __future__ import annotations

import json
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation
from harecon_sandbox.services import ec2, iam, kms

from . import interfaces
from .state import SERVICE, invalid, require, require_changeable, require_revision

UPDATING, UPDATING_NETWORK = 3.0, 90.0
MAX_ENVIRONMENT = 4096
RUNTIMES = frozenset({"python3.10", "python3.11", "python3.12", "python3.13", "python3.14"})
RESERVED_NAMES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
#: Members that both calls take and that are answered as they are given.
PLAIN = ("Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize")


def complete(params: Params) -> dict[str, Any]:
    """A new function's settings, with AWS's own choice for what is left out."""
    blank: dict[str, Any] = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False},
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{params['FunctionName']}"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {},
    }
    return merge(blank, params)


def merge(shape: dict[str, Any], params: Params) -> dict[str, Any]:
    """The settings with what a call names changed; empty values take something away."""
    new = {**shape, **{member: params[member] for member in PLAIN if member in params}}
    if "Environment" in params:
        variables = params["Environment"].get("Variables") or {}
        new.pop("Environment", None)
        if variables:
            new["Environment"] = {"Variables": dict(variables)}
    if "KMSKeyArn" in params:
        new["KMSKeyArn"] = params["KMSKeyArn"]
    if not new.get("KMSKeyArn"):
        new.pop("KMSKeyArn", None)
    if "DeadLetterConfig" in params:
        new.pop("DeadLetterConfig", None)
        if params["DeadLetterConfig"].get("TargetArn"):
            new["DeadLetterConfig"] = dict(params["DeadLetterConfig"])
    if "VpcConfig" in params:
        new["VpcConfig"] = _network(params["VpcConfig"])
    for member in ("TracingConfig", "EphemeralStorage"):
        if member in params:
            new[member] = dict(params[member])
    if "LoggingConfig" in params:
        new["LoggingConfig"] = _logging(shape["LoggingConfig"], params["LoggingConfig"])
    return new


def _network(wanted: Params) -> dict[str, Any]:
    return {
        "SubnetIds": list(wanted.get("SubnetIds") or []),
        "SecurityGroupIds": list(wanted.get("SecurityGroupIds") or []),
        "Ipv6AllowedForDualStack": bool(wanted.get("Ipv6AllowedForDualStack", False)),
        "VpcId": "",
    }


def _logging(current: dict[str, Any], wanted: Params) -> dict[str, Any]:
    """Levels belong to JSON alone; a function whose format becomes JSON starts with INFO."""
    new = {**current, **wanted}
    if new["LogFormat"] == "Text":
        if "ApplicationLogLevel" in wanted or "SystemLogLevel" in wanted:
            raise invalid("LogLevel is not supported when LogFormat is set to 'Text'. Remove LogLevel or use JSON.")
        return {"LogFormat": "Text", "LogGroup": new["LogGroup"]}
    return {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **new}


def check_configuration(ctx: Context, shape: dict[str, Any]) -> None:
    if shape.get("Runtime") not in RUNTIMES:
        raise invalid(f"Value {shape.get('Runtime')} at 'runtime' failed to satisfy constraint")
    if shape["Timeout"] > 900:
        raise invalid(f"Value '{shape['Timeout']}' at 'timeout' failed to satisfy constraint: must be at most 900")
    if shape["MemorySize"] > 10_240:
        raise invalid("'MemorySize' value failed to satisfy constraint: Member must have value at most 10240")
    _check_environment(ctx, shape)
    _check_role(ctx, shape)
    _check_network(ctx, shape)


def _check_environment(ctx: Context, shape: dict[str, Any]) -> None:
    variables = shape.get("Environment", {}).get("Variables", {})
    could_not = "Lambda was unable to configure your environment variables because the environment variables you have"
    reserved = sorted(RESERVED_NAMES.intersection(variables))
    if reserved:
        raise invalid(
            f"{could_not} provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    # Quotes within a value count twice: the limit is on the whole as JSON, which the refusal shows.
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > MAX_ENVIRONMENT:
        raise invalid(f"{could_not} provided exceeded the 4KB limit. String measured: {measured}")
    if "KMSKeyArn" in shape:
        key = kms.find_key(ctx, shape["KMSKeyArn"])
        if key is None or key.key_state != "Enabled":
            raise invalid(
                "Lambda was unable to configure access to your environment variables because the KMS key is invalid "
                "for CreateGrant. Please check your KMS key settings."
            )


def check_may(ctx: Context, role: str, action: str) -> None:
    """Whether the role lets the function do what a setting of it needs."""
    if not iam.usable_by(ctx, role, "lambda.amazonaws.com", action):
        service, verb = action.split(":")
        raise invalid(f"The provided execution role does not have permissions to call {verb} on {service.upper()}")


def _check_role(ctx: Context, shape: dict[str, Any]) -> None:
    if not iam.assumable(ctx, shape["Role"], "lambda.amazonaws.com"):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")
    if "DeadLetterConfig" in shape:
        target = shape["DeadLetterConfig"]["TargetArn"]
        check_may(ctx, shape["Role"], "sqs:SendMessage" if ":sqs:" in target else "sns:Publish")
    if shape["VpcConfig"]["SubnetIds"]:
        check_may(ctx, shape["Role"], "ec2:CreateNetworkInterface")


def _check_network(ctx: Context, shape: dict[str, Any]) -> None:
    """Subnets and groups must be of one network, and both be named or none of them; the answer says which network."""
    network = shape["VpcConfig"]
    subnets, groups = network["SubnetIds"], network["SecurityGroupIds"]
    if bool(subnets) != bool(groups):
        raise invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    net = ec2.network(ctx)
    known_subnets = {subnet.id: subnet.shape["VpcId"] for subnet in net.all("subnet")}
    known_groups = {group.id: group.shape["VpcId"] for group in net.all("security-group")}
    for subnet in subnets:
        if subnet not in known_subnets:
            raise invalid(f"Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. {subnet}")
    for group in groups:
        if group not in known_groups:
            raise invalid(
                f"Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. {group}"
            )
    networks = {known_subnets[subnet] for subnet in subnets} | {known_groups[group] for group in groups}
    if len(networks) > 1:
        raise invalid("Security Groups are required to be in the same VPC as the subnets.")
    network["VpcId"] = next(iter(networks), "")


@operation(SERVICE, "UpdateFunctionConfiguration")
def update_function_configuration(ctx: Context, params: Params) -> Result:
    from .functions import begin_update

    function = require(ctx, params["FunctionName"])
    require_revision(params.get("RevisionId"), function.revision)
    require_changeable(function)
    shape = merge(function.shape, params)
    check_configuration(ctx, shape)
    made = False
    if shape["VpcConfig"] != function.shape["VpcConfig"]:
        interfaces.disconnect(ctx, function.arn)
        made = interfaces.connect(ctx, function.arn, shape["VpcConfig"])
    function.shape = shape
    begin_update(ctx, function, UPDATING_NETWORK if made else UPDATING)
    return function.describe()

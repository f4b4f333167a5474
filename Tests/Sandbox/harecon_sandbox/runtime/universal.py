# SPDX-License-Identifier: Apache-2.0
"""Targets that are any operation of AWS: `arn:aws:scheduler:::aws-sdk:fis:startExperiment`."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from harecon_sandbox import models
from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.common import arn

from . import deliveries
from .deliveries import Refused
from .life import Runtime
from .rights import role_may

PRINCIPAL = "scheduler.amazonaws.com"
#: Errors after which another attempt may go well.
PASSING = ("Throttling", "TooManyRequests", "ServiceUnavailable", "InternalServer", "RequestLimitExceeded")


def call(runtime: Runtime, ctx: Context, role: str, target: str, text: str) -> None:
    """Carries the operation out with the role's rights. Its input has the members' names with a capital letter."""
    service, verb = target.split(":aws-sdk:")[1].split(":")
    operation = verb[:1].upper() + verb[1:]
    if service not in models.service_names() or operation not in models.service_model(service).operation_names:
        raise Refused("NotImplemented", f"the sandbox's runtime does not know {service}:{verb}", 501)
    shape = models.operation_model(service, operation).input_shape
    given = json.loads(text)
    params: dict[str, Any] = {} if shape is None else _members(shape, given)
    if shape is not None and (report := ParamValidator().validate(params, shape)).has_errors():
        raise Refused("ValidationException", report.generate_report())
    for resource in _resources(ctx, service, operation, params):
        if not role_may(ctx, role, f"{service}:{operation}", resource, PRINCIPAL):
            message = f"User: {role} is not authorized to perform: {service}:{operation} on resource: {resource}"
            raise Refused("AccessDeniedException", message, 403)
    deliveries.meet_faults(runtime, ctx, service, operation)
    try:
        ctx.call(service, operation, params)
    except AWSError as error:
        kind = AWSError if any(word in error.code for word in PASSING) else Refused
        raise kind(error.code, error.message, error.status) from None


def _resources(ctx: Context, service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """What the role must have the right to; of operations that are not known here, that to anything."""
    if (service, operation) == ("fis", "StartExperiment"):
        template = arn(ctx, "fis", f"experiment-template/{params['experimentTemplateId']}")
        return [template, arn(ctx, "fis", "experiment/EXPnew")]
    return ["*"]


def _members(shape: Shape, value: Any) -> Any:
    """The value with the members' own names, which differ in the first letter's case; what is not known is refused."""
    match shape, value:
        case StructureShape(), dict():
            known = {name.lower(): name for name in shape.members}
            unknown = [name for name in value if name.lower() not in known or not name[:1].isupper()]
            if unknown:
                raise Refused("ValidationException", f"{unknown[0]} is no parameter of {shape.name}")
            return {known[k.lower()]: _members(shape.members[known[k.lower()]], v) for k, v in value.items()}
        case ListShape(), list():
            return [_members(shape.member, item) for item in value]
        case MapShape(), dict():
            return {key: _members(shape.value, item) for key, item in value.items()}
    return value

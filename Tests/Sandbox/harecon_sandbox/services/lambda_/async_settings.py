# SPDX-License-Identifier: Apache-2.0
"""What becomes of events that a function is sent and not waited for."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .configuration import check_may
from .state import SERVICE, Function, invalid, not_found, require, require_unqualified

ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction", "events": "events:PutEvents"}


def _settings(function: Function) -> dict[str, Any]:
    if function.async_settings is None:
        raise not_found(f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig")
    return function.async_settings


def _check_destinations(ctx: Context, function: Function, wanted: Params) -> None:
    for kind in ("OnSuccess", "OnFailure"):
        destination = (wanted.get(kind) or {}).get("Destination")
        if not destination:
            continue
        service = destination.split(":")[2] if destination.startswith("arn:") else ""
        if service not in ACTIONS or destination.endswith(".fifo"):
            raise invalid(f"The provided destination config DestinationConfig({kind}={destination}) is invalid.")
        check_may(ctx, function.shape["Role"], ACTIONS[service])


def _put(ctx: Context, params: Params, current: dict[str, Any]) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    settings = {**current, "FunctionArn": f"{function.arn}:$LATEST", "LastModified": ctx.clock.datetime()}
    for member in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        if member in params:
            settings[member] = params[member]
    if "DestinationConfig" in params:
        wanted = params["DestinationConfig"]
        _check_destinations(ctx, function, wanted)
        settings["DestinationConfig"] = {kind: dict(wanted.get(kind) or {}) for kind in ("OnSuccess", "OnFailure")}
    function.async_settings = settings
    return dict(settings)


@operation(SERVICE, "PutFunctionEventInvokeConfig")
def put_settings(ctx: Context, params: Params) -> Result:
    """Overwrites: what the call leaves out is left to AWS again."""
    return _put(ctx, params, {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}})


@operation(SERVICE, "UpdateFunctionEventInvokeConfig")
def update_settings(ctx: Context, params: Params) -> Result:
    return _put(ctx, params, _settings(require(ctx, params["FunctionName"])))


@operation(SERVICE, "GetFunctionEventInvokeConfig")
def get_settings(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    return dict(_settings(require(ctx, params["FunctionName"])))


@operation(SERVICE, "ListFunctionEventInvokeConfigs")
def list_settings(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    return {"FunctionEventInvokeConfigs": [] if function.async_settings is None else [dict(function.async_settings)]}


@operation(SERVICE, "DeleteFunctionEventInvokeConfig")
def delete_settings(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    _settings(function)
    function.async_settings = None
    return {}

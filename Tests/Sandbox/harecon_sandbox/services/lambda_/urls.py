# SPDX-License-Identifier: Apache-2.0
"""The URLs of functions."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .state import SERVICE, Function, conflict, not_found, require, require_unqualified, timestamp, url_id


def _url(function: Function) -> dict[str, Any]:
    if function.url is None:
        raise not_found("The resource you requested does not exist.")
    return function.url


@operation(SERVICE, "CreateFunctionUrlConfig")
def create_function_url(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    if function.url is not None:
        raise conflict(f"Failed to create function url config for [functionArn = {function.arn}]. Error message:  "
                       "FunctionUrlConfig exists for this Lambda function")  # fmt: skip
    now = timestamp(ctx)
    function.url = {
        "FunctionUrl": f"https://{url_id()}.lambda-url.{ctx.region}.on.aws/",
        "FunctionArn": function.arn,
        "AuthType": params["AuthType"],
        "InvokeMode": params.get("InvokeMode", "BUFFERED"),
        "CreationTime": now,
        "LastModifiedTime": now,
        **_cors(params),
    }
    return {member: value for member, value in function.url.items() if member != "LastModifiedTime"}


def _cors(params: Params) -> dict[str, Any]:
    """An empty one takes it away."""
    cors = {member: value for member, value in (params.get("Cors") or {}).items() if value not in ([], None)}
    return {"Cors": cors} if cors else {}


@operation(SERVICE, "GetFunctionUrlConfig")
def get_function_url(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    return dict(_url(require(ctx, params["FunctionName"])))


@operation(SERVICE, "ListFunctionUrlConfigs")
def list_function_urls(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    return {"FunctionUrlConfigs": [] if function.url is None else [dict(function.url)]}


@operation(SERVICE, "UpdateFunctionUrlConfig")
def update_function_url(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    url = _url(require(ctx, params["FunctionName"]))
    for member in ("AuthType", "InvokeMode"):
        if member in params:
            url[member] = params[member]
    if "Cors" in params:
        url.pop("Cors", None)
        url |= _cors(params)
    url["LastModifiedTime"] = timestamp(ctx)
    return dict(url)


@operation(SERVICE, "DeleteFunctionUrlConfig")
def delete_function_url(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    _url(function)
    function.url = None
    return {}

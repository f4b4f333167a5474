# SPDX-License-Identifier: Apache-2.0
"""Functions: made, listed, given new code, deleted; their tags and their share of concurrency."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import Tags, arn, check_tags

from . import interfaces
from .configuration import check_configuration, complete
from .state import (
    SERVICE,
    Function,
    conflict,
    find,
    functions_of,
    invalid,
    mappings_of,
    not_found,
    require,
    require_changeable,
    require_revision,
    require_unqualified,
    timestamp,
)

#: Simulated seconds until a new function is active, by itself and in a network that it has no interface in.
PENDING, PENDING_IN_NETWORK = 4.0, 90.0
UPDATING = 3.0
ACCOUNT_CONCURRENCY = 1000
UNRESERVED = 100
MAX_ZIP = 50 * 1024 * 1024


def _read_code(zip_file: Any) -> bytes:
    """The zip file, which must be one that Lambda can unpack."""
    data = zip_file if isinstance(zip_file, bytes) else base64.b64decode(zip_file)
    if len(data) > MAX_ZIP:
        raise invalid(f"Request must be smaller than {MAX_ZIP} bytes for the CreateFunction operation")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, ValueError):
        broken = "all of it"
    if broken is not None:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
    return data


def _code_members(code: bytes) -> dict[str, Any]:
    return {"CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(), "CodeSize": len(code)}


@operation(SERVICE, "CreateFunction")
def create_function(ctx: Context, params: Params) -> Result:
    name = params["FunctionName"]
    if find(ctx, name) is not None:
        raise conflict(f"Function already exist: {name}")
    if "ZipFile" not in params["Code"]:
        raise invalid("the sandbox takes code as a zip file only")
    check_tags(params.get("Tags") or {}, {}, invalid)
    shape = complete(params)
    check_configuration(ctx, shape)
    code = _read_code(params["Code"]["ZipFile"])
    function_arn = arn(ctx, SERVICE, f"function:{name}")
    shape |= {
        "FunctionName": name,
        "FunctionArn": function_arn,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "Architectures": params.get("Architectures", ["x86_64"]),
        "LastModified": timestamp(ctx),
        **_code_members(code),
    }
    made = interfaces.connect(ctx, function_arn, shape["VpcConfig"])
    pending = PENDING_IN_NETWORK if made else PENDING
    function = Function(
        name,
        function_arn,
        shape,
        code,
        dict(params.get("Tags") or {}),
        Timeline(ctx.clock, [("Pending", pending), ("Active", None)]),
        Timeline(ctx.clock, [("InProgress", pending), ("Successful", None)]),
    )
    functions_of(ctx)[name] = function
    return function.describe()


@operation(SERVICE, "GetFunction")
def get_function(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    answer: Result = {
        "Configuration": function.describe(),
        "Code": {
            "RepositoryType": "S3",
            "Location": f"https://awslambda-{ctx.region}-tasks.s3.amazonaws.com/{function.name}",
        },
    }
    if function.tags:
        answer["Tags"] = dict(function.tags)
    if function.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return answer


@operation(SERVICE, "GetFunctionConfiguration")
def get_function_configuration(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    return require(ctx, params["FunctionName"]).describe()


@operation(SERVICE, "ListFunctions")
def list_functions(ctx: Context, params: Params) -> Result:
    """Neither tags nor concurrency, nor how an update goes."""
    hidden = {"State", "LastUpdateStatus"}
    return {
        "Functions": [
            {member: value for member, value in function.describe().items() if member not in hidden}
            for _, function in sorted(functions_of(ctx).items())
        ]
    }


@operation(SERVICE, "UpdateFunctionCode")
def update_function_code(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    if "ZipFile" not in params:
        raise invalid("the sandbox takes code as a zip file only")
    require_revision(params.get("RevisionId"), function.revision)
    require_changeable(function)
    code = _read_code(params["ZipFile"])
    shape = {**function.shape, **_code_members(code)}
    shape["Architectures"] = params.get("Architectures", shape["Architectures"])
    if params.get("DryRun"):
        return {**function.describe(), **shape}
    function.shape, function.code = shape, code
    begin_update(ctx, function, UPDATING)
    return function.describe()


def begin_update(ctx: Context, function: Function, seconds: float) -> None:
    function.shape["LastModified"] = timestamp(ctx)
    function.update = Timeline(ctx.clock, [("InProgress", seconds), ("Successful", None)])
    function.touch()


@operation(SERVICE, "DeleteFunction")
def delete_function(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    # Its mappings stay: AWS deletes none of them.
    interfaces.disconnect(ctx, function.arn)
    del functions_of(ctx)[function.name]
    return {}


# Concurrency -------------------------------------------------------------------------------------------------------


def _reserved_by_others(ctx: Context, function: Function) -> int:
    return sum(f.reserved or 0 for f in functions_of(ctx).values() if f is not function)


@operation(SERVICE, "PutFunctionConcurrency")
def put_function_concurrency(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    if function.state.status() != "Active":
        require_changeable(function)
    wanted = params["ReservedConcurrentExecutions"]
    limit = int(ctx.settings.get("lambda_concurrency", ACCOUNT_CONCURRENCY))
    # Of a young account's ten or fifty all stay unreserved.
    least = min(UNRESERVED, limit)
    if limit - _reserved_by_others(ctx, function) - wanted < least:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{least}]."
        )
    function.reserved = wanted
    return {"ReservedConcurrentExecutions": wanted}


@operation(SERVICE, "GetFunctionConcurrency")
def get_function_concurrency(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


@operation(SERVICE, "DeleteFunctionConcurrency")
def delete_function_concurrency(ctx: Context, params: Params) -> Result:
    require(ctx, params["FunctionName"]).reserved = None
    return {}


@operation(SERVICE, "GetAccountSettings")
def get_account_settings(ctx: Context, params: Params) -> Result:
    functions = functions_of(ctx).values()
    limit = int(ctx.settings.get("lambda_concurrency", ACCOUNT_CONCURRENCY))
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": MAX_ZIP,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": limit - sum(f.reserved or 0 for f in functions),
        },
        "AccountUsage": {"TotalCodeSize": sum(len(f.code) for f in functions), "FunctionCount": len(functions)},
    }


# Tags --------------------------------------------------------------------------------------------------------------


def _tags_of(ctx: Context, resource: str) -> Tags:
    if ":event-source-mapping:" in resource:
        mapping = mappings_of(ctx).get(resource.rsplit(":", 1)[-1])
        if mapping is None:
            raise not_found("The resource you requested does not exist.")
        return mapping.tags
    return require(ctx, resource).tags


@operation(SERVICE, "TagResource")
def tag_resource(ctx: Context, params: Params) -> Result:
    tags = _tags_of(ctx, params["Resource"])
    check_tags(params["Tags"], tags, invalid)
    tags |= params["Tags"]
    return {}


@operation(SERVICE, "UntagResource")
def untag_resource(ctx: Context, params: Params) -> Result:
    tags = _tags_of(ctx, params["Resource"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTags")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"Tags": dict(_tags_of(ctx, params["Resource"]))}

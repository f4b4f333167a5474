# SPDX-License-Identifier: Apache-2.0
"""Who may call a function: the statements of its policy."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .state import (
    SERVICE,
    conflict,
    invalid,
    not_found,
    require,
    require_revision,
    require_unqualified,
)

MAX_POLICY = 20_480


def _principal(ctx: Context, text: str) -> Any:
    if text == "*":
        return "*"
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:{ctx.partition}:iam::{text}:root"}
    if re.fullmatch(r"arn:[a-z-]+:(iam|sts)::\d{12}:.+", text):
        return {"AWS": text}
    if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", text):
        return {"Service": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def _conditions(params: Params) -> dict[str, dict[str, str]]:
    conditions: dict[str, dict[str, str]] = {}
    for member, operator, key in (
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ):
        if member in params:
            conditions.setdefault(operator, {})[key] = params[member]
    if params.get("InvokedViaFunctionUrl"):
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    return conditions


@operation(SERVICE, "AddPermission")
def add_permission(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    sid = params["StatementId"]
    require_revision(params.get("RevisionId"), function.policy_revision)
    if sid in function.statements:
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    if "FunctionUrlAuthType" in params and params["Action"] != "lambda:InvokeFunctionUrl":
        raise invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
    if params.get("InvokedViaFunctionUrl") and params["Action"] != "lambda:InvokeFunction":
        raise invalid("InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action")
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(ctx, params["Principal"]),
        "Action": params["Action"],
        "Resource": function.arn,
    }
    conditions = _conditions(params)
    if conditions:
        statement["Condition"] = conditions
    if len(_policy({**function.statements, sid: statement})) > MAX_POLICY:
        raise AWSError(
            "PolicyLengthExceededException", f"The final policy size is bigger than the limit ({MAX_POLICY})."
        )
    function.statements[sid] = statement
    function.policy_revision = str(uuid.uuid4())
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def _policy(statements: dict[str, dict[str, Any]]) -> str:
    document = {"Version": "2012-10-17", "Id": "default", "Statement": list(statements.values())}
    return json.dumps(document, separators=(",", ":"))


@operation(SERVICE, "GetPolicy")
def get_policy(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    if not function.statements:
        raise not_found("The resource you requested does not exist.")
    return {"Policy": _policy(function.statements), "RevisionId": function.policy_revision}


@operation(SERVICE, "RemovePermission")
def remove_permission(ctx: Context, params: Params) -> Result:
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    sid = params["StatementId"]
    if sid not in function.statements:
        raise not_found(f"Statement {sid} is not found in resource policy.")
    require_revision(params.get("RevisionId"), function.policy_revision)
    del function.statements[sid]
    function.policy_revision = str(uuid.uuid4())
    return {}

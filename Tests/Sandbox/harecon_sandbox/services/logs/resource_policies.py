# SPDX-License-Identifier: Apache-2.0
"""Resource policies of the account, by which services of AWS may write to its groups."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .groups import SERVICE, invalid

MAX_POLICIES = 10
ACTIONS = frozenset({"logs:PutLogEvents", "logs:CreateLogStream", "logs:*", "logs:Put*", "logs:Create*"})
SID = re.compile(r"[A-Za-z0-9]*")


def policies_of(ctx: Context) -> dict[str, dict[str, Any]]:
    return ctx.keep("logs/resource-policies", dict)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_document(text: str) -> None:
    """Statements for services, with actions that such a policy can give. Whether `Sid` may have more than letters and
    digits is not documented: it may not."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), (list, dict)):
        raise invalid("Invalid Policy Document")
    for statement in _many(document["Statement"]):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise invalid("Invalid Policy Document: Effect")
        if not isinstance(statement.get("Principal"), dict) or "Resource" not in statement:
            raise invalid("Invalid Policy Document: Principal and Resource are needed")
        if not SID.fullmatch(statement.get("Sid", "")):
            raise invalid("Invalid Policy Document: Sid")
        if not set(_many(statement.get("Action", []))) <= ACTIONS or not statement.get("Action"):
            raise invalid("Invalid Policy Document: Action")


@operation(SERVICE, "PutResourcePolicy")
def put_policy(ctx: Context, params: Params) -> Result:
    if "resourceArn" in params:
        raise AWSError("InvalidOperationException", "the sandbox knows no policies of single groups")
    for member in ("policyName", "policyDocument"):
        if member not in params:
            raise invalid(f"{member} is required")
    _check_document(params["policyDocument"])
    policies, name = policies_of(ctx), params["policyName"]
    if name not in policies and len(policies) >= MAX_POLICIES:
        raise AWSError("LimitExceededException", "Resource limit exceeded.")
    policies[name] = {
        "policyName": name,
        "policyDocument": params["policyDocument"],
        "lastUpdatedTime": int(ctx.clock.now() * 1000),
        "policyScope": "ACCOUNT",
    }
    return {"resourcePolicy": policies[name]}


@operation(SERVICE, "DescribeResourcePolicies")
def describe_policies(ctx: Context, params: Params) -> Result:
    if params.get("policyScope", "ACCOUNT") != "ACCOUNT" or "resourceArn" in params:
        return {"resourcePolicies": []}
    return {"resourcePolicies": [policy for _, policy in sorted(policies_of(ctx).items())]}


@operation(SERVICE, "DeleteResourcePolicy")
def delete_policy(ctx: Context, params: Params) -> Result:
    if policies_of(ctx).pop(params.get("policyName", ""), None) is None:
        raise AWSError("ResourceNotFoundException", "The specified resource policy does not exist.")
    return {}

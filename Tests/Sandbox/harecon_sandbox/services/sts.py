# SPDX-License-Identifier: Apache-2.0
"""STS: who calls, and roles that must exist, be visible and trust the caller."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import arn, wildcard_match

SERVICE = "sts"
USER = "user/sandbox"


@operation(SERVICE, "GetCallerIdentity")
def caller_identity(ctx: Context, params: Params) -> Result:
    answer = ctx.emulate(SERVICE, "GetCallerIdentity", params)
    if answer["Arn"].endswith(":user/moto"):
        # A standing key of the sandbox belongs to one user of its account.
        user_arn = arn(ctx, "iam", USER, region="")
        return {"UserId": f"AIDA{ctx.account}SANDBOX", "Account": ctx.account, "Arn": user_arn}
    return answer


def _denied(ctx: Context, action: str, role_arn: str, who: str) -> AWSError:
    return AWSError("AccessDenied", f"User: {who} is not authorized to perform: {action} on resource: {role_arn}", 403)


def _role(ctx: Context, role_arn: str) -> Any | None:
    """The role, when it exists and is visible."""
    match = re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):role/.+", role_arn)
    if match is None:
        raise AWSError("ValidationError", f"{role_arn} is invalid", 400)
    role = iam.find_role(ctx, role_arn, match[1])
    return role if role is not None and iam.visible(ctx, role) else None


def _check_duration(role: Any, params: Params) -> None:
    seconds = params.get("DurationSeconds", 3600)
    longest = int(role.max_session_duration or 3600)
    if not 900 <= seconds <= longest:
        raise AWSError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400
        )


@operation(SERVICE, "AssumeRole")
def assume_role(ctx: Context, params: Params) -> Result:
    caller = caller_identity(ctx, {})["Arn"]
    role = _role(ctx, params["RoleArn"])
    if role is None or not _trusts(role, caller, params):
        raise _denied(ctx, "sts:AssumeRole", params["RoleArn"], caller)
    _check_duration(role, params)
    return ctx.emulate(SERVICE, "AssumeRole", params)


def _trusts(role: Any, caller: str, params: Params) -> bool:
    """Whether the trust policy names the caller, its role or its account, and its conditions hold."""
    document = iam.load_document(role.assume_role_policy_document)
    parts = caller.split(":", 5)
    account = parts[4]
    names = {"*", account, f"arn:{parts[1]}:iam::{account}:root", caller}
    if parts[5].startswith("assumed-role/"):
        role_name = parts[5].split("/")[1]
        names.add(f"arn:{parts[1]}:iam::{account}:role/{role_name}")
    facts = {"sts:externalid": [params["ExternalId"]]} if "ExternalId" in params else {}
    return document is not None and any(
        iam.action_allowed(s, "sts:AssumeRole")
        and names.intersection(iam.principals(s, "AWS"))
        and conditions_hold(s, facts)
        for s in iam.statements(document)
    )


def conditions_hold(statement: dict[str, Any], facts: dict[str, list[str]]) -> bool:
    """String conditions over the facts, whose names are in lower case; any other operator fails."""
    for operator, wanted in (statement.get("Condition") or {}).items():
        plain = operator.removeprefix("ForAnyValue:").removeprefix("ForAllValues:")
        for name, values in wanted.items():
            actual = facts.get(name.lower())
            patterns = iam.as_list(values)
            if plain == "StringEquals":
                fits = actual is not None and any(value in patterns for value in actual)
            elif plain == "StringLike":
                fits = actual is not None and any(wildcard_match(value, patterns) for value in actual)
            else:
                fits = False
            if not fits:
                return False
    return True


# Web identity ------------------------------------------------------------------------------------------------------


def _claims(token: str) -> dict[str, Any]:
    """The token's claims.  Its signature is not judged: the sandbox has no way to the provider's keys."""
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError("not three parts")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if not isinstance(claims, dict) or not all(name in claims for name in ("iss", "sub", "aud")):
            raise ValueError("claims are missing")
    except ValueError:
        raise AWSError(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            400,
        ) from None
    return claims


@operation(SERVICE, "AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(ctx: Context, params: Params) -> Result:
    claims = _claims(params["WebIdentityToken"])
    role_arn = params["RoleArn"]
    denied = AWSError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    role = _role(ctx, role_arn)
    if role is None:
        raise denied
    provider = _provider(ctx, role_arn.split(":")[4], claims)
    if claims.get("exp", 0) <= time.time():
        raise AWSError(
            "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time", 400
        )
    facts = {f"{provider.url}:{name}".lower(): iam.as_list(claims[name]) for name in ("aud", "sub")}
    document = iam.load_document(role.assume_role_policy_document)
    if document is None or not any(
        iam.action_allowed(s, "sts:AssumeRoleWithWebIdentity")
        and provider.arn in iam.principals(s, "Federated")
        and conditions_hold(s, facts)
        for s in iam.statements(document)
    ):
        raise denied
    _check_duration(role, params)
    answer = ctx.emulate(SERVICE, "AssumeRoleWithWebIdentity", params)
    answer |= {
        "SubjectFromWebIdentityToken": claims["sub"],
        "Provider": provider.arn,
        "Audience": iam.as_list(claims["aud"])[0],
    }
    return answer


def _provider(ctx: Context, account: str, claims: dict[str, Any]) -> Any:
    issuer = claims["iss"].removeprefix("https://")
    backend = ctx.runner.backend("iam", account, ctx.region)
    for provider in backend.open_id_providers.values():
        if provider.url.rstrip("/") == issuer.rstrip("/"):
            if not set(iam.as_list(claims["aud"])).intersection(provider.client_id_list):
                raise AWSError("InvalidIdentityToken", "Incorrect token audience", 400)
            return provider
    raise AWSError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims['iss']}", 400)

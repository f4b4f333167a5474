# SPDX-License-Identifier: Apache-2.0
"""Rotation: rules that come back as they were sent, managed rotation, what a rotation function must allow."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam

from .lifecycle import reference
from .state import CURRENT, PENDING, SERVICE, Rotation, Secret, begin_rotation, find, invalid, refused, request_token

_RATE = re.compile(r"rate\((\d+) (hours?|days?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
SHORTEST_HOURS = 4


def _check_rules(rules: Params) -> None:
    """One of a number of days and an expression; at least four hours; a cron of whole hours, without a year."""
    expression = rules.get("ScheduleExpression")
    if expression is None:
        if "AutomaticallyAfterDays" not in rules and "Duration" in rules:
            raise invalid("Duration needs a schedule.")
        return
    if "AutomaticallyAfterDays" in rules:
        raise invalid("You can set AutomaticallyAfterDays or ScheduleExpression, but not both.")
    rate, cron = _RATE.fullmatch(expression), _CRON.fullmatch(expression)
    if rate is not None:
        hours = int(rate[1]) * (24 if rate[2].startswith("day") else 1)
        if not SHORTEST_HOURS <= hours <= 999 * 24:
            raise invalid("The rotation interval must be between 4 hours and 999 days.")
    elif cron is not None:
        if cron[1] != "0" or cron[6] != "*":
            raise invalid("A cron expression for rotation must have 0 minutes and * years.")
        if (cron[3] == "?") == (cron[5] == "?"):
            raise invalid("A cron expression must have ? as its day of month or its day of week, and not as both.")
        _check_window(cron[2], rules.get("Duration"))
    else:
        raise invalid(f"The schedule expression {expression} is neither a rate nor a cron expression.")


def _check_window(hours: str, duration: str | None) -> None:
    """ "The window must not extend into the next UTC day." """
    if duration is not None and hours.isdigit() and int(hours) + int(duration[:-1]) > 24:
        raise invalid("The rotation window must not extend into the next UTC day.")


def _may_invoke(ctx: Context, function: str) -> bool:
    """Whether the function is there and lets Secrets Manager invoke it."""
    try:
        policy = ctx.call("lambda", "GetPolicy", {"FunctionName": function})["Policy"]
    except AWSError:
        return False
    document = json.loads(policy)
    return any(
        statement.get("Effect") == "Allow"
        and "secretsmanager.amazonaws.com" in iam.principals(statement, "Service")
        and iam.action_allowed(statement, "lambda:InvokeFunction")
        for statement in iam.statements(document)
    )


def _function(ctx: Context, secret: Secret, params: Params, before: Rotation) -> str | None:
    """The function of a secret that people made; a service rotates its own secrets without one."""
    function = params.get("RotationLambdaARN")
    if secret.owner is not None:
        if function is not None:
            raise refused("You can't specify a rotation Lambda function for a secret that uses managed rotation.")
        return None
    function = function or before.function
    if function is None:
        raise refused("No Lambda rotation function ARN is associated with this secret.")
    if not _may_invoke(ctx, function):
        raise AWSError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            "access to the principal secretsmanager.amazonaws.com.",
            400,
        )
    return str(function)


def _under_way(secret: Secret) -> bool:
    """ "If the AWSPENDING staging label is present but not attached to the same version as AWSCURRENT, then any later
    invocation of RotateSecret assumes that a previous rotation request is still in progress and returns an error." """
    pending = secret.staged(PENDING)
    return pending is not None and CURRENT not in pending.stages


@operation(SERVICE, "RotateSecret")
def rotate(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    token = params.get("ClientRequestToken") or request_token()
    before = secret.rotation or Rotation()
    rules: dict[str, Any] = params.get("RotationRules") or before.rules
    _check_rules(rules)
    if not rules:
        raise refused("A secret needs a rotation schedule before it can be rotated.")
    if secret.staged(CURRENT) is None:
        raise refused("A secret without a value cannot be rotated.")
    function = _function(ctx, secret, params, before)
    if _under_way(secret):
        if secret.staged(PENDING) is secret.versions.get(token):
            return reference(secret, VersionId=token)
        raise refused("A previous rotation isn't complete. That rotation will be reattempted.")
    if token in secret.versions:
        raise AWSError("InvalidRequestException", "A version with this ClientRequestToken already exists.", 400)
    after = Rotation(True, function, dict(rules), before.last)
    secret.rotation, secret.changed = after, ctx.clock.now()
    if params.get("RotateImmediately", True):
        begin_rotation(ctx, secret, after, token)
    return reference(secret, VersionId=token)


@operation(SERVICE, "CancelRotateSecret")
def cancel(ctx: Context, params: Params) -> Result:
    """What was under way leaves its version behind, labelled as pending."""
    secret = find(ctx, params["SecretId"])
    if secret.owner is not None:
        raise refused("You can't cancel the rotation of a secret that uses managed rotation.")
    rotation = secret.rotation
    if rotation is None or not rotation.enabled:
        return reference(secret)
    rotation.enabled = False
    pending, rotation.making = rotation.making, None
    secret.changed = ctx.clock.now()
    return reference(secret, VersionId=pending) if pending else reference(secret)

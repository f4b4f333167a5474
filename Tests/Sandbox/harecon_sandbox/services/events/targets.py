# SPDX-License-Identifier: Apache-2.0
"""Targets of rules.  Each entry of a call succeeds or fails by itself, and the call is a success all the same."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam

from .state import SERVICE, Rule, bus_name, find_rule, invalid, state_of

ENTRIES_PER_CALL = 10
TARGETS_PER_RULE = 5
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:.+")
#: Services whose targets are reached by their own resource policy; all others need a role.
WITH_POLICY = ("lambda", "sns", "sqs", "logs")


def _check_target(ctx: Context, target: Params) -> None:
    name, arn = target["Id"], target["Arn"]
    if not ARN.fullmatch(arn):
        raise invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    if len([member for member in ("Input", "InputPath", "InputTransformer") if member in target]) > 1:
        raise invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    service = arn.split(":")[2]
    if service == "sqs" and arn.endswith(".fifo") and "SqsParameters" not in target:
        raise invalid(f"Parameter(s) SqsParameters must be specified for target: {name}.")
    if service == "sqs" and not arn.endswith(".fifo") and "SqsParameters" in target:
        raise invalid(f"Parameter(s) MessageGroupId is not valid for standard queues, for target: {name}.")
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue is not None and (queue.split(":")[2:3] != ["sqs"] or queue.endswith(".fifo")):
        raise invalid(f"Parameter(s) DeadLetterConfig is not valid. Reason: {queue} is no standard queue.")
    if (queue or "").split(":")[3:4] not in ([], [ctx.region]):
        raise invalid("Parameter(s) DeadLetterConfig is not valid. Reason: the queue must be in the rule's region.")
    role = target.get("RoleArn")
    if role is not None:
        if not iam.assumable(ctx, role, "events.amazonaws.com"):
            raise invalid(f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.")
    elif service not in WITH_POLICY:
        raise invalid(f"RoleArn is required for target {arn}.")


def _answer(failed: list[dict[str, Any]]) -> Result:
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation(SERVICE, "PutTargets")
def put_targets(ctx: Context, params: Params) -> Result:
    """Setting `failed_targets` ({id: code}) has entries of these ids fail."""
    rule, targets = find_rule(ctx, params["Rule"], params.get("EventBusName")), params["Targets"]
    names = [target["Id"] for target in targets]
    if len(targets) > ENTRIES_PER_CALL:
        raise invalid(f"1 validation error detected: at most {ENTRIES_PER_CALL} targets in one call")
    if len(set(names)) != len(names):
        raise invalid("Duplicate target ids are not allowed.")
    for target in targets:
        _check_target(ctx, target)
    if len({*rule.targets, *names}) > TARGETS_PER_RULE:
        raise AWSError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    failing = ctx.settings.get("failed_targets") or {}
    failed = []
    for target in targets:
        if code := failing.get(target["Id"]):
            failed.append({"TargetId": target["Id"], "ErrorCode": code, "ErrorMessage": "the entry was not processed"})
        else:
            rule.targets[target["Id"]] = dict(target)
    return _answer(failed)


@operation(SERVICE, "RemoveTargets")
def remove_targets(ctx: Context, params: Params) -> Result:
    """That an unknown id fails by itself is not documented; the stricter reading."""
    rule = find_rule(ctx, params["Rule"], params.get("EventBusName"))
    if len(params["Ids"]) > ENTRIES_PER_CALL:
        raise invalid(f"1 validation error detected: at most {ENTRIES_PER_CALL} ids in one call")
    failed = []
    for name in params["Ids"]:
        if rule.targets.pop(name, None) is None:
            message = f"Target {name} does not exist."
            failed.append({"TargetId": name, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message})
    return _answer(failed)


@operation(SERVICE, "ListTargetsByRule")
def list_targets(ctx: Context, params: Params) -> Result:
    rule = find_rule(ctx, params["Rule"], params.get("EventBusName"))
    return {"Targets": [dict(target) for _, target in sorted(rule.targets.items())]}


@operation(SERVICE, "ListRuleNamesByTarget")
def list_rules_of_target(ctx: Context, params: Params) -> Result:
    bus, wanted = bus_name(ctx, params.get("EventBusName")), params["TargetArn"]

    def aims(rule: Rule) -> bool:
        return rule.bus == bus and any(target["Arn"] == wanted for target in rule.targets.values())

    return {"RuleNames": sorted(rule.name for rule in state_of(ctx).rules.values() if aims(rule))}

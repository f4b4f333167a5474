# SPDX-License-Identifier: Apache-2.0
"""What FIS checks of a template before it takes it."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import Context
from harecon_sandbox.services import iam

from .catalogue import ACTIONS, SCOPES, TARGET_TYPES
from .state import invalid, seconds_of

MOST_ACTIONS = 20
MOST_STOP_CONDITIONS = 5


def check_template(ctx: Context, shape: dict[str, Any]) -> None:
    _check_role(ctx, shape["roleArn"])
    _check_stop_conditions(shape["stopConditions"])
    for name, target in shape["targets"].items():
        _check_target(name, target)
    _check_actions(shape["actions"], shape["targets"])
    _check_report(shape.get("experimentReportConfiguration") or {})


def _check_report(report: dict[str, Any]) -> None:
    for member in ("preExperimentDuration", "postExperimentDuration"):
        if member in report:
            seconds_of(report[member])
    for dashboard in (report.get("dataSources") or {}).get("cloudWatchDashboards") or ():
        identifier = dashboard.get("dashboardIdentifier", "")
        if not re.fullmatch(r"arn:[a-z-]+:cloudwatch::\d{12}:dashboard/[\w-]+", identifier):
            raise invalid(f"The dashboard identifier '{identifier}' is not the ARN of a dashboard.")


def _check_role(ctx: Context, role_arn: str) -> None:
    """The role must be there and let the service take it on; whether it may do all that is asked shows later."""
    role = iam.find_role(ctx, role_arn)
    trust = iam.load_document(role.assume_role_policy_document) if role is not None else None
    trusted = trust is not None and any(
        iam.action_allowed(statement, "sts:AssumeRole")
        and "fis.amazonaws.com" in iam.principals(statement, "Service")
        for statement in iam.statements(trust)
    )
    if role is None or not iam.visible(ctx, role) or not trusted:
        raise invalid(f"Unable to assume role {role_arn}. Verify that the role exists and trusts fis.amazonaws.com.")


def _check_stop_conditions(conditions: list[dict[str, str]]) -> None:
    if not 1 <= len(conditions) <= MOST_STOP_CONDITIONS:
        raise invalid(f"A template has 1 to {MOST_STOP_CONDITIONS} stop conditions.")
    for condition in conditions:
        if condition["source"] == "none":
            if "value" in condition or len(conditions) > 1:
                raise invalid("A stop condition whose source is 'none' has no value and stands alone.")
        elif condition["source"] != "aws:cloudwatch:alarm":
            raise invalid(f"The stop condition source '{condition['source']}' is not supported.")
        elif not re.fullmatch(r"arn:[a-z-]+:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+", condition.get("value", "")):
            raise invalid("A stop condition needs the ARN of an alarm.")


def _check_target(name: str, target: dict[str, Any]) -> None:
    kind = target["resourceType"]
    if kind not in TARGET_TYPES:
        raise invalid(f"The resource type '{kind}' of target '{name}' is not supported.")
    if bool(target.get("resourceArns")) == bool(target.get("resourceTags")):
        raise invalid(f"The target '{name}' must have either resourceArns or resourceTags.")
    if target.get("resourceArns") and target.get("filters"):
        raise invalid(f"The target '{name}' cannot have filters with resourceArns.")
    for resource in target.get("resourceArns") or ():
        if resource.split(":")[2:3] != [kind.split(":")[1]]:
            raise invalid(f"The resource {resource} of target '{name}' is not of type '{kind}'.")
    mode = target["selectionMode"]
    if not re.fullmatch(r"ALL|COUNT\([1-9]\d*\)|PERCENT\((?:[1-9]\d?|100)\)", mode):
        raise invalid(f"The selection mode '{mode}' of target '{name}' is not valid.")
    for parameter in target.get("parameters") or {}:
        if parameter not in TARGET_TYPES[kind]:
            raise invalid(f"The parameter '{parameter}' of target '{name}' is not supported for '{kind}'.")


def _check_actions(actions: dict[str, Any], targets: dict[str, Any]) -> None:
    if not 1 <= len(actions) <= MOST_ACTIONS:
        raise invalid(f"A template has 1 to {MOST_ACTIONS} actions.")
    for name, action in actions.items():
        _check_action(name, action, targets)
        for earlier in action.get("startAfter") or ():
            if earlier not in actions:
                raise invalid(f"The action '{name}' starts after '{earlier}', which does not exist.")
    _check_order(actions)
    used = {target for action in actions.values() for target in (action.get("targets") or {}).values()}
    for name in targets:
        if name not in used:
            raise invalid(f"The target '{name}' is not used by any action.")


def _check_action(name: str, action: dict[str, Any], targets: dict[str, Any]) -> None:
    kind = ACTIONS.get(action.get("actionId", ""))
    if kind is None:
        raise invalid(f"The action id '{action.get('actionId')}' of action '{name}' is not supported.")
    given = action.get("targets") or {}
    if given.keys() != kind.targets.keys():
        raise invalid(f"The action '{name}' must have the targets {sorted(kind.targets)}.")
    for word, target in given.items():
        if target not in targets:
            raise invalid(f"The action '{name}' names the target '{target}', which does not exist.")
        if targets[target]["resourceType"] != kind.targets[word]:
            raise invalid(f"The target '{target}' of action '{name}' is not of type '{kind.targets[word]}'.")
    parameters = action.get("parameters") or {}
    for parameter in parameters.keys() - kind.parameters.keys():
        raise invalid(f"The parameter '{parameter}' of action '{name}' is not supported.")
    for parameter, required in kind.parameters.items():
        if required and parameter not in parameters:
            raise invalid(f"The parameter '{parameter}' of action '{name}' is required.")
    if "duration" in parameters:
        seconds_of(parameters["duration"])
    if parameters.get("scope", "all") not in SCOPES:
        raise invalid(f"The scope '{parameters['scope']}' of action '{name}' is not valid.")
    if parameters.get("forceFailover", "false") not in ("true", "false"):
        raise invalid(f"The parameter 'forceFailover' of action '{name}' is true or false.")


def _check_order(actions: dict[str, Any]) -> None:
    waiting = {name: set(action.get("startAfter") or ()) for name, action in actions.items()}
    while waiting:
        ready = {name for name, earlier in waiting.items() if not earlier & waiting.keys()}
        if not ready:
            raise invalid(f"The actions {sorted(waiting)} start after each other.")
        for name in ready:
            del waiting[name]

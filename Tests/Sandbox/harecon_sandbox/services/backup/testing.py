# SPDX-License-Identifier: Apache-2.0
"""Restore testing: plans, what they restore, and the result that a check puts."""

from __future__ import annotations

import re
import zlib
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .jobs import put_result, state_of
from .state import (
    DEFAULT_ZONE,
    SERVICE,
    TestingPlan,
    check_backup_tags,
    check_role,
    check_schedule,
    exists,
    find_testing,
    invalid,
    missing,
    moment,
    present,
    refused,
    resource_arn,
)

_NAME = re.compile(r"[A-Za-z0-9_]{1,50}")
ALGORITHMS = ("LATEST_WITHIN_WINDOW", "RANDOM_WITHIN_WINDOW")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(f"The name must consist of 1 to 50 alphanumeric characters and underscores: {name}")


def _check_plan(body: dict[str, Any]) -> None:
    check_schedule(body["ScheduleExpression"], body["ScheduleExpressionTimezone"])
    if not 1 <= body["StartWindowHours"] <= 168:
        raise invalid("StartWindowHours must be between 1 and 168.")
    points = body["RecoveryPointSelection"]
    is_whole = points.get("IncludeVaults") and points.get("RecoveryPointTypes")
    if points.get("Algorithm") not in ALGORITHMS or not is_whole:
        raise invalid("RecoveryPointSelection needs Algorithm, IncludeVaults and RecoveryPointTypes.")
    if not 1 <= points.setdefault("SelectionWindowDays", 30) <= 365:
        raise invalid("SelectionWindowDays must be between 1 and 365.")


def _reference(plan: TestingPlan) -> Result:
    return {
        "RestoreTestingPlanName": plan.name, "RestoreTestingPlanArn": plan.arn, "CreationTime": moment(plan.created),
    }  # fmt: skip


@operation(SERVICE, "CreateRestoreTestingPlan")
def create_plan(ctx: Context, params: Params) -> Result:
    state, given = state_of(ctx), params["RestoreTestingPlan"]
    name = given["RestoreTestingPlanName"]
    _check_name(name)
    if name in state.testing:
        raise exists(f"A restore testing plan of that name already exists: {name}")
    tags = dict(params.get("Tags") or {})
    check_backup_tags(tags, {})
    body = {
        "ScheduleExpressionTimezone": DEFAULT_ZONE,
        "StartWindowHours": 24,
        **{key: value for key, value in given.items() if key != "RestoreTestingPlanName"},
    }
    _check_plan(body)
    now = ctx.clock.now()
    arn = resource_arn(ctx, f"restore-testing-plan:{name}-{zlib.crc32(name.encode()):08x}")
    plan = TestingPlan(name, arn, body, now, params.get("CreatorRequestId"), tags, done=now)
    state.testing[name] = plan
    return _reference(plan)


@operation(SERVICE, "GetRestoreTestingPlan")
def get_plan(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_testing(ctx, params["RestoreTestingPlanName"])
    times = {"LastUpdateTime": moment(plan.updated), "LastExecutionTime": moment(plan.last)}
    body = {**_reference(plan), **plan.body, **times, "CreatorRequestId": plan.creator}
    return {"RestoreTestingPlan": present(body)}


@operation(SERVICE, "ListRestoreTestingPlans")
def list_plans(ctx: Context, params: Params) -> Result:
    return {
        "RestoreTestingPlans": [
            {**_reference(plan), **{k: v for k, v in plan.body.items() if k != "RecoveryPointSelection"}}
            for _, plan in sorted(state_of(ctx).testing.items())
        ]
    }


@operation(SERVICE, "UpdateRestoreTestingPlan")
def update_plan(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_testing(ctx, params["RestoreTestingPlanName"])
    body = {**plan.body, **params["RestoreTestingPlan"]}
    _check_plan(body)
    plan.body, plan.updated = body, ctx.clock.now()
    return {**_reference(plan), "UpdateTime": moment(plan.updated)}


@operation(SERVICE, "DeleteRestoreTestingPlan")
def delete_plan(ctx: Context, params: Params) -> Result:
    """Of one that is not there AWS's model has no error but this one."""
    state, name = state_of(ctx), params["RestoreTestingPlanName"]
    if name not in state.testing:
        raise missing(f"restore testing plan {name}")
    if state.testing[name].selections:
        raise refused("All restore testing selections of the plan must be deleted before it can be deleted.")
    del state.testing[name]
    return {}


# Selections --------------------------------------------------------------------------------------------------------


def _check_selection(ctx: Context, body: dict[str, Any]) -> None:
    if bool(body.get("ProtectedResourceArns")) == bool(body.get("ProtectedResourceConditions")):
        raise invalid("A restore testing selection has either ProtectedResourceArns or ProtectedResourceConditions.")
    if len(body.get("ProtectedResourceArns") or ()) > 30:
        raise invalid("A restore testing selection can have at most 30 ARNs.")
    if not 0 <= body.setdefault("ValidationWindowHours", 0) <= 168:
        raise invalid("ValidationWindowHours must be between 0 and 168.")
    check_role(ctx, body["IamRoleArn"])


def _selection_reference(plan: TestingPlan, body: dict[str, Any]) -> Result:
    return {**_reference(plan), "RestoreTestingSelectionName": body["RestoreTestingSelectionName"],
            "CreationTime": body["CreationTime"]}  # fmt: skip


@operation(SERVICE, "CreateRestoreTestingSelection")
def create_selection(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_testing(ctx, params["RestoreTestingPlanName"])
    body = dict(params["RestoreTestingSelection"])
    name = body["RestoreTestingSelectionName"]
    _check_name(name)
    if name in plan.selections:
        raise exists(f"A restore testing selection of that name already exists: {name}")
    _check_selection(ctx, body)
    body |= present({"CreatorRequestId": params.get("CreatorRequestId"), "CreationTime": ctx.clock.datetime()})
    plan.selections[name] = body
    return _selection_reference(plan, body)


def _selection(ctx: Context, params: Params) -> tuple[TestingPlan, dict[str, Any]]:
    state_of(ctx)
    plan = find_testing(ctx, params["RestoreTestingPlanName"])
    body = plan.selections.get(params["RestoreTestingSelectionName"])
    if body is None:
        raise missing(f"restore testing selection {params['RestoreTestingSelectionName']}")
    return plan, body


@operation(SERVICE, "GetRestoreTestingSelection")
def get_selection(ctx: Context, params: Params) -> Result:
    plan, body = _selection(ctx, params)
    return {"RestoreTestingSelection": {**body, "RestoreTestingPlanName": plan.name}}


@operation(SERVICE, "ListRestoreTestingSelections")
def list_selections(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_testing(ctx, params["RestoreTestingPlanName"])
    members = (
        "CreationTime", "IamRoleArn", "ProtectedResourceType", "RestoreTestingSelectionName", "ValidationWindowHours",
    )  # fmt: skip
    return {
        "RestoreTestingSelections": [
            {"RestoreTestingPlanName": plan.name, **{member: body[member] for member in members}}
            for _, body in sorted(plan.selections.items())
        ]
    }


@operation(SERVICE, "UpdateRestoreTestingSelection")
def update_selection(ctx: Context, params: Params) -> Result:
    """ "You can use either protected resource ARNs or conditions, but not both." """
    plan, before = _selection(ctx, params)
    after = {**before, **params["RestoreTestingSelection"]}
    _check_selection(ctx, after)
    plan.selections[params["RestoreTestingSelectionName"]] = after
    return {**_selection_reference(plan, after), "UpdateTime": ctx.clock.datetime()}


@operation(SERVICE, "DeleteRestoreTestingSelection")
def delete_selection(ctx: Context, params: Params) -> Result:
    plan, body = _selection(ctx, params)
    del plan.selections[body["RestoreTestingSelectionName"]]
    return {}


@operation(SERVICE, "PutRestoreValidationResult")
def put_validation(ctx: Context, params: Params) -> Result:
    put_result(ctx, params["RestoreJobId"], params["ValidationStatus"], params.get("ValidationStatusMessage"))
    return {}

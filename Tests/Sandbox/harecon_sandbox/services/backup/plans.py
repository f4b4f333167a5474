# SPDX-License-Identifier: Apache-2.0
"""Backup plans with their versions, and what they select."""

from __future__ import annotations

import uuid
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .jobs import state_of
from .state import (
    DEFAULT_ZONE,
    SERVICE,
    Plan,
    check_backup_tags,
    check_role,
    check_schedule,
    exists,
    find_plan,
    invalid,
    missing,
    moment,
    present,
    refused,
    resource_arn,
)


def _rule(ctx: Context, rule: dict[str, Any]) -> dict[str, Any]:
    """With what AWS fills in."""
    if rule["TargetBackupVaultName"] not in state_of(ctx).vaults:
        raise invalid(f"Backup vault {rule['TargetBackupVaultName']} does not exist.")
    complete = {
        "ScheduleExpression": "cron(0 5 ? * * *)",
        "ScheduleExpressionTimezone": DEFAULT_ZONE,
        "StartWindowMinutes": 480,
        "CompletionWindowMinutes": 10080,
        "EnableContinuousBackup": False,
        "RuleId": str(uuid.uuid4()),
        **rule,
    }
    check_schedule(complete["ScheduleExpression"], complete["ScheduleExpressionTimezone"])
    if complete["StartWindowMinutes"] < 60:
        raise invalid("StartWindowMinutes must be at least 60 minutes.")
    if complete["CompletionWindowMinutes"] < complete["StartWindowMinutes"] + 60:
        raise invalid("CompletionWindowMinutes must be at least 60 minutes greater than StartWindowMinutes.")
    lifecycle = complete.get("Lifecycle") or {}
    cold, delete = lifecycle.get("MoveToColdStorageAfterDays"), lifecycle.get("DeleteAfterDays")
    if cold is not None and delete is not None and delete < cold + 90:
        raise invalid("DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays.")
    return complete


def _body(ctx: Context, body: Params) -> dict[str, Any]:
    names = [rule["RuleName"] for rule in body["Rules"]]
    if not names or len(set(names)) != len(names):
        raise invalid("A backup plan needs rules whose names differ.")
    return {**body, "Rules": [_rule(ctx, rule) for rule in body["Rules"]]}


def _reference(plan: Plan, **more: Any) -> Result:
    return {"BackupPlanId": plan.id, "BackupPlanArn": plan.arn, "VersionId": plan.version, **more}


@operation(SERVICE, "CreateBackupPlan")
def create_plan(ctx: Context, params: Params) -> Result:
    """The same creator's request again is the plan that it made; with another content it is refused."""
    state, creator = state_of(ctx), params.get("CreatorRequestId")
    tags = dict(params.get("BackupPlanTags") or {})
    check_backup_tags(tags, {})
    body = _body(ctx, params["BackupPlan"])
    for known in state.plans.values():
        if creator is not None and known.creator == creator:
            return _reference(known, CreationDate=moment(known.created))
        if _content(known.body) == _content(body):
            raise exists(f"A backup plan with the same content already exists: {known.id}")
    identifier, now = str(uuid.uuid4()), ctx.clock.now()
    plan = Plan(identifier, resource_arn(ctx, f"backup-plan:{identifier}"), body, now, creator, tags, done=now)
    state.plans[identifier] = plan
    return _reference(plan, CreationDate=moment(now))


def _content(body: dict[str, Any]) -> Any:
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in body["Rules"]]
    return {**body, "Rules": rules}


@operation(SERVICE, "GetBackupPlan")
def get_plan(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_plan(ctx, params["BackupPlanId"])
    more = present({"CreatorRequestId": plan.creator, "CreationDate": moment(plan.created)})
    return _reference(plan, BackupPlan=plan.body, **more)


@operation(SERVICE, "ListBackupPlans")
def list_plans(ctx: Context, params: Params) -> Result:
    return {
        "BackupPlansList": [
            _reference(
                plan,
                BackupPlanName=plan.body["BackupPlanName"],
                **present({"CreatorRequestId": plan.creator, "CreationDate": moment(plan.created)}),
            )
            for plan in state_of(ctx).plans.values()
        ]
    }


@operation(SERVICE, "UpdateBackupPlan")
def update_plan(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_plan(ctx, params["BackupPlanId"])
    plan.body, plan.version = _body(ctx, params["BackupPlan"]), str(uuid.uuid4())
    return _reference(plan, CreationDate=moment(plan.created))


@operation(SERVICE, "DeleteBackupPlan")
def delete_plan(ctx: Context, params: Params) -> Result:
    state = state_of(ctx)
    plan = find_plan(ctx, params["BackupPlanId"])
    if plan.selections:
        raise refused("Related backup plan selections must be deleted prior to backup plan deletion.")
    del state.plans[plan.id]
    return _reference(plan, DeletionDate=ctx.clock.datetime())


# Selections --------------------------------------------------------------------------------------------------------


@operation(SERVICE, "CreateBackupSelection")
def create_selection(ctx: Context, params: Params) -> Result:
    """Whether two selections of a plan may have one name is not documented; refused here."""
    state_of(ctx)
    plan, body = find_plan(ctx, params["BackupPlanId"]), params["BackupSelection"]
    creator = params.get("CreatorRequestId")
    for known in plan.selections.values():
        if creator is not None and known["CreatorRequestId"] == creator and known["BackupSelection"] == body:
            return {key: known[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")}
        if known["BackupSelection"]["SelectionName"] == body["SelectionName"]:
            raise exists(f"A selection of that name already exists: {body['SelectionName']}")
    if not body.get("Resources") and not body.get("ListOfTags") and not body.get("NotResources"):
        raise invalid("A selection must name resources or tags.")
    check_role(ctx, body["IamRoleArn"])
    selection = {
        "SelectionId": str(uuid.uuid4()),
        "BackupPlanId": plan.id,
        "BackupSelection": body,
        "CreationDate": ctx.clock.datetime(),
        "CreatorRequestId": creator,
    }
    plan.selections[selection["SelectionId"]] = selection
    return {key: selection[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")}


def _selection(ctx: Context, params: Params) -> dict[str, Any]:
    state_of(ctx)
    selection = find_plan(ctx, params["BackupPlanId"]).selections.get(params["SelectionId"])
    if selection is None:
        raise missing(f"selection {params['SelectionId']}")
    return selection


@operation(SERVICE, "GetBackupSelection")
def get_selection(ctx: Context, params: Params) -> Result:
    return present(_selection(ctx, params))


@operation(SERVICE, "ListBackupSelections")
def list_selections(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    plan = find_plan(ctx, params["BackupPlanId"])
    return {
        "BackupSelectionsList": [
            present({
                **{key: value for key, value in selection.items() if key != "BackupSelection"},
                "SelectionName": selection["BackupSelection"]["SelectionName"],
                "IamRoleArn": selection["BackupSelection"]["IamRoleArn"],
            })
            for selection in plan.selections.values()
        ]
    }  # fmt: skip


@operation(SERVICE, "DeleteBackupSelection")
def delete_selection(ctx: Context, params: Params) -> Result:
    selection = _selection(ctx, params)
    del find_plan(ctx, params["BackupPlanId"]).selections[selection["SelectionId"]]
    return {}

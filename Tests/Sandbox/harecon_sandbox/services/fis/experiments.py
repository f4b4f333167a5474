# SPDX-License-Identifier: Apache-2.0
"""Experiments: asked for, answered, stopped."""

from __future__ import annotations

import copy
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, after, before, operation

from . import reports, running
from .state import (
    SERVICE,
    Action,
    Experiment,
    check_fis_tags,
    fis_arn,
    invalid,
    missing,
    moment,
    new_id,
    state,
    without_nothing,
)
from .templates import find_template, remember, remembered

#: Services whose calls see what experiments have done by now, or change what stops them.
SEES = ("rds", "ec2", "cloudwatch", "logs", "s3", SERVICE)


def settle(ctx: Context) -> None:
    """Brings all experiments to where the clock is."""
    if (SERVICE, ctx.region) not in ctx.store or state(ctx).settling:
        return
    state(ctx).settling = True
    try:
        for experiment in list(state(ctx).experiments.values()):
            running.settle(ctx, experiment)
    finally:
        state(ctx).settling = False


def _watch(service: str) -> None:
    @before(service, "*")
    def settle_before(ctx: Context, params: Params) -> None:
        settle(ctx)

    @after(service, "*")
    def settle_after(ctx: Context, params: Params, result: Result) -> Result:
        if ctx.operation == "SetAlarmState":
            settle(ctx)
        return result


for _service in SEES:
    _watch(_service)


def stop_all(ctx: Context, reason: str) -> None:
    for experiment in state(ctx).experiments.values():
        running.stop(ctx, experiment, reason)


def find_experiment(ctx: Context, identifier: str) -> Experiment:
    found = state(ctx).experiments.get(identifier)
    if found is None:
        raise missing("Experiment", identifier)
    return found


def render(ctx: Context, experiment: Experiment) -> dict[str, Any]:
    if experiment.due is not None:
        ctx.clock.expect(experiment.due)
    for action in experiment.actions.values():
        if action.status == "running" and action.due is not None:
            ctx.clock.expect(action.due)
    kept = ("roleArn", "targets", "stopConditions", "logConfiguration", "experimentReportConfiguration")
    shape = {member: copy.deepcopy(experiment.template[member]) for member in kept if member in experiment.template}
    return without_nothing(
        shape
        | _summary(ctx, experiment)
        | {
            "actions": {name: _render_action(action) for name, action in experiment.actions.items()},
            "startTime": moment(experiment.started),
            "endTime": moment(experiment.ended),
            "targetAccountConfigurationsCount": 0,
            "experimentReport": reports.render(ctx, experiment),
        }
    )


def _summary(ctx: Context, experiment: Experiment) -> dict[str, Any]:
    mode = "skip-all" if experiment.skips_actions else "run-all"
    return {
        "id": experiment.id,
        "arn": fis_arn(ctx, "experiment", experiment.id),
        "experimentTemplateId": experiment.template["id"],
        "state": without_nothing(
            {"status": experiment.status, "reason": experiment.reason, "error": experiment.error}
        ),
        "creationTime": moment(experiment.created),
        "tags": dict(experiment.tags),
        "experimentOptions": experiment.template["experimentOptions"] | {"actionsMode": mode},
    }


def _render_action(action: Action) -> dict[str, Any]:
    return without_nothing(
        {
            **copy.deepcopy(action.shape),
            "state": {"status": action.status, "reason": action.reason},
            "startTime": moment(action.started),
            "endTime": moment(action.ended),
        }
    )


@operation(SERVICE, "StartExperiment")
def start_experiment(ctx: Context, params: Params) -> Result:
    known = remembered(ctx, params)
    if known is not None:
        return known
    template = find_template(ctx, params["experimentTemplateId"])
    check_fis_tags(params.get("tags") or {}, {})
    experiment = Experiment(
        new_id("EXP"),
        {**copy.deepcopy(template.shape), "id": template.id},
        dict(params.get("tags") or {}),
        ctx.clock.now(),
        (params.get("experimentOptions") or {}).get("actionsMode") == "skip-all",
        {name: Action(copy.deepcopy(shape)) for name, shape in template.shape["actions"].items()},
    )
    state(ctx).experiments[experiment.id] = experiment
    running.begin(ctx, experiment)
    return remember(ctx, params, {"experiment": render(ctx, experiment)})


@operation(SERVICE, "GetExperiment")
def get_experiment(ctx: Context, params: Params) -> Result:
    return {"experiment": render(ctx, find_experiment(ctx, params["id"]))}


@operation(SERVICE, "ListExperiments")
def list_experiments(ctx: Context, params: Params) -> Result:
    wanted = params.get("experimentTemplateId")
    found = [e for e in state(ctx).experiments.values() if wanted in (None, e.template["id"])]
    return {"experiments": [_summary(ctx, experiment) for experiment in found]}


@operation(SERVICE, "StopExperiment")
def stop_experiment(ctx: Context, params: Params) -> Result:
    experiment = find_experiment(ctx, params["id"])
    if experiment.status not in running.UNDER_WAY:
        raise invalid(f"The experiment {experiment.id} is {experiment.status} and cannot be stopped.")
    running.stop(ctx, experiment, "Experiment stopped by user.")
    return {"experiment": render(ctx, experiment)}


@operation(SERVICE, "ListExperimentResolvedTargets")
def list_targets(ctx: Context, params: Params) -> Result:
    experiment = find_experiment(ctx, params["experimentId"])
    wanted = params.get("targetName")
    return {
        "resolvedTargets": [
            {
                "resourceType": experiment.template["targets"][name]["resourceType"],
                "targetName": name,
                "targetInformation": {"arn": resource},
            }
            for name, resources in experiment.resolved.items()
            for resource in resources
            if wanted in (None, name)
        ]
    }

# SPDX-License-Identifier: Apache-2.0
"""What actions do to the account."""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import iam

from .state import Action, Experiment
from .targets import name_of


def make(ctx: Context, experiment: Experiment, action: Action) -> None:
    """Carries the action out with the rights of the template's role; fails as the service that is called does."""
    parameters = action.shape.get("parameters") or {}
    match action.shape["actionId"]:
        case "aws:rds:failover-db-cluster":
            require(ctx, experiment, "rds:FailoverDBCluster")
            for arn in _targets(experiment, action):
                ctx.call("rds", "FailoverDBCluster", {"DBClusterIdentifier": name_of(arn)})
        case "aws:rds:reboot-db-instances":
            require(ctx, experiment, "rds:RebootDBInstance")
            for arn in _targets(experiment, action):
                ctx.call("rds", "RebootDBInstance", {"DBInstanceIdentifier": name_of(arn)})
        case "aws:network:disrupt-connectivity":
            require(ctx, experiment, "ec2:CreateNetworkAcl")
            ctx.settings["disrupted_subnets"] = _disrupted(ctx) + [
                arn.rsplit("/", 1)[1] for arn in _targets(experiment, action)
            ]
        case "aws:cloudwatch:assert-alarm-state":
            _assert_alarms(ctx, parameters)


def undo(ctx: Context, experiment: Experiment, action: Action) -> None:
    """What an action has broken for a while is whole again; a failover stays."""
    if action.shape["actionId"] == "aws:network:disrupt-connectivity":
        gone = {arn.rsplit("/", 1)[1] for arn in _targets(experiment, action)}
        ctx.settings["disrupted_subnets"] = [subnet for subnet in _disrupted(ctx) if subnet not in gone]


def _disrupted(ctx: Context) -> list[str]:
    """Subnets that nothing gets in or out of; kept where tests can see them."""
    return list(ctx.settings.get("disrupted_subnets") or [])


def _targets(experiment: Experiment, action: Action) -> list[str]:
    names = (action.shape.get("targets") or {}).values()
    return [arn for name in names for arn in experiment.resolved.get(name, [])]


def require(ctx: Context, experiment: Experiment, right: str) -> None:
    role = experiment.template["roleArn"]
    if not iam.usable_by(ctx, role, "fis.amazonaws.com", right):
        raise AWSError("AccessDenied", f"The role {role} is not authorized to perform: {right}")


def _assert_alarms(ctx: Context, parameters: dict[str, str]) -> None:
    wanted = {state.strip() for state in parameters["alarmStates"].split(",")}
    names = [arn.strip().split(":alarm:", 1)[-1] for arn in parameters["alarmArns"].split(",")]
    found = ctx.call("cloudwatch", "DescribeAlarms", {"AlarmNames": names})
    for alarm in found.get("MetricAlarms", []):
        if alarm["StateValue"] not in wanted:
            raise AWSError("AssertionFailed", f"The alarm {alarm['AlarmName']} is {alarm['StateValue']}.")

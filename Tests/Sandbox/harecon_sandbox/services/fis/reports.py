# SPDX-License-Identifier: Apache-2.0
"""The report of an experiment: a document in a bucket, made with the rights of the experiment's role."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context

from .effects import require
from .state import Experiment, Report, seconds_of, without_nothing

#: What AWS shows of the dashboards when the template does not say how much.
USUAL = "PT20M"


def begin(experiment: Experiment) -> None:
    if experiment.template.get("experimentReportConfiguration"):
        experiment.report = Report()


def end(experiment: Experiment, at: float) -> None:
    """What follows the experiment is in the report too, so that it is made when that is over."""
    report = experiment.report
    if report is None:
        return
    if experiment.started is None:
        report.status, report.reason = "cancelled", "Experiment did not start."
        return
    after = experiment.template["experimentReportConfiguration"].get("postExperimentDuration", USUAL)
    report.status, report.reason, report.due = "running", "Report is being generated.", at + seconds_of(after)


def settle(ctx: Context, experiment: Experiment) -> None:
    report = experiment.report
    if report is None or report.due is None or ctx.clock.now() < report.due:
        return
    report.due = None
    try:
        report.arn = _make(ctx, experiment)
        report.status, report.reason = "completed", "Report generation completed."
    except AWSError as error:
        report.status, report.reason, report.error = "failed", error.message, error.code


def _make(ctx: Context, experiment: Experiment) -> str:
    configuration = experiment.template["experimentReportConfiguration"]
    for dashboard in (configuration.get("dataSources") or {}).get("cloudWatchDashboards") or ():
        require(ctx, experiment, "cloudwatch:GetDashboard")
        require(ctx, experiment, "cloudwatch:GetMetricWidgetImage")
        name = dashboard["dashboardIdentifier"].rsplit("/", 1)[1]
        ctx.call("cloudwatch", "GetDashboard", {"DashboardName": name})
    require(ctx, experiment, "s3:PutObject")
    place = configuration["outputs"]["s3Configuration"]
    key = "/".join(part for part in (place.get("prefix", "").strip("/"), experiment.id, "report.pdf") if part)
    ctx.call("s3", "PutObject", {"Bucket": place["bucketName"], "Key": key, "Body": b"%PDF-1.7"})
    return f"arn:aws:s3:::{place['bucketName']}/{key}"


def render(ctx: Context, experiment: Experiment) -> dict[str, Any] | None:
    report = experiment.report
    if report is None:
        return None
    if report.due is not None:
        ctx.clock.expect(report.due)
    error = None if report.error is None else {"code": report.error}
    reports = None if report.arn is None else [{"arn": report.arn, "reportType": "pdf"}]
    state = {"status": report.status, "reason": report.reason, "error": error}
    return without_nothing({"state": without_nothing(state), "s3Reports": reports})

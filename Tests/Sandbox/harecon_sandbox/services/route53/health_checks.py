# SPDX-License-Identifier: Apache-2.0
"""Health checks: references that are never given twice, versions, and what each type may be told."""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .state import SERVICE, HealthCheck, State, state_of

LINK = "https://route53.amazonaws.com/2013-04-01/healthcheck/"
MOST = 200
ENDPOINTS = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
#: What Route 53 reads of an alarm's metric.
STATISTICS = ("Average", "Minimum", "Maximum", "Sum", "SampleCount")
#: What only those that ask an endpoint may be given.
OF_ENDPOINTS = (
    "IPAddress",
    "Port",
    "FullyQualifiedDomainName",
    "RequestInterval",
    "FailureThreshold",
    "Regions",
    "MeasureLatency",
)


def _invalid(message: str) -> AWSError:
    return AWSError("InvalidInput", f"Invalid parameter : {message}", 400)


def find_check(ctx: Context, identifier: str) -> HealthCheck:
    check = state_of(ctx).health_checks.get(identifier)
    if check is None:
        raise AWSError("NoSuchHealthCheck", f"No health check exists with the specified ID {identifier}", 404)
    return check


# What may be asked for ---------------------------------------------------------------------------------------------


def _check(ctx: Context, config: Params) -> None:
    kind = config["Type"]
    if kind not in ENDPOINTS:
        for member in OF_ENDPOINTS:
            if member in config:
                raise _invalid(f"{member} is not allowed for health checks of type {kind}")
    if ("SearchString" in config) != kind.endswith("_STR_MATCH"):
        raise _invalid(f"SearchString goes with types that match a string, and {kind} is given")
    if "EnableSNI" in config and not kind.startswith("HTTPS"):
        raise _invalid(f"EnableSNI is not allowed for health checks of type {kind}")
    if kind in ENDPOINTS:
        _check_endpoint(config)
    if kind == "CALCULATED":
        children = config.get("ChildHealthChecks") or []
        for child in children:
            find_check(ctx, child)
        if len(set(children)) != len(children):
            raise _invalid("a child is named twice")
    elif "ChildHealthChecks" in config or "HealthThreshold" in config:
        raise _invalid(f"ChildHealthChecks and HealthThreshold are not allowed for health checks of type {kind}")
    if (kind == "CLOUDWATCH_METRIC") != ("AlarmIdentifier" in config):
        raise _invalid("AlarmIdentifier goes with the type CLOUDWATCH_METRIC")


def _check_endpoint(config: Params) -> None:
    if config["Type"].startswith("TCP") and "Port" not in config:
        raise _invalid("Port is required for health checks of type TCP")
    if "IPAddress" not in config and "FullyQualifiedDomainName" not in config:
        raise _invalid("either IPAddress or FullyQualifiedDomainName is required")
    if "IPAddress" in config and not ipaddress.ip_address(config["IPAddress"]).is_global:
        raise _invalid(f"{config['IPAddress']} is reserved, private or not routable")
    if config.get("RequestInterval", 30) not in (10, 30):
        raise _invalid("RequestInterval must be 10 or 30")
    path = config.get("ResourcePath")
    if path is not None and not path.startswith("/"):
        raise _invalid("ResourcePath must start with a slash")


def _alarm(ctx: Context, identifier: Params) -> dict[str, Any]:
    """The settings of an alarm that Route 53 can read, as it remembers them."""
    found = ctx.call("cloudwatch", "DescribeAlarms", {"AlarmNames": [identifier["Name"]]}, region=identifier["Region"])
    alarm = next(iter(found.get("MetricAlarms") or []), None)
    if alarm is None:
        raise _invalid(f"no metric alarm {identifier['Name']} in {identifier['Region']}")
    if alarm.get("Metrics") or alarm.get("ExtendedStatistic") or alarm.get("Statistic") not in STATISTICS:
        raise _invalid("metric math and extended statistics are not supported")
    if alarm["Period"] < 60:
        raise _invalid("high-resolution metrics are not supported")
    if alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) != alarm["EvaluationPeriods"]:
        raise _invalid("M out of N alarms are not supported")
    members = ("EvaluationPeriods", "Threshold", "ComparisonOperator", "Period", "MetricName", "Namespace", "Statistic")
    return {**{member: alarm[member] for member in members}, "Dimensions": alarm.get("Dimensions") or []}


def _completed(config: Params) -> dict[str, Any]:
    """With AWS's own choice for what was left out."""
    usual: dict[str, Any] = {"Inverted": False, "Disabled": False}
    kind = config["Type"]
    if kind in ENDPOINTS:
        usual |= {"RequestInterval": 30, "FailureThreshold": 3, "MeasureLatency": False}
    if kind in ENDPOINTS and kind != "TCP":
        usual["Port"] = 443 if kind.startswith("HTTPS") else 80
    if kind.startswith("HTTPS"):
        usual["EnableSNI"] = True
    if kind == "CLOUDWATCH_METRIC":
        usual["InsufficientDataHealthStatus"] = "LastKnownStatus"
    return {**usual, **config}


# Operations --------------------------------------------------------------------------------------------------------


def _with_reference(state: State, reference: str) -> HealthCheck | None:
    return next((check for check in state.health_checks.values() if check.reference == reference), None)


@operation(SERVICE, "CreateHealthCheck")
def create_check(ctx: Context, params: Params) -> Result:
    """The reference of a check that is there gives that check, if the settings are the same; that of a deleted one is
    refused."""
    state, reference, config = state_of(ctx), params["CallerReference"], params["HealthCheckConfig"]
    known = _with_reference(state, reference)
    if known is not None and known.asked == config:
        return {"HealthCheck": known.shape(), "Location": LINK + known.id}
    if reference in state.check_references:
        raise AWSError(
            "HealthCheckAlreadyExists",
            f"A health check with caller reference {reference} has been created with other settings, or was deleted.",
            409,
        )
    if len(state.health_checks) >= MOST:
        raise AWSError("TooManyHealthChecks", "The limit of health checks of this account has been reached.", 400)
    _check(ctx, config)
    remembered = _alarm(ctx, config["AlarmIdentifier"]) if "AlarmIdentifier" in config else None
    check = HealthCheck(str(uuid.uuid4()), reference, dict(config), _completed(config), remembered)
    state.health_checks[check.id] = check
    state.check_references.add(reference)
    return {"HealthCheck": check.shape(), "Location": LINK + check.id}


@operation(SERVICE, "GetHealthCheck")
def get_check(ctx: Context, params: Params) -> Result:
    return {"HealthCheck": find_check(ctx, params["HealthCheckId"]).shape()}


@operation(SERVICE, "ListHealthChecks")
def list_checks(ctx: Context, params: Params) -> Result:
    checks = [check.shape() for check in state_of(ctx).health_checks.values()]
    return {"HealthChecks": checks, "Marker": params.get("Marker", ""), "IsTruncated": False, "MaxItems": "100"}


@operation(SERVICE, "GetHealthCheckCount")
def count_checks(ctx: Context, params: Params) -> Result:
    return {"HealthCheckCount": len(state_of(ctx).health_checks)}


@operation(SERVICE, "UpdateHealthCheck")
def update_check(ctx: Context, params: Params) -> Result:
    """What is left out stays; what is named as an alarm is read anew."""
    check = find_check(ctx, params["HealthCheckId"])
    if params.get("HealthCheckVersion", check.version) != check.version:
        raise AWSError("HealthCheckVersionMismatch", f"The health check's version is {check.version} by now.", 409)
    changes = {
        name: value
        for name, value in params.items()
        if name not in ("HealthCheckId", "HealthCheckVersion", "ResetElements")
    }
    if "IPAddress" in changes and "IPAddress" not in check.config:
        raise _invalid("IPAddress cannot be added to a health check")
    reset = params.get("ResetElements") or []
    if set(reset) & set(changes):
        raise _invalid("what is reset cannot be set")
    config = {name: value for name, value in check.config.items() if name not in reset} | changes
    _check(ctx, config)
    if "AlarmIdentifier" in changes:
        check.alarm = _alarm(ctx, changes["AlarmIdentifier"])
    check.config = config
    check.version += 1
    return {"HealthCheck": check.shape()}


@operation(SERVICE, "DeleteHealthCheck")
def delete_check(ctx: Context, params: Params) -> Result:
    """Not while another one sums it up; while records use it, it is."""
    state, check = state_of(ctx), find_check(ctx, params["HealthCheckId"])
    checks = state.health_checks.values()
    if parents := [other.id for other in checks if check.id in other.config.get("ChildHealthChecks", ())]:
        raise AWSError("HealthCheckInUse", f"Health check {check.id} is in use by {', '.join(parents)}.", 400)
    del state.health_checks[check.id]
    return {}


# Status ------------------------------------------------------------------------------------------------------------


def healthy(ctx: Context, check: HealthCheck) -> bool:
    """Setting `unhealthy` (host names) says which endpoints fail; a new check has no data and counts as healthy."""
    config = check.config
    if config["Disabled"]:
        return True
    if config["Type"] == "CALCULATED":
        checks = state_of(ctx).health_checks
        well = sum(healthy(ctx, checks[child]) for child in config.get("ChildHealthChecks", ()) if child in checks)
        result = well >= config.get("HealthThreshold", 0)
    else:
        result = config.get("FullyQualifiedDomainName") not in (ctx.settings.get("unhealthy") or ())
    return result is not config["Inverted"]


@operation(SERVICE, "GetHealthCheckStatus", "GetHealthCheckLastFailureReason")
def check_status(ctx: Context, params: Params) -> Result:
    """What the checkers of three regions say."""
    check = find_check(ctx, params["HealthCheckId"])
    if check.config["Type"] == "CALCULATED":
        raise _invalid("a calculated health check has no checkers")
    well = healthy(ctx, check)
    if ctx.operation == "GetHealthCheckLastFailureReason" and well:
        return {"HealthCheckObservations": []}
    words = "Success: HTTP Status Code 200, OK" if well else "Failure: HTTP Status Code 503, Service Unavailable"
    report = {"Status": words, "CheckedTime": ctx.clock.datetime()}
    regions = check.config.get("Regions") or ["us-east-1", "us-west-2", "eu-west-1"]
    return {
        "HealthCheckObservations": [
            {"Region": region, "IPAddress": f"15.177.{number}.1", "StatusReport": report}
            for number, region in enumerate(regions)
        ]
    }

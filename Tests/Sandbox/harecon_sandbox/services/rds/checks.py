# SPDX-License-Identifier: Apache-2.0
"""Refusals that several operations on clusters and instances share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params
from harecon_sandbox.services import ec2, iam, kms
from harecon_sandbox.services.common import collect

from . import catalogue
from .state import combination, invalid

MONITORING_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
RETENTIONS = {7, 465, 731, *(month * 31 for month in range(1, 24))}


def matches_filters(
    fields: Mapping[str, Any], arn: str, filters: Iterable[Params] | None, known: Mapping[str, str]
) -> bool:
    """Whether the resource passes all filters; identifiers may be given as ARNs.  No wildcards in RDS."""
    for condition in filters or ():
        name = condition["Name"]
        if name not in known:
            raise invalid(f"Unrecognized filter name: {name}")
        values = condition["Values"]
        texts = collect(fields, known[name])
        own = name in ("db-cluster-id", "db-instance-id", "db-cluster-snapshot-id")
        named = any(v in texts or v.rsplit(":", 1)[-1] in texts for v in values if own or not v.startswith("arn:"))
        if not named and not (own and arn in values):
            return False
    return True


def check_log_types(types: Iterable[str]) -> None:
    unknown = [name for name in types if name not in catalogue.LOG_TYPES]
    if unknown:
        raise combination(
            f"You cannot use the log types '{', '.join(unknown)}' with engine version {catalogue.ENGINE}. For "
            "supported log types, see the documentation."
        )


def check_password(password: str) -> None:
    if not password:
        raise invalid("The parameter MasterUserPassword must be provided and must not be blank.")
    if not 8 <= len(password) <= 99:
        raise invalid(
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
        )
    if any(char in '/"@' or not 32 < ord(char) < 127 for char in password):
        raise invalid(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', "
            "'@', '\"', ' ' may be used."
        )


def check_scaling(scaling: Params, version: str) -> None:
    """Serverless v2: half steps, 0 only where instances can pause, 1 to 256 at the top."""
    least, most = scaling.get("MinCapacity"), scaling.get("MaxCapacity")
    if least is None or most is None:
        raise combination("Both MinCapacity and MaxCapacity must be set.")
    if (least * 2) % 1 or (most * 2) % 1:
        raise invalid("Serverless v2 capacity must be in half steps.")
    if not 1 <= most <= 256:
        raise invalid(f"Serverless v2 maximum capacity {most} isn't valid. The maximum capacity must be from 1 to 256.")
    floor = 0 if catalogue.supports_zero_capacity(version) else 0.5
    if not floor <= least <= 256:
        raise invalid(f"Serverless v2 capacity {least} isn't valid. The minimum capacity must be at least {floor}.")
    if least > most:
        raise combination("Serverless v2 maximum capacity must be greater than or equal to minimum capacity.")
    pause = scaling.get("SecondsUntilAutoPause")
    if pause is not None:
        if least != 0:
            raise combination("SecondsUntilAutoPause can be set only when MinCapacity is 0.")
        if not 300 <= pause <= 86400:
            raise invalid(f"SecondsUntilAutoPause {pause} isn't valid. It must be from 300 to 86400.")


def check_security_groups(ctx: Context, vpc: str, groups: list[str] | None) -> list[str]:
    """The groups to use: those given, else the VPC's default group."""
    net = ec2.network(ctx)
    if not groups:
        return [ec2.default_group(net, vpc).id]
    for group in groups:
        known = net.kinds["security-group"].get(group)
        if known is None:
            raise invalid(f"Invalid security group , groupId= {group}, groupName=.")
        if known.shape["VpcId"] != vpc:
            raise combination(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in "
                f"{vpc} and the EC2 security group is in {known.shape['VpcId']}"
            )
    return list(groups)


def check_insights(ctx: Context, params: Params, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Performance and Database Insights as they would be after the request."""
    now = before or {}
    enabled = params.get("EnablePerformanceInsights", now.get("PerformanceInsightsEnabled", False))
    mode = params.get("DatabaseInsightsMode", now.get("DatabaseInsightsMode", "standard"))
    default = now.get("PerformanceInsightsRetentionPeriod") or 7
    retention = params.get("PerformanceInsightsRetentionPeriod", default)
    if retention not in RETENTIONS:
        raise invalid(f"Invalid Performance Insights retention period: {retention}.")
    if mode not in ("standard", "advanced"):
        raise invalid(f"Invalid DatabaseInsightsMode: {mode}.")
    if mode == "advanced" and (not enabled or retention < 465):
        raise combination(
            "To enable the advanced mode of Database Insights, Performance Insights must be enabled with a retention "
            "period of 465 days."
        )
    if not enabled:
        given = {"PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"} & params.keys()
        if given:
            raise combination(f"{', '.join(sorted(given))} can be set only when Performance Insights is enabled.")
        return {"PerformanceInsightsEnabled": False, "DatabaseInsightsMode": mode,
                "PerformanceInsightsRetentionPeriod": None, "PerformanceInsightsKMSKeyId": None}  # fmt: skip
    old_key = now.get("PerformanceInsightsKMSKeyId")
    key = old_key
    if "PerformanceInsightsKMSKeyId" in params or old_key is None:
        key = kms.accessible_key(ctx, params.get("PerformanceInsightsKMSKeyId"), "rds", "KMSKeyNotAccessibleFault")
    if old_key is not None and key != old_key:
        raise combination("You can't change the KMS key of Performance Insights once it is set.")
    return {
        "PerformanceInsightsEnabled": True,
        "DatabaseInsightsMode": mode,
        "PerformanceInsightsRetentionPeriod": retention,
        "PerformanceInsightsKMSKeyId": key,
    }


def check_monitoring(ctx: Context, params: Params, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Enhanced Monitoring as it would be after the request; the role must be there, trusted and seen by RDS."""
    now = before or {}
    interval = params.get("MonitoringInterval", now.get("MonitoringInterval", 0))
    role: str = params.get("MonitoringRoleArn", now.get("MonitoringRoleArn")) or ""
    if interval not in MONITORING_INTERVALS:
        raise invalid(f"Invalid monitoring interval: {interval}. Valid values are 0, 1, 5, 10, 15, 30, 60.")
    if interval and not role:
        raise combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        )
    if not interval:
        if params.get("MonitoringRoleArn"):
            raise combination("A MonitoringInterval value other than 0 is required if you specify a MonitoringRoleARN.")
        return {"MonitoringInterval": 0, "MonitoringRoleArn": None}
    if "MonitoringRoleArn" in params and not iam.usable_by(
        ctx, role, "monitoring.rds.amazonaws.com", "logs:PutLogEvents"
    ):
        raise AWSError(
            "InvalidParameterValue",
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
        )
    return {"MonitoringInterval": interval, "MonitoringRoleArn": role}

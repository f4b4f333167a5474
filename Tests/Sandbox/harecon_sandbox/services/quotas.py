# SPDX-License-Identifier: Apache-2.0
"""Service Quotas: how much an account may have. Setting `quotas` changes it: `{"vpc/L-F678F1CE": 1}`.

What a quota counts is kept by the service that has it, which refuses what is too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

SERVICE = "service-quotas"


@dataclass(frozen=True)
class Quota:
    """A quota of an account in a region, with AWS's default."""

    service: str
    code: str
    name: str
    default: int
    #: Kept in one region for all.
    is_global: bool = False

    @property
    def key(self) -> str:
        return f"{self.service}/{self.code}"

    def value(self, settings: Mapping[str, Any]) -> int:
        """What the account may have of it."""
        given = settings.get("quotas") or {}
        return int(given.get(self.key, self.default))

    def shape(self, ctx: Context, value: int) -> dict[str, Any]:
        account = ctx.account if value != self.default else ""
        return {
            "ServiceCode": self.service,
            "ServiceName": SERVICE_NAMES[self.service],
            "QuotaArn": f"arn:{ctx.partition}:servicequotas:{ctx.region}:{account}:{self.key}",
            "QuotaCode": self.code,
            "QuotaName": self.name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": self.is_global,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


SERVICE_NAMES = {
    "iam": "AWS Identity and Access Management (IAM)",
    "rds": "Amazon Relational Database Service (Amazon RDS)",
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
}
VPCS = Quota("vpc", "L-F678F1CE", "VPCs per Region", 5)
RULES = Quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60)
ROLES = Quota("iam", "L-FE177D64", "Roles per account", 1000, is_global=True)
CLUSTERS = Quota("rds", "L-952B80B8", "DB clusters", 40)
INSTANCES = Quota("rds", "L-7B6409FD", "DB instances", 40)
CLUSTER_GROUPS = Quota("rds", "L-E4C808A8", "DB cluster parameter groups", 50)
GROUPS = Quota("rds", "L-DE55804A", "Parameter groups", 50)
SUBNET_GROUPS = Quota("rds", "L-48C6BF61", "DB subnet groups", 50)
ALL = (VPCS, RULES, ROLES, CLUSTERS, INSTANCES, CLUSTER_GROUPS, GROUPS, SUBNET_GROUPS)


def _of_service(ctx: Context, service: str) -> list[Quota]:
    found = [quota for quota in ALL if quota.service == service and (not quota.is_global or ctx.region == "us-east-1")]
    if not found:
        raise AWSError("NoSuchResourceException", f"The request failed because the service {service} does not exist.")
    return found


def _find(ctx: Context, params: Params) -> Quota:
    for quota in _of_service(ctx, params["ServiceCode"]):
        if quota.code == params["QuotaCode"]:
            return quota
    raise AWSError(
        "NoSuchResourceException", f"The request failed because the quota {params['QuotaCode']} does not exist."
    )


@operation(SERVICE, "GetServiceQuota")
def get_quota(ctx: Context, params: Params) -> Result:
    quota = _find(ctx, params)
    return {"Quota": quota.shape(ctx, quota.value(ctx.settings))}


@operation(SERVICE, "GetAWSDefaultServiceQuota")
def get_default(ctx: Context, params: Params) -> Result:
    quota = _find(ctx, params)
    return {"Quota": quota.shape(ctx, quota.default)}


@operation(SERVICE, "ListServiceQuotas")
def list_quotas(ctx: Context, params: Params) -> Result:
    quotas = _of_service(ctx, params["ServiceCode"])
    return {"Quotas": [q.shape(ctx, q.value(ctx.settings)) for q in quotas if params.get("QuotaCode") in (None, q.code)]}


@operation(SERVICE, "ListAWSDefaultServiceQuotas")
def list_defaults(ctx: Context, params: Params) -> Result:
    return {"Quotas": [quota.shape(ctx, quota.default) for quota in _of_service(ctx, params["ServiceCode"])]}

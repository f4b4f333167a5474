# SPDX-License-Identifier: Apache-2.0
"""What AWS Backup holds in one account and region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import Tags, arn, check_tags

from .schedule import cron

SERVICE = "backup"
DAY = 86_400.0
DEFAULT_ZONE = "Etc/UTC"


@dataclass
class Vault:
    name: str
    arn: str
    key: str
    created: float
    creator: str | None
    tags: Tags
    policy: str | None = None
    lock: dict[str, Any] | None = None
    points: dict[str, Point] = field(default_factory=dict)


@dataclass
class Point:
    """A recovery point: a snapshot of a cluster."""

    arn: str
    vault: str
    resource: str
    created: float
    role: str
    #: What the cluster was when the snapshot was taken.
    source: dict[str, Any]
    tags: Tags
    expires: float | None = None


@dataclass
class Plan:
    id: str
    arn: str
    body: dict[str, Any]
    created: float
    creator: str | None
    tags: Tags
    version: str = field(default_factory=lambda: str(uuid.uuid4()))
    selections: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Up to when its schedules have been carried out.
    done: float = 0.0


@dataclass
class TestingPlan:
    name: str
    arn: str
    body: dict[str, Any]
    created: float
    creator: str | None
    tags: Tags
    selections: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: float = 0.0
    updated: float | None = None
    last: float | None = None


@dataclass
class State:
    vaults: dict[str, Vault] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    testing: dict[str, TestingPlan] = field(default_factory=dict)
    backup_jobs: dict[str, Any] = field(default_factory=dict)
    restore_jobs: dict[str, Any] = field(default_factory=dict)
    busy: bool = False


def raw_state(ctx: Context) -> State:
    state: State = ctx.keep(SERVICE, State)
    return state


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), timezone.utc)


def present(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterValueException", message, 400)


def refused(message: str) -> AWSError:
    return AWSError("InvalidRequestException", message, 400)


def missing(what: str) -> AWSError:
    return AWSError("ResourceNotFoundException", f"Cannot find {what}", 400)


def exists(message: str) -> AWSError:
    return AWSError("AlreadyExistsException", message, 400)


def resource_arn(ctx: Context, resource: str) -> str:
    return arn(ctx, SERVICE, resource)


def check_backup_tags(tags: Tags, current: Tags) -> None:
    check_tags(tags, current, invalid)


def check_schedule(expression: str, zone: str) -> None:
    try:
        cron(expression, zone)
    except ValueError:
        raise invalid(f"Invalid schedule expression or time zone: {expression}, {zone}") from None


def check_role(ctx: Context, role_arn: str) -> None:
    """The role must be there, seen, and trust AWS Backup."""
    role = iam.find_role(ctx, role_arn)
    trust = iam.load_document(role.assume_role_policy_document) if role is not None else None
    trusted = trust is not None and any(
        iam.action_allowed(s, "sts:AssumeRole") and "backup.amazonaws.com" in iam.principals(s, "Service")
        for s in iam.statements(trust)
    )
    if role is None or not iam.visible(ctx, role) or not trusted:
        raise invalid(f"IAM Role {role_arn} cannot be assumed by AWS Backup")


def find_vault(ctx: Context, name: str) -> Vault:
    vault = raw_state(ctx).vaults.get(name)
    if vault is None:
        # What DescribeBackupVault answers for a vault that does not exist, so that nobody learns which ones do.
        raise AWSError("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    return vault


def find_plan(ctx: Context, identifier: str) -> Plan:
    plan = raw_state(ctx).plans.get(identifier)
    if plan is None:
        raise missing(f"Backup plan with ID {identifier}")
    return plan


def find_testing(ctx: Context, name: str) -> TestingPlan:
    plan = raw_state(ctx).testing.get(name)
    if plan is None:
        raise missing(f"restore testing plan {name}")
    return plan

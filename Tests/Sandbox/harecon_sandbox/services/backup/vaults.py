# SPDX-License-Identifier: Apache-2.0
"""Vaults with access policies and locks, and the recovery points in them; tags of everything."""

from __future__ import annotations

import uuid
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam, kms
from harecon_sandbox.services.common import arn

from .jobs import state_of
from .state import (
    DAY,
    SERVICE,
    Point,
    Vault,
    check_backup_tags,
    exists,
    find_vault,
    invalid,
    missing,
    moment,
    present,
    refused,
    resource_arn,
)


def _shape(vault: Vault) -> dict[str, Any]:
    lock = vault.lock or {}
    return present({
        "BackupVaultName": vault.name,
        "BackupVaultArn": vault.arn,
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "EncryptionKeyArn": vault.key,
        "CreationDate": moment(vault.created),
        "CreatorRequestId": vault.creator,
        "NumberOfRecoveryPoints": len(vault.points),
        "Locked": vault.lock is not None,
        "MinRetentionDays": lock.get("min"),
        "MaxRetentionDays": lock.get("max"),
        "LockDate": moment(lock.get("date")),
    })  # fmt: skip


@operation(SERVICE, "CreateBackupVault")
def create_vault(ctx: Context, params: Params) -> Result:
    state, name = state_of(ctx), params["BackupVaultName"]
    if name in state.vaults:
        raise exists(f"Backup vault with the same name already exists: {name}")
    tags = dict(params.get("BackupVaultTags") or {})
    check_backup_tags(tags, {})
    key = _key(ctx, params.get("EncryptionKeyArn"))
    vault = Vault(
        name, resource_arn(ctx, f"backup-vault:{name}"), key, ctx.clock.now(), params.get("CreatorRequestId"), tags
    )
    state.vaults[name] = vault
    return {"BackupVaultName": name, "BackupVaultArn": vault.arn, "CreationDate": moment(vault.created)}


def _key(ctx: Context, wanted: str | None) -> str:
    """The ARN of the key; AWS manages one for vaults that name none."""
    if wanted is None:
        return arn(ctx, "kms", f"key/{uuid.uuid5(uuid.NAMESPACE_OID, ctx.account)}")
    return kms.accessible_key(ctx, wanted, "backup", "InvalidParameterValueException")


@operation(SERVICE, "DescribeBackupVault")
def describe_vault(ctx: Context, params: Params) -> Result:
    state_of(ctx)
    return _shape(find_vault(ctx, params["BackupVaultName"]))


@operation(SERVICE, "ListBackupVaults")
def list_vaults(ctx: Context, params: Params) -> Result:
    return {"BackupVaultList": [_shape(vault) for _, vault in sorted(state_of(ctx).vaults.items())]}


@operation(SERVICE, "DeleteBackupVault")
def delete_vault(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    if vault.points:
        raise refused("Backup vault cannot be deleted because it contains recovery points.")
    del state_of(ctx).vaults[vault.name]
    return {}


def _vault(ctx: Context, params: Params) -> Vault:
    vault = state_of(ctx).vaults.get(params["BackupVaultName"])
    if vault is None:
        raise missing(f"Backup vault {params['BackupVaultName']}")
    return vault


# Access policy -----------------------------------------------------------------------------------------------------


@operation(SERVICE, "PutBackupVaultAccessPolicy")
def put_policy(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    text = params.get("Policy") or ""
    document = iam.load_document(text)
    if document is None or not all("Principal" in s and "Action" in s for s in iam.statements(document)):
        raise invalid("The specified policy cannot be added to the vault due to cross-account sharing restrictions or "
                      "invalid syntax. Check your policy and try again.")  # fmt: skip
    for statement in iam.statements(document):
        if not all(iam.known_principal(ctx, principal) for principal in iam.principals(statement, "AWS")):
            raise invalid("Invalid principal in the policy of the vault.")
    vault.policy = text
    return {}


@operation(SERVICE, "GetBackupVaultAccessPolicy")
def get_policy(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    if vault.policy is None:
        raise missing(f"access policy of backup vault {vault.name}")
    return {"BackupVaultName": vault.name, "BackupVaultArn": vault.arn, "Policy": vault.policy}


@operation(SERVICE, "DeleteBackupVaultAccessPolicy")
def delete_policy(ctx: Context, params: Params) -> Result:
    _vault(ctx, params).policy = None
    return {}


# Lock --------------------------------------------------------------------------------------------------------------


def _check_open(ctx: Context, vault: Vault) -> None:
    """A lock whose grace is over is for good."""
    date = (vault.lock or {}).get("date")
    if date is not None and date <= ctx.clock.now():
        raise refused("The lock configuration of the vault has become immutable.")


@operation(SERVICE, "PutBackupVaultLockConfiguration")
def put_lock(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    _check_open(ctx, vault)
    low, high, grace = (params.get(name) for name in ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays"))
    if low is not None and low < 1 or high is not None and (high > 36500 or high < (low or 1)):
        raise invalid("MinRetentionDays must be at least 1, and MaxRetentionDays not below it and at most 36500.")
    if grace is not None and grace < 3:
        raise invalid("ChangeableForDays must be 3 or greater.")
    if grace is None and (vault.lock or {}).get("date") is not None:
        raise refused("A lock with a lock date has to be deleted before one without can be set.")
    date = None if grace is None else ctx.clock.now() + grace * DAY
    vault.lock = {"min": low, "max": high, "date": date}
    return {}


@operation(SERVICE, "DeleteBackupVaultLockConfiguration")
def delete_lock(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    _check_open(ctx, vault)
    vault.lock = None
    return {}


# Recovery points ---------------------------------------------------------------------------------------------------


def _point(vault: Vault, point: Point) -> dict[str, Any]:
    return present({
        "RecoveryPointArn": point.arn, "BackupVaultName": vault.name, "BackupVaultArn": vault.arn,
        "ResourceArn": point.resource, "ResourceType": "Aurora", "IamRoleArn": point.role, "Status": "COMPLETED",
        "CreationDate": moment(point.created), "CompletionDate": moment(point.created), "IsEncrypted": True,
        "EncryptionKeyArn": point.source.get("KmsKeyId"), "BackupSizeInBytes": 0, "IsParent": False,
        "Lifecycle": {"DeleteAfterDays": round((point.expires - point.created) / DAY)} if point.expires else None,
        "ResourceName": point.resource.rsplit(":", 1)[-1],
    })  # fmt: skip


@operation(SERVICE, "ListRecoveryPointsByBackupVault")
def list_points(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    return {
        "RecoveryPoints": [
            _point(vault, point)
            for point in sorted(vault.points.values(), key=lambda p: -p.created)
            if params.get("ByResourceArn") in (None, point.resource)
        ]
    }


def _find_point(vault: Vault, params: Params) -> Point:
    point = vault.points.get(params["RecoveryPointArn"])
    if point is None:
        raise missing(f"recovery point {params['RecoveryPointArn']}")
    return point


@operation(SERVICE, "DescribeRecoveryPoint")
def describe_point(ctx: Context, params: Params) -> Result:
    vault = _vault(ctx, params)
    return _point(vault, _find_point(vault, params))


@operation(SERVICE, "DeleteRecoveryPoint")
def delete_point(ctx: Context, params: Params) -> Result:
    """Neither the vault's policy nor its lock may forbid it."""
    vault = _vault(ctx, params)
    point = _find_point(vault, params)
    document = iam.load_document(vault.policy) if vault.policy else None
    for statement in iam.statements(document) if document else []:
        denied = iam.action_allowed({**statement, "Effect": "Allow"}, "backup:DeleteRecoveryPoint")
        if statement.get("Effect") == "Deny" and denied:
            raise AWSError("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    if vault.lock is not None:
        raise refused("The recovery point cannot be deleted: the vault is locked.")
    del vault.points[point.arn]
    return {}


# Tags --------------------------------------------------------------------------------------------------------------


def _tags(ctx: Context, target: str) -> dict[str, str]:
    state = state_of(ctx)
    held = [*state.vaults.values(), *state.plans.values(), *state.testing.values()]
    found = next((item for item in held if item.arn == target), None)
    if found is None:
        raise missing(f"resource {target}")
    return found.tags


@operation(SERVICE, "ListTags")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"Tags": dict(_tags(ctx, params["ResourceArn"]))}


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    current = _tags(ctx, params["ResourceArn"])
    check_backup_tags(params["Tags"], current)
    current.update(params["Tags"])
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    current = _tags(ctx, params["ResourceArn"])
    for key in params["TagKeyList"]:
        current.pop(key, None)
    return {}

# SPDX-License-Identifier: Apache-2.0
"""What a key says of itself, and what its state forbids; rotation."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.kms import models
from moto.kms.utils import generate_private_key

from harecon_sandbox.kit import AWSError, Context, Params, Result, after, before, operation

from .keys import (
    DAY,
    SERVICE,
    check_kms_tags,
    moment,
    note_of,
    require_enabled,
    require_key,
    require_not_pending,
)


def _private_key(key_spec: str) -> Any:
    """moto makes an RSA key, which takes long, for keys that have none too."""
    return None if key_spec.startswith(("SYMMETRIC", "HMAC")) else generate_private_key(key_spec)


models.generate_private_key = _private_key


@after(SERVICE, "CreateKey", "DescribeKey")
def add_material(ctx: Context, params: Params, result: Result) -> Result:
    metadata = result["KeyMetadata"]
    metadata["CreationDate"] = note_of(ctx, ctx.moto(SERVICE).keys[metadata["KeyId"]]).setdefault(
        "created", ctx.clock.datetime()
    )
    if metadata.get("KeySpec") == "SYMMETRIC_DEFAULT" and metadata.get("Origin") == "AWS_KMS":
        metadata["CurrentKeyMaterialId"] = hashlib.sha256(metadata["KeyId"].encode()).hexdigest()
    if metadata["KeyState"] == "PendingDeletion":
        key = ctx.moto(SERVICE).keys[metadata["KeyId"]]
        metadata["DeletionDate"] = moment(note_of(ctx, key)["deletion"])
    return result


@before(SERVICE, "DescribeKey")
def check_described(ctx: Context, params: Params) -> None:
    require_key(ctx, params["KeyId"], by_alias=True)


@before(SERVICE, "ListResourceTags", "ListKeyPolicies", "ListGrants")
def check_known(ctx: Context, params: Params) -> None:
    require_key(ctx, params["KeyId"])


# States ------------------------------------------------------------------------------------------------------------


@operation(SERVICE, "EnableKey", "DisableKey")
def set_enabled(ctx: Context, params: Params) -> Result:
    key = require_key(ctx, params["KeyId"])
    require_not_pending(key)
    key.enabled = ctx.operation == "EnableKey"
    key.key_state = "Enabled" if key.enabled else "Disabled"
    return {}


@operation(SERVICE, "UpdateKeyDescription")
def describe_anew(ctx: Context, params: Params) -> Result:
    key = require_key(ctx, params["KeyId"])
    require_not_pending(key)
    key.description = params["Description"]
    return {}


@before(SERVICE, "TagResource", "UntagResource", "CreateGrant")
def check_not_pending(ctx: Context, params: Params) -> None:
    key = require_key(ctx, params["KeyId"])
    require_not_pending(key)
    if ctx.operation == "TagResource":
        current = {t["TagKey"]: t["TagValue"] for t in ctx.moto(SERVICE).list_resource_tags(key.id)["Tags"]}
        check_kms_tags({tag["TagKey"]: tag["TagValue"] for tag in params["Tags"]}, current)


@before(SERVICE, "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify")
def check_enabled(ctx: Context, params: Params) -> None:
    require_enabled(require_key(ctx, params["KeyId"], by_alias=True))


@operation(SERVICE, "ScheduleKeyDeletion")
def schedule_deletion(ctx: Context, params: Params) -> Result:
    key = require_key(ctx, params["KeyId"])
    require_not_pending(key)
    days = params.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:
        raise AWSError("ValidationException", "PendingWindowInDays must be between 7 and 30 days.")
    note = note_of(ctx, key)
    note["deletion"] = ctx.clock.now() + days * DAY
    key.key_state, key.enabled = "PendingDeletion", False
    key.deletion_date = moment(note["deletion"]).replace(tzinfo=None)  # as moto keeps it
    return {
        "KeyId": key.arn,
        "DeletionDate": moment(note["deletion"]),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


@operation(SERVICE, "CancelKeyDeletion")
def cancel_deletion(ctx: Context, params: Params) -> Result:
    key = require_key(ctx, params["KeyId"])
    if key.key_state != "PendingDeletion":
        raise AWSError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    key.key_state, key.enabled, key.deletion_date = "Disabled", False, None
    note_of(ctx, key).pop("deletion", None)
    return {"KeyId": key.arn}


# Rotation ----------------------------------------------------------------------------------------------------------


def _rotatable(ctx: Context, identifier: str) -> Any:
    key = require_key(ctx, identifier)
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        raise AWSError(
            "UnsupportedOperationException", f"{key.arn} key origin or spec is not valid for this operation."
        )
    return key


@operation(SERVICE, "EnableKeyRotation")
def enable_rotation(ctx: Context, params: Params) -> Result:
    key = _rotatable(ctx, params["KeyId"])
    require_enabled(key)
    note = note_of(ctx, key)
    days = params.get("RotationPeriodInDays", note.get("period", 365) if key.key_rotation_status else 365)
    if not 90 <= days <= 2560:
        raise AWSError("ValidationException", "RotationPeriodInDays must be between 90 and 2560 days.")
    if not key.key_rotation_status or note.get("period") != days:
        note |= {"period": days, "since": ctx.clock.now()}
    key.key_rotation_status = True
    return {}


@operation(SERVICE, "DisableKeyRotation")
def disable_rotation(ctx: Context, params: Params) -> Result:
    key = _rotatable(ctx, params["KeyId"])
    require_enabled(key)
    key.key_rotation_status = False
    return {}


@operation(SERVICE, "GetKeyRotationStatus")
def rotation_status(ctx: Context, params: Params) -> Result:
    """ "While a KMS key is pending deletion, its key rotation status is false." """
    key = _rotatable(ctx, params["KeyId"])
    if key.key_state == "PendingDeletion" or not key.key_rotation_status:
        return {"KeyRotationEnabled": False, "KeyId": key.arn}
    note = note_of(ctx, key)
    passed = ctx.clock.now() - note["since"]
    following = note["since"] + (passed // (note["period"] * DAY) + 1) * note["period"] * DAY
    return {
        "KeyRotationEnabled": True,
        "KeyId": key.arn,
        "RotationPeriodInDays": note["period"],
        "NextRotationDate": moment(following),
    }

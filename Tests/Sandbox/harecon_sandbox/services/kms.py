# SPDX-License-Identifier: Apache-2.0
"""KMS: key policies that are judged, key states, rotation with its period and dates, alias rules."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timezone
from typing import Any

from moto.kms import models
from moto.kms.utils import generate_private_key

from harecon_sandbox.kit import AWSError, Context, Params, Result, after, before, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import Tags, arn, wildcard_match

SERVICE = "kms"


def _private_key(key_spec: str) -> Any:
    """moto makes an RSA key, which takes long, for keys that have none too."""
    return None if key_spec.startswith(("SYMMETRIC", "HMAC")) else generate_private_key(key_spec)


models.generate_private_key = _private_key

MAX_POLICY = 32_768
DAY = 86_400.0


# Keys --------------------------------------------------------------------------------------------------------------


def _notes(ctx: Context) -> dict[str, dict[str, Any]]:
    """What the emulator does not keep: per key its rotation, per alias its dates."""
    return ctx.keep("kms", dict)


def _note(ctx: Context, key: Any) -> dict[str, Any]:
    return _notes(ctx).setdefault(key.id, {})


def _bury(ctx: Context) -> None:
    """Removes the keys whose waiting period is over."""
    backend = ctx.moto(SERVICE)
    now = ctx.clock.now()
    for key in [k for k in backend.keys.values() if k.key_state == "PendingDeletion"]:
        if _note(ctx, key)["deletion"] <= now:
            backend.delete_key(key.id)
            _notes(ctx).pop(key.id, None)


def find_key(ctx: Context, identifier: str) -> Any | None:
    """The key of an id, ARN, alias or alias ARN; None when there is none, or it is of another account or region."""
    _bury(ctx)
    if identifier.startswith("arn:") and identifier.split(":")[3:5] != [ctx.region, ctx.account]:
        return None
    backend = ctx.moto(SERVICE)
    name = identifier.split(":", 5)[5] if identifier.startswith("arn:") else identifier
    key_id = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name.removeprefix("key/")
    return backend.keys.get(key_id)


def _key(ctx: Context, identifier: str) -> Any:
    key = find_key(ctx, identifier)
    if key is not None:
        return key
    if "alias/" in identifier:
        name = identifier if identifier.startswith("arn:") else arn(ctx, SERVICE, identifier)
        raise AWSError("NotFoundException", f"Alias {name} is not found.")
    name = identifier if identifier.startswith("arn:") else arn(ctx, SERVICE, f"key/{identifier}")
    raise AWSError("NotFoundException", f"Key '{name}' does not exist")


def _not_pending(key: Any) -> None:
    if key.key_state == "PendingDeletion":
        raise AWSError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _enabled(key: Any) -> None:
    _not_pending(key)
    if key.key_state == "Disabled":
        raise AWSError("DisabledException", f"{key.arn} is disabled.")


def accessible_key(ctx: Context, identifier: str | None, service: str, code: str) -> str:
    """The ARN of a key that a service is to use; without a key it is the service's own, which AWS manages."""
    key = find_key(ctx, identifier or f"alias/aws/{service}")
    if key is None or key.key_state != "Enabled":
        raise AWSError(
            code,
            f"The specified KMS key [{identifier}] does not exist, is not enabled or you do not have access to it.",
            400,
        )
    if identifier is None:
        key.key_manager = "AWS"
    return str(key.arn)


def allows_service(key: Any, service: str, action: str, context: dict[str, str]) -> bool:
    """Whether the key's policy lets a service do something with this encryption context."""
    document = iam.load_document(key.policy)
    return document is not None and any(
        iam.action_allowed(s, action) and service in iam.principals(s, "Service") and _conditions_hold(s, context)
        for s in iam.statements(document)
    )


def _conditions_hold(statement: dict[str, Any], context: dict[str, str]) -> bool:
    """Judges the conditions on the encryption context; others are believed."""
    for operator, wanted in (statement.get("Condition") or {}).items():
        for name, values in wanted.items():
            key = name.partition("kms:EncryptionContext:")[2]
            if not key:
                continue
            exact = operator in ("StringEquals", "ArnEquals") and not any("*" in v for v in iam.as_list(values))
            actual = context.get(key)
            if actual is None or not (
                actual in iam.as_list(values) if exact else wildcard_match(actual, iam.as_list(values))
            ):
                return False
    return True


# Policies ----------------------------------------------------------------------------------------------------------


def _malformed(message: str) -> AWSError:
    return AWSError("MalformedPolicyDocumentException", message)


def _check_policy(ctx: Context, text: str, bypass: bool) -> None:
    if len(text) > MAX_POLICY:
        raise AWSError("LimitExceededException", f"The key policy is longer than {MAX_POLICY} bytes.")
    document = iam.load_document(text)
    if document is None:
        raise _malformed("The new key policy is not a valid JSON policy document.")
    for statement in iam.statements(document):
        if statement.get("Effect") not in ("Allow", "Deny") or "Resource" not in statement:
            raise _malformed("Policy contains a statement without Effect or Resource.")
        if "Action" not in statement and "NotAction" not in statement:
            raise _malformed("Policy contains a statement without Action.")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise _malformed("Policy contains a statement without Principal.")
        for principal in iam.principals(statement, "AWS"):
            if not iam.known_principal(ctx, principal):
                raise _malformed("Policy contains a statement with one or more invalid principals.")
        for service in iam.principals(statement, "Service"):
            if service != "*" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", service):
                raise _malformed("Policy contains a statement with one or more invalid principals.")
    if not bypass and not _keeps_caller(ctx, document):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")


def _keeps_caller(ctx: Context, document: dict[str, Any]) -> bool:
    """The lockout safety check: whoever sets the policy must be able to set it again."""
    caller = ctx.call("sts", "GetCallerIdentity", {})["Arn"]
    root = arn(ctx, "iam", "root", region="")
    parts = caller.split(":", 5)
    role = (
        f"{parts[0]}:{parts[1]}:iam::{ctx.account}:role/{parts[5].split('/')[1]}"
        if "assumed-role/" in caller
        else caller
    )
    me = {"*", ctx.account, root, caller, role}
    return any(
        iam.action_allowed(s, "kms:PutKeyPolicy") and me.intersection(iam.principals(s, "AWS"))
        for s in iam.statements(document)
    )


@before(SERVICE, "CreateKey")
def check_new_key(ctx: Context, params: Params) -> None:
    if "Policy" in params:
        _check_policy(ctx, params["Policy"], bool(params.get("BypassPolicyLockoutSafetyCheck")))
    _check_kms_tags({tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags") or ()}, {})


def _check_kms_tags(tags: Tags, current: Tags) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise AWSError("TagException", f"Tag keys must not begin with aws: - {key}")
    if len({**current, **tags}) > 50:
        raise AWSError("LimitExceededException", "A key can have at most 50 tags.")


@after(SERVICE, "CreateKey", "DescribeKey")
def add_material(ctx: Context, params: Params, result: Result) -> Result:
    metadata = result["KeyMetadata"]
    metadata["CreationDate"] = _note(ctx, ctx.moto(SERVICE).keys[metadata["KeyId"]]).setdefault(
        "created", ctx.clock.datetime()
    )
    if metadata.get("KeySpec") == "SYMMETRIC_DEFAULT" and metadata.get("Origin") == "AWS_KMS":
        metadata["CurrentKeyMaterialId"] = hashlib.sha256(metadata["KeyId"].encode()).hexdigest()
    if metadata["KeyState"] == "PendingDeletion":
        key = ctx.moto(SERVICE).keys[metadata["KeyId"]]
        metadata["DeletionDate"] = _moment(_note(ctx, key)["deletion"])
    return result


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc)


@before(SERVICE, "DescribeKey", "ListResourceTags", "ListKeyPolicies", "ListGrants")
def check_known(ctx: Context, params: Params) -> None:
    _key(ctx, params["KeyId"])


@operation(SERVICE, "GetKeyPolicy")
def get_key_policy(ctx: Context, params: Params) -> Result:
    """KMS keeps the document, not its text: what comes back is laid out anew."""
    _check_policy_name(params)
    document = json.loads(_key(ctx, params["KeyId"]).policy)
    return {"Policy": json.dumps(document, indent=2, separators=(",", " : ")), "PolicyName": "default"}


@operation(SERVICE, "PutKeyPolicy")
def put_key_policy(ctx: Context, params: Params) -> Result:
    key = _key(ctx, params["KeyId"])
    _check_policy_name(params)
    _not_pending(key)
    _check_policy(ctx, params["Policy"], bool(params.get("BypassPolicyLockoutSafetyCheck")))
    key.policy = params["Policy"]
    return {}


def _check_policy_name(params: Params) -> None:
    if params.get("PolicyName", "default") != "default":
        raise AWSError("NotFoundException", "No such policy exists")


# States ------------------------------------------------------------------------------------------------------------


@before(SERVICE, "EnableKey", "DisableKey", "UpdateKeyDescription", "TagResource", "UntagResource", "CreateGrant")
def check_not_pending(ctx: Context, params: Params) -> None:
    key = _key(ctx, params["KeyId"])
    _not_pending(key)
    if ctx.operation == "TagResource":
        current = {t["TagKey"]: t["TagValue"] for t in ctx.moto(SERVICE).list_resource_tags(key.id)["Tags"]}
        _check_kms_tags({tag["TagKey"]: tag["TagValue"] for tag in params["Tags"]}, current)
    # moto looks some keys up by id alone.
    params["KeyId"] = key.id


@before(SERVICE, "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify")
def check_enabled(ctx: Context, params: Params) -> None:
    _enabled(_key(ctx, params["KeyId"]))


@operation(SERVICE, "ScheduleKeyDeletion")
def schedule_deletion(ctx: Context, params: Params) -> Result:
    key = _key(ctx, params["KeyId"])
    _not_pending(key)
    days = params.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:
        raise AWSError("ValidationException", "PendingWindowInDays must be between 7 and 30 days.")
    note = _note(ctx, key)
    note["deletion"] = ctx.clock.now() + days * DAY
    key.key_state, key.enabled = "PendingDeletion", False
    key.deletion_date = _moment(note["deletion"]).replace(tzinfo=None)  # as moto keeps it
    return {
        "KeyId": key.arn,
        "DeletionDate": _moment(note["deletion"]),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


@operation(SERVICE, "CancelKeyDeletion")
def cancel_deletion(ctx: Context, params: Params) -> Result:
    key = _key(ctx, params["KeyId"])
    if key.key_state != "PendingDeletion":
        raise AWSError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    key.key_state, key.enabled, key.deletion_date = "Disabled", False, None
    _note(ctx, key).pop("deletion", None)
    return {"KeyId": key.arn}


# Rotation ----------------------------------------------------------------------------------------------------------


def _rotatable(ctx: Context, identifier: str) -> Any:
    if "alias/" in identifier:
        raise AWSError("NotFoundException", f"Invalid keyId {identifier}")
    key = _key(ctx, identifier)
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        raise AWSError(
            "UnsupportedOperationException", f"{key.arn} key origin or spec is not valid for this operation."
        )
    return key


@operation(SERVICE, "EnableKeyRotation")
def enable_rotation(ctx: Context, params: Params) -> Result:
    key = _rotatable(ctx, params["KeyId"])
    _enabled(key)
    note = _note(ctx, key)
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
    _enabled(key)
    key.key_rotation_status = False
    return {}


@operation(SERVICE, "GetKeyRotationStatus")
def rotation_status(ctx: Context, params: Params) -> Result:
    """ "While a KMS key is pending deletion, its key rotation status is false." """
    key = _rotatable(ctx, params["KeyId"])
    if key.key_state == "PendingDeletion" or not key.key_rotation_status:
        return {"KeyRotationEnabled": False, "KeyId": key.arn}
    note = _note(ctx, key)
    passed = ctx.clock.now() - note["since"]
    following = note["since"] + (passed // (note["period"] * DAY) + 1) * note["period"] * DAY
    return {
        "KeyRotationEnabled": True,
        "KeyId": key.arn,
        "RotationPeriodInDays": note["period"],
        "NextRotationDate": _moment(following),
    }


# Aliases -----------------------------------------------------------------------------------------------------------


def _check_alias_name(name: str) -> None:
    if not re.fullmatch(r"alias/[a-zA-Z0-9:/_-]+", name):
        raise AWSError("InvalidAliasNameException", f'Alias must start with the prefix "alias/": {name}')
    if name.startswith("alias/aws/"):
        raise AWSError("NotAuthorizedException", "Alias names that begin with alias/aws/ are reserved.")


def _target(ctx: Context, identifier: str) -> Any:
    if "alias/" in identifier:
        raise AWSError("ValidationException", "Aliases must refer to keys. Not aliases")
    key = _key(ctx, identifier)
    _not_pending(key)
    return key


@operation(SERVICE, "CreateAlias")
def create_alias(ctx: Context, params: Params) -> Result:
    name = params["AliasName"]
    _check_alias_name(name)
    backend = ctx.moto(SERVICE)
    key = _target(ctx, params["TargetKeyId"])
    if backend.alias_exists(name):
        raise AWSError("AlreadyExistsException", f"An alias with the name {arn(ctx, SERVICE, name)} already exists")
    backend.create_alias(key.id, name)
    now = ctx.clock.datetime()
    _notes(ctx)[name] = {"created": now, "updated": now}
    return {}


@operation(SERVICE, "UpdateAlias")
def update_alias(ctx: Context, params: Params) -> Result:
    name = params["AliasName"]
    _check_alias_name(name)
    backend = ctx.moto(SERVICE)
    if not backend.alias_exists(name):
        raise AWSError("NotFoundException", f"Alias {arn(ctx, SERVICE, name)} is not found.")
    backend.update_alias(_target(ctx, params["TargetKeyId"]).id, name)
    _notes(ctx)[name]["updated"] = ctx.clock.datetime()
    return {}


@operation(SERVICE, "DeleteAlias")
def delete_alias(ctx: Context, params: Params) -> Result:
    name = params["AliasName"]
    _check_alias_name(name)
    backend = ctx.moto(SERVICE)
    if not backend.alias_exists(name):
        raise AWSError("NotFoundException", f"Alias {arn(ctx, SERVICE, name)} is not found.")
    backend.delete_alias(name)
    _notes(ctx).pop(name, None)
    return {}


@operation(SERVICE, "ListAliases")
def list_aliases(ctx: Context, params: Params) -> Result:
    _bury(ctx)
    only = _key(ctx, params["KeyId"]).id if "KeyId" in params else None
    answer = []
    for key in ctx.moto(SERVICE).keys.values():
        for alias in key.aliases.values():
            if only in (None, key.id):
                dates = _notes(ctx).get(alias.alias_name, {})
                entry = {"AliasName": alias.alias_name, "AliasArn": alias.alias_arn, "TargetKeyId": key.id}
                if dates:
                    entry |= {"CreationDate": dates["created"], "LastUpdatedDate": dates["updated"]}
                answer.append(entry)
    return {"Aliases": sorted(answer, key=lambda entry: entry["AliasName"])}


def inventory(ctx: Context) -> list[dict[str, Any]]:
    """Keys that people made, and their aliases.  A key that waits for its deletion is listed as such."""
    _bury(ctx)
    backend = ctx.moto(SERVICE)
    rows = []
    for key in backend.keys.values():
        if any(name.startswith("alias/aws/") for name in key.aliases):
            continue
        tags = {t["TagKey"]: t["TagValue"] for t in backend.list_resource_tags(key.id)["Tags"]}
        names = sorted(key.aliases)
        row = {"kind": "kms/key", "id": key.id, "name": names[0] if names else "", "arn": key.arn}
        rows.append({**row, "tags": tags, "status": key.key_state})
        rows += [{"kind": "kms/alias", "id": name, "name": name, "tags": {}, "status": "available"} for name in names]
    return rows

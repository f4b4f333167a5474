# SPDX-License-Identifier: Apache-2.0
"""Keys: how they are found, what state they are in, who may use them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import Tags, arn, wildcard_match

SERVICE = "kms"
DAY = 86_400.0


def notes(ctx: Context) -> dict[str, dict[str, Any]]:
    """What the emulator does not keep: per key its rotation, per alias its dates."""
    return ctx.keep("kms", dict)


def note_of(ctx: Context, key: Any) -> dict[str, Any]:
    return notes(ctx).setdefault(key.id, {})


def bury(ctx: Context) -> None:
    """Removes the keys whose waiting period is over."""
    backend = ctx.moto(SERVICE)
    now = ctx.clock.now()
    for key in [k for k in backend.keys.values() if k.key_state == "PendingDeletion"]:
        if note_of(ctx, key)["deletion"] <= now:
            backend.delete_key(key.id)
            notes(ctx).pop(key.id, None)


def find_key(ctx: Context, identifier: str) -> Any | None:
    """The key of an id, ARN, alias or alias ARN; None when there is none, or it is of another account or region."""
    bury(ctx)
    if identifier.startswith("arn:") and identifier.split(":")[3:5] != [ctx.region, ctx.account]:
        return None
    backend = ctx.moto(SERVICE)
    name = identifier.split(":", 5)[5] if identifier.startswith("arn:") else identifier
    key_id = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name.removeprefix("key/")
    return backend.keys.get(key_id)


def require_usable(ctx: Context, identifier: str | None, service: str, prefix: str) -> None:
    """Refuses what is under a key that is gone or switched off. The codes' `prefix` is as the service writes KMS."""
    if identifier is None or identifier == f"alias/aws/{service}":
        return
    key = find_key(ctx, identifier)
    if key is None:
        raise AWSError(f"{prefix}NotFound", f"KMS key {identifier} is not found.")
    if key.key_state != "Enabled":
        code = f"{prefix}Disabled" if key.key_state == "Disabled" else f"{prefix}InvalidState"
        raise AWSError(code, f"{key.arn} is {key.key_state}.")


def require_key(ctx: Context, identifier: str, *, by_alias: bool = False) -> Any:
    """The key; only operations that use a key, and DescribeKey, know it by its alias too."""
    if "alias/" in identifier and not by_alias:
        raise AWSError("NotFoundException", f"Invalid keyId {identifier}")
    key = find_key(ctx, identifier)
    if key is not None:
        return key
    if "alias/" in identifier:
        name = identifier if identifier.startswith("arn:") else arn(ctx, SERVICE, identifier)
        raise AWSError("NotFoundException", f"Alias {name} is not found.")
    name = identifier if identifier.startswith("arn:") else arn(ctx, SERVICE, f"key/{identifier}")
    raise AWSError("NotFoundException", f"Key '{name}' does not exist")


def require_not_pending(key: Any) -> None:
    if key.key_state == "PendingDeletion":
        raise AWSError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def require_enabled(key: Any) -> None:
    require_not_pending(key)
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


def check_kms_tags(tags: Tags, current: Tags) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise AWSError("TagException", f"Tag keys must not begin with aws: - {key}")
    if len({**current, **tags}) > 50:
        raise AWSError("LimitExceededException", "A key can have at most 50 tags.")


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc)

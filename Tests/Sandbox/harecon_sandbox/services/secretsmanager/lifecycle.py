# SPDX-License-Identifier: Apache-2.0
"""Secrets as resources: create, describe, list, update, delete, restore, tags."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import tag_list, tags_from

from .state import (
    CURRENT,
    DAY,
    SERVICE,
    Secret,
    Version,
    check_key,
    check_name,
    check_secret_tags,
    find,
    invalid,
    moment,
    new_arn,
    refused,
    request_token,
    state_of,
)
from .versions import add_version


def reference(secret: Secret, **more: Any) -> Result:
    return {"ARN": secret.arn, "Name": secret.name, **more}


def shape(secret: Secret) -> dict[str, Any]:
    """As DescribeSecret gives it, "only fields that have a value"; never a value of the secret."""
    rotation = secret.rotation
    answer: dict[str, Any] = {
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.key,
        "LastChangedDate": moment(secret.changed),
        "CreatedDate": moment(secret.created),
        "DeletedDate": moment(secret.deletion),
        "OwningService": secret.owner,
        "Tags": tag_list(secret.tags) or None,
    }
    if rotation is not None:
        answer |= {
            "RotationEnabled": rotation.enabled,
            "RotationLambdaARN": rotation.function,
            "RotationRules": dict(rotation.rules),
            "LastRotatedDate": moment(rotation.last),
        }
    return {name: value for name, value in answer.items() if value is not None}


def stages(secret: Secret) -> dict[str, list[str]]:
    return {version.id: sorted(version.stages) for version in secret.versions.values() if version.stages}


@operation(SERVICE, "CreateSecret")
def create_secret(ctx: Context, params: Params) -> Result:
    state, name = state_of(ctx), params["Name"]
    check_name(name)
    token = params.get("ClientRequestToken") or request_token()
    held = next((s for s in state.secrets.values() if s.name == name), None)
    if held is not None and held.deletion is not None:
        raise refused("You can't create this secret because a secret with this name is already scheduled for deletion.")
    if held is not None:
        version = held.versions.get(token)
        if version is not None and version.value == params.get("SecretString"):
            return reference(held, VersionId=token)
        raise AWSError(
            "ResourceExistsException", f"The operation failed because the secret {name} already exists.", 400
        )
    if "SecretString" in params and "SecretBinary" in params:
        raise invalid("You can't specify both SecretString and SecretBinary.")
    tags = tags_from(params.get("Tags"))
    check_secret_tags(tags, {})
    check_key(ctx, params.get("KmsKeyId"))
    now = ctx.clock.now()
    secret = Secret(
        name, new_arn(ctx, name), now, params.get("Description"), params.get("KmsKeyId"), tags, changed=now
    )
    state.secrets[secret.arn] = secret
    if "SecretString" not in params and "SecretBinary" not in params:
        return reference(secret)
    version = Version(token, now, params.get("SecretString"), params.get("SecretBinary"))
    secret.versions[token] = version
    secret.move(CURRENT, version)
    return reference(secret, VersionId=token)


@operation(SERVICE, "DescribeSecret")
def describe_secret(ctx: Context, params: Params) -> Result:
    """Also of one that waits for its deletion."""
    secret = find(ctx, params["SecretId"], deleted=True)
    return {**shape(secret), "VersionIdsToStages": stages(secret)}


def _matches(secret: Secret, condition: Params) -> bool:
    """Names and tags by their beginning, with case; the words of a description without. A leading ! negates."""
    fields = {
        "name": [secret.name],
        "tag-key": list(secret.tags),
        "tag-value": list(secret.tags.values()),
        "owning-service": [secret.owner or ""],
        "description": (secret.description or "").lower().split(),
        "primary-region": [],
    }
    found = fields.get(condition["Key"])
    if found is None:
        found = [secret.name, *fields["description"], *secret.tags, *secret.tags.values()]
    lowered = condition["Key"] == "description"

    def fits(value: str) -> bool:
        negated, wanted = value.startswith("!"), value.removeprefix("!")
        hit = any(text.startswith(wanted.lower() if lowered else wanted) for text in found)
        return hit != negated

    return any(fits(value) for value in condition.get("Values") or ())


@operation(SERVICE, "ListSecrets")
def list_secrets(ctx: Context, params: Params) -> Result:
    """Setting `secrets_lag` has the listing leave out, for so many seconds, what is new: AWS says five minutes."""
    lag = float(ctx.settings.get("secrets_lag", 0.0))
    now = ctx.clock.now()
    wanted = [
        secret
        for secret in sorted(state_of(ctx).secrets.values(), key=lambda s: s.created)
        if (secret.deletion is None or params.get("IncludePlannedDeletion"))
        and secret.created + lag <= now
        and all(_matches(secret, condition) for condition in params.get("Filters") or ())
    ]
    if params.get("SortOrder") == "desc":
        wanted.reverse()
    return {"SecretList": [{**shape(secret), "SecretVersionsToStages": stages(secret)} for secret in wanted]}


def require_unmanaged(secret: Secret) -> None:
    if secret.owner is not None:
        raise refused(
            f"You can't perform this operation on the secret because it is managed by {secret.owner}."
        )


@operation(SERVICE, "UpdateSecret")
def update_secret(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    require_unmanaged(secret)
    if "KmsKeyId" in params:
        check_key(ctx, params["KmsKeyId"])
        secret.key = params["KmsKeyId"] or None
    if "Description" in params:
        secret.description = params["Description"]
    secret.changed = ctx.clock.now()
    if "SecretString" not in params and "SecretBinary" not in params:
        return reference(secret)
    token = params.get("ClientRequestToken") or request_token()
    if token in secret.versions:
        raise AWSError("ResourceExistsException", "A version with this ClientRequestToken already exists.", 400)
    add_version(ctx, secret, token, params, [CURRENT])
    return reference(secret, VersionId=token)


@operation(SERVICE, "DeleteSecret")
def delete_secret(ctx: Context, params: Params) -> Result:
    force = bool(params.get("ForceDeleteWithoutRecovery"))
    if force and "RecoveryWindowInDays" in params:
        raise invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    days = params.get("RecoveryWindowInDays", 30)
    if not 7 <= days <= 30:
        raise invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    secret = find(ctx, params["SecretId"], deleted=True)
    require_unmanaged(secret)
    if secret.deletion is not None and not force:
        raise refused("You tried to perform the operation on a secret that's currently marked deleted.")
    if force:
        del state_of(ctx).secrets[secret.arn]
        return reference(secret, DeletionDate=ctx.clock.datetime())
    secret.deletion = ctx.clock.now() + days * DAY
    return reference(secret, DeletionDate=moment(secret.deletion))


@operation(SERVICE, "RestoreSecret")
def restore_secret(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"], deleted=True)
    secret.deletion = None
    return reference(secret)


@operation(SERVICE, "TagResource")
def tag_resource(ctx: Context, params: Params) -> Result:
    secret, tags = find(ctx, params["SecretId"]), tags_from(params["Tags"])
    check_secret_tags(tags, secret.tags)
    secret.tags |= tags
    return {}


@operation(SERVICE, "UntagResource")
def untag_resource(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    for key in params["TagKeys"]:
        secret.tags.pop(key, None)
    return {}

# SPDX-License-Identifier: Apache-2.0
"""What secrets hold: versions, their stages, random passwords."""

from __future__ import annotations

import secrets
import string
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .state import CURRENT, SERVICE, Secret, Version, find, invalid, moment, request_token


def add_version(ctx: Context, secret: Secret, token: str, params: Params, stages: list[str]) -> Version:
    """A new version, or a value for one that a rotation has begun."""
    version = secret.versions.setdefault(token, Version(token, ctx.clock.now()))
    version.value, version.binary = params.get("SecretString"), params.get("SecretBinary")
    for stage in stages:
        secret.move(stage, version)
    secret.changed = ctx.clock.now()
    return version


@operation(SERVICE, "PutSecretValue")
def put_value(ctx: Context, params: Params) -> Result:
    """The same token and value again is no new version; another value is refused."""
    secret = find(ctx, params["SecretId"])
    if ("SecretString" in params) == ("SecretBinary" in params):
        raise invalid("You must provide either SecretString or SecretBinary.")
    token = params.get("ClientRequestToken") or request_token()
    known = secret.versions.get(token)
    if known is not None and (known.value, known.binary) != (None, None):
        if (known.value, known.binary) != (params.get("SecretString"), params.get("SecretBinary")):
            raise AWSError(
                "ResourceExistsException",
                f"You can't use ClientRequestToken {token} because that value is already in use for a version of "
                f"secret {secret.arn}.",
                400,
            )
        version = known
    else:
        version = add_version(ctx, secret, token, params, params.get("VersionStages") or [CURRENT])
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token, "VersionStages": sorted(version.stages)}


def _version(secret: Secret, params: Params) -> Version:
    stage = params.get("VersionStage") or (CURRENT if "VersionId" not in params else None)
    if "VersionId" in params:
        version = secret.versions.get(params["VersionId"])
        if version is not None and stage is not None and stage not in version.stages:
            raise invalid("You provided a VersionStage that is not associated to the provided VersionId.")
    else:
        version = secret.staged(stage or CURRENT)
    if version is None or (version.value, version.binary) == (None, None):
        label = params.get("VersionId") or stage
        raise AWSError(
            "ResourceNotFoundException", f"Secrets Manager can't find the specified secret value for: {label}", 400
        )
    return version


def _content(secret: Secret, version: Version) -> dict[str, Any]:
    content = {"SecretString": version.value} if version.value is not None else {"SecretBinary": version.binary}
    return {
        "ARN": secret.arn, "Name": secret.name, "VersionId": version.id, "VersionStages": sorted(version.stages),
        "CreatedDate": moment(version.created), **content,
    }  # fmt: skip


@operation(SERVICE, "GetSecretValue")
def get_value(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    return _content(secret, _version(secret, params))


@operation(SERVICE, "ListSecretVersionIds")
def list_versions(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"], deleted=True)
    versions = [v for v in secret.versions.values() if v.stages or params.get("IncludeDeprecated")]
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "Versions": [
            {"VersionId": v.id, "VersionStages": sorted(v.stages), "CreatedDate": moment(v.created)} for v in versions
        ],
    }


@operation(SERVICE, "UpdateSecretVersionStage")
def update_stage(ctx: Context, params: Params) -> Result:
    """Moves a label. Taking it from the version that has it has to be said."""
    secret, stage = find(ctx, params["SecretId"]), params["VersionStage"]
    source, target = params.get("RemoveFromVersionId"), params.get("MoveToVersionId")
    holder = secret.staged(stage)
    for named in (source, target):
        if named is not None and named not in secret.versions:
            raise AWSError("ResourceNotFoundException", "Secrets Manager can't find the specified secret version.", 400)
    if source is not None and (holder is None or holder.id != source):
        raise invalid(f"The version {source} does not have the staging label {stage}.")
    if target is not None and holder is not None and holder.id not in (source, target):
        raise invalid(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version "
            f"{holder.id}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    if target is not None:
        secret.move(stage, secret.versions[target])
    elif stage == CURRENT:
        raise invalid("You can only move staging label AWSCURRENT to a different secret version.")
    elif holder is not None:
        holder.stages.discard(stage)
    secret.changed = ctx.clock.now()
    return {"ARN": secret.arn, "Name": secret.name}


PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


@operation(SERVICE, "GetRandomPassword")
def random(ctx: Context, params: Params) -> Result:
    excluded = set(params.get("ExcludeCharacters", ""))
    kinds = {
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": PUNCTUATION,
    }
    pools = [[c for c in kind if c not in excluded] for name, kind in kinds.items() if not params.get(name)]
    if params.get("IncludeSpace"):
        pools.append([" "])
    length = params.get("PasswordLength", 32)
    everything = [character for pool in pools for character in pool]
    if not everything:
        raise invalid("The password cannot be made of no characters.")
    required = [secrets.choice(pool) for pool in pools if pool] if params.get("RequireEachIncludedType", True) else []
    if length < len(required):
        raise invalid("The password is too short to contain every included character type.")
    characters = required + [secrets.choice(everything) for _ in range(length - len(required))]
    secrets.SystemRandom().shuffle(characters)
    return {"RandomPassword": "".join(characters)}

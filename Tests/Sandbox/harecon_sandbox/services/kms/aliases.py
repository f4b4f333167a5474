# SPDX-License-Identifier: Apache-2.0
"""Aliases of keys."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import arn

from .keys import (
    SERVICE,
    bury,
    notes,
    require_key,
    require_not_pending,
)


def _check_alias_name(name: str) -> None:
    if not re.fullmatch(r"alias/[a-zA-Z0-9:/_-]+", name):
        raise AWSError("InvalidAliasNameException", f'Alias must start with the prefix "alias/": {name}')
    if name.startswith("alias/aws/"):
        raise AWSError("NotAuthorizedException", "Alias names that begin with alias/aws/ are reserved.")


def _target(ctx: Context, identifier: str) -> Any:
    if "alias/" in identifier:
        raise AWSError("ValidationException", "Aliases must refer to keys. Not aliases")
    key = require_key(ctx, identifier)
    require_not_pending(key)
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
    notes(ctx)[name] = {"created": now, "updated": now}
    return {}


@operation(SERVICE, "UpdateAlias")
def update_alias(ctx: Context, params: Params) -> Result:
    name = params["AliasName"]
    _check_alias_name(name)
    backend = ctx.moto(SERVICE)
    if not backend.alias_exists(name):
        raise AWSError("NotFoundException", f"Alias {arn(ctx, SERVICE, name)} is not found.")
    backend.update_alias(_target(ctx, params["TargetKeyId"]).id, name)
    notes(ctx)[name]["updated"] = ctx.clock.datetime()
    return {}


@operation(SERVICE, "DeleteAlias")
def delete_alias(ctx: Context, params: Params) -> Result:
    name = params["AliasName"]
    _check_alias_name(name)
    backend = ctx.moto(SERVICE)
    if not backend.alias_exists(name):
        raise AWSError("NotFoundException", f"Alias {arn(ctx, SERVICE, name)} is not found.")
    backend.delete_alias(name)
    notes(ctx).pop(name, None)
    return {}


@operation(SERVICE, "ListAliases")
def list_aliases(ctx: Context, params: Params) -> Result:
    bury(ctx)
    only = require_key(ctx, params["KeyId"]).id if "KeyId" in params else None
    answer = []
    for key in ctx.moto(SERVICE).keys.values():
        for alias in key.aliases.values():
            if only in (None, key.id):
                dates = notes(ctx).get(alias.alias_name, {})
                entry = {"AliasName": alias.alias_name, "AliasArn": alias.alias_arn, "TargetKeyId": key.id}
                if dates:
                    entry |= {"CreationDate": dates["created"], "LastUpdatedDate": dates["updated"]}
                answer.append(entry)
    return {"Aliases": sorted(answer, key=lambda entry: entry["AliasName"])}

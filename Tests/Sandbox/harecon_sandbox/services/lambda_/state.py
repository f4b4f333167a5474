# SPDX-License-Identifier: Apache-2.0
"""The functions and mappings of one account and region, in the form in which Lambda describes them."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Timeline
from harecon_sandbox.services.common import Tags, arn

SERVICE = "lambda"


@dataclass
class Function:
    """One function. `shape` is its configuration as AWS answers it, but for what time changes."""

    name: str
    arn: str
    shape: dict[str, Any]
    code: bytes
    tags: Tags
    #: Pending, Active.
    state: Timeline
    #: InProgress, Successful.
    update: Timeline
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    reserved: int | None = None
    url: dict[str, Any] | None = None
    async_settings: dict[str, Any] | None = None
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    policy_revision: str = field(default_factory=lambda: str(uuid.uuid4()))

    def touch(self) -> None:
        """Every change makes a new revision."""
        self.revision = str(uuid.uuid4())

    def peek(self) -> str:
        """The state, asked by nobody who waits for it."""
        return "Active" if self.state.settled() else "Pending"

    def describe(self) -> dict[str, Any]:
        state, update = self.state.status(), self.update.status()
        creating = {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
        return {
            **self.shape,
            "State": state,
            "LastUpdateStatus": update,
            "RevisionId": self.revision,
            **(creating if state == "Pending" else {}),
        }


@dataclass
class Mapping:
    """One event source mapping."""

    id: str
    arn: str
    shape: dict[str, Any]
    tags: Tags
    timeline: Timeline

    @property
    def name(self) -> str:
        """What it connects: its id is another one each time."""
        source, function = self.shape["EventSourceArn"], self.shape["FunctionArn"]
        return f"{source.rsplit(':', 1)[-1]} -> {function.rsplit(':', 1)[-1]}"

    def describe(self) -> dict[str, Any]:
        return {**self.shape, "State": self.timeline.status()}


def functions_of(ctx: Context) -> dict[str, Function]:
    kept: dict[str, Function] = ctx.keep("lambda-functions", dict)
    return kept


def mappings_of(ctx: Context) -> dict[str, Mapping]:
    """Those that are there; what was deleted vanishes after a while."""
    kept: dict[str, Mapping] = ctx.keep("lambda-mappings", dict)
    for identifier in [m.id for m in kept.values() if m.timeline.settled() and m.timeline.gone()]:
        del kept[identifier]
    return kept


def bare_name(identifier: str) -> str:
    """The function's name, from its name, its ARN, or an ARN without account or region."""
    match = re.fullmatch(r"(?:.*:)?function:([^:]+)(?::.+)?", identifier)
    return match[1] if match else identifier.split(":")[0]


def find(ctx: Context, identifier: str) -> Function | None:
    return functions_of(ctx).get(bare_name(identifier))


def require(ctx: Context, identifier: str) -> Function:
    function = find(ctx, identifier)
    if function is None:
        raise not_found(f"Function not found: {arn(ctx, SERVICE, f'function:{bare_name(identifier)}')}")
    return function


def require_unqualified(params: dict[str, Any]) -> None:
    """Versions and aliases are not part of the sandbox: $LATEST is all there is."""
    if params.get("Qualifier", "$LATEST") != "$LATEST":
        raise not_found(f"Function not found: {params['FunctionName']}:{params['Qualifier']}")


def require_changeable(function: Function) -> None:
    """ "While an update is in progress, you can invoke the function, but can't modify it"; a new one not even that."""
    if function.state.status() != "Active":
        raise conflict(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {function.state.status()}"
        )
    if function.update.status() == "InProgress":
        raise conflict(
            f"The operation cannot be performed at this time. An update is in progress for resource: {function.arn}"
        )


def require_revision(wanted: str | None, actual: str) -> None:
    if wanted is not None and wanted != actual:
        raise AWSError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        )


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterValueException", message)


def conflict(message: str) -> AWSError:
    return AWSError("ResourceConflictException", message)


def not_found(message: str) -> AWSError:
    return AWSError("ResourceNotFoundException", message)


def timestamp(ctx: Context) -> str:
    """As functions are dated: 2026-11-22T20:00:00.000+0000."""
    return datetime.fromtimestamp(ctx.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def url_id() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(32))

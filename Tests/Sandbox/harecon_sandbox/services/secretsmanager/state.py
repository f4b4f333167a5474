# SPDX-License-Identifier: Apache-2.0
"""The secrets of one account and region, and how they change while the simulated clock runs."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import kms
from harecon_sandbox.services.common import Tags, arn, check_tags

SERVICE = "secretsmanager"
DAY = 86_400.0
#: How long a rotation takes, in simulated seconds.
ROTATING = 30.0
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


@dataclass
class Version:
    id: str
    created: float
    value: str | None = None
    binary: bytes | None = None
    stages: set[str] = field(default_factory=set)


@dataclass
class Rotation:
    enabled: bool = False
    function: str | None = None
    rules: dict[str, Any] = field(default_factory=dict)
    last: float | None = None
    #: The version that the rotation under way makes, and when it is done.
    making: str | None = None
    due: float = 0.0


@dataclass
class Secret:
    name: str
    arn: str
    created: float
    description: str | None = None
    key: str | None = None
    tags: Tags = field(default_factory=dict)
    policy: str | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    rotation: Rotation | None = None
    deletion: float | None = None
    #: The service that made it and manages it.
    owner: str | None = None
    changed: float = 0.0

    def staged(self, stage: str) -> Version | None:
        return next((version for version in self.versions.values() if stage in version.stages), None)

    def move(self, stage: str, version: Version) -> None:
        """Attaches a label, which one version at a time can have; the last current one becomes the previous one."""
        holder = self.staged(stage)
        if holder is version:
            return
        if holder is not None:
            holder.stages.discard(stage)
            if stage == CURRENT:
                self.move(PREVIOUS, holder)
        version.stages.add(stage)


@dataclass(frozen=True)
class Managed:
    """A secret that another service wants to be there."""

    arn: str
    key: str
    username: str
    description: str
    tags: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.arn.split(":secret:", 1)[1][:-7]


#: Other services tell here which secrets of theirs there are; the secrets come and go with what they belong to.
MANAGERS: dict[str, Callable[[Context], list[Managed]]] = {}


@dataclass
class State:
    secrets: dict[str, Secret] = field(default_factory=dict)


def state_of(ctx: Context) -> State:
    """The secrets as the clock has them now."""
    state: State = ctx.keep(SERVICE, State)
    for owner, listing in MANAGERS.items():
        _follow(ctx, state, owner, listing(ctx))
    now = ctx.clock.now()
    for secret in list(state.secrets.values()):
        if secret.deletion is not None and secret.deletion <= now:
            del state.secrets[secret.arn]
        elif secret.rotation is not None and secret.rotation.making is not None:
            _go_on(ctx, secret, secret.rotation)
    return state


def _follow(ctx: Context, state: State, owner: str, wanted: list[Managed]) -> None:
    """Managed secrets are made and deleted by their service alone."""
    arns = {managed.arn for managed in wanted}
    for gone in [s for s in state.secrets.values() if s.owner == owner and s.arn not in arns]:
        del state.secrets[gone.arn]
    for managed in wanted:
        if managed.arn in state.secrets:
            continue
        now = ctx.clock.now()
        secret = Secret(
            managed.name, managed.arn, now, managed.description, managed.key, dict(managed.tags), owner=owner,
            changed=now,
        )  # fmt: skip
        value = json.dumps({"username": managed.username, "password": random_password(32)})
        version = Version(request_token(), now, value)
        secret.versions[version.id] = version
        secret.move(CURRENT, version)
        # "RDS rotates the secret every seven days by default."
        secret.rotation = Rotation(enabled=True, rules={"AutomaticallyAfterDays": 7})
        state.secrets[secret.arn] = secret


# Rotation ----------------------------------------------------------------------------------------------------------


def begin_rotation(ctx: Context, secret: Secret, rotation: Rotation, token: str) -> None:
    """A version without a value waits for what the rotation makes."""
    version = secret.versions.setdefault(token, Version(token, ctx.clock.now()))
    secret.move(PENDING, version)
    rotation.making, rotation.due = token, ctx.clock.now() + ROTATING


def _go_on(ctx: Context, secret: Secret, rotation: Rotation) -> None:
    if rotation.due > ctx.clock.now():
        ctx.clock.expect(rotation.due)
        return
    version = secret.versions[rotation.making or ""]
    rotation.making = None
    if not rotation.enabled or secret.deletion is not None:
        return
    current = secret.staged(CURRENT)
    version.value = _rotated(current.value if current else None, alternate=rotation.function is not None)
    secret.move(CURRENT, version)
    rotation.last = secret.changed = rotation.due


def _rotated(value: str | None, *, alternate: bool) -> str:
    """What a rotation function leaves behind. No function runs here: a user's name alternates as by AWS's own function
    for two users, and the password is another one."""
    try:
        content = json.loads(value or "{}")
    except json.JSONDecodeError:
        content = {}
    user = str(content.get("username", ""))
    if alternate and user:
        content["username"] = user.removesuffix("_clone") if user.endswith("_clone") else f"{user}_clone"
    content["password"] = random_password(32)
    return json.dumps(content)


# Words -------------------------------------------------------------------------------------------------------------


def random_password(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def request_token() -> str:
    return secrets.token_hex(16)


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), timezone.utc)


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterException", message)


def refused(message: str) -> AWSError:
    return AWSError("InvalidRequestException", message)


_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")


def check_name(name: str) -> None:
    """Beyond what AWS refuses also the ending that its documentation warns of: it makes partial ARNs ambiguous."""
    if not _NAME.fullmatch(name) or "!" in name:
        raise AWSError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        )
    if re.search(r"-[A-Za-z0-9]{6}$", name):
        raise invalid(f"The name {name} ends with a hyphen and six characters, like the end of an ARN.")


def find(ctx: Context, identifier: str, *, deleted: bool = False) -> Secret:
    """The secret of a name, an ARN, or an ARN without its last part; one that waits for deletion only if asked for."""
    held = state_of(ctx).secrets
    found = held.get(identifier) or next(
        (s for s in held.values() if s.name == identifier or s.arn[:-7] == identifier), None
    )
    if found is None:
        raise AWSError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    if found.deletion is not None and not deleted:
        raise refused(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return found


def new_arn(ctx: Context, name: str) -> str:
    return arn(ctx, SERVICE, f"secret:{name}-{random_password(6)}")


def check_secret_tags(tags: Tags, current: Tags) -> None:
    check_tags(tags, current, invalid)


def check_key(ctx: Context, key: str | None) -> None:
    """A key that is named must be there and enabled; without one AWS's own is used."""
    if not key:
        return
    found = kms.find_key(ctx, key)
    if found is None or found.key_state != "Enabled":
        raise AWSError(
            "EncryptionFailure",
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS "
            "key is available, enabled, and not in an invalid state.",
            400,
        )

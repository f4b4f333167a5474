# SPDX-License-Identifier: Apache-2.0
"""What the secret of an application user says, and which users take turns in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from shared.postgres import Login

CLONE = "_clone"
# With the clone's ending no longer than PostgreSQL's names may be.
_USER = re.compile(r"[a-z_][a-z0-9_]{0,56}")


@dataclass(frozen=True)
class Pair:
    """Two users of the database with the same rights, of whom one is in use while the other gets a new password.

    So the password that an application still holds is good until the rotation after the next.
    """

    base: str

    def __post_init__(self) -> None:
        if not _USER.fullmatch(self.base) or self.base.startswith(("pg_", "rds")):
            raise ValueError(f'"{self.base}" is no name of an application user')

    @staticmethod
    def of(secret: str) -> Pair:
        """Of a secret's name: `payments/users/app`."""
        return Pair(secret.rsplit("/", 1)[-1])

    @property
    def clone(self) -> str:
        return self.base + CLONE

    def next(self, user: str) -> str:
        """Whose turn it is after that of `user`."""
        if user not in (self.base, self.clone):
            raise ValueError(f'the secret names the user "{user}", not "{self.base}" or "{self.clone}"')
        return self.clone if user == self.base else self.base


@dataclass(frozen=True)
class Credentials:
    """A version of the secret. Never give it to a log."""

    value: dict[str, Any] = field(repr=False)

    @staticmethod
    def read(text: str) -> Credentials:
        """Raises ValueError without telling what was read."""
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            raise ValueError("the secret is not JSON") from None
        wanted = {"dbname": str, "host": str, "password": str, "port": int, "username": str}
        if not isinstance(value, dict) or any(not isinstance(value.get(key), kind) for key, kind in wanted.items()):
            raise ValueError(f"the secret does not have {', '.join(wanted)}")
        return Credentials(value)

    @property
    def user(self) -> str:
        user: str = self.value["username"]
        return user

    @property
    def password(self) -> str:
        password: str = self.value["password"]
        return password

    def following(self, pair: Pair, password: str, cluster: Cluster) -> Credentials:
        """The next version: the other user, a new password, and the cluster as it is today."""
        return Credentials(
            {
                **self.value,
                "username": pair.next(self.user),
                "password": password,
                "host": cluster.host,
                "port": cluster.port,
                "masterarn": cluster.master_secret,
            }
        )

    def login(self) -> Login:
        return Login(
            host=self.value["host"],
            port=self.value["port"],
            user=self.user,
            password=self.password,
            database=self.value["dbname"],
            application="harecon-rotate-user",
        )

    def text(self) -> str:
        return json.dumps(self.value, sort_keys=True)


@dataclass(frozen=True)
class Cluster:
    """Where the writer is, and the secret of the master user."""

    host: str
    port: int
    master_secret: str

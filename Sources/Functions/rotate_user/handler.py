# SPDX-License-Identifier: Apache-2.0
"""Rotates the password of an application user, in the four steps of Secrets Manager.

Two users take turns, `app` and `app_clone`: an application that read the secret before the rotation goes on with what
it has until the rotation after the next, through failovers as well. Every step may be repeated, at any time and also at
once with itself.

    CLUSTER, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rotate_user.credentials import Cluster, Credentials, Pair
from rotate_user.roles import set_password
from shared.audit import Audit
from shared.clients import client
from shared.metrics import ROTATION_FAILURES
from shared.postgres import Connection, Login, ServerError, connect
from shared.telemetry import measure, note

CONNECT_SECONDS = 5.0
QUERY_SECONDS = 5.0

# What a server says of a user or a password that it does not know.
_NO_LOGIN = ("28P01", "28000")


@dataclass(frozen=True)
class Secrets:
    """One secret, and the version of it that is being made."""

    client: Any
    arn: str
    token: str

    def stages(self) -> tuple[str, dict[str, list[str]]]:
        """The secret's name, and which version is what. Raises ValueError for one that is not rotated."""
        found = self.client.describe_secret(SecretId=self.arn)
        if not found.get("RotationEnabled"):
            raise ValueError(f'"{found["Name"]}" is not set up for rotation')
        return found["Name"], found.get("VersionIdsToStages", {})

    def current(self) -> Credentials:
        return self._read(VersionStage="AWSCURRENT")

    def pending(self) -> Credentials | None:
        """None before the first step."""
        try:
            return self._read(VersionId=self.token, VersionStage="AWSPENDING")
        except self.client.exceptions.ResourceNotFoundException:
            return None

    def _read(self, **version: str) -> Credentials:
        return Credentials.read(self.client.get_secret_value(SecretId=self.arn, **version)["SecretString"])

    def password(self) -> str:
        """Letters and digits alone, so that no URL, shell or SQL text has to quote it; 40 of them are 238 bits."""
        made = self.client.get_random_password(PasswordLength=40, ExcludePunctuation=True, RequireEachIncludedType=True)
        password: str = made["RandomPassword"]
        return password

    def put(self, credentials: Credentials) -> None:
        try:
            self.client.put_secret_value(
                SecretId=self.arn,
                ClientRequestToken=self.token,
                SecretString=credentials.text(),
                VersionStages=["AWSPENDING"],
            )
        except self.client.exceptions.ResourceExistsException:
            # Another run of this step was faster: its password is as good.
            note("made already", secret=self.arn)

    def promote(self, before: str | None) -> None:
        """Makes the pending version the current one, and what was current the previous one."""
        leaves = {"RemoveFromVersionId": before} if before else {}
        self.client.update_secret_version_stage(
            SecretId=self.arn, VersionStage="AWSCURRENT", MoveToVersionId=self.token, **leaves
        )


@dataclass(frozen=True)
class Rotation:
    """One step of the rotation of one secret."""

    secrets: Secrets
    cluster: Callable[[], Cluster]
    # The credentials of the master user, in the secret of that ARN.
    master: Callable[[str], tuple[str, str]]
    connect: Callable[[Login], Connection]
    audit: Audit

    def take(self, step: str) -> None:
        """Raises ValueError for what Secrets Manager would not ask for."""
        name, stages = self.secrets.stages()
        token = self.secrets.token
        if token not in stages:
            raise ValueError(f'"{name}" has no version "{token}"')
        if "AWSCURRENT" in stages[token]:
            note("current already", secret=name, step=step)
            return
        if "AWSPENDING" not in stages[token]:
            raise ValueError(f'version "{token}" of "{name}" is not the one that is being made')
        pair = Pair.of(name)
        match step:
            case "createSecret":
                self._create(pair)
            case "setSecret":
                self._set(pair)
            case "testSecret":
                self._test(pair)
            case "finishSecret":
                self.secrets.promote(
                    next((version for version, labels in stages.items() if "AWSCURRENT" in labels), None)
                )
            case _:
                raise ValueError(f'"{step}" is no step of a rotation')
        self.audit.record("step", secret=name, step=step, version=token)

    def _create(self, pair: Pair) -> None:
        if self.secrets.pending() is None:
            current = self.secrets.current()
            self.secrets.put(current.following(pair, self.secrets.password(), self.cluster()))

    def _set(self, pair: Pair) -> None:
        pending, current = self._made(), self.secrets.current()
        if pending.user != pair.next(current.user):
            raise ValueError(f'it is not the turn of "{pending.user}" after "{current.user}"')
        if self._can_log_in(pending):
            return
        cluster = self.cluster()
        user, password = self.master(cluster.master_secret)
        login = Login(
            cluster.host, user, password, pending.login().database, cluster.port, application="harecon-rotate-user"
        )
        with self.connect(login) as master:
            set_password(master, pair, current, pending)

    def _can_log_in(self, credentials: Credentials) -> bool:
        try:
            self.connect(credentials.login()).close()
        except ServerError as error:
            if error.sqlstate in _NO_LOGIN:
                return False
            raise
        return True

    def _test(self, pair: Pair) -> None:
        """Logs in as an application would. Raises when that is not the user on the writer."""
        pending = self._made()
        with self.connect(pending.login()) as connection:
            [row] = connection.query(
                "select session_user::text as session, current_user::text as acting, pg_is_in_recovery() as recovering",
                timeout=QUERY_SECONDS,
            )
        if row != {"session": pending.user, "acting": pair.base, "recovering": False}:
            raise ConnectionError(f'a login as "{pending.user}" ends up as {row}')

    def _made(self) -> Credentials:
        if (pending := self.secrets.pending()) is None:
            raise ValueError("the new version has no value yet")
        return pending


def _cluster(rds: Any, name: str) -> Cluster:
    """As it is now: after a restore, endpoint and master's secret are others than when the user's secret was made."""
    (found,) = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
    return Cluster(found["Endpoint"], found["Port"], found["MasterUserSecret"]["SecretArn"])


@cache
def _clients() -> tuple[Any, Any]:
    return client("secretsmanager", connect=1.0, read=4.0, attempts=3), client("rds", connect=1.0, read=4.0, attempts=3)


def _master(secrets: Any, arn: str) -> tuple[str, str]:
    value = json.loads(secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"])
    return value["username"], value["password"]


def handle(event: Mapping[str, str], context: object) -> None:
    """Lambda's entry. Secrets Manager tries a step that fails again, and a rotation that fails within the next day."""
    secrets, rds = _clients()
    rotation = Rotation(
        secrets=Secrets(secrets, event["SecretId"], event["ClientRequestToken"]),
        cluster=lambda: _cluster(rds, os.environ["CLUSTER"]),
        master=lambda arn: _master(secrets, arn),
        connect=lambda login: connect(login, CONNECT_SECONDS),
        audit=Audit.of(os.environ, "rotate-user"),
    )
    try:
        rotation.take(event["Step"])
    except Exception as error:
        # Whatever it was: the alarm counts it, and Lambda logs it.
        rotation.audit.record("failed", secret=event["SecretId"], step=event["Step"], error=type(error).__name__)
        measure({ROTATION_FAILURES: 1})
        raise
    finally:
        rotation.audit.flush()
    if event["Step"] == "finishSecret":
        measure({ROTATION_FAILURES: 0})

# SPDX-License-Identifier: Apache-2.0
"""The rotation of application users, in a real database and with a Secrets Manager of a few lines."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from audit_double import FakeLogs
from real_postgres import PASSWORD, Server
from rotate_user import handler
from rotate_user.credentials import Cluster, Credentials, Pair
from rotate_user.handler import Rotation, Secrets
from rotate_user.roles import Forbidden
from shared.postgres import Connection, Login, ServerError, connect

LONG = 30.0
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:payments/users/app-AbCdEf"


class ResourceNotFoundException(Exception):
    pass


class ResourceExistsException(Exception):
    pass


class Exceptions:
    ResourceNotFoundException = ResourceNotFoundException
    ResourceExistsException = ResourceExistsException


class FakeSecretsManager:
    """One secret. Versions and their labels behave as Secrets Manager's do."""

    exceptions = Exceptions

    def __init__(self, value: dict[str, Any], name: str = "payments/users/app") -> None:
        self.name = name
        self.rotates = True
        self.values: dict[str, str] = {"first": json.dumps(value)}
        self.labels: dict[str, list[str]] = {"first": ["AWSCURRENT"]}
        self.passwords = 0

    def begin(self) -> str:
        """What Secrets Manager does before it calls the function: a new version, without a value yet."""
        token = str(uuid.uuid4())
        self._label("AWSPENDING", token)
        return token

    def current(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.get_secret_value(ARN, VersionStage="AWSCURRENT")["SecretString"])
        return value

    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        labels = {version: list(labels) for version, labels in self.labels.items() if labels}
        return {"Name": self.name, "RotationEnabled": self.rotates, "VersionIdsToStages": labels}

    def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, Any]:
        for version, value in self.values.items():
            if VersionStage in self.labels.get(version, []) and VersionId in (None, version):
                return {"SecretString": value}
        raise ResourceNotFoundException

    def get_random_password(self, **how: Any) -> dict[str, str]:
        assert how == {"PasswordLength": 40, "ExcludePunctuation": True, "RequireEachIncludedType": True}
        self.passwords += 1
        return {"RandomPassword": f"secret{self.passwords}{uuid.uuid4().hex}"}

    def put_secret_value(
        self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]
    ) -> None:
        if self.values.setdefault(ClientRequestToken, SecretString) != SecretString:
            raise ResourceExistsException
        for label in VersionStages:
            self._label(label, ClientRequestToken)

    def update_secret_version_stage(
        self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str
    ) -> None:
        assert VersionStage in self.labels[RemoveFromVersionId]
        self._label("AWSPREVIOUS", RemoveFromVersionId)
        self._label(VersionStage, MoveToVersionId)

    def _label(self, label: str, version: str) -> None:
        for labels in self.labels.values():
            if label in labels:
                labels.remove(label)
        self.labels.setdefault(version, []).append(label)


@dataclass
class Bench:
    """All that a rotation needs."""

    server: Server
    secrets: FakeSecretsManager
    opened: list[Login] = field(default_factory=list)

    def connect(self, login: Login) -> Connection:
        self.opened.append(login)
        return connect(login, LONG, self.server.tls())

    def rotation(self, token: str) -> Rotation:
        return Rotation(
            secrets=Secrets(self.secrets, ARN, token),
            cluster=lambda: Cluster("localhost", self.server.port, "arn-of-master"),
            master=lambda arn: {"arn-of-master": ("master", PASSWORD)}[arn],
            connect=self.connect,
            audit=FakeLogs().audit("rotate-user"),
        )

    def rotate(self, repeated: int = 1) -> dict[str, Any]:
        token = self.secrets.begin()
        for step in STEPS:
            for _ in range(repeated):
                self.rotation(token).take(step)
        return self.secrets.current()

    def log_in(self, value: dict[str, Any]) -> Connection:
        return connect(Credentials(value).login(), LONG, self.server.tls())

    def can_log_in(self, value: dict[str, Any]) -> bool:
        try:
            self.log_in(value).close()
        except ServerError as error:
            assert error.sqlstate == "28P01"
            return False
        return True


@pytest.fixture
def master(server: Server) -> Iterator[Connection]:
    with connect(server.login(), LONG, server.tls()) as connection:
        yield connection


@pytest.fixture
def bench(server: Server, master: Connection) -> Iterator[Bench]:
    value = {
        "dbname": "postgres", "engine": "postgres", "host": "elsewhere", "masterarn": "old",
        "password": "from the beginning", "port": 1, "username": "app",
    }
    yield Bench(server, FakeSecretsManager(value))
    for role in ("app_clone", "app"):
        master.execute("reset role", timeout=LONG)
        if master.query("select from pg_roles where rolname = $1::text", role, timeout=LONG):
            master.execute(f"drop owned by {role} cascade", timeout=LONG)
            master.execute(f"drop role {role}", timeout=LONG)


def test_users_take_turns_and_what_applications_hold_stays_good(bench: Bench) -> None:
    first = {**bench.secrets.current(), "host": "localhost", "port": bench.server.port}
    second = bench.rotate()
    assert second["username"] == "app_clone"
    assert bench.can_log_in(second)
    assert bench.can_log_in(first), "the password that the secret began with is good as well"
    third = bench.rotate()
    assert third["username"] == "app"
    assert bench.can_log_in(third)
    assert bench.can_log_in(second), "until the rotation after the next"
    assert not bench.can_log_in(first)
    fourth = bench.rotate()
    assert fourth["username"] == "app_clone"
    assert bench.can_log_in(fourth)
    assert bench.can_log_in(third)
    assert not bench.can_log_in(second)


def test_the_new_version_is_about_the_cluster_of_today_and_keeps_the_rest(bench: Bench) -> None:
    bench.secrets.values["first"] = json.dumps({**bench.secrets.current(), "note": "ours"})
    value = bench.rotate()
    password = value.pop("password")
    assert len(password) > 30
    assert value == {
        "dbname": "postgres", "engine": "postgres", "host": "localhost", "masterarn": "arn-of-master", "note": "ours",
        "port": bench.server.port, "username": "app_clone",
    }
    assert bench.secrets.labels["first"] == ["AWSPREVIOUS"]


def test_every_step_may_be_repeated(bench: Bench) -> None:
    value = bench.rotate(repeated=3)
    assert bench.can_log_in(value)
    assert bench.secrets.passwords == 1
    assert sorted(label for labels in bench.secrets.labels.values() for label in labels) == [
        "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS",
    ]


def test_a_rotation_that_was_broken_off_is_made_good_by_the_next(bench: Bench) -> None:
    token = bench.secrets.begin()
    for step in ("createSecret", "setSecret"):
        bench.rotation(token).take(step)
    before = {**bench.secrets.current(), "host": "localhost", "port": bench.server.port}
    value = bench.rotate()
    assert value["username"] == "app_clone"
    assert bench.can_log_in(value)
    assert bench.can_log_in(before)


def test_two_runs_of_a_step_at_once_do_not_meet(bench: Bench) -> None:
    token = bench.secrets.begin()
    bench.rotation(token).take("createSecret")
    failures: list[BaseException] = []

    def set_secret() -> None:
        try:
            bench.rotation(token).take("setSecret")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=set_secret) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for step in STEPS[2:]:
        bench.rotation(token).take(step)
    assert bench.can_log_in(bench.secrets.current())


def test_what_one_of_the_pair_makes_is_the_others_as_well(bench: Bench, master: Connection) -> None:
    clone = bench.rotate()
    master.execute("grant create on schema public to app", timeout=LONG)
    with bench.log_in(clone) as connection:
        connection.execute("create table made_by_clone (i int)", timeout=LONG)
    base = bench.rotate()
    with bench.log_in(base) as connection:
        assert connection.execute("insert into made_by_clone values (1)", timeout=LONG) == "INSERT 0 1"
        connection.execute("drop table made_by_clone", timeout=LONG)


def test_no_password_is_in_the_servers_log_nor_in_the_functions(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    passwords = [bench.rotate()["password"] for _ in range(2)]
    logged = bench.server.certificate.with_name("log").read_text() + capsys.readouterr().out
    assert "alter role" in logged
    assert all(password not in logged for password in passwords)
    assert all(login.password not in repr(login) for login in bench.opened)


@pytest.mark.parametrize(
    "making", ["create role app login createrole", "create role app superuser", "create role app login bypassrls"]
)
def test_the_password_of_who_may_administer_is_not_changed(bench: Bench, master: Connection, making: str) -> None:
    master.execute(making, timeout=LONG)
    with pytest.raises(Forbidden, match='"app"'):
        bench.rotate()
    assert not master.query("select from pg_roles where rolname = 'app_clone'", timeout=LONG)


def test_a_member_of_rds_superuser_is_an_administrator(bench: Bench, master: Connection) -> None:
    master.execute("create role rds_superuser", timeout=LONG)
    try:
        master.execute("create role app login in role rds_superuser", timeout=LONG)
        with pytest.raises(Forbidden):
            bench.rotate()
    finally:
        master.execute("drop role rds_superuser", timeout=LONG)


def test_the_master_user_is_no_application_user(bench: Bench) -> None:
    bench.secrets.name = "payments/users/master"
    bench.secrets.values["first"] = json.dumps({**bench.secrets.current(), "username": "master"})
    with pytest.raises(Forbidden):
        bench.rotate()


@pytest.mark.parametrize("name", ["p/users/pg_monitor", "p/users/rdsadmin", 'p/users/a"b', "p/users/", "p/users/A"])
def test_a_secret_of_another_name_is_no_application_users(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an application user"):
        Pair.of(name)


def test_a_secret_that_names_somebody_else_is_refused(bench: Bench) -> None:
    bench.secrets.values["first"] = json.dumps({**bench.secrets.current(), "username": "admin"})
    with pytest.raises(ValueError, match='"admin"'):
        bench.rotate()
    assert bench.opened == []


def test_a_pending_version_of_the_user_in_use_is_not_set(bench: Bench) -> None:
    token = bench.secrets.begin()
    bench.rotation(token).take("createSecret")
    bench.secrets.values[token] = json.dumps({**json.loads(bench.secrets.values[token]), "username": "app"})
    with pytest.raises(ValueError, match="not the turn"):
        bench.rotation(token).take("setSecret")


def test_a_version_that_is_current_already_is_left_alone(bench: Bench) -> None:
    bench.rotate()
    (token,) = (version for version, labels in bench.secrets.labels.items() if "AWSCURRENT" in labels)
    bench.opened.clear()
    for step in STEPS:
        bench.rotation(token).take(step)
    assert bench.opened == []


def _unknown(secrets: FakeSecretsManager) -> str:
    return "nobody's"


def _old(secrets: FakeSecretsManager) -> str:
    secrets.labels["old"] = ["AWSPREVIOUS"]
    return "old"


def _off(secrets: FakeSecretsManager) -> str:
    secrets.rotates = False
    return secrets.begin()


@pytest.mark.parametrize("prepare", [_unknown, _old, _off])
def test_what_secrets_manager_would_not_ask_for_is_refused(
    bench: Bench, prepare: Callable[[FakeSecretsManager], str]
) -> None:
    token = prepare(bench.secrets)
    for step in STEPS:
        with pytest.raises(ValueError):
            bench.rotation(token).take(step)


@pytest.mark.parametrize("step", ["deleteSecret", "", "CREATESECRET"])
def test_a_step_that_there_is_not_is_refused(bench: Bench, step: str) -> None:
    with pytest.raises(ValueError, match="no step"):
        bench.rotation(bench.secrets.begin()).take(step)


def test_a_test_fails_before_the_password_is_set(bench: Bench) -> None:
    token = bench.secrets.begin()
    with pytest.raises(ValueError, match="no value"):
        bench.rotation(token).take("testSecret")
    bench.rotation(token).take("createSecret")
    with pytest.raises(ServerError):
        bench.rotation(token).take("testSecret")
    assert bench.secrets.labels["first"] == ["AWSCURRENT"]


def test_a_test_fails_when_the_clone_acts_as_itself(bench: Bench, master: Connection) -> None:
    token = bench.secrets.begin()
    for step in ("createSecret", "setSecret"):
        bench.rotation(token).take(step)
    master.execute("alter role app_clone reset role", timeout=LONG)
    with pytest.raises(ConnectionError, match="ends up as"):
        bench.rotation(token).take("testSecret")


@pytest.mark.parametrize("text", ["", "not: hush", "[]", '{"username": "app", "password": "hush"}', '{"password": 5}'])
def test_a_secret_that_is_none_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        Credentials.read(text)
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_entry_counts_failures_and_successes(
    bench: Bench, logs: FakeLogs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class FakeRDS:
        def describe_db_clusters(self, DBClusterIdentifier: str) -> dict[str, Any]:
            assert DBClusterIdentifier == "payments"
            secret = {"SecretArn": "arn-of-master"}
            return {"DBClusters": [{"Endpoint": "localhost", "Port": bench.server.port, "MasterUserSecret": secret}]}

    class WithMaster(FakeSecretsManager):
        def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, Any]:
            if SecretId == "arn-of-master":
                return {"SecretString": json.dumps({"username": "master", "password": PASSWORD})}
            return super().get_secret_value(SecretId, VersionStage, VersionId)

    secrets = WithMaster(bench.secrets.current())
    monkeypatch.setenv("CLUSTER", "payments")
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    monkeypatch.setattr(handler, "_clients", lambda: (secrets, FakeRDS()))
    monkeypatch.setattr(handler, "connect", lambda login, timeout: connect(login, LONG, bench.server.tls()))
    token = secrets.begin()
    for step in STEPS:
        handler.handle({"SecretId": ARN, "ClientRequestToken": token, "Step": step}, None)
    assert bench.can_log_in(secrets.current())
    with pytest.raises(ValueError):
        handler.handle({"SecretId": ARN, "ClientRequestToken": "nobody's", "Step": "setSecret"}, None)
    metrics = [json.loads(line).get("RotationFailures") for line in capsys.readouterr().out.splitlines()]
    assert [value for value in metrics if value is not None] == [0, 1]
    lines = logs.lines("rotate-user")
    assert [line["step"] for line in lines if line["what"] == "step"] == list(STEPS)
    assert [line["step"] for line in lines if line["what"] == "failed"] == ["setSecret"]
    assert secrets.current()["password"] not in json.dumps(lines)

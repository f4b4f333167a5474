# SPDX-License-Identifier: Apache-2.0
"""The whole of it: cluster, Data API, RDS, the applied stack and its functions, and an application that writes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from harecon_lab import bank, cluster, verdict
from harecon_lab import stack as stacks
from harecon_lab.cluster import Cluster
from harecon_lab.data_api import Credentials, DataApi, UnknownSecret
from harecon_lab.installed import wait_for
from harecon_lab.journal import Record
from harecon_lab.load import Application, Settings
from harecon_lab.service import Service
from harecon_lab.sessions import Place
from harecon_lab.stack import ACCOUNT, NAME, REGION, Stack
from harecon_lab.verdict import Verdict

# Of a journal's end: surely some entries of each writer.
FIRST_LOOK_SECONDS = 90.0
TAIL_BYTES = 16 * 1024
CLUSTER_ARN = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{NAME}"
DECISIONS = f"{NAME}-decisions"


@dataclass
class Lab:
    """One lab. A `Load` runs in it at a time."""

    folder: Path
    cluster: Cluster
    stack: Stack
    service: Service
    data_api: DataApi
    secret: str
    # Whether the stack's functions run.
    is_alive: bool = True
    _runs: int = field(default=0, init=False)

    @property
    def database(self) -> str:
        return str(self.stack.spec["cluster"]["database"])

    def begin(self, client: str, seed: int, writers: int = 6) -> Load:
        """Empties the books, and has an application write with this client."""
        with self.cluster.writer.connect(self.database) as connection:
            for sql in bank.MAKING:
                connection.execute(sql.encode())
        self._runs += 1
        place = self.folder / f"run-{self._runs}"
        place.mkdir()
        settings = Settings(
            client=client, endpoint=self.data_api.endpoint, cluster=self.service.arn, secret=self.secret,
            database=self.database, account=ACCOUNT, region=REGION, run=f"r{self._runs}",
            journal=str(place / "journal"), buffer=str(place / "buffer"), seed=seed, writers=writers,
        )  # fmt: skip
        Path(settings.journal).touch()
        return Load(self, settings)

    # MARK: What the functions remember

    def outage(self, name: str = "outage") -> dict[str, Any] | None:
        """What the coordinator keeps of the failure under way; of the last one as `outage#last`."""
        item = self.stack.client("dynamodb").get_item(TableName=DECISIONS, Key={"id": {"S": name}}).get("Item")
        return _plain({"M": item}) if item else None

    def is_watched(self) -> bool:
        """Whether the probe has written its heartbeat."""
        try:
            sql = "select 1 from harecon_heartbeat where source = 'probe'"
            return bool(self.cluster.writer.column(sql, self.database))
        except psycopg.errors.UndefinedTable:
            return False

    def ahead(self) -> float:
        """By how many seconds the functions' clock is ahead of the real one, which `apply` has turned."""
        return self.stack.sandbox.accounts[ACCOUNT].clock.now() - time.time()

    def forget(self) -> None:
        """As if days went by: no failover lately, and none today."""
        dynamodb = self.stack.client("dynamodb")
        for item in dynamodb.scan(TableName=DECISIONS)["Items"]:
            if item["id"]["S"].startswith(("failover#", "budget#", "outage")):
                dynamodb.delete_item(TableName=DECISIONS, Key={"id": item["id"]})

    def silence(self) -> None:
        """Ends the functions: what follows is not for them."""
        self.is_alive = False
        self.stack.end()

    def problems(self) -> list[str]:
        """What went wrong in the lab itself, or broke a contract of AWS's."""
        violations = self.stack.sandbox.accounts[ACCOUNT].violations
        return [*self.service.failures, *self.data_api.violations, *(str(each) for each in violations)]


def _plain(value: dict[str, Any]) -> Any:
    """A value of DynamoDB as Python has it."""
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return {name: _plain(each) for name, each in content.items()}
        case "L":
            return [_plain(each) for each in content]
        case "N":
            return float(content)
        case "NULL":
            return None
        case _:
            return content


class Load:
    """An application under way."""

    def __init__(self, lab: Lab, settings: Settings) -> None:
        self._lab = lab
        self._settings = settings
        self._generation = 0
        self._application = Application(settings)

    def record(self) -> Record:
        return Record.read(Path(self._settings.journal))

    def last_acknowledged(self) -> float:
        """When, by the clock on the wall; 0 before the first."""
        with Path(self._settings.journal).open("rb") as journal:
            journal.seek(max(0, journal.seek(0, 2) - TAIL_BYTES))
            lines = journal.read().split(b"\n")[1:-1]
        entries = [json.loads(line) for line in lines]
        return max((float(entry["at"]) for entry in entries if "acknowledged" in entry), default=0.0)

    def kill_application(self) -> None:
        """It is started again at once, with what its buffer has kept."""
        self._application.kill()
        self._generation += 1
        self._application = Application(replace(self._settings, run=f"{self._settings.run}g{self._generation}"))

    def end(self) -> tuple[Record, Verdict]:
        self._application.finish()
        record = self.record()
        return record, verdict.look(self._lab.cluster, self._lab.database, record)

    def abort(self) -> None:
        self._application.kill()


@contextmanager
def running(folder: Path, trigger_after: str = "20s", with_functions: bool = True) -> Iterator[Lab]:
    with ExitStack() as ends:
        servers = ends.enter_context(cluster.running())
        sandbox, server = stacks.sandbox()
        ends.callback(server.stop)
        stack: list[Stack] = []
        api = DataApi(CLUSTER_ARN, _writer(servers), _logins(stack), sandbox.key)
        api.start()
        ends.callback(api.stop)
        spec = stacks.copy(servers.setup.certificate.read_text(), trigger_after)
        applied = stacks.apply(sandbox, server, spec, api.endpoint, folder)
        stack.append(applied)
        service = Service(sandbox, ACCOUNT, REGION, NAME, servers, data_api=api)
        service.attach()
        ends.callback(service.detach)
        lab = Lab(folder, servers, applied, service, api, _share_login(applied, servers), with_functions)
        if with_functions:
            ends.callback(lambda: applied.end() if lab.is_alive else None)
            applied.begin()
            wait_for(lab.is_watched, "the probe to look", FIRST_LOOK_SECONDS)
        yield lab


def _share_login(stack: Stack, servers: Cluster) -> str:
    """Gives the master user of the stack's secret to the servers; the secret's ARN."""
    (described,) = stack.client("rds").describe_db_clusters(DBClusterIdentifier=NAME)["DBClusters"]
    arn = str(described["MasterUserSecret"]["SecretArn"])
    user, password = _login(stack, arn)
    if user != servers.setup.user:
        raise ValueError(f"the stack's master user is {user}, and the servers have {servers.setup.user}")
    servers.change_password(password)
    with servers.writer.connect() as connection:
        connection.execute(f'create database "{stack.spec["cluster"]["database"]}"'.encode())
    return arn


def _login(stack: Stack, arn: str) -> tuple[str, str]:
    found = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    return str(found["username"]), str(found["password"])


def _writer(servers: Cluster) -> Callable[[], Place]:
    return lambda: Place(servers.writer.name, servers.writer.port, servers.setup.certificate)


def _logins(stack: Sequence[Stack]) -> Credentials:
    """By secret, asked once each. Before there is a stack there is no secret."""
    known: dict[str, tuple[str, str]] = {}
    lock = threading.Lock()

    def credentials(arn: str) -> tuple[str, str]:
        with lock:
            if arn not in known:
                if not stack:
                    raise UnknownSecret(f"there is no secret {arn}")
                try:
                    known[arn] = _login(stack[0], arn)
                except ClientError as error:
                    raise UnknownSecret(str(error)) from error
            return known[arn]

    return credentials

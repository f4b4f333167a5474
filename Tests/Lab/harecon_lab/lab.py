# SPDX-License-Identifier: Apache-2.0
"""The whole of it: cluster, Data API, RDS, the applied stack and its functions, and an application that writes."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harecon_lab import bank, cluster, verdict
from harecon_lab import stack as stacks
from harecon_lab.cluster import Cluster
from harecon_lab.data_api import DataApi, UnknownSecret
from harecon_lab.functions import Functions
from harecon_lab.journal import Record
from harecon_lab.load import Application, Settings
from harecon_lab.service import Service
from harecon_lab.sessions import Place
from harecon_lab.stack import ACCOUNT, NAME, REGION, Stack
from harecon_lab.verdict import Verdict

PROBE_EVERY_SECONDS = 60.0
PROBE, COORDINATOR, DECISIONS = f"{NAME}-probe", f"{NAME}-coordinator", f"{NAME}-decisions"


@dataclass
class Lab:
    """One lab. A `Load` runs in it at a time."""

    folder: Path
    cluster: Cluster
    stack: Stack
    service: Service
    data_api: DataApi
    secret: str
    functions: Functions | None = None
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

    def forget(self) -> None:
        """As if days went by: no failover lately, and none today."""
        dynamodb = self.stack.client("dynamodb")
        for item in dynamodb.scan(TableName=DECISIONS)["Items"]:
            if item["id"]["S"].startswith(("failover#", "budget#", "outage")):
                dynamodb.delete_item(TableName=DECISIONS, Key={"id": item["id"]})

    def problems(self) -> list[str]:
        """What went wrong in the lab itself, or broke a contract of AWS's."""
        violations = self.stack.sandbox.accounts[ACCOUNT].violations
        found = [*self.service.failures, *self.data_api.violations, *(str(each) for each in violations)]
        return found + (self.functions.violations if self.functions else [])


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
        certificate = servers.setup.certificate.read_text()
        applied = stacks.apply(stacks.copy(certificate, trigger_after), folder)
        ends.callback(applied.server.stop)
        service = Service(applied.sandbox, ACCOUNT, REGION, NAME, servers)
        service.attach()
        ends.callback(service.detach)
        secret = _share_login(applied, servers)
        api = _data_api(applied, servers, service)
        api.start()
        ends.callback(api.stop)
        service.data_api = api
        lab = Lab(folder, servers, applied, service, api, secret)
        if with_functions:
            lab.functions = _functions(lab)
            ends.callback(lab.functions.stop)
            service.send = lambda event: lab.functions.start(COORDINATOR, event) if lab.functions else None
            lab.functions.schedule(PROBE, PROBE_EVERY_SECONDS)
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


def _data_api(stack: Stack, servers: Cluster, service: Service) -> DataApi:
    known: dict[str, tuple[str, str]] = {}
    lock = threading.Lock()

    def credentials(arn: str) -> tuple[str, str]:
        with lock:
            if arn not in known:
                try:
                    known[arn] = _login(stack, arn)
                except stack.client("secretsmanager").exceptions.ResourceNotFoundException as error:
                    raise UnknownSecret(str(error)) from error
            return known[arn]

    def writer() -> Place:
        return Place(servers.writer.name, servers.writer.port, servers.setup.certificate)

    return DataApi(service.arn, writer, credentials)


def _functions(lab: Lab) -> Functions:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= lab.stack.keys() | {
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": lab.stack.server.endpoint,
        "AWS_ENDPOINT_URL_RDS_DATA": lab.data_api.endpoint,
    }  # fmt: skip
    folder = lab.folder / "functions"
    folder.mkdir()
    return Functions(lab.stack.deployed(), environment, folder)

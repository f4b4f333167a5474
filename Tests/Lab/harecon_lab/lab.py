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
from harecon_lab.application import Application, Settings
from harecon_lab.service import Service
from harecon_lab.sessions import Place
from harecon_lab.stack import ACCOUNT, NAME, REGION, Stack
from harecon_lab.verdict import Verdict
from harecon_lab.writer_endpoint import WriterEndpoint

# Of a journal's end: surely some entries of each writer.
FIRST_LOOK_SECONDS = 90.0
TAIL_BYTES = 16 * 1024
CLUSTER_ARN = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{NAME}"
DECISIONS = f"{NAME}-decisions"
REPLAY_QUEUE = "replay.fifo"
DEAD_QUEUES = ("replay-dead.fifo", "functions-dead", "events-dead")


@dataclass
class Lab:
    """One lab. A `Load` runs in it at a time, of several applications."""

    folder: Path
    cluster: Cluster
    stack: Stack
    service: Service
    data_api: DataApi
    writer_endpoint: WriterEndpoint
    secret: str
    _runs: int = field(default=0, init=False)

    @property
    def database(self) -> str:
        return str(self.stack.spec["cluster"]["database"])

    def begin(self, clients: Sequence[str], seed: int) -> Load:
        """Empties their books, and has an application write with each of these clients."""
        with self.cluster.writer.connect(self.database) as connection:
            for client in clients:
                for sql in bank.making(bank.schema(client)):
                    connection.execute(sql.encode())
        self._runs += 1
        return Load(self, [self._settings(client, seed) for client in clients])

    def _settings(self, client: str, seed: int) -> Settings:
        place = self.folder / f"run-{self._runs}" / client
        place.mkdir(parents=True)
        settings = Settings(
            client=client, endpoint=self.data_api.endpoint, sandbox=self.stack.server.endpoint,
            cluster=self.service.arn, secret=self.secret, database=self.database, account=ACCOUNT, region=REGION,
            run=f"{client}{self._runs}", journal=str(place / "journal"), buffer=str(place / "buffer"),
            conninfo=self._conninfo(client), queue_url=self._queue(REPLAY_QUEUE), seed=seed,
        )  # fmt: skip
        Path(settings.journal).touch()
        return settings

    def _conninfo(self, client: str) -> str:
        setup = self.cluster.setup
        return (
            f"host=127.0.0.1 port={self.writer_endpoint.port} user={setup.user} passfile={setup.passwords}"
            f" dbname={self.database} sslmode=verify-full sslrootcert={setup.certificate} application_name={client}"
        )

    def _queue(self, name: str) -> str:
        return str(self.stack.client("sqs").get_queue_url(QueueName=f"{NAME}-{name}")["QueueUrl"])

    def _dead_letters(self) -> Iterator[str]:
        """Of everything that must be delivered here."""
        for name in DEAD_QUEUES:
            got = self.stack.client("sqs").receive_message(
                QueueUrl=self._queue(name), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            for message in got.get("Messages", []):
                yield f"in {name}: {message['Body']} {message.get('MessageAttributes', {})}"

    # MARK: What the functions remember

    def outage(self) -> dict[str, Any] | None:
        """What the coordinator keeps of the failure under way; of the last one it does as `outage#last`."""
        return self.remembered("outage")

    def remembered(self, name: str) -> dict[str, Any] | None:
        """An item of the table of decisions."""
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

    def forget(self, *prefixes: str) -> None:
        """Has the coordinator forget what it keeps by such names."""
        dynamodb = self.stack.client("dynamodb")
        for item in dynamodb.scan(TableName=DECISIONS)["Items"]:
            if item["id"]["S"].startswith(prefixes):
                dynamodb.delete_item(TableName=DECISIONS, Key={"id": item["id"]})

    def problems(self) -> list[str]:
        """What went wrong in the lab itself, or broke a contract of AWS's."""
        violations = self.stack.sandbox.accounts[ACCOUNT].violations
        return [
            *self.service.failures, *self.data_api.violations, *(str(each) for each in violations),
            *self._dead_letters(),
        ]  # fmt: skip


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


@dataclass
class Running:
    """One application under way, which may be killed and started again."""

    settings: Settings
    generation: int = 0

    def __post_init__(self) -> None:
        self.application = Application(self.settings)

    @property
    def journal(self) -> Path:
        return Path(self.settings.journal)

    def kill(self) -> None:
        """It is started again at once, with what its buffer has kept."""
        self.application.kill()
        self.generation += 1
        self.application = Application(replace(self.settings, run=f"{self.settings.run}g{self.generation}"))

    def last_acknowledged(self) -> float:
        """When, by the clock on the wall; 0 before the first. Raises RuntimeError when it has ended by itself."""
        self.application.check()
        with self.journal.open("rb") as journal:
            journal.seek(max(0, journal.seek(0, 2) - TAIL_BYTES))
            lines = journal.read().split(b"\n")[1:-1]
        entries = [json.loads(line) for line in lines]
        return max((float(entry["at"]) for entry in entries if "acknowledged" in entry), default=0.0)


class Load:
    """Applications under way, side by side, by their clients' names."""

    def __init__(self, lab: Lab, settings: Sequence[Settings]) -> None:
        self._lab = lab
        self._running = {each.client: Running(each) for each in settings}

    @property
    def clients(self) -> list[str]:
        return list(self._running)

    @property
    def writers(self) -> int:
        return sum(each.settings.writers for each in self._running.values())

    def record(self, client: str) -> Record:
        return Record.read(self._running[client].journal)

    def last_acknowledged(self) -> dict[str, float]:
        """When, by the clock on the wall; 0 before the first."""
        return {client: each.last_acknowledged() for client, each in self._running.items()}

    def kill_applications(self) -> None:
        for each in self._running.values():
            each.kill()

    def end(self) -> dict[str, Verdict]:
        """What became of each client's transfers."""
        for each in self._running.values():
            each.application.end_input()
        for each in self._running.values():
            each.application.finish()
        return {
            client: verdict.look(self._lab.cluster, self._lab.database, each.settings.bank, self.record(client))
            for client, each in self._running.items()
        }

    def abort(self) -> None:
        for each in self._running.values():
            each.application.kill()


@contextmanager
def running(folder: Path, trigger_after: str = "20s") -> Iterator[Lab]:
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
        writer_endpoint = WriterEndpoint(lambda: servers.writer.port)
        writer_endpoint.start()
        ends.callback(writer_endpoint.stop)
        lab = Lab(folder, servers, applied, service, api, writer_endpoint, _share_login(applied, servers))
        ends.callback(applied.end)
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

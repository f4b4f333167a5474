# SPDX-License-Identifier: Apache-2.0
"""The application, in a process of its own that may be killed: python3 -m harecon_lab.load SETTINGS

SETTINGS is a JSON object, see `Settings`. It writes until its standard input ends, and finishes what it has begun.
For the client in Swift it is another program, `lab-load` of ../SwiftLoad, which does the same.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from harecon_lab import bank
from harecon_lab.bank import Transfer, transfers
from harecon_lab.clients import Buffered, Client, DataApiTarget, NaiveRetry, NoRetry
from harecon_lab.journal import Journal, Record

LAB = Path(__file__).resolve().parents[1]
ROOT = LAB.parents[1]
REPLAY = ROOT / "Sources" / "harecon_replay"
SWIFT = "swift"
LAST_SECONDS = 60.0
LEDGER = "harecon_ledger"
# For one transaction, as for one call of the Data API: a writer that hangs costs that.
ATTEMPT_SECONDS = 5.0
# In reality it has a machine of its own, and takes nothing from the functions that watch over the database.
NICE = 5


@dataclass(frozen=True)
class Settings:
    """`client` is SWIFT or one of CLIENTS, `run` what its transfers' names begin with, `buffer` a folder."""

    client: str
    endpoint: str
    cluster: str
    secret: str
    database: str
    account: str
    region: str
    run: str
    journal: str
    buffer: str
    # Of libpq, for who finds the writer by its endpoint.
    conninfo: str
    seed: int
    writers: int = 2
    # What a writer does between two transfers takes this many seconds, on average.
    pause: float = 0.01

    @property
    def bank(self) -> str:
        return bank.schema(self.client)


class Application:
    """The process, as the lab sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._process = subprocess.Popen(
            [*program(settings.client), json.dumps(asdict(settings))], env=_environment(settings),
            cwd=LAB, stdin=subprocess.PIPE, stdout=Path(settings.journal).with_suffix(".log").open("ab"),
        )  # fmt: skip

    def kill(self) -> None:
        """At once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def end_input(self) -> None:
        """No new transfers from now on."""
        assert self._process.stdin
        self._process.stdin.close()

    def finish(self, seconds: float = 120.0) -> None:
        """Until those that are under way have come to an end, after `end_input`."""
        self._process.wait(seconds)
        if self._process.returncode != 0:
            raise RuntimeError(f"the application ended with {self._process.returncode}")


def program(client: str) -> list[str]:
    """Raises FileNotFoundError for one that is not built."""
    if client != SWIFT:
        return [sys.executable, "-m", "harecon_lab.load"]
    # Beside the harecon that makes the stack.
    binary = Path(os.environ.get("HARECON", ROOT / ".build" / "debug" / "harecon")).absolute().with_name("lab-load")
    if not binary.exists():
        raise FileNotFoundError(f"{binary} is not there: swift build --product lab-load")
    return [str(binary)]


def _environment(settings: Settings) -> dict[str, str]:
    """As AWS's tools take credentials, region and endpoint."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return mine | {
        "AWS_ACCESS_KEY_ID": f"AKIA{settings.account}",
        "AWS_SECRET_ACCESS_KEY": f"sandbox-secret-{settings.account}",
        "AWS_REGION": settings.region,
        "AWS_ENDPOINT_URL_RDS_DATA": settings.endpoint,
    }


def data_api(settings: Settings) -> Any:
    """A client that gives up within seconds and repeats nothing: that is for who knows what may be repeated."""
    return boto3.client(
        "rds-data", region_name=settings.region, endpoint_url=settings.endpoint,
        aws_access_key_id=f"AKIA{settings.account}", aws_secret_access_key=f"sandbox-secret-{settings.account}",
        config=Config(connect_timeout=1, read_timeout=ATTEMPT_SECONDS, retries={"total_max_attempts": 1},
                      max_pool_connections=settings.writers + 2),
    )  # fmt: skip


def _target(settings: Settings) -> DataApiTarget:
    return DataApiTarget(data_api(settings), settings.cluster, settings.secret, settings.database, settings.bank)


def _by_data_api(settings: Settings, journal: Journal, stopped: threading.Event) -> Buffered:
    from harecon_replay import Ledger
    from harecon_replay.targets.data_api import DataAPI

    target = DataAPI(data_api(settings), settings.cluster, settings.secret, settings.database, Ledger(LEDGER))
    return _buffered(settings, journal, target)


def _by_socket(settings: Settings, journal: Journal, stopped: threading.Event) -> Buffered:
    from harecon_replay import Ledger
    from harecon_replay.targets.postgres import PostgreSQL

    return _buffered(settings, journal, PostgreSQL(settings.conninfo, Ledger(LEDGER)))


def _buffered(settings: Settings, journal: Journal, target: Any) -> Buffered:
    """`target` is one of `harecon_replay.targets`."""
    from harecon_replay import Applied, FileBuffer, Statement, Transaction
    from harecon_replay import Client as ReplayClient
    from harecon_replay import Settings as ReplaySettings

    def transaction(transfer: Transfer) -> Transaction:
        written = transfer.statements(settings.bank)
        statements = tuple(Statement(each["sql"], tuple(each["parameters"])) for each in written)
        return Transaction(transfer.name, transfer.name.rpartition("-")[0], statements)

    choices = ReplaySettings(concurrency=settings.writers + 2, attempt_seconds=ATTEMPT_SECONDS)
    client = ReplayClient(FileBuffer(settings.buffer), target, settings=choices)
    buffered = Buffered(client, transaction, lambda outcome: isinstance(outcome, Applied), journal)
    before = Record.read(Path(settings.journal))
    for name in before.begun.keys() - before.acknowledged.keys():
        # What a process that was killed has begun.
        buffered.go_on(before.begun[name])
    return buffered


CLIENTS: dict[str, Callable[[Settings, Journal, threading.Event], Client]] = {
    "buffered": _by_data_api,
    "socket": _by_socket,
    "naive": lambda settings, journal, stopped: NaiveRetry(_target(settings), journal, stopped),
    "none": lambda settings, journal, stopped: NoRetry(_target(settings), journal, stopped),
}


def write(settings: Settings) -> None:
    os.nice(NICE)
    sys.path.insert(0, str(REPLAY))
    stopped = threading.Event()
    client = CLIENTS[settings.client](settings, Journal(Path(settings.journal)), stopped)

    def work(writer: int) -> None:
        for transfer in transfers(settings.run, writer, settings.seed):
            if stopped.wait(random.expovariate(1 / settings.pause)):
                return
            client.submit(transfer)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(settings.writers)]
    for thread in threads:
        thread.start()
    sys.stdin.buffer.read()
    stopped.set()
    end = time.monotonic() + LAST_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            # Whoever told it to end may have taken the database away.
            print("the application cannot finish what it has begun", file=sys.stderr, flush=True)
            os._exit(1)
    client.close()


if __name__ == "__main__":
    write(Settings(**json.loads(sys.argv[1])))

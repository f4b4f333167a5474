# SPDX-License-Identifier: Apache-2.0
"""An application as the lab sees it: a process that is started, killed, and told to come to an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from harecon_lab import bank

LAB = Path(__file__).resolve().parents[1]
ROOT = LAB.parents[1]
REPLAY = ROOT / "Sources" / "harecon_replay"
SWIFT = "swift"


@dataclass(frozen=True)
class Settings:
    """`client` is SWIFT or one of CLIENTS, `run` what its transfers' names begin with, `buffer` a folder."""

    client: str
    # The Data API's, and that of the rest of AWS.
    endpoint: str
    sandbox: str
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
    # Of the stack's replay queue.
    queue_url: str
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

    def check(self) -> None:
        """Raises RuntimeError when it has ended by itself."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the application {self.settings.client} ended with {self._process.returncode}")

    def end_input(self) -> None:
        """No new transfers from now on."""
        assert self._process.stdin
        self._process.stdin.close()

    def finish(self, seconds: float = 120.0) -> None:
        """Until those that are under way have come to an end, after `end_input`."""
        self._process.wait(seconds)
        if self._process.returncode != 0:
            raise RuntimeError(f"the application {self.settings.client} ended with {self._process.returncode}")


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
    """As AWS's tools take credentials, region and endpoints."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return mine | {
        "AWS_ACCESS_KEY_ID": f"AKIA{settings.account}",
        "AWS_SECRET_ACCESS_KEY": f"sandbox-secret-{settings.account}",
        # The second is what Python's takes.
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_ENDPOINT_URL_RDS_DATA": settings.endpoint,
        "AWS_ENDPOINT_URL_SQS": settings.sandbox,
        "PYTHONPATH": str(REPLAY),
    }

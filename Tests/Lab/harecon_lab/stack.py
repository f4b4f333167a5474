# SPDX-License-Identifier: Apache-2.0
"""The stack of specs/payments.yaml, applied by harecon to a sandbox that runs in this process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.server import Server

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT / "specs" / "payments.yaml"
ACCOUNT, REGION, NAME = "111122223333", "us-east-1", "payments"


@dataclass(frozen=True)
class Stack:
    """What was applied, and where."""

    sandbox: Sandbox
    server: Server
    spec: dict[str, Any]

    def begin(self) -> None:
        """From now on its functions run, and events find them."""
        assert self.sandbox.runtime
        self.sandbox.runtime.begin(self.server.endpoint)
        # Schedules are a minute long: their next moment is now.
        self.sandbox.accounts[ACCOUNT].clock.advance(60)

    def end(self) -> None:
        if self.sandbox.runtime:
            self.sandbox.runtime.end()

    def keys(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": f"sandbox-secret-{ACCOUNT}"}

    def client(self, service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.server.endpoint, aws_access_key_id=f"AKIA{ACCOUNT}",
            aws_secret_access_key=f"sandbox-secret-{ACCOUNT}", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip


def copy(certificate: str, trigger_after: str) -> dict[str, Any]:
    """The spec of this repository, but for the lab's certificate and how long the coordinator leaves Aurora to act."""
    spec: dict[str, Any] = yaml.safe_load(SPEC.read_text())
    spec["functions"]["databaseAuthorities"] = certificate
    spec["failover"]["trigger"]["after"] = trigger_after
    return spec


def sandbox() -> tuple[Sandbox, Server]:
    """An empty one, listening."""
    made = Sandbox(runtime=True)
    server = Server(made.handle)
    server.start()
    assert made.runtime
    # What the stack's making already wakes must find nobody but this.
    made.runtime.endpoint = server.endpoint
    return made, server


def apply(sandbox: Sandbox, server: Server, spec: Mapping[str, Any], data_api: str, folder: Path) -> Stack:
    """The functions will find the Data API at `data_api`. Raises when harecon does not end well."""
    stack = Stack(sandbox, server, dict(spec))
    file = folder / "payments.yaml"
    # JSON, which is YAML too, leaves no text without its quotes.
    file.write_text(json.dumps(spec, indent=2))
    account = sandbox.accounts[ACCOUNT]
    account.settings["function_environment"] = {"*": {"AWS_ENDPOINT_URL_RDS_DATA": data_api}}
    account.clock.auto(True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    done = subprocess.run(
        [os.environ.get("HARECON", str(ROOT / ".build" / "debug" / "harecon")), "apply", "-f", file, "-auto-approve"],
        env={**environment, **stack.keys(), "AWS_ENDPOINT_URL": server.endpoint},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"harecon apply ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    account.clock.auto(False)
    return stack

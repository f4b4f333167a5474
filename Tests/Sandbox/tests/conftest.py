# SPDX-License-Identifier: Apache-2.0
"""One server for all tests, an account of its own for each."""

from __future__ import annotations

import itertools
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harecon_sandbox.models import ADDITIONS
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.server import Server

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
"""A role that everybody may assume."""

SESSION = botocore.session.get_session()
SESSION.get_component("data_loader").search_paths.append(str(ADDITIONS))
boto3.setup_default_session(botocore_session=SESSION)

NUMBERS = itertools.count(200_000_000_000)


@dataclass(frozen=True)
class Aws:
    """An account of the sandbox, as its user and as the one who controls it."""

    endpoint: str
    account: str

    @property
    def access_key(self) -> str:
        return f"AKIA{self.account}"

    @property
    def secret(self) -> str:
        return f"sandbox-secret-{self.account}"

    def client(self, service: str, region: str = "us-east-1", **settings: Any) -> Any:
        """A boto3 client that never retries by itself and waits at most 10 seconds."""
        credentials = {
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret,
            "aws_session_token": None,
        } | {name: settings.pop(name) for name in list(settings) if name.startswith("aws_")}
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=10,
            read_timeout=settings.pop("read_timeout", 10),
            **settings,
        )
        endpoint = self.endpoint
        return boto3.client(service, region_name=region, endpoint_url=endpoint, config=config, **credentials)

    def control(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """A control call: POST when there is a body, else GET. A refusal raises urllib's HTTPError."""
        url = f"{self.endpoint}/_sandbox/{path}{'&' if '?' in path else '?'}account={self.account}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def reset(self) -> None:
        self.control("reset", {})

    def settings(self, **values: Any) -> None:
        self.control("settings", values)

    def faults(self, *faults: dict[str, Any]) -> None:
        self.control("faults", list(faults))

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def edit(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.control("edit", {"service": service, "operation": operation, "params": params})["result"]

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return self.control(f"journal?since={since}")["calls"]

    def violations(self) -> list[dict[str, Any]]:
        return self.control("violations")["violations"]

    def inventory(self) -> list[dict[str, Any]]:
        return self.control("inventory")["resources"]


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture(scope="session")
def endpoint(sandbox: Sandbox) -> Iterator[str]:
    server = Server(sandbox.handle)
    server.start()
    yield server.endpoint
    server.stop()


@pytest.fixture
def aws(endpoint: str) -> Iterator[Aws]:
    """A fresh account; a test that breaks the contract on purpose empties the list itself by a reset."""
    fresh = Aws(endpoint, str(next(NUMBERS)))
    yield fresh
    assert fresh.violations() == []


@pytest.fixture
def other(endpoint: str) -> Aws:
    """A second account beside `aws`."""
    return Aws(endpoint, str(next(NUMBERS)))

# SPDX-License-Identifier: Apache-2.0
"""Runs the harecon binary as a user does, against a sandbox account of the test's own."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3

ROOT = Path(__file__).resolve().parents[2]
HARECON = Path(os.environ.get("HARECON", ROOT / ".build/debug/harecon"))
REFERENCE_ACCOUNT = "111122223333"
# What may be there after a destroy: data, and what AWS deletes only after a waiting time.
_KEPT = {"kms/key", "rds/cluster-snapshot", "secretsmanager/secret"}
# What a run writes into its trail, as often as time has it.
TRAIL = ("CreateLogStream", "PutLogEvents")
T = TypeVar("T")
_accounts = itertools.count(100000000000 + (os.getpid() % 90000) * 10000)


def without_trail(operations: list[str]) -> list[str]:
    """What was done to the stack, of what was called."""
    return [operation for operation in operations if operation not in TRAIL]


def until(what: str, look: Callable[[], T | None], seconds: float = 30) -> T:
    """What `look` gives once it gives something; fails naming `what` when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Sandbox:
    """One sandbox process; accounts keep tests apart."""

    def __init__(self, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "Tests/Sandbox")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harecon_sandbox", "--until-stdin-closes", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.endpoint: str = json.loads(line)["endpoint"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def account(self) -> Account:
        return Account(self, f"{next(_accounts):012d}")


@dataclass
class Account:
    """One AWS account in the sandbox, with the control calls that concern it."""

    sandbox: Sandbox
    id: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def control(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.sandbox.endpoint}/_sandbox/{path}{'&' if '?' in path else '?'}account={self.id}",
            data=None if body is None else json.dumps(body).encode(),
            method=method or ("GET" if body is None else "POST"),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {body}: {error.read().decode()}") from None
        return json.loads(text) if text else None

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return self.control(f"journal?since={since}")["calls"]

    def violations(self) -> list[Any]:
        found = self.control("violations")
        return found["violations"] if isinstance(found, dict) else found

    def inventory(self) -> list[dict[str, Any]]:
        found = self.control("inventory")
        return found["resources"] if isinstance(found, dict) else found

    def may_be_kept(self) -> set[str]:
        """The kinds of which a destroy may leave something: of vaults, one that holds copies, which AWS does not delete."""
        vaults = self.edit("backup", "ListBackupVaults")["BackupVaultList"]
        return _KEPT | {"backup/vault" for vault in vaults if vault["NumberOfRecoveryPoints"] > 0}

    def edit(self, service: str, operation: str, **params: Any) -> Any:
        """A change behind harecon's back."""
        return self.control("edit", {"service": service, "operation": operation, "params": params})["result"]

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service, endpoint_url=self.sandbox.endpoint, region_name="us-east-1",
                aws_access_key_id=f"AKIA{self.id}", aws_secret_access_key=f"sandbox-secret-{self.id}",
            )
        return self._clients[service]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": f"AKIA{self.id}",
            "AWS_SECRET_ACCESS_KEY": f"sandbox-secret-{self.id}",
            "AWS_ENDPOINT_URL": self.sandbox.endpoint,
        }


@dataclass
class Finished:
    """What a command came to."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def expect(self, code: int) -> Finished:
        assert self.code == code, (
            f"harecon {' '.join(self.arguments)}: exit {self.code}, not {code}\n--- out\n{self.out[-3000:]}\n--- err\n{self.err[-3000:]}"
        )
        return self


class Harecon:
    """The binary, bound to a folder, an account and a spec."""

    def __init__(self, folder: Path, account: Account, spec: Path | None = None) -> None:
        self.folder = folder
        self.account = account
        self.spec = folder / "stack.yaml"
        source = (spec or ROOT / "specs/payments.yaml").read_text()
        self.spec.write_text(source.replace(REFERENCE_ACCOUNT, account.id))
        self.extra: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        base = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return {**base, **self.account.environment, **self.extra}

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        # Pipes that take a whole plan: a test that waits for something else first does not read them meanwhile.
        return subprocess.Popen(
            [str(HARECON), *arguments], cwd=self.folder, env=dict(environment or self.environment), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=1 << 20,
        )

    def __call__(self, *arguments: str, timeout: float = 900, **overrides: str) -> Finished:
        process = self.start(*arguments, environment={**self.environment, **overrides})
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"harecon {' '.join(arguments)}: no end within {timeout} s\n{out}\n{err}") from None
        return Finished(arguments, process.returncode, out, err)

    def plan(self, *arguments: str, **environment: str) -> Finished:
        return self("plan", "-f", str(self.spec), *arguments, **environment)

    def apply(self, *arguments: str, **environment: str) -> Finished:
        return self("apply", "-f", str(self.spec), "-auto-approve", *arguments, **environment)

    def destroy(self, *arguments: str) -> Finished:
        return self("destroy", "-f", str(self.spec), "-auto-approve", "-confirm", "payments", *arguments)

    def must_be_converged(self) -> None:
        self.plan("-detailed-exitcode").expect(0)

    def edit_spec(self, old: str, new: str) -> None:
        text = self.spec.read_text()
        assert old in text, f"{old!r} is not in the spec"
        self.spec.write_text(text.replace(old, new))


@contextmanager
def running(*arguments: str) -> Iterator[Sandbox]:
    sandbox = Sandbox(*arguments)
    try:
        yield sandbox
    finally:
        sandbox.stop()

# SPDX-License-Identifier: Apache-2.0
"""Runs the deployed functions: their own zip files, each call in a process that is kept for the next, as Lambda does.

Here are the calls only that the lab's failures lead to: `Invoke` by a function, events of RDS, and the probe's schedule.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harecon_sandbox.kit import AWSError, Params, Result

from harecon_lab.endpoint import Endpoint

LARGEST_PAYLOAD = 6 * 1024 * 1024
RUNNER = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Deployed:
    """A function as the sandbox keeps it. `limit` is seconds."""

    name: str
    handler: str
    variables: Mapping[str, str]
    limit: float
    code: bytes


class Process:
    """One execution environment: one call at a time."""

    def __init__(self, function: Deployed, code: Path, environment: Mapping[str, str], log: Path) -> None:
        self._limit = function.limit
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-B", RUNNER, function.handler], cwd=code, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=out, env={**environment, **function.variables}, text=True,
            )  # fmt: skip

    def call(self, event: Mapping[str, Any]) -> Any:
        """What it answers, None when it failed or took too long: its process is ended then, as Lambda's is."""
        assert self._process.stdin and self._process.stdout
        timer = threading.Timer(self._limit, self._process.kill)
        timer.start()
        asked = {"id": str(uuid.uuid4()), "event": event, "deadline": time.monotonic() + self._limit}
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            return None
        finally:
            timer.cancel()
        return json.loads(line).get("result") if line else None

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class Functions:
    """All of a stack's functions. `environment` is what Lambda gives each: region, credentials, endpoints."""

    def __init__(self, deployed: list[Deployed], environment: Mapping[str, str], folder: Path) -> None:
        self._deployed = {function.name: function for function in deployed}
        self._folder = folder
        self._lock = threading.Lock()
        self._idle: dict[str, list[Process]] = {name: [] for name in self._deployed}
        self._all: list[Process] = []
        self._stopped = threading.Event()
        self._endpoint = Endpoint("lambda", {"Invoke": self._invoke}, LARGEST_PAYLOAD)
        self._endpoint.start()
        self._environment = {**environment, "AWS_ENDPOINT_URL_LAMBDA": self._endpoint.url}
        for function in deployed:
            with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
                archive.extractall(folder / function.name)

    @property
    def violations(self) -> list[str]:
        return self._endpoint.violations

    def schedule(self, name: str, every: float) -> None:
        """Calls it now and again and again, whether or not the last call has ended."""

        def run() -> None:
            while True:
                self.start(name, {})
                if self._stopped.wait(every):
                    return

        threading.Thread(target=run, name=f"schedule-{name}", daemon=True).start()

    def start(self, name: str, event: Mapping[str, Any]) -> None:
        threading.Thread(target=self._run, args=(name, event), name=name, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        with self._lock:
            going, self._all = self._all, []
        for process in going:
            process.end()
        self._endpoint.stop()

    def _run(self, name: str, event: Mapping[str, Any]) -> None:
        with self._lock:
            if self._stopped.is_set():
                return
            process = self._idle[name].pop() if self._idle[name] else None
            if process is None:
                function, log = self._deployed[name], self._folder / f"{name}.log"
                process = Process(function, self._folder / name, self._environment, log)
                self._all.append(process)
        process.call(event)
        with self._lock:
            if process.is_alive and not self._stopped.is_set():
                self._idle[name].append(process)

    def _invoke(self, params: Params) -> Result:
        name = params["FunctionName"].rsplit(":", 1)[-1]
        if name not in self._deployed:
            raise AWSError("ResourceNotFoundException", f"Function not found: {name}", 404)
        if params.get("InvocationType") != "Event":
            raise AWSError("InvalidParameterValueException", "the lab starts functions and does not wait for them", 400)
        self.start(name, json.loads(params.get("Payload") or b"{}"))
        return {"StatusCode": 202}

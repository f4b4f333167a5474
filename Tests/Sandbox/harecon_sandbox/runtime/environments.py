# SPDX-License-Identifier: Apache-2.0
"""Execution environments: processes in which functions run, kept warm between calls and ended when one hangs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .bootstrap import MARK

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
#: Real seconds to load a function. AWS gives ten; here many share a machine, and a wait is not an error.
LOADING = 60.0
#: How long what a process has printed may take to come through after it has answered.
DRAINING = 5.0

Sink = Callable[["Environment", list[str]], None]


@dataclass
class Outcome:
    """How a call ended: with a payload, or `error` when it was the function's fault, with what it says of it."""

    payload: bytes
    error: str | None = None
    seconds: float = 0.0
    loading: float = 0.0
    memory: int = 0
    timed_out: bool = False


@dataclass
class Launch:
    """What a process is made from. Two of the same `revision` are the same."""

    revision: str
    function: str
    code: Path
    variables: dict[str, str]
    stream: str = field(default_factory=lambda: secrets.token_hex(16))


class Environment:
    """One process. It runs one call at a time; whoever has taken it from the pool calls it."""

    def __init__(self, launch: Launch, sink: Sink) -> None:
        self.launch = launch
        self.alive = True
        self._sink = sink
        self._marks = threading.Condition()
        self._seen: set[str] = set()
        self._drained = False
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-B", str(BOOTSTRAP), str(theirs.fileno())],
            env=launch.variables, cwd=launch.code, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._started = time.monotonic()
        self._loading: float | None = None
        self._reader = threading.Thread(target=self._read, name=f"log-{launch.function}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: bytes, request_id: str, arn: str, seconds: float) -> Outcome:
        """Runs the handler on the event, for at most so many real seconds; loading does not count among them."""
        loading = 0.0
        if self._loading is None:
            first = self._answer(self._started + LOADING)
            loading = self._loading = time.monotonic() - self._started
            if first is None:
                self.end()
                return self._broken(request_id, "failed to load within its time" if self._still_runs() else None)
        begun = time.monotonic()
        asked = {"event": event.decode(), "request_id": request_id, "arn": arn, "deadline": begun + seconds}
        try:
            self._socket.settimeout(None)
            self._socket.sendall(json.dumps(asked).encode() + b"\n")
        except OSError:
            self.end()
            return self._broken(request_id)
        answered = self._answer(begun + seconds)
        took = time.monotonic() - begun
        if answered is None:
            hangs = took >= seconds
            self.end()
            if not hangs:
                return self._broken(request_id)
            message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            return Outcome(_shown("Sandbox.Timedout", message), "Unhandled", seconds, loading, timed_out=True)
        self._wait_for_mark(request_id)
        memory = int(answered.get("memory", 0))
        if "error" in answered:
            payload = json.dumps(answered["error"]).encode()
            return Outcome(payload, "Unhandled", took, loading, memory)
        return Outcome(str(answered["result"]).encode(), None, took, loading, memory)

    def end(self) -> None:
        """Kills the process with all that it has started."""
        self.alive = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()
        with self._marks:
            self._marks.wait_for(lambda: self._drained, DRAINING)

    def _still_runs(self) -> bool:
        return self._process.poll() is None

    def _broken(self, request_id: str, why: str | None = None) -> Outcome:
        code = self._process.returncode
        how = why or (f"exit status {code}" if code is not None and code >= 0 else f"signal: {-(code or 0)}")
        message = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
        return Outcome(_shown("Runtime.ExitError", message), "Unhandled")

    def _answer(self, deadline: float) -> dict[str, Any] | None:
        """The process's next line, None when it ends or the time is over before."""
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                self._socket.settimeout(left)
                chunk = self._socket.recv(1 << 20)
            except TimeoutError:
                return None
            except OSError:
                chunk = b""
            if not chunk:
                self._process.wait()
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    # What it prints --------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while chunk := os.read(self._process.stdout.fileno(), 1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            self._pass_on(lines)
        if rest:
            self._pass_on([rest])
        self._process.stdout.close()
        with self._marks:
            self._drained = True
            self._marks.notify_all()

    def _pass_on(self, raw: list[bytes]) -> None:
        texts = [line.decode("utf-8", "replace") for line in raw]
        shown = [text for text in texts if text and MARK not in text]
        if shown:
            self._sink(self, shown)
        with self._marks:
            self._seen.update(text.partition(MARK)[2] for text in texts if MARK in text)
            self._marks.notify_all()

    def _wait_for_mark(self, request_id: str) -> None:
        with self._marks:
            self._marks.wait_for(lambda: request_id in self._seen or self._drained, DRAINING)
            self._seen.discard(request_id)


def _shown(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class Pool:
    """The processes that wait for their next call, the longest waiting first; more than `most` are not kept."""

    def __init__(self, folder: Path, most: int = 16) -> None:
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[tuple[str, Environment]] = []
        self._all: dict[Environment, str] = {}
        self._closed = False

    def unpack(self, code: bytes, digest: str) -> Path:
        """The folder with the function's code; the same code is unpacked once."""
        place = self._folder / digest.replace("/", "_").replace("=", "")
        with self._lock:
            if self._closed:
                raise OSError("the sandbox ends")
            if not place.exists():
                partial = place.with_name(place.name + ".partial")
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(partial)
                partial.rename(place)
        return place

    def take(self, owner: str, launch: Launch, sink: Sink) -> Environment:
        """A warm process of `owner` with this revision, or a new one; those of other revisions end."""
        with self._lock:
            mine = [(name, warm) for name, warm in self._idle if name == owner]
            fitting = [warm for _, warm in mine if warm.launch.revision == launch.revision and warm.alive]
            stale = [warm for _, warm in mine if warm not in fitting]
            chosen = fitting[-1] if fitting else None
            self._idle = [(name, warm) for name, warm in self._idle if warm is not chosen and warm not in stale]
        self._end(stale)
        if chosen is not None:
            return chosen
        made = Environment(launch, sink)
        with self._lock:
            self._all[made] = owner
            closed = self._closed
        if closed:
            self._end([made])
        return made

    def give_back(self, owner: str, environment: Environment) -> None:
        with self._lock:
            if not environment.alive or self._closed:
                surplus = [environment]
            else:
                self._idle.append((owner, environment))
                surplus = [warm for _, warm in self._idle[: -self._most]]
                self._idle = self._idle[-self._most :]
        self._end(surplus)

    def drop(self, prefix: str) -> None:
        """Ends the processes of owners whose name begins so, those that run as well."""
        with self._lock:
            leaving = [process for process, name in self._all.items() if name.startswith(prefix)]
            self._idle = [(name, warm) for name, warm in self._idle if not name.startswith(prefix)]
        self._end(leaving)

    def close(self) -> None:
        """Ends all of them, those that run as well."""
        with self._lock:
            self._closed = True
            self._idle.clear()
            everything = list(self._all)
        self._end(everything)

    def _end(self, leaving: list[Environment]) -> None:
        for environment in leaving:
            environment.end()
            with self._lock:
                self._all.pop(environment, None)

# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL as it is installed here: its programs, whom they run as, and what every server on loopback needs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY = "database system is ready to accept "
PAUSE_SECONDS = 0.02
# For what takes two seconds.
PATIENCE_SECONDS = 60.0


class NotInstalled(Exception):
    """This machine has no PostgreSQL server."""


class Failed(Exception):
    """One of PostgreSQL's programs failed; the message is what it said."""


class TooLate(Exception):
    """What was waited for did not happen in time."""


@dataclass(frozen=True)
class Installation:
    """Runs PostgreSQL's programs, which refuse root: root runs them as `postgres`."""

    binaries: Path
    account: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def find() -> Installation:
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = {"user": "postgres", "group": "postgres", "extra_groups": []}
        return Installation(_binaries(), account)

    def give(self, *paths: Path) -> None:
        """Makes them belong to whom the servers run as."""
        if self.account:
            for path in paths:
                shutil.chown(path, self.account["user"], self.account["group"])

    def run(self, program: str, *arguments: str | Path) -> None:
        """Raises Failed, also when it has not ended within `PATIENCE_SECONDS`: the server that it asks may be hung."""
        try:
            done = subprocess.run(
                [self.binaries / program, *arguments], capture_output=True, text=True, cwd="/", check=False,
                env=_environment(), timeout=PATIENCE_SECONDS, **self.account,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{program} did not end within {PATIENCE_SECONDS:g} s") from error
        if done.returncode != 0:
            raise Failed(f"{program} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")

    def serve(self, data: Path, settings: Mapping[str, object], log: Path) -> subprocess.Popen[bytes]:
        """Starts a server, and waits until it says in its log that it takes connections."""
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            command = [self.binaries / "postgres", "-D", data, *options]
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/",
                                       env=_environment(), start_new_session=True, **self.account)  # fmt: skip
        _await_ready(process, log, begin)
        return process


def _environment() -> dict[str, str]:
    """libpq looks for certificates in a home, and that of whoever started it may be closed to it."""
    return {**os.environ, "HOME": "/"}


def certificate(folder: Path, names: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key. `names` is as OpenSSL has them: `DNS:localhost`."""
    cert, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o600)
    return cert, key


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Looks again and again. The time is long, as other work may keep the machine busy."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TooLate(f"{what}: not within {seconds:g} s")
        time.sleep(PAUSE_SECONDS)


def _binaries() -> Path:
    """Debian keeps the server out of the path, and may have links to single programs there."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise NotInstalled("PostgreSQL's server is not installed")


def _await_ready(process: subprocess.Popen[bytes], log: Path, begin: int) -> None:
    """Until it says so it may refuse, or be gone."""

    def text() -> str:
        with log.open("rb") as stream:
            stream.seek(begin)
            return stream.read().decode(errors="replace")

    def is_ready() -> bool:
        if READY in text():
            return True
        if (code := process.poll()) is not None:
            raise RuntimeError(f"postgres ended with {code}: {text()}")
        return False

    wait_for(is_ready, f"the server of {log.stem} to take connections")

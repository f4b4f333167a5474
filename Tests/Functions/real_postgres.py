# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server on loopback that lives as long as a module's tests: TLS alone, logins by SCRAM and by MD5."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.postgres import Login

PASSWORD = "only for tests"


@dataclass(frozen=True)
class Server:
    port: int
    certificate: Path
    process: subprocess.Popen[bytes]

    def login(self, user: str = "master", password: str = PASSWORD, host: str = "localhost") -> Login:
        return Login(host=host, port=self.port, user=user, password=password, database="postgres")

    def tls(self) -> Callable[[], ssl.SSLContext]:
        """Trusts this server's certificate and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.certificate)
        return lambda: context


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    binaries = _binaries()
    # Not below pytest's folder, which nobody but its owner may enter: PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="harecon-postgres-"))
    try:
        yield from _served(binaries, folder)
    finally:
        shutil.rmtree(folder)


def _served(binaries: Path, folder: Path) -> Iterator[Server]:
    account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    certificate, key, password = folder / "server.crt", folder / "server.key", folder / "password"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    password.write_text(PASSWORD)
    if account:
        for path in (folder, certificate, key, password):
            shutil.chown(path, "postgres", "postgres")
    key.chmod(0o600)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "master", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync",
         "--encoding=UTF8", "--locale=C"],
        check=True, capture_output=True, **account,
    )
    (data / "pg_hba.conf").write_text("hostssl all old 127.0.0.1/32 md5\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    port = _free_port()
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off", "ssl": "on",
        "ssl_cert_file": certificate, "ssl_key_file": key, "log_statement": "all",
    }
    options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, **account)
    try:
        _await_port(port, process, folder / "log")
        yield Server(port, certificate, process)
    finally:
        process.terminate()
        process.wait(30)


def _binaries() -> Path:
    """Debian keeps the server out of the path."""
    if found := shutil.which("postgres"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not versions:
        pytest.skip("PostgreSQL's server is not installed")
    return versions[-1].parent


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """PostgreSQL says in its log when it takes connections; until then it may refuse, or be gone."""
    while True:
        text = log.read_text(errors="replace")
        if "database system is ready to accept connections" in text:
            return
        try:
            code = process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"postgres ended with {code}: {text}")

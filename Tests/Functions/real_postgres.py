# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server on loopback that lives as long as a module's tests: TLS alone, logins by SCRAM and by MD5."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.postgres import Login

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Lab"))

from harecon_lab.installed import Installation, NotInstalled, certificate, free_port  # noqa: E402

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
    try:
        installation = Installation.find()
    except NotInstalled as error:
        pytest.skip(str(error))
    with serving(installation) as found:
        yield found


@contextmanager
def serving(installation: Installation, names: str = "DNS:localhost", **changes: str) -> Iterator[Server]:
    """`names` are those of its certificate, `changes` are settings of PostgreSQL."""
    # Not below pytest's folder, which nobody but its owner may enter: PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="harecon-postgres-"))
    try:
        yield from _served(installation, folder, names, changes)
    finally:
        shutil.rmtree(folder)


def _served(installation: Installation, folder: Path, names: str, changes: dict[str, str]) -> Iterator[Server]:
    cert, key = certificate(folder, names)
    password = folder / "password"
    password.write_text(PASSWORD)
    installation.give(folder, cert, key, password)
    data = folder / "data"
    installation.run(
        "initdb", "-D", data, "-U", "master", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync",
        "--encoding=UTF8", "--locale=C",
    )  # fmt: skip
    (data / "pg_hba.conf").write_text("hostssl all old 127.0.0.1/32 md5\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off", "ssl": "on",
        "ssl_cert_file": cert, "ssl_key_file": key, "log_statement": "all", **changes,
    }
    process = installation.serve(data, settings, folder / "log")
    try:
        yield Server(port, cert, process)
    finally:
        process.terminate()
        process.wait(30)

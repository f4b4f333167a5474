# SPDX-License-Identifier: Apache-2.0
"""One PostgreSQL server of the cluster: started, killed, hung, woken, and told whom to follow."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg

from harecon_lab.installed import Installation, free_port, wait_for

# libpq counts whole seconds, and takes one for two.
CONNECT_SECONDS = 2

RECEIVED = """
select coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0') - '0/0'::pg_lsn
"""


class State(Enum):
    DOWN = "down"
    RUNNING = "running"
    # Stopped as a whole: it holds its connections and answers nothing.
    HUNG = "hung"


@dataclass(frozen=True)
class Setup:
    """What all nodes of a cluster share. `names` are those of all nodes."""

    installation: Installation
    folder: Path
    certificate: Path
    key: Path
    passwords: Path
    user: str
    names: tuple[str, ...]


class Node:
    """A server, whose `name` is what it calls itself and what its standby's connection is known by."""

    def __init__(self, name: str, setup: Setup) -> None:
        self.name = name
        self.setup = setup
        self.port = free_port()
        self.data = setup.folder / name
        self.state = State.DOWN
        self._process: subprocess.Popen[bytes] | None = None

    # MARK: Making

    def make(self) -> None:
        """A new, empty database."""
        setup = self.setup
        password = setup.folder / "password"
        setup.installation.run(
            "initdb", "-D", self.data, "-U", setup.user, "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync",
            "--encoding=UTF8", "--locale=C", "--data-checksums",
        )  # fmt: skip
        (self.data / "pg_hba.conf").write_text(
            "hostssl all,replication all 127.0.0.1/32 scram-sha-256\n"
        )
        with (self.data / "postgresql.conf").open("a") as stream:
            stream.writelines(f"{name} = '{value}'\n" for name, value in self._settings().items())

    def _settings(self) -> dict[str, object]:
        """The same on all nodes: who clones or rewinds copies this file. What differs is in the command line."""
        quoted = ",".join(f'"{name}"' for name in self.setup.names)
        return {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": 120,
            "shared_buffers": "48MB", "max_wal_senders": 12, "wal_level": "replica", "hot_standby": "on",
            # Enough that who comes back after a kill finds what it missed.
            "wal_keep_size": "1GB", "max_wal_size": "2GB",
            # Whoever is the primary waits for one of the other two.
            "synchronous_standby_names": f"ANY 1 ({quoted})", "synchronous_commit": "on",
            "wal_retrieve_retry_interval": "100ms", "recovery_target_timeline": "latest",
            "ssl": "on", "ssl_cert_file": self.setup.certificate, "ssl_key_file": self.setup.key,
            # Servers are killed here, and never the machine: what was written stays without it.
            "fsync": "off",
        }  # fmt: skip

    def clone(self, source: Node) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.setup.installation.run(
            "pg_basebackup", "-D", self.data, "-d", source.conninfo(self.name), "-X", "stream", "-c", "fast",
            "--no-sync",
        )  # fmt: skip

    def rewind(self, source: Node) -> None:
        """Undoes what this node has and the new primary never had. It must be down."""
        self.setup.installation.run(
            "pg_rewind", "-D", self.data, f"--source-server={source.conninfo(self.name)} dbname=postgres", "--no-sync"
        )

    def follow(self, source: Node | None) -> None:
        """Streams from `source` from now on, or from nobody: by reload when it runs."""
        conninfo = source.conninfo(self.name) if source else ""
        (self.data / "postgresql.auto.conf").write_text(f"primary_conninfo = '{conninfo}'\n")
        (self.data / "standby.signal").touch()
        self.setup.installation.give(self.data / "standby.signal", self.data / "postgresql.auto.conf")
        if self._process and self.state is State.RUNNING:
            self._process.send_signal(signal.SIGHUP)

    # MARK: Running

    def start(self) -> None:
        own = {"port": self.port, "cluster_name": self.name}
        log = self.setup.folder / f"{self.name}.log"
        self._process = self.setup.installation.serve(self.data, own, log)
        self.state = State.RUNNING

    def crash(self) -> None:
        """As a machine that is gone: not one process runs on.

        Killing the postmaster alone would leave its backends committing for a while. It is stopped first, so that it
        starts no more of them.
        """
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)
        for pid in self.processes():
            _signal(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process = None
        self.state = State.DOWN

    def hang(self) -> None:
        """Connections stay open, new ones are taken by the kernel, and nothing is answered."""
        if self._process is None:
            raise ValueError(f"{self.name} is down")
        self._process.send_signal(signal.SIGSTOP)
        for pid in self.processes():
            _signal(pid, signal.SIGSTOP)
        self.state = State.HUNG

    def wake(self) -> None:
        if self._process is None:
            raise ValueError(f"{self.name} is down")
        for pid in self.processes():
            _signal(pid, signal.SIGCONT)
        self._process.send_signal(signal.SIGCONT)
        self.state = State.RUNNING

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Receives nothing meanwhile, and does not confirm what it received."""
        pids = self.column("select pid from pg_stat_activity where backend_type = 'walreceiver'")
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                _signal(pid, signal.SIGCONT)

    def processes(self) -> list[int]:
        """The postmaster's children."""
        parent, found = self._process.pid if self._process else 0, []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            # After the name in brackets, which may have any character: the state and the parent.
            if int(text.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
        return found

    # MARK: Asking

    def conninfo(self, application: str = "lab") -> str:
        setup = self.setup
        return (
            f"host=127.0.0.1 port={self.port} user={setup.user} passfile={setup.passwords} sslmode=verify-full"
            f" sslrootcert={setup.certificate} application_name={application} connect_timeout={CONNECT_SECONDS}"
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """As the master user; each statement is a transaction of its own."""
        return psycopg.connect(f"{self.conninfo()} dbname={database}", autocommit=True)

    def column(self, sql: str, database: str = "postgres") -> list[Any]:
        """The first column of what a statement answers."""
        with self.connect(database) as connection:
            return [row[0] for row in connection.execute(sql.encode()).fetchall()]

    def answers(self) -> bool:
        # Who hangs would take the connection, and the statement's time is not limited.
        if self.state is not State.RUNNING:
            return False
        try:
            return self.column("select 1") == [1]
        except psycopg.OperationalError:
            return False

    def received(self) -> int:
        """How far the log goes that this standby has, in bytes."""
        (position,) = self.column(RECEIVED)
        return int(position)

    def is_cut_off(self) -> bool:
        """Whether it has heard that it follows nobody, and receives nothing any more."""
        (cut,) = self.column(
            "select current_setting('primary_conninfo') = '' and not exists (select from pg_stat_wal_receiver)"
        )
        return bool(cut)

    def await_streaming(self, source: Node) -> None:
        """Until the source sends this node what it writes, as it writes it."""
        sql = f"select count(*) from pg_stat_replication where application_name = '{self.name}' and state = 'streaming'"
        wait_for(lambda: source.column(sql) == [1], f"{self.name} to follow {source.name}")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

# SPDX-License-Identifier: Apache-2.0
"""Three servers of which one writes, and how another takes over without losing what was acknowledged.

A commit is acknowledged when one of the two standbys has it, and nobody can say which. So a failover fences first (both
standbys are cut off from the old writer, which can acknowledge nothing from then on), compares after that, and promotes
who has all. With one standby alone it would be a guess, and is refused.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harecon_lab.installed import Failed, Installation, certificate, wait_for
from harecon_lab.node import Node, Setup, State

USER = "postgres"
NAMES = ("payments-a", "payments-b", "payments-c")

# What Aurora has, and the functions ask: who serves this connection.
IDENTITY = """
create function aurora_db_instance_identifier() returns text language sql stable
as $$ select current_setting('cluster_name') $$
"""


class Refused(Exception):
    """The failover was not begun, or not ended: nothing may be promoted."""


@dataclass(frozen=True)
class Failover:
    """What was done. `behind` is by how many bytes the standbys differed, `fed` whether the target had to catch up."""

    before: str
    after: str
    behind: int
    fed: bool
    seconds: float


class Cluster:
    """The nodes, and who of them writes. One failover or return at a time."""

    def __init__(self, setup: Setup, password: str) -> None:
        self.setup = setup
        self.password = password
        self.nodes = {name: Node(name, setup) for name in setup.names}
        self.clones = 0
        self._writer = setup.names[0]
        self._lock = threading.RLock()

    @property
    def writer(self) -> Node:
        return self.nodes[self._writer]

    @property
    def standbys(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.name != self._writer]

    def start(self) -> None:
        writer = self.writer
        writer.make()
        writer.start()
        for standby in self.standbys:
            standby.clone(writer)
            standby.follow(writer)
            standby.start()
        for standby in self.standbys:
            standby.await_streaming(writer)
        with writer.connect("template1") as connection:
            connection.execute(IDENTITY.encode())
        with writer.connect() as connection:
            connection.execute(IDENTITY.encode())

    def change_password(self, password: str) -> None:
        """Of the master user, whom the nodes also use among themselves."""
        quoted = password.replace("'", "''")
        with self.writer.connect() as connection:
            connection.execute(f"alter role {USER} password '{quoted}'".encode())
        self.password = password
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        self.setup.passwords.write_text(f"*:*:*:{USER}:{escaped}\n")

    def stop(self) -> None:
        for node in self.nodes.values():
            node.crash()

    # MARK: Failing over

    def fail_over(self, target: str | None = None) -> Failover:
        """Promotes the target, or who has most; the old writer stays as it is, and can acknowledge nothing.

        Raises Refused when one standby alone answers.
        """
        with self._lock:
            begin, old = time.monotonic(), self.writer
            standbys = self.fence()
            positions = self.compare(standbys)
            best = max(standbys, key=lambda node: (positions[node.name], node.name == target))
            chosen = self.nodes[target] if target else best
            if chosen not in standbys:
                raise Refused(f"{chosen.name} is no standby")
            behind = max(positions.values()) - min(positions.values())
            fed = positions[chosen.name] < positions[best.name]
            if fed:
                chosen.follow(best)
                wait_for(lambda: chosen.received() >= positions[best.name], f"{best.name} to feed {chosen.name}")
            self._promote(chosen)
            for other in standbys:
                if other is not chosen:
                    other.follow(chosen)
            return Failover(old.name, chosen.name, behind, fed, time.monotonic() - begin)

    def fence(self) -> list[Node]:
        """Cuts the standbys off from the writer; those that answer, which are all."""
        answering = [node for node in self.standbys if node.answers()]
        if len(answering) < len(self.standbys):
            names = ", ".join(node.name for node in answering) or "nobody"
            raise Refused(f"of the standbys only {names} answers: what the other one has is not known")
        for node in answering:
            node.follow(None)
        for node in answering:
            wait_for(node.is_cut_off, f"{node.name} to be cut off")
        return answering

    def compare(self, fenced: Sequence[Node]) -> dict[str, int]:
        """How far each has received the log, when it no longer moves."""
        positions: dict[str, int] = {}

        def is_settled() -> bool:
            nonlocal positions
            before, positions = positions, {node.name: node.received() for node in fenced}
            return before == positions and all(node.is_cut_off() for node in fenced)

        wait_for(is_settled, "the standbys' logs to stand still")
        return positions

    def _promote(self, chosen: Node) -> None:
        if chosen.column("select pg_promote(true, 60)") != [True]:
            raise Refused(f"{chosen.name} was not promoted within 60 s")
        self._writer = chosen.name

    # MARK: Coming back

    def rejoin(self, name: str) -> None:
        """Ends a node that is no standby any more, and has it follow the writer: by rewinding, or else as a clone."""
        with self._lock:
            node, writer = self.nodes[name], self.writer
            if node is writer:
                raise ValueError(f"{name} is the writer")
            node.crash()
            # PostgreSQL 15's pg_rewind reads the timeline from the control file, where a checkpoint writes it.
            with writer.connect() as connection:
                connection.execute(b"checkpoint")
            try:
                node.rewind(writer)
            except Failed as error:
                self.clones += 1
                print(f"{name} cannot be rewound, and is cloned: {error}", flush=True)
                node.clone(writer)
            node.follow(writer)
            node.start()
            node.await_streaming(writer)

    def heal(self) -> None:
        """Whoever is down or hung comes back, and all follow the writer."""
        with self._lock:
            if self.writer.state is State.HUNG:
                self.writer.wake()
            elif self.writer.state is State.DOWN:
                self.writer.start()
            for node in self.standbys:
                if node.state is not State.RUNNING or node.column("select pg_is_in_recovery()") != [True]:
                    self.rejoin(node.name)
                else:
                    node.follow(self.writer)
            for node in self.standbys:
                node.await_streaming(self.writer)

    def await_caught_up(self) -> None:
        """Until all standbys show what the writer has: then all nodes may be compared."""
        (position,) = self.writer.column("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn")
        replayed = "select pg_last_wal_replay_lsn() - '0/0'::pg_lsn"
        for node in self.standbys:
            wait_for(lambda node=node: node.column(replayed)[0] >= position, f"{node.name} to catch up")


@contextmanager
def running(names: tuple[str, ...] = NAMES) -> Iterator[Cluster]:
    """A cluster in a folder of its own, for as long as it is needed."""
    installation = Installation.find()
    # Not below the test runner's folder, which nobody but its owner may enter: the servers do not run as root.
    folder = Path(tempfile.mkdtemp(prefix="harecon-lab-"))
    cluster = None
    try:
        cert, key = certificate(folder, "DNS:localhost,IP:127.0.0.1")
        password, passwords = folder / "password", folder / "passwords"
        secret = secrets.token_urlsafe(24)
        password.write_text(secret)
        passwords.write_text(f"*:*:*:{USER}:{secret}\n")
        passwords.chmod(0o600)
        installation.give(folder, cert, key, password, passwords)
        cluster = Cluster(Setup(installation, folder, cert, key, passwords, USER, names), secret)
        cluster.start()
        yield cluster
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)

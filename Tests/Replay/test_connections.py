# SPDX-License-Identifier: Apache-2.0
"""Connections to servers that hang, or that are the writer no more."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator

import pytest

from bank import Bank
from harecon_replay.outcome import TargetError
from harecon_replay.targets.postgres import PostgreSQL, _Link


@pytest.fixture
def target(bank: Bank) -> Iterator[PostgreSQL]:
    target = PostgreSQL(bank.conninfo)
    target.make(30)
    yield target
    target.close()


def at_rest(target: PostgreSQL, count: int = 3) -> list[_Link]:
    """As many connections that have been used."""
    sessions = [target.begin(30) for _ in range(count)]
    for session in sessions:
        session.commit()
    assert len(target._idle) == count
    return list(target._idle)


def enters(target: PostgreSQL, id: str, seconds: float = 30) -> int:
    session = target.begin(seconds)
    try:
        return session.enter(id, "hash").seen
    finally:
        session.roll_back()


@pytest.mark.parametrize(("seconds", "given"), [(5, ""), (30, " connect_timeout=2")])
def test_a_host_that_hangs_leaves_time_for_the_next(bank: Bank, seconds: float, given: str) -> None:
    """Else no attempt would ever get to the new writer, as long as the old one takes connections and says nothing."""
    with socket.create_server(("localhost", 0)) as hung:
        port = re.search(r"port=(\d+)", bank.conninfo)
        assert port
        ports = f"port={hung.getsockname()[1]},{port[1]}"
        several = bank.conninfo.replace(port[0], ports).replace("host=localhost", "host=localhost,localhost")
        target = PostgreSQL(several + given)
        try:
            target.begin(seconds).roll_back()
        finally:
            target.close()


def test_connections_to_one_that_writes_no_more_cost_one_attempt_and_not_one_each(target: PostgreSQL) -> None:
    for link in at_rest(target):
        link.run("set session characteristics as transaction read only")
    with pytest.raises(TargetError) as met:
        enters(target, "a")
    assert met.value.sqlstate == "25006"
    assert enters(target, "a") == 1


def test_connections_to_one_that_hangs_cost_one_attempt_and_not_one_each(target: PostgreSQL) -> None:
    pids = [link._connection.info.backend_pid for link in at_rest(target)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TargetError):
            target.begin(0.3)
        assert enters(target, "a", 5) == 1
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

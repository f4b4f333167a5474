# SPDX-License-Identifier: Apache-2.0
"""Rounds of the probe on a real PostgreSQL."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from probe.round import Connect, ask, look
from real_postgres import Server
from shared.check import Check
from shared.cluster import Member
from shared.postgres import Connection, ConnectionLost, OwnFault, ServerError, connect

WRITABLE = Check("writable", "select not pg_is_in_recovery()", "true")


def member(port: int, name: str = "payments-a", host: str = "localhost") -> Member:
    return Member(name, True, 0, "available", "us-east-1a", host, port)


@pytest.fixture
def connecting(server: Server) -> Connect:
    def to(to: Member, timeout: float) -> Connection:
        login = server.login()
        return connect(type(login)(to.host, login.user, login.password, login.database, to.port), timeout, server.tls())

    return to


@pytest.fixture
def session(server: Server) -> Iterator[Connection]:
    with connect(server.login(), 30, server.tls()) as session:
        session.execute("drop table if exists harecon_heartbeat", timeout=30)
        yield session


def test_a_writer_is_who_takes_a_heartbeat_and_passes_the_checks(
    server: Server, connecting: Connect, session: Connection
) -> None:
    first = ask(member(server.port), connecting, [WRITABLE], 10)
    assert first.answers and first.writes and first.gap is None and not first.reason
    assert first.transactions is not None and first.transactions > 0
    assert first.active == 0, "this session here is idle, and the probe does not count itself"
    second = ask(member(server.port), connecting, [WRITABLE], 10)
    assert second.gap is not None and 0 < second.gap < 10
    rows = session.query("select source, at > now() - interval '10 s' as young from harecon_heartbeat", timeout=10)
    assert rows == [{"source": "probe", "young": True}]


@pytest.mark.parametrize(
    ("sql", "expect"),
    [
        ("select 2", "1"),
        ("select null::int", "1"),
        ("select 1 where false", "1"),
        ("select pg_is_in_recovery()", "true"),
    ],
)
def test_a_check_that_does_not_pass_means_no_writer(
    server: Server, connecting: Connect, session: Connection, sql: str, expect: str
) -> None:
    answer = ask(member(server.port), connecting, [WRITABLE, Check("odd", sql, expect)], 10)
    assert answer.answers and not answer.writes and '"odd"' in answer.reason


def test_a_check_that_cannot_be_run_means_no_writer(server: Server, connecting: Connect, session: Connection) -> None:
    answer = ask(member(server.port), connecting, [Check("odd", "select * from nowhere", "1")], 10)
    assert answer.answers and not answer.writes and "42P01" in answer.reason


def test_a_server_that_only_reads_is_no_writer(server: Server, connecting: Connect, session: Connection) -> None:
    session.execute("alter role master set default_transaction_read_only = on", timeout=10)
    try:
        answer = ask(member(server.port), connecting, [WRITABLE], 10)
    finally:
        session.execute("alter role master reset default_transaction_read_only", timeout=10)
    assert answer.answers and not answer.writes and "25006" in answer.reason


def test_a_heartbeat_that_hangs_costs_no_more_than_the_deadline(
    server: Server, connecting: Connect, session: Connection
) -> None:
    ask(member(server.port), connecting, [WRITABLE], 10)
    session.execute("begin", timeout=10)
    session.execute("lock table harecon_heartbeat", timeout=10)
    try:
        begin = time.monotonic()
        answer = ask(member(server.port), connecting, [WRITABLE], 1.0)
        assert time.monotonic() - begin < 3
    finally:
        session.execute("rollback", timeout=10)
    assert answer.answers and not answer.writes and "TimeoutError" in answer.reason
    assert answer.transactions is None


def test_who_refuses_and_who_is_silent_do_not_answer_and_hold_up_nobody(
    server: Server, connecting: Connect, session: Connection
) -> None:
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        members = [
            member(silent.getsockname()[1], "silent"),
            member(closed.getsockname()[1], "closed"),
            member(server.port, "good"),
            member(0, "being-made", host=""),
        ]
        begin = time.monotonic()
        found = look(members, connecting, [WRITABLE], 2.0, at=100.0)
        assert time.monotonic() - begin < 6
    assert [(a.member, a.answers, a.writes) for a in found.answers] == [
        ("silent", False, False),
        ("closed", False, False),
        ("good", True, True),
    ]
    assert found.writer and found.writer.member == "good" and found.at == 100.0


@pytest.fixture
def blocked() -> Iterator[Connect]:
    """As a name service does that answers nobody: no deadline of a socket reaches it."""
    end = threading.Event()

    def connect(to: Member, timeout: float) -> Connection:
        end.wait(30)
        raise ConnectionLost("it answered at last")

    yield connect
    end.set()


def test_what_keeps_no_deadline_holds_up_no_round_and_says_nothing_of_the_writer(blocked: Connect) -> None:
    begin = time.monotonic()
    found = look([member(1)], blocked, [WRITABLE], 0.2, at=1.0)
    assert time.monotonic() - begin < 5
    assert found.writer is None and found.is_blind


@pytest.mark.parametrize(
    ("faults", "is_blind"),
    [
        ({"a": OwnFault("no secret"), "b": OwnFault("no secret")}, True),
        ({"a": ConnectionLost("refused"), "b": OwnFault("no secret")}, False),
        ({"a": OwnFault("no such name"), "b": ConnectionLost("refused")}, True),
    ],
)
def test_blind_is_who_cannot_ask_the_member_that_should_write(faults: dict[str, OSError], is_blind: bool) -> None:
    def connect(to: Member, timeout: float) -> Connection:
        raise faults[to.id]

    members = [replace(member(1, name), is_writer=name == "a") for name in faults]
    assert look(members, connect, [WRITABLE], 1.0, at=1.0).is_blind is is_blind


@pytest.mark.parametrize(
    ("faults", "exhausted"),
    [
        ({"a": ServerError("53300", "too many", "FATAL"), "b": ConnectionLost("refused")}, "53300"),
        ({"a": ConnectionLost("refused"), "b": ServerError("53300", "too many", "FATAL")}, None),
        ({"a": ServerError("57P03", "starting up", "FATAL")}, None),
    ],
)
def test_only_the_writer_itself_says_that_it_has_no_room(
    faults: dict[str, Exception], exhausted: str | None
) -> None:
    def connect(to: Member, timeout: float) -> Connection:
        raise faults[to.id]

    members = [replace(member(1, name), is_writer=name == "a") for name in faults]
    found = look(members, connect, [WRITABLE], 1.0, at=1.0)
    assert found.exhausted == exhausted and not found.is_blind


def test_who_finds_a_writer_is_not_blind(server: Server, connecting: Connect, session: Connection) -> None:
    def connect(to: Member, timeout: float) -> Connection:
        if to.id == "old":
            raise OwnFault("no such name")
        return connecting(to, timeout)

    members = [member(1, "old"), replace(member(server.port, "new"), is_writer=False)]
    found = look(members, connect, [WRITABLE], 10, at=1.0)
    assert found.writer and not found.is_blind


def test_without_members_there_is_no_writer(connecting: Connect) -> None:
    assert look([], connecting, [WRITABLE], 1.0, at=1.0).writer is None

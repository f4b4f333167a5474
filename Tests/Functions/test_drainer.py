# SPDX-License-Identifier: Apache-2.0
"""Drains on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from data_api_double import DataAPI, refused
from audit_double import FakeLogs
from drainer import handler
from drainer.handler import Drain, Drained, grace
from real_postgres import PASSWORD, Server
from shared.data_api import Database
from shared.postgres import Connection, Failure, connect
from world import CLUSTER_ARN, SECRET_ARN


class Clients:
    """Sessions of an application, and a clock that moves when the drain waits."""

    def __init__(self, server: Server, stack: ExitStack, writer: str) -> None:
        self.server, self.stack, self.writer = server, stack, writer
        # As on Aurora: whom the secret names may end sessions, and is no superuser.
        self.api = DataAPI(server, "chief")
        self.time = 0.0
        self.on_pause: Callable[[], None] = lambda: None

    def session(self, *statements: str, user: str = "application") -> Connection:
        login = self.server.login(user)
        session = self.stack.enter_context(connect(login, 30, self.server.tls()))
        for statement in statements:
            session.execute(statement, timeout=30)
        return session

    def drain(self, grace: float, writer: str = "payments-a") -> Drained:
        database = Database(self.api, CLUSTER_ARN, SECRET_ARN, "postgres")
        return Drain(database, writer, grace, lambda: self.time, self.pause).run()

    def pause(self, seconds: float) -> None:
        self.time += seconds
        self.on_pause()


def is_alive(session: Connection) -> bool:
    try:
        session.query("select 1", timeout=30)
    except Failure:
        return False
    return True


@pytest.fixture
def clients(server: Server) -> Iterator[Clients]:
    with ExitStack() as stack:
        master = stack.enter_context(connect(server.login(), 30, server.tls()))
        roles = {"application": "", "rdsproxyadmin": "", "chief": "in role pg_signal_backend, pg_monitor"}
        for role, rights in roles.items():
            master.execute(f"drop role if exists {role}", timeout=30)
            master.execute(f"create role {role} login password '{PASSWORD}' {rights}", timeout=30)
        master.execute(
            "create or replace function aurora_db_instance_identifier() returns text language sql "
            "as $$ select 'payments-a' $$",
            timeout=30,
        )
        yield Clients(server, stack, "payments-a")


def test_idle_sessions_end_and_a_drained_writer_is_left_at_once(clients: Clients) -> None:
    idle = [clients.session(), clients.session()]
    assert clients.drain(grace=30) == Drained(idle=2)
    assert not any(is_alive(session) for session in idle)
    assert clients.time == 0


def test_an_open_transaction_may_end_within_the_grace(clients: Clients) -> None:
    busy = clients.session("begin")
    clients.on_pause = lambda: busy.execute("commit", timeout=30) and None if clients.time == 3 else None
    assert clients.drain(grace=30) == Drained(idle=1)
    assert 3 <= clients.time < 30


def test_whoever_is_busy_after_the_grace_is_ended(clients: Clients) -> None:
    busy, idle = clients.session("begin", "select 1"), clients.session()
    assert clients.drain(grace=10) == Drained(idle=1, busy=1)
    assert clients.time == 10
    assert not is_alive(busy) and not is_alive(idle)


def test_without_grace_all_end_at_once(clients: Clients) -> None:
    clients.session("begin")
    assert clients.drain(grace=0) == Drained(busy=1)
    assert clients.time == 0


def test_who_comes_during_the_drain_ends_too(clients: Clients) -> None:
    clients.session("begin")
    clients.on_pause = lambda: clients.session() and None if clients.time == 2 else None
    assert clients.drain(grace=5) == Drained(idle=1, busy=1)


def test_another_member_s_clients_and_harecon_s_own_sessions_are_left_alone(clients: Clients) -> None:
    session = clients.session()
    assert clients.drain(grace=0, writer="payments-b") == Drained()
    assert is_alive(session)
    own = clients.session(user="chief")
    assert clients.drain(grace=0) == Drained(idle=1)
    assert is_alive(own) and not is_alive(session)


def test_rds_s_own_sessions_and_those_of_superusers_are_left_alone_and_stop_nothing(clients: Clients) -> None:
    left = [clients.session(user="rdsproxyadmin"), clients.session("begin", user="master")]
    session = clients.session()
    assert clients.drain(grace=0) == Drained(idle=1)
    assert all(is_alive(each) for each in left) and not is_alive(session)


def test_what_is_begun_during_the_drain_has_no_grace(clients: Clients) -> None:
    open_before, newcomers = clients.session("begin", "select 1"), list[Connection]()

    def come() -> None:
        if clients.time == 2:
            newcomers.append(clients.session("begin", "select 1"))
        if clients.time == 3:
            # The look after it came.
            assert not is_alive(newcomers[0]) and is_alive(open_before)

    clients.on_pause = come
    assert clients.drain(grace=5) == Drained(busy=2)
    assert len(newcomers) == 1 and not is_alive(open_before)


def test_who_is_seen_again_on_the_way_out_is_counted_once(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    # Signalled at each look, and gone at none of them.
    monkeypatch.setattr(handler, "END", handler.END.replace("pg_terminate_backend(pid)", "pid > 0"))
    clients.session(), clients.session("begin")
    assert clients.drain(grace=3) == Drained(idle=1, busy=1)


def test_a_writer_that_goes_in_the_middle_ends_the_drain(clients: Clients) -> None:
    clients.session("begin")
    clients.on_pause = lambda: clients.api.faults.append(("execute", refused("DatabaseUnavailableException")))
    clients.session()
    assert clients.drain(grace=10) == Drained(idle=1, is_complete=False)


def test_the_grace_is_the_event_s_or_the_spec_s_and_no_longer_than_there_is_time() -> None:
    assert grace({}, {"grace": 10}) == 10
    assert grace({"grace": 0}, {"grace": 10}) == 0
    assert grace({"grace": 600}, {"grace": 10}) == handler.LONGEST_GRACE_SECONDS
    assert grace({"grace": -1}, {"grace": 10}) == 0


@pytest.mark.parametrize("event", [{}, {"writer": None}, {"writer": ""}, {"writer": 7}])
def test_an_event_without_a_writer_ends_nobody_s_session(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    monkeypatch.setattr(handler, "client", lambda *_, **__: pytest.fail("nobody is asked"))
    assert handler.handle(event, None) == {"idle": 0, "busy": 0, "is_complete": False}


def test_what_was_done_is_told_and_measured(
    clients: Clients, logs: FakeLogs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clients.session()
    for name, value in (("CLUSTER_ARN", CLUSTER_ARN), ("SECRET_ARN", SECRET_ARN), ("DATABASE", "postgres")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    monkeypatch.setenv("SETTINGS", '{"grace": 10}')
    monkeypatch.setattr(handler, "client", lambda *_, **__: clients.api)
    assert handler.handle({"writer": "payments-a", "grace": 0}, None) == {"idle": 1, "busy": 0, "is_complete": True}
    written = capsys.readouterr().out
    assert '"Drained": 1' in written and '"How": "idle"' in written
    (line,) = logs.lines("drainer")
    assert (line["what"], line["writer"], line["idle"]) == ("drained", "payments-a", 1)

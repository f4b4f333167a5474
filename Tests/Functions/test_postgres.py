# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from real_postgres import PASSWORD, Server
from shared import postgres
from shared.postgres import Connection, ConnectionLost, Failure, Login, OwnFault, ServerError, connect
from shared.scram import verifier

LONG = 30.0


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    with connect(server.login(), LONG, server.tls()) as connection:
        yield connection


def test_a_session_is_encrypted_and_says_who_it_is(connection: Connection) -> None:
    (row,) = connection.query(
        "select ssl, application_name as name from pg_stat_ssl join pg_stat_activity using (pid)"
        " where pid = pg_backend_pid()",
        timeout=LONG,
    )
    assert row == {"ssl": True, "name": "harecon"}


def test_values_come_as_what_they_are(connection: Connection) -> None:
    (row,) = connection.query(
        "select true as t, false as f, 1::int2 as a, -2 as b, 3000000000 as c, 0.5::float8 as d, 1.50 as n,"
        " 'é' as s, '' as e, null::int as z, pg_current_xact_id()::text ~ '^[0-9]+$' as x",
        timeout=LONG,
    )
    assert row == {
        "t": True, "f": False, "a": 1, "b": -2, "c": 3_000_000_000, "d": 0.5, "n": "1.50",
        "s": "é", "e": "", "z": None, "x": True,
    }


def test_parameters_go_apart_from_the_statement(connection: Connection) -> None:
    sql = "select $1::text as t, $2::int + 1 as i, $3::bool as b, $4::text as n, $5::float8 as f"
    (row,) = connection.query(sql, "'; drop table x; --", 41, True, None, 0.25, timeout=LONG)
    assert row == {"t": "'; drop table x; --", "i": 42, "b": True, "n": None, "f": 0.25}


def test_a_large_answer_arrives_whole(connection: Connection) -> None:
    rows = connection.query("select i, repeat('x', 1000) as t from generate_series(1, 3000) i", timeout=LONG)
    assert [row["i"] for row in rows] == list(range(1, 3001))
    assert {row["t"] for row in rows} == {"x" * 1000}


def test_a_refused_statement_leaves_the_connection_good(connection: Connection) -> None:
    with pytest.raises(ServerError, match="division by zero") as refused:
        connection.query("select 1 / 0", timeout=LONG)
    assert (refused.value.sqlstate, refused.value.severity) == ("22012", "ERROR")
    assert connection.query("select 1 as one", timeout=LONG) == [{"one": 1}]


def test_two_statements_in_one_are_refused(connection: Connection) -> None:
    with pytest.raises(ServerError) as refused:
        connection.query("select 1; select 2", timeout=LONG)
    assert refused.value.sqlstate == "42601"


def test_a_commit_of_what_failed_says_that_it_rolled_back(connection: Connection) -> None:
    assert connection.execute("create temporary table t (i int)", timeout=LONG) == "CREATE TABLE"
    assert connection.execute("insert into t values (1), (2)", timeout=LONG) == "INSERT 0 2"
    assert connection.execute("begin", timeout=LONG) == "BEGIN"
    with pytest.raises(ServerError):
        connection.execute("insert into t values ('x')", timeout=LONG)
    assert connection.execute("commit", timeout=LONG) == "ROLLBACK"


def test_a_statement_that_takes_too_long_costs_the_deadline_and_the_connection(connection: Connection) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        connection.query("select pg_sleep(60)", timeout=0.2)
    assert time.monotonic() - began < 10
    connection.cancel(timeout=LONG)
    with pytest.raises(Failure):
        connection.query("select 1", timeout=LONG)


def test_what_runs_can_be_cancelled_from_elsewhere(server: Server, connection: Connection) -> None:
    (row,) = connection.query("select pg_backend_pid() as pid", timeout=LONG)

    def cancel() -> None:
        with connect(server.login(), LONG, server.tls()) as other:
            running = "select state = 'active' as yes from pg_stat_activity where pid = $1::int"
            while other.query(running, row["pid"], timeout=LONG) != [{"yes": True}]:
                pass
        connection.cancel(timeout=LONG)

    helper = threading.Thread(target=cancel)
    helper.start()
    with pytest.raises(ServerError) as cancelled:
        connection.query("select pg_sleep(60)", timeout=LONG)
    helper.join()
    assert cancelled.value.sqlstate == "57014"
    assert connection.query("select 1 as one", timeout=LONG) == [{"one": 1}]


def test_a_session_that_the_server_ends_is_lost(server: Server, connection: Connection) -> None:
    (row,) = connection.query("select pg_backend_pid() as pid", timeout=LONG)
    with connect(server.login(), LONG, server.tls()) as other:
        other.query("select pg_terminate_backend($1::int, 30000)", row["pid"], timeout=LONG)
    with pytest.raises(Failure) as ended:
        connection.query("select 1", timeout=LONG)
    assert isinstance(ended.value, ConnectionLost) or getattr(ended.value, "sqlstate", "") == "57P01"


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(ServerError) as refused:
        connect(server.login(password="wrong"), LONG, server.tls())
    assert (refused.value.sqlstate, refused.value.severity) == ("28P01", "FATAL")


def test_a_verifier_is_a_password(server: Server, connection: Connection) -> None:
    connection.execute(f"create role hashed login password '{verifier('new secret')}'", timeout=LONG)
    with connect(server.login("hashed", "new secret"), LONG, server.tls()) as other:
        assert other.query("select current_user::text as me", timeout=LONG) == [{"me": "hashed"}]


def test_a_password_of_old_is_still_taken(server: Server, connection: Connection) -> None:
    connection.execute("set password_encryption = 'md5'", timeout=LONG)
    connection.execute("create role old login password 'from before'", timeout=LONG)
    with connect(server.login("old", "from before"), LONG, server.tls()) as other:
        assert other.query("select current_user::text as me", timeout=LONG) == [{"me": "old"}]


def test_a_certificate_of_another_name_is_refused(server: Server) -> None:
    with pytest.raises(ConnectionLost, match="(?i)certificate"):
        connect(server.login(host="127.0.0.1"), LONG, server.tls())


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server) -> None:
    with pytest.raises(ConnectionLost, match="(?i)certificate"):
        connect(server.login(), LONG)


LOGIN = """
import sys
from shared.postgres import Login, connect
login = Login(host="localhost", port=int(sys.argv[1]), user="master", password=sys.argv[2], database="postgres")
with connect(login, 30) as session:
    print(session.query("select 1 as one", timeout=30))
"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The folder into which Lambda unpacks a function's archive."""
    shutil.copytree(Path(postgres.__file__).parent, tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def log_in(folder: Path, server: Server) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LOGIN, str(server.port), PASSWORD]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_authorities_that_are_packed_with_a_function_are_trusted(unpacked: Path, server: Server) -> None:
    shutil.copy(server.certificate, unpacked / "shared" / "authorities.pem")
    ended = log_in(unpacked, server)
    assert (ended.returncode, ended.stdout) == (0, "[{'one': 1}]\n"), ended.stderr


def test_authorities_that_are_packed_with_a_function_are_trusted_alone(
    unpacked: Path, server: Server, tmp_path: Path
) -> None:
    other = unpacked / "shared" / "authorities.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=another", "-keyout", tmp_path / "key", "-out", other],
        check=True, capture_output=True,
    )  # fmt: skip
    ended = log_in(unpacked, server)
    assert ended.returncode == 1 and "certificate verify failed" in ended.stderr


def test_who_is_not_trusted_is_told_the_way_out(unpacked: Path, server: Server) -> None:
    ended = log_in(unpacked, server)
    assert ended.returncode == 1 and "`functions.databaseAuthorities`" in ended.stderr


def test_a_server_that_takes_no_connection_without_tls_says_so(server: Server) -> None:
    with pytest.raises(ServerError) as refused:
        connect(server.login(), LONG, None)
    assert refused.value.sqlstate == "28000"


def test_a_password_is_not_shown(server: Server) -> None:
    assert PASSWORD not in repr(server.login())


# MARK: Servers that misbehave


def serving(behave: Callable[[socket.socket], None]) -> tuple[Login, threading.Thread]:
    """A server for one connection, which does with it what it is told to and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as link:
            behave(link)

    thread = threading.Thread(target=serve)
    thread.start()
    return Login("127.0.0.1", "u", "p", "d", port=listener.getsockname()[1]), thread


def test_a_server_that_says_nothing_costs_the_deadline_and_no_more() -> None:
    done = threading.Event()

    def wait(link: socket.socket) -> None:
        done.wait(LONG)

    login, thread = serving(wait)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        connect(login, 0.1)
    assert time.monotonic() - began < 5
    done.set()
    thread.join()


def test_a_server_that_trickles_has_no_more_time_for_it() -> None:
    def trickle(link: socket.socket) -> None:
        try:
            while True:
                link.sendall(struct.pack("!ci", b"N", 4))
                time.sleep(0.01)
        except OSError:
            return

    login, thread = serving(trickle)
    with pytest.raises(TimeoutError):
        connect(login, 0.3, None)
    thread.join()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"N", "does not offer TLS"),
        (b"", "closed"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not offer TLS"),
    ],
)
def test_what_is_no_server_with_tls_is_left_alone(answer: bytes, told: str) -> None:
    def behave(link: socket.socket) -> None:
        assert link.recv(8) == struct.pack("!ii", 8, 80877103)
        link.sendall(answer)

    login, thread = serving(behave)
    with pytest.raises(ConnectionLost, match=told):
        connect(login, LONG)
    thread.join()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "claims"),
        (struct.pack("!cii", b"R", 8, 3), "kind 3"),
        (struct.pack("!cii", b"R", 8 + 14, 10) + b"SCRAM-SHA-256\0", "closed"),
        (struct.pack("!cii", b"R", 8 + 15, 10) + b"SCRAM-SHA-256\0\0" + struct.pack("!cii", b"R", 8, 0), "prove"),
    ],
)
def test_a_login_that_is_not_right_is_broken_off(answer: bytes, told: str) -> None:
    def behave(link: socket.socket) -> None:
        link.recv(4096)
        link.sendall(answer)
        link.shutdown(socket.SHUT_WR)
        try:
            while link.recv(4096):
                pass
        except ConnectionResetError:
            return

    login, thread = serving(behave)
    with pytest.raises(ConnectionLost, match=told):
        connect(login, LONG, None)
    thread.join()


def test_nobody_at_the_port_is_a_lost_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionLost):
        connect(Login("127.0.0.1", "u", "p", "d", port=port), LONG)


# MARK: Whose fault it is


def test_a_server_whose_certificate_nobody_here_trusts_is_not_to_blame(server: Server) -> None:
    with pytest.raises(OwnFault, match="databaseAuthorities"):
        connect(server.login(), 10, ssl.create_default_context)


@pytest.mark.parametrize(("number", "kind"), [(socket.EAI_AGAIN, OwnFault), (socket.EAI_NONAME, ConnectionLost)])
def test_a_name_service_that_does_not_answer_says_nothing_of_a_server_and_one_without_the_name_does(
    monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(number, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ConnectionLost) as caught:
        connect(Login("a.example", "master", "secret", "payments"), 1.0, None)
    assert type(caught.value) is kind

# SPDX-License-Identifier: Apache-2.0
"""What the deployed drainer does to clients with sockets: on a writer that fails, and before a planned switchover."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from harecon_lab import lab as labs
from harecon_lab.installed import wait_for
from harecon_lab.lab import Lab
from harecon_lab.node import Node
from harecon_lab.stack import ACCOUNT, NAME

PASSWORD = "only for tests"
GRACE = 5.0
# From the first failed look to the drain it is half a minute at most; the machine may be busy.
PATIENCE_SECONDS = 100.0

WAITING_COMMITS = "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and usename = 'application'"
STREAMS = "select pid from pg_stat_replication order by pid"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with labs.running(tmp_path_factory.mktemp("lab"), "10s") as lab:
        with lab.cluster.writer.connect(lab.database) as master:
            master.execute(f"create role application login password '{PASSWORD}'".encode())
            master.execute(b"create table kept (n integer)")
            master.execute(b"grant all on kept to application")
        yield lab
        assert lab.problems() == []


class Clients:
    """Sessions of an application on one server, and what becomes of each."""

    def __init__(self, lab: Lab, node: Node) -> None:
        self.lab, self.node = lab, node
        self.connections: list[psycopg.Connection[Any]] = []

    def connect(self) -> psycopg.Connection[Any]:
        setup = self.node.setup
        connection = psycopg.connect(
            host="127.0.0.1", port=self.node.port, user="application", password=PASSWORD, dbname=self.lab.database,
            sslmode="verify-full", sslrootcert=str(setup.certificate), connect_timeout=10, autocommit=True,
        )  # fmt: skip
        self.connections.append(connection)
        return connection

    def begin(self, *statements: str) -> Future[None]:
        """A session that works on these, one after the other, in a thread of its own."""
        connection, done = self.connect(), Future[None]()

        def work() -> None:
            try:
                for statement in statements:
                    connection.execute(statement.encode())
            except psycopg.Error as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        threading.Thread(target=work, daemon=True).start()
        return done

    def await_busy(self, count: int) -> None:
        sql = "select count(*) from pg_stat_activity where usename = 'application' and state <> 'idle'"
        wait_for(lambda: self.node.column(sql) == [count], "the clients to be at work")


@pytest.fixture
def clients(lab: Lab) -> Iterator[Clients]:
    lab.service.await_available()
    clients = Clients(lab, lab.cluster.writer)
    yield clients
    for connection in clients.connections:
        connection.close()


def is_told(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has said something to a session that asked nothing: that it ends."""
    return bool(select.select([connection.fileno()], [], [], 0)[0])


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        return connection.execute(b"select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def is_failing_over(lab: Lab) -> bool:
    (found,) = lab.stack.client("rds").describe_db_clusters(DBClusterIdentifier=NAME)["DBClusters"]
    return bool(found["Status"] == "failing-over")


def audited(lab: Lab, function: str) -> list[dict[str, Any]]:
    pages = lab.stack.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/harecon/{NAME}/audit")
    lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
    return [line for line in lines if line["function"] == function]


def measured(lab: Lab, how: str) -> float:
    """How many sessions the stack's metric has, so far."""
    now = datetime.fromtimestamp(lab.stack.sandbox.accounts[ACCOUNT].clock.now(), UTC)
    found = lab.stack.client("cloudwatch").get_metric_statistics(
        Namespace=f"harecon/{NAME}", MetricName="Drained", Dimensions=[{"Name": "How", "Value": how}],
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=2), Period=60, Statistics=["Sum"],
    )  # fmt: skip
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_a_failover_tells_the_clients_of_a_writer_whose_commits_hang_before_it_is_left(
    lab: Lab, clients: Clients
) -> None:
    old = lab.cluster.writer
    idle, own = clients.connect(), clients.node.connect(lab.database)
    long = clients.begin("select pg_sleep(600)")
    with ExitStack() as deafness:
        streams = old.column(STREAMS)
        for standby in lab.cluster.standbys:
            deafness.enter_context(standby.deaf())
        short = clients.begin("insert into kept values (1)")
        wait_for(lambda: old.column(WAITING_COMMITS) == [1], "a commit to wait for standbys")
        wait_for(lambda: audited(lab, "drainer"), "the coordinator to have it drained", PATIENCE_SECONDS)
        # Nobody is promoted while the standbys are deaf: what has ended by now the drainer has ended.
        assert lab.service.done == []
        for busy in (long, short):
            assert isinstance(busy.exception(timeout=10), psycopg.OperationalError)
        assert not is_alive(idle)
        assert is_alive(own)
        assert old.column(STREAMS) == streams and len(streams) == 2
        wait_for(lambda: is_failing_over(lab), "the coordinator to call", PATIENCE_SECONDS)
    (line,) = audited(lab, "drainer")
    told = {name: line[name] for name in ("what", "writer", "grace", "idle", "busy", "is_complete")}
    assert told == {
        "what": "drained", "writer": old.name, "grace": 0, "idle": 1, "busy": 2, "is_complete": True
    }  # fmt: skip
    wait_for(lambda: (measured(lab, "idle"), measured(lab, "busy")) == (1, 2), "the sessions to be counted")
    wait_for(lambda: lab.service.done, "the failover", PATIENCE_SECONDS)
    assert [done.by for done in lab.service.done] == ["the caller"]
    wait_for(lambda: lab.outage() is None, "the coordinator to close the failure", PATIENCE_SECONDS)


def test_before_a_switchover_open_transactions_may_end_and_nothing_new_begins(lab: Lab, clients: Clients) -> None:
    old, before = lab.cluster.writer, len(lab.service.done)
    idle, opened, own = clients.connect(), clients.connect(), old.connect(lab.database)
    opened.execute(b"begin")
    opened.execute(b"insert into kept values (2)")
    long = clients.begin("select pg_sleep(600)")
    clients.await_busy(2)
    streams, counted = old.column(STREAMS), measured(lab, "busy")
    answer = drain(lab, old.name)
    wait_for(lambda: is_told(idle), "the drain to begin", PATIENCE_SECONDS)
    # As a pool does: back at once.
    newcomer = clients.begin("begin", "insert into kept values (3)", "select pg_sleep(600)", "commit")
    assert isinstance(newcomer.exception(timeout=30), psycopg.errors.AdminShutdown)
    opened.execute(b"commit")
    assert not long.done()
    assert isinstance(long.exception(timeout=30), psycopg.errors.AdminShutdown)
    told, seconds = answer.result(timeout=30)
    # Idle were two: also the one that had ended its transaction.
    assert told == {"idle": 2, "busy": 2, "is_complete": True}
    assert seconds >= GRACE
    assert is_alive(own)
    assert old.column(STREAMS) == streams and len(streams) == 2
    wait_for(lambda: measured(lab, "busy") == counted + 2, "the sessions to be counted")
    lab.stack.client("rds").failover_db_cluster(DBClusterIdentifier=NAME)
    wait_for(lambda: len(lab.service.done) > before, "the switchover")
    lab.service.await_available()
    assert lab.cluster.writer is not old
    lab.cluster.await_caught_up()
    kept = [node.column("select n from kept where n > 1", lab.database) for node in lab.cluster.nodes.values()]
    assert kept == [[2]] * 3


def drain(lab: Lab, writer: str) -> Future[tuple[dict[str, Any], float]]:
    """Calls the deployed function as somebody does who is about to switch over: its answer, and how long it took."""
    done = Future[tuple[dict[str, Any], float]]()
    event = json.dumps({"writer": writer, "grace": GRACE, "reason": "a switchover"})
    functions = lab.stack.client("lambda")

    def call() -> None:
        begin = time.monotonic()
        try:
            answer = functions.invoke(FunctionName=f"{NAME}-drainer", Payload=event.encode())
            done.set_result((json.load(answer["Payload"]), time.monotonic() - begin))
        except Exception as error:
            done.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return done

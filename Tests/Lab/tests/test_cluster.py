# SPDX-License-Identifier: Apache-2.0
"""The cluster's rules, each of which lost something once where it was not kept."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from harecon_lab.cluster import Cluster, Refused
from harecon_lab.installed import wait_for
from harecon_lab.node import Node, State


@pytest.fixture
def table(cluster: Cluster) -> Iterator[str]:
    with cluster.writer.connect() as connection:
        connection.execute(b"create table if not exists kept (n integer)")
        connection.execute(b"truncate kept")
    yield "kept"


def insert(node: Node, *numbers: int) -> None:
    with node.connect() as connection:
        for number in numbers:
            connection.execute("insert into kept values (%s)", (number,))


def rows(node: Node) -> list[Any]:
    return node.column("select n from kept order by n")


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_crash_leaves_no_process_that_could_still_commit(cluster: Cluster) -> None:
    node = cluster.writer
    with node.connect():
        pids = node.processes()
        assert len(pids) > 5
        node.crash()
    wait_for(lambda: not any(is_alive(pid) for pid in pids), "all of its processes to end")
    assert node.state is State.DOWN


@pytest.mark.parametrize("end", ["crash", "hang"])
def test_what_was_acknowledged_is_on_the_new_writer(cluster: Cluster, table: str, end: str) -> None:
    old = cluster.writer
    insert(old, *range(20))
    getattr(old, end)()
    done = cluster.fail_over()
    assert (done.before, cluster.writer.name) == (old.name, done.after)
    assert done.after != old.name
    assert rows(cluster.writer) == list(range(20))
    cluster.rejoin(old.name)
    insert(cluster.writer, 20)
    cluster.await_caught_up()
    assert [rows(node) for node in cluster.nodes.values()] == [list(range(21))] * 3


def test_one_standby_alone_is_not_promoted(cluster: Cluster) -> None:
    old, gone = cluster.writer, cluster.standbys[0]
    gone.crash()
    old.crash()
    with pytest.raises(Refused, match="what the other one has is not known"):
        cluster.fail_over()
    assert cluster.writer is old


def test_a_target_that_lags_is_fed_before_it_is_promoted(cluster: Cluster, table: str) -> None:
    old, (lagging, ahead) = cluster.writer, cluster.standbys
    lagging.follow(None)
    wait_for(lagging.is_cut_off, "one standby to be cut off")
    insert(old, *range(100))
    old.crash()
    done = cluster.fail_over(lagging.name)
    assert (done.after, done.fed) == (lagging.name, True)
    assert done.behind > 0
    assert rows(lagging) == list(range(100))
    ahead.await_streaming(lagging)


def test_without_a_wish_the_standby_that_has_most_is_promoted(cluster: Cluster, table: str) -> None:
    old, (lagging, ahead) = cluster.writer, cluster.standbys
    lagging.follow(None)
    wait_for(lagging.is_cut_off, "one standby to be cut off")
    insert(old, 1)
    old.crash()
    done = cluster.fail_over()
    assert (done.after, done.fed) == (ahead.name, False)


def test_a_hung_writer_that_wakes_acknowledges_nothing_any_more(cluster: Cluster, table: str) -> None:
    old = cluster.writer
    with old.connect() as connection:
        old.hang()
        cluster.fail_over()
        old.wake()
        acknowledged = threading.Event()

        def write() -> None:
            try:
                connection.execute(b"insert into kept values (13)")
            except psycopg.OperationalError:
                return
            acknowledged.set()

        writing = threading.Thread(target=write)
        writing.start()
        # It has the row, waits for a standby, and none will come.
        waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
        wait_for(lambda: old.column(waits) == [1], "the commit to wait for standbys")
        cluster.rejoin(old.name)
        writing.join(30)
        assert not writing.is_alive()
    assert not acknowledged.is_set()
    cluster.await_caught_up()
    assert [rows(node) for node in cluster.nodes.values()] == [[]] * 3


def test_a_commit_waits_for_one_standby_and_not_for_both(cluster: Cluster, table: str) -> None:
    first, second = cluster.standbys
    with first.deaf():
        insert(cluster.writer, 1)
    with ExitStack() as stack:
        for standby in (first, second):
            stack.enter_context(standby.deaf())
        writing = threading.Thread(target=insert, args=(cluster.writer, 2))
        writing.start()
        waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
        wait_for(lambda: cluster.writer.column(waits) == [1], "the commit to wait for standbys")
    writing.join(30)
    assert rows(cluster.writer) == [1, 2]


def test_what_a_node_had_alone_is_rewound(cluster: Cluster, table: str) -> None:
    old, clones = cluster.writer, cluster.clones
    insert(old, 1)
    cluster.fence()
    with old.connect() as connection:
        # Not waited for: what a writer wrote and nobody else ever had.
        connection.execute(b"set synchronous_commit = local")
        connection.execute(b"insert into kept values (2)")
    old.crash()
    cluster.fail_over()
    cluster.rejoin(old.name)
    cluster.await_caught_up()
    assert [rows(node) for node in cluster.nodes.values()] == [[1]] * 3
    assert cluster.clones == clones


def test_a_node_that_cannot_be_rewound_is_cloned(cluster: Cluster, table: str) -> None:
    node, clones = cluster.standbys[0], cluster.clones
    insert(cluster.writer, 7)
    node.crash()
    shutil.rmtree(node.data / "pg_wal")
    cluster.rejoin(node.name)
    cluster.await_caught_up()
    assert (rows(node), cluster.clones) == ([7], clones + 1)


def test_each_node_tells_its_own_name_as_aurora_does(cluster: Cluster) -> None:
    asked = {name: node.column("select aurora_db_instance_identifier()") for name, node in cluster.nodes.items()}
    assert asked == {name: [name] for name in cluster.nodes}

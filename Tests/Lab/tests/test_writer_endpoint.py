# SPDX-License-Identifier: Apache-2.0
"""The writer's endpoint is no better than a name: it changes late, and takes no open connection along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from harecon_lab.cluster import Cluster
from harecon_lab.installed import wait_for
from harecon_lab.writer_endpoint import WriterEndpoint

Connect = Callable[[], psycopg.Connection[Any]]
WHO = b"select current_setting('cluster_name')"


@contextmanager
def endpoint(cluster: Cluster, ttl: float) -> Iterator[tuple[WriterEndpoint, Connect]]:
    relay = WriterEndpoint(lambda: cluster.writer.port, ttl)
    relay.start()
    conninfo = cluster.writer.conninfo().replace(f"port={cluster.writer.port}", f"port={relay.port}")
    try:
        yield relay, lambda: psycopg.connect(f"{conninfo} dbname=postgres", autocommit=True)
    finally:
        relay.stop()


def served_by(connection: psycopg.Connection[Any]) -> str:
    (name,) = connection.execute(WHO).fetchone() or ("",)
    return str(name)


def test_new_connections_follow_the_writer_and_open_ones_are_reset(cluster: Cluster) -> None:
    with endpoint(cluster, ttl=0) as (_, connect):
        before, old = cluster.writer, connect()
        assert served_by(old) == before.name
        before.crash()
        cluster.fail_over()
        with pytest.raises(psycopg.OperationalError):
            served_by(old)
        with connect() as new:
            assert served_by(new) == cluster.writer.name != before.name


def test_who_hangs_keeps_its_connections_hanging(cluster: Cluster) -> None:
    with endpoint(cluster, ttl=0) as (_, connect):
        before, old = cluster.writer, connect()
        before.hang()
        cluster.fail_over()
        ended = threading.Event()

        def ask() -> None:
            try:
                old.execute(WHO)
            except psycopg.OperationalError:
                ended.set()

        asking = threading.Thread(target=ask)
        asking.start()
        with connect() as new:
            assert served_by(new) == cluster.writer.name
        assert not ended.is_set(), "nobody has told it that its server is left"
        before.crash()
        wait_for(ended.is_set, "the connection to be reset")
        asking.join()


def test_a_name_is_known_for_its_time_to_live(cluster: Cluster) -> None:
    with endpoint(cluster, ttl=600) as (relay, connect):
        before = cluster.writer
        with connect() as connection:
            assert served_by(connection) == before.name
        before.crash()
        cluster.fail_over()
        assert relay.resolve() == before.port != cluster.writer.port
        with pytest.raises(psycopg.OperationalError):
            connect()

# SPDX-License-Identifier: Apache-2.0
"""The guard with its statement on a real PostgreSQL that has Aurora's view of its members."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from audit_double import FakeLogs
from data_api_double import DataAPI, refused
from lag_guard import handler
from lag_guard.handler import LEASE_SECONDS, Guard
from lag_guard.tiers import LAST_TIER, Limits, Move
from real_postgres import Server
from shared.data_api import Database
from shared.postgres import Connection, connect
from shared.tables import Lease
from world import CLUSTER_ARN, SECRET_ARN, FakeTable, World, error

TIERS = {"a": 0, "b": 0, "c": 1}


class Bench:
    """Lags that are told before each look, a minute apart."""

    def __init__(self, server: Server, session: Connection) -> None:
        self.world, self.decisions, self.leases = World(), FakeTable(), FakeTable()
        self.api, self.session = DataAPI(server), session
        self.logs = FakeLogs()

    def tell(self, *, writer: str = "a", age: float = 1.0, **lags: float | None) -> None:
        """Milliseconds, as Aurora has them."""
        rows = [f"('{writer}', 'MASTER_SESSION_ID', 0, {age})"]
        for name, lag in lags.items():
            rows.append(f"('{name}', 'f2b7', {'null' if lag is None else lag}, {age})")
        self.session.execute("drop function if exists aurora_replica_status()", timeout=30)
        self.session.execute(
            "create function aurora_replica_status() returns table (server_id text, session_id text, "
            "replica_lag_in_msec real, last_update_timestamp timestamptz) language sql as $$ "
            "select s, i, l::real, now() - a * interval '1 second' from (values "
            + ", ".join(rows)
            + ") rows (s, i, l, a) $$",
            timeout=30,
        )

    def look(self) -> list[Move]:
        self.world.time += 60
        database = Database(self.api, CLUSTER_ARN, SECRET_ARN, "postgres")
        audit = self.logs.audit("lag-guard")
        now = self.world.now()
        guard = Guard(self.world, "payments", database, self.decisions, audit, Limits(0.5, 2.0), TIERS, now)
        try:
            return guard.run()
        finally:
            audit.flush()


@pytest.fixture
def bench(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    with connect(server.login(), 30, server.tls()) as session:
        yield Bench(server, session)


def test_a_reader_that_lags_goes_down_and_comes_back(bench: Bench) -> None:
    bench.tell(b=2500, c=20)
    assert bench.look() == []
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]
    assert bench.world.tiers == {"a": 0, "b": LAST_TIER, "c": 1}
    item = bench.decisions.items["lag#b"]
    assert item["moved"] is True and item["tier"] == 0 and item["lag"] == 2.5
    since = item["since"]
    bench.tell(b=10, c=20)
    assert [bench.look() for _ in range(5)] == [[], [], [], [], [Move("b", 0, is_down=False)]]
    assert bench.world.tiers == TIERS
    assert bench.decisions.items["lag#b"]["moved"] is False
    assert since < bench.world.now()


def test_what_the_coordinator_needs_is_remembered(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.tell(b=100, c=20)
    bench.look()
    writer = bench.decisions.items["writer"]
    assert (writer["member"], writer["zone"], writer["at"]) == ("a", "z1", bench.world.now())
    assert bench.decisions.items["lag#b"]["lag"] == 0.1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    lags = {line["Member"]: line["ReaderLag"] for line in lines if "ReaderLag" in line}
    assert lags == {"b": pytest.approx(100), "c": pytest.approx(20)}


def test_what_is_old_or_missing_says_nothing(bench: Bench) -> None:
    bench.tell(b=9000, c=20)
    bench.look()
    bench.tell(b=9000, c=20, age=60)
    bench.look()
    assert bench.decisions.items["lag#b"]["lag"] is None
    bench.tell(c=20)
    bench.look()
    assert bench.world.tiers == TIERS


def test_nothing_is_moved_while_a_failure_is_dealt_with_or_tiers_are_frozen(bench: Bench) -> None:
    bench.tell(b=9000, c=20)
    bench.look()
    bench.decisions.put({"id": "outage", "since": 1.0, "seen": bench.world.now()})
    assert bench.look() == []
    bench.decisions.delete("outage")
    bench.decisions.put({"id": "freeze", "until": bench.world.now() + 61, "by": "somebody"})
    assert bench.look() == []
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]


def test_a_failure_that_nobody_saw_the_end_of_holds_up_the_guard_no_longer_than_the_coordinator(bench: Bench) -> None:
    bench.decisions.put({"id": "outage", "since": 1.0, "seen": bench.world.now() - 181})
    bench.tell(b=9000, c=20)
    assert bench.look() == []
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]


def test_while_the_cluster_changes_nothing_is_judged(bench: Bench) -> None:
    bench.tell(b=9000, c=20)
    bench.world.status = "failing-over"
    assert bench.look() == [] and "lag#b" not in bench.decisions.items
    bench.world.status, bench.world.writer = "available", "b"
    assert bench.look() == [] and "writer" not in bench.decisions.items, "RDS and the database name two writers"


def test_a_tier_that_rds_does_not_change_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.tell(b=9000, c=20)
    bench.look()

    def refuse(**_: Any) -> None:
        raise error("InvalidDBInstanceState")

    with monkeypatch.context() as patch:
        patch.setattr(bench.world, "modify_db_instance", refuse)
        assert bench.look() == []
    assert bench.decisions.items["lag#b"]["moved"] is False
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]
    assert [line["what"] for line in bench.logs.lines("lag-guard")] == ["tier not changed", "tier changed"]


# MARK: What harecon knows a held member by

HELD = "harecon:held-tier"


def go_down(bench: Bench) -> list[Move]:
    bench.tell(b=9000, c=20)
    bench.look()
    return bench.look()


def come_back(bench: Bench) -> list[Move]:
    bench.tell(b=10, c=20)
    return [move for _ in range(5) for move in bench.look()]


def test_a_reader_that_is_down_carries_its_own_tier_as_a_tag(bench: Bench) -> None:
    bench.tell(b=20, c=9000)
    bench.look()
    assert bench.look() == [Move("c", LAST_TIER, is_down=True)]
    assert bench.world.tags["c"] == {"harecon:stack": "payments", HELD: "1"}
    bench.look()
    assert HELD in bench.world.tags["c"], "it is still down"
    bench.tell(b=20, c=10)
    assert [move for _ in range(5) for move in bench.look()] == [Move("c", 1, is_down=False)]
    assert bench.world.tags["c"] == {"harecon:stack": "payments"}
    assert all(HELD not in tags for tags in bench.world.tags.values())


def test_a_reader_stays_where_it_is_when_it_cannot_be_tagged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise error("AccessDenied", status=403)

    with monkeypatch.context() as patch:
        patch.setattr(bench.world, "add_tags_to_resource", refuse)
        assert go_down(bench) == []
        assert bench.world.tiers == TIERS
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]


def test_the_tag_of_a_move_that_came_to_nothing_is_taken_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise error("InvalidDBInstanceState")

    with monkeypatch.context() as patch:
        patch.setattr(bench.world, "modify_db_instance", refuse)
        assert go_down(bench) == []
    assert bench.world.tags["b"][HELD] == "0"
    bench.tell(b=10, c=20)
    assert bench.look() == []
    assert HELD not in bench.world.tags["b"]


def test_a_tag_that_could_not_be_taken_away_goes_a_minute_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise error("Throttling")

    go_down(bench)
    with monkeypatch.context() as patch:
        patch.setattr(bench.world, "remove_tags_from_resource", refuse)
        assert come_back(bench) == [Move("b", 0, is_down=False)], "it is back all the same"
    assert HELD in bench.world.tags["b"]
    bench.look()
    assert HELD not in bench.world.tags["b"]


def test_a_move_that_shows_late_keeps_its_tag(bench: Bench) -> None:
    go_down(bench)
    bench.tell(b=1000, c=20)
    bench.world.tiers["b"] = 0
    assert bench.look() == []
    assert HELD in bench.world.tags["b"]
    bench.world.tiers["b"] = LAST_TIER
    assert come_back(bench) == [Move("b", 0, is_down=False)]


def test_a_move_that_was_made_and_not_remembered_is_undone_by_its_tag(bench: Bench) -> None:
    go_down(bench)
    bench.decisions.delete("lag#b")
    assert come_back(bench) == [Move("b", 0, is_down=False)]
    assert bench.world.tiers == TIERS and HELD not in bench.world.tags["b"]


def test_who_else_changes_the_tier_has_the_last_word(bench: Bench) -> None:
    go_down(bench)
    bench.tell(b=1000, c=20)
    bench.world.tiers["b"] = 0
    bench.look()
    assert bench.decisions.items["lag#b"]["moved"] is False
    bench.look()
    assert bench.world.tiers == TIERS and HELD not in bench.world.tags["b"]


def test_a_tag_that_was_left_over_stays_with_who_goes_down_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.world.tags["b"][HELD] = "0"
    bench.tell(b=2500, c=20)

    def refuse(**request: Any) -> None:
        raise error("InternalFailure")

    with monkeypatch.context() as patch:
        patch.setattr(bench.world, "remove_tags_from_resource", refuse)
        assert bench.look() == []
    assert bench.look() == [Move("b", LAST_TIER, is_down=True)]
    assert bench.world.tags["b"][HELD] == "0", "without it harecon would take the tier for drift"


# MARK: The entry


@pytest.fixture
def entry(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("CLUSTER", "DATABASE", "LEASES_TABLE", "DECISIONS_TABLE"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("CLUSTER_ARN", CLUSTER_ARN)
    monkeypatch.setenv("SECRET_ARN", SECRET_ARN)
    monkeypatch.setenv("SETTINGS", json.dumps({"warn": 0.5, "page": 2, "tiers": TIERS}))
    clients = {"rds": bench.world, "rds-data": bench.api}
    monkeypatch.setattr(handler, "client", lambda service, **_: clients.get(service))
    tables = {"leases_table": bench.leases, "decisions_table": bench.decisions}
    monkeypatch.setattr(handler, "Table", lambda _, name: tables[name])
    return bench


def call() -> dict[str, Any]:
    return handler.handle({}, SimpleNamespace(aws_request_id="call"))


def test_the_entry_moves_and_says_whether_a_drill_is_running(
    entry: Bench, logs: FakeLogs, capsys: pytest.CaptureFixture[str]
) -> None:
    entry.tell(b=9000, c=20)
    assert call() == {"moves": []}
    entry.decisions.put({"id": "drill", "experiment": "EXP1", "until": 4e9})
    assert call() == {"moves": [{"id": "b", "tier": LAST_TIER, "is_down": True}]}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["DrillRunning"] for line in lines if "DrillRunning" in line] == [0, 1]
    assert logs.lines("lag-guard") == [{"what": "tier changed", "member": "b", "tier": LAST_TIER, "lags": True}]


def test_one_looks_at_a_time(entry: Bench) -> None:
    assert Lease(entry.leases, "lag-guard", "another", LEASE_SECONDS).take()
    entry.tell(b=9000, c=20)
    assert call() == {"moves": []}
    assert "lag#b" not in entry.decisions.items


def test_a_writer_that_is_down_is_others_concern(entry: Bench) -> None:
    entry.api.faults.append(("execute", refused("DatabaseUnavailableException")))
    assert call() == {"moves": []}
    assert Lease(entry.leases, "lag-guard", "another", LEASE_SECONDS).take(), "the lease was given back"

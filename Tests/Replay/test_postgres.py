# SPDX-License-Identifier: Apache-2.0
"""The client on a real server whose sessions are ended while it works."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bank import Bank, transfer
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.client import Client
from harecon_replay.ledger import Ledger
from harecon_replay.outcome import Applied, Full, Pending, Refused, TargetError
from harecon_replay.settings import Settings
from harecon_replay.targets.postgres import PostgreSQL
from harecon_replay.transaction import Statement, Transaction, statement
from test_buffer_file import forked

QUICK = Settings(pause_base=0.005, pause_cap=0.05, drain_per_second=10_000)


def client(bank: Bank, folder: Path, settings: Settings = QUICK, target: PostgreSQL | None = None) -> Client:
    return Client(FileBuffer(folder), target or PostgreSQL(bank.conninfo), settings=settings)


def test_a_transaction_is_applied_and_found_again(bank: Bank, tmp_path: Path) -> None:
    with client(bank, tmp_path) as replay:
        assert replay.submit(transfer("a", 1, 5)) == Applied(1)
        assert replay.submit(transfer("a", 1, 5)) == Applied(2)
        other = replay.submit(transfer("a", 1, 6))
        assert isinstance(other, Refused) and other.cause == "mismatch"
        assert replay.outcome("b") is None
        assert [stored.id for stored in replay.parked()] == ["a"]
        replay.discard("a")
        assert replay.outcome("a") == Applied(2)
    assert (bank.journal(), bank.balances_agree()) == (["a"], True)


def test_every_type_of_value_arrives(bank: Bank, tmp_path: Path) -> None:
    bank.run("drop table if exists typed")
    bank.run("create table typed (t text, b bool, i int, f float8, n numeric, u uuid, d date, x bytea, z text)")
    row = ("100% :t", True, 7, 0.5, Decimal("1.50"), UUID(int=9), date(2026, 2, 3), b"\0\xff", None)
    insert = statement(
        "insert into typed values (:t, :b, :i, :f, :n, :u, :d, :x, :z)", **dict(zip("tbifnudxz", row, strict=True))
    )
    with client(bank, tmp_path) as replay:
        assert replay.submit(Transaction("types", "k", (insert,))) == Applied(1)
    assert bank.run("select * from typed") == [row]


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("update account set balance = -1 where id = 0", "23514"),
        ("select 1; select 2", "42601"),
        ("insert into orders values (1)", "42P01"),
        ("update account set balance = :id where id = 0", "42804"),
        ("select :nobody", "malformed"),
    ],
)
def test_a_refused_transaction_is_parked_and_the_next_goes_on(
    bank: Bank, tmp_path: Path, sql: str, cause: str
) -> None:
    with client(bank, tmp_path) as replay:
        wrong = replay.submit_nowait(Transaction("wrong", "account 0", (statement(sql, id="x"),)))
        assert replay.submit(transfer("next")) == Applied(1)
        refused = wrong.result(30)
        assert isinstance(refused, Refused) and refused.cause == cause
        assert [(stored.id, stored.cause) for stored in replay.parked()] == [("wrong", cause)]
    assert bank.journal() == ["next"]


def test_a_resubmitted_transaction_is_tried_anew(bank: Bank, tmp_path: Path) -> None:
    bank.run("drop table if exists late")
    with client(bank, tmp_path) as replay:
        assert isinstance(replay.submit(Transaction("a", "k", (Statement("insert into late values (1)"),))), Refused)
        bank.run("create table late (n int)")
        assert replay.resubmit("a").result(30) == Applied(1)
        assert replay.parked() == []
        with pytest.raises(KeyError):
            replay.resubmit("a")
    assert bank.run("select n from late") == [(1,)]


def test_sessions_that_are_ended_again_and_again_cost_nothing(bank: Bank, tmp_path: Path) -> None:
    """Ended wherever they are: at rest, within a statement, within the commit."""
    with client(bank, tmp_path) as replay:
        futures = [replay.submit_nowait(transfer(f"{number}", number % 10)) for number in range(300)]
        ended = []
        for applied in range(5, 300, 10):
            _await(bank, f"select count(*) >= {applied} from journal")
            ended.append(bank.end_sessions())
        outcomes = [future.result(60) for future in futures]
    assert sum(ended) >= 8
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert sorted(map(int, bank.journal())) == list(range(300))
    for account in range(10):
        assert bank.journal(account) == [f"{number}" for number in range(account, 300, 10)]
    assert bank.balances_agree()


class Losing(PostgreSQL):
    """Loses the answers of commits that it had sent."""

    def __init__(self, conninfo: str, lose: set[int]) -> None:
        super().__init__(conninfo)
        self.lose = lose
        self.commits = 0

    def begin(self, seconds: float) -> Any:
        session = super().begin(seconds)
        commit = session.commit

        def losing() -> str | None:
            self.commits += 1
            lost = self.commits in self.lose
            commit()
            if lost:
                raise TargetError("lost")
            return None

        session.commit = losing
        return session


def test_a_commit_whose_answer_was_lost_is_settled(bank: Bank, tmp_path: Path) -> None:
    with client(bank, tmp_path, target=Losing(bank.conninfo, {1, 2})) as replay:
        assert replay.submit(transfer("a")) == Applied(3)
    assert (bank.journal(), bank.balances_agree()) == (["a"], True)


class Raising(PostgreSQL):
    """Has an error that is in no book, after a commit that got through."""

    def begin(self, seconds: float) -> Any:
        session = super().begin(seconds)
        commit = session.commit
        self.begin = super().begin  # type: ignore[method-assign]

        def raising() -> str | None:
            commit()
            raise ZeroDivisionError

        session.commit = raising
        return session


def test_an_unforeseen_error_ends_no_thread_and_proves_nothing(bank: Bank, tmp_path: Path) -> None:
    settings = Settings(concurrency=1, pause_base=0.005, pause_cap=0.05)
    target = Raising(bank.conninfo)
    target.make(5)
    with client(bank, tmp_path, settings, target) as replay:
        assert replay.submit(transfer("a")) == Applied(2)
    assert bank.journal() == ["a"]


def test_a_ledger_may_have_another_name(bank: Bank, tmp_path: Path) -> None:
    bank.run("drop table if exists own_ledger")
    with client(bank, tmp_path, target=PostgreSQL(bank.conninfo, Ledger("own_ledger"))) as replay:
        assert replay.submit(transfer("a")) == Applied(1)
    assert bank.run("select id, seen from own_ledger") == [("a", 1)]


def test_a_number_from_the_future_is_no_obstacle(bank: Bank, tmp_path: Path) -> None:
    """A crash may take back numbers that had been given out; PostgreSQL refuses to tell of them."""
    buffer = FileBuffer(tmp_path)
    transaction = transfer("a")
    buffer.put("a", transaction.key, time.time(), transaction.body())
    buffer.doubt("a", str(2**40))
    buffer.close()
    with client(bank, tmp_path) as replay:
        assert replay.submit(transaction) == Applied(1)
    assert bank.journal() == ["a"]


def test_another_transaction_under_the_same_number_is_not_taken_for_this_one(bank: Bank, tmp_path: Path) -> None:
    ((xid,),) = bank.run("insert into journal (id) values ('other') returning pg_current_xact_id()::text")
    buffer = FileBuffer(tmp_path)
    transaction = transfer("a")
    buffer.put("a", transaction.key, time.time(), transaction.body())
    buffer.doubt("a", xid)
    buffer.close()
    with client(bank, tmp_path) as replay:
        assert replay.submit(transaction) == Applied(1)
    assert bank.journal() == ["other", "a"]


def test_a_commit_that_was_confirmed_with_a_warning_is_in_doubt(bank: Bank, tmp_path: Path) -> None:
    """As when the wait for a standby is cancelled: it says that it is done, and warns that it may not be."""
    bank.run("create or replace function warn() returns trigger language plpgsql as"
             " $$ begin raise warning 'careful'; return null; end $$")
    bank.run("create constraint trigger careful after insert on journal deferrable initially deferred"
             " for each row execute function warn()")
    with client(bank, tmp_path) as replay:
        # The confirmation writes no line of the journal, and so is not warned about.
        assert replay.submit(transfer("a")) == Applied(2)
    assert bank.journal() == ["a"]


def test_a_cancelled_wait_for_a_standby_is_in_doubt(bank: Bank, tmp_path: Path) -> None:
    """The real thing: no standby ever comes, and the wait is cancelled until the setting is taken back."""
    target = PostgreSQL(bank.conninfo)
    target.make(5)
    _synchronous(bank, "nobody")
    try:
        session = target.begin(30)
        session.enter("a", "hash")
        told: list[str | None] = []
        thread = threading.Thread(target=lambda: told.append(session.commit()))
        thread.start()
        _await(bank, "select count(*) = 1 from pg_stat_activity where wait_event = 'SyncRep'")
        bank.run("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
        thread.join(30)
        (warning,) = told
        assert warning is not None and "canceling wait for synchronous replication" in warning
        # The server shows it all the same.
        assert target.settle("a", None, 5).seen == 1
    finally:
        _synchronous(bank, "")
        target.close()


def _synchronous(bank: Bank, names: str) -> None:
    bank.run(f"alter system set synchronous_standby_names = '{names}'")
    bank.run("select pg_reload_conf()")
    bank.run("set synchronous_commit = local")
    _await(bank, f"select current_setting('synchronous_standby_names') = '{names}'")


def _await(bank: Bank, question: str) -> None:
    deadline = time.monotonic() + 30
    while bank.run(question) != [(True,)]:
        assert time.monotonic() < deadline, question
        time.sleep(0.001)


def test_an_attempt_that_takes_too_long_is_cut_and_repeated(bank: Bank, tmp_path: Path) -> None:
    with client(bank, tmp_path, Settings(attempt_seconds=0.3, pause_base=0.005, pause_cap=0.05)) as replay:
        with bank.locked(0):
            assert replay.submit(transfer("a"), timeout=0.8) == Pending()
            assert replay.outcome("a") == Pending()
        assert replay.submit(transfer("a")) == Applied(1)
    assert bank.journal() == ["a"]


def test_what_waits_when_a_client_is_closed_the_next_one_applies(bank: Bank, tmp_path: Path) -> None:
    with client(bank, tmp_path, Settings(attempt_seconds=0.2, pause_base=0.005, pause_cap=0.05)) as replay:
        with bank.locked(0):
            future = replay.submit_nowait(transfer("a"))
            second = replay.submit_nowait(transfer("b"))
            with pytest.raises(TimeoutError):
                future.result(0.3)
            replay.close()
        assert (future.result(0), second.result(0)) == (Pending(), Pending())
        with pytest.raises(RuntimeError, match="closed"):
            replay.submit(transfer("c"))
    with client(bank, tmp_path) as replay:
        assert replay.submit(transfer("b")) == Applied(1)
    assert bank.journal() == ["a", "b"]


def test_a_forked_process_has_no_part_in_a_client(bank: Bank, tmp_path: Path) -> None:
    """Also while a lock is held that nobody will release there: a server that forks its workers is to hear of it."""
    with client(bank, tmp_path) as replay, replay._engine.changed:
        assert forked(lambda: replay.submit(transfer("a"))) == "BufferInUse"
        assert forked(lambda: replay.discard("a")) == "BufferInUse"
        assert forked(replay.close) == "none"
    assert bank.journal() == []


def test_a_full_buffer_says_so(bank: Bank, tmp_path: Path) -> None:
    with client(bank, tmp_path, Settings(max_entries=2)) as replay:
        with bank.locked(0):
            waiting = [replay.submit_nowait(transfer("a")), replay.submit_nowait(transfer("b"))]
            with pytest.raises(Full):
                replay.submit(transfer("c"))
        assert [future.result(30) for future in waiting] == [Applied(1), Applied(1)]
        assert replay.submit(transfer("c")) == Applied(1)


def test_two_that_make_the_ledger_at_once_both_succeed(bank: Bank) -> None:
    targets = [PostgreSQL(bank.conninfo) for _ in range(4)]
    failures: list[BaseException] = []

    def make(target: PostgreSQL) -> None:
        try:
            target.make(30)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=make, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for target in targets:
        target.close()
    assert failures == []


@pytest.mark.parametrize("state", ["23505", "42710", "42P07"])
def test_a_ledger_that_another_one_makes_in_the_same_moment_is_made(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Which of these one is told depends on how far the other one has come."""

    def told(*_: object) -> None:
        raise TargetError("it exists", sqlstate=state)

    target = PostgreSQL(bank.conninfo)
    monkeypatch.setattr("harecon_replay.targets.postgres._Link.run", told)
    try:
        target.make(5)
    finally:
        target.close()


def test_a_server_that_only_reads_is_not_taken(bank: Bank) -> None:
    bank.run("alter role master set default_transaction_read_only = on")
    target = PostgreSQL(bank.conninfo)
    try:
        with pytest.raises(TargetError) as refused:
            target.begin(5)
        assert refused.value.sqlstate is None
    finally:
        target.close()
        with psycopg.connect(bank.conninfo, options="-c default_transaction_read_only=off", autocommit=True) as admin:
            admin.execute("alter role master reset default_transaction_read_only")

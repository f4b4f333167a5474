# SPDX-License-Identifier: Apache-2.0
"""A database of accounts on a real server, and the transactions that move money in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from harecon_replay.transaction import Transaction, statement
from real_postgres import PASSWORD, Server


class Bank:
    """Each transfer writes a line of the journal with its own id, which is unique for nobody: doubles would show."""

    def __init__(self, server: Server) -> None:
        self.conninfo = (
            f"host=localhost port={server.port} user=master password='{PASSWORD}' dbname=postgres"
            f" sslmode=verify-full sslrootcert={server.certificate}"
        )
        # Of another name: it is not to be found by who ends the clients' sessions.
        self.connection = psycopg.connect(self.conninfo, autocommit=True, application_name="witness")
        self.run("drop table if exists harecon_ledger, account, journal")
        self.run("create table account (id int primary key, balance bigint not null check (balance >= 0))")
        self.run("create table journal (id text, account int, amount bigint, line bigserial)")
        self.run("insert into account select n, 1000 from generate_series(0, 9) n")

    def run(self, sql: str, *values: Any) -> list[Any]:
        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def journal(self, account: int | None = None) -> list[str]:
        where = "" if account is None else f" where account = {account}"
        return [id for (id,) in self.run(f"select id from journal{where} order by line")]

    def balances_agree(self) -> bool:
        """Per account, for the sum of all is right also after a transfer that was done twice."""
        wrong = self.run(
            "select account.id from account left join journal on account.id = journal.account"
            " group by account.id having balance <> 1000 + coalesce(sum(amount), 0)::bigint"
        )
        return wrong == []

    def end_sessions(self) -> int:
        """Of all clients."""
        ended = self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'harecon_replay'"
        )
        return len(ended)

    @contextmanager
    def locked(self, account: int) -> Iterator[None]:
        """Whoever wants the account waits."""
        with psycopg.connect(self.conninfo, application_name="witness") as other:
            other.execute("select from account where id = %s for update", (account,))
            yield


def transfer(id: str, account: int = 0, amount: int = 1, key: str | None = None) -> Transaction:
    return Transaction(
        id,
        f"account {account}" if key is None else key,
        (
            statement("update account set balance = balance + :n where id = :account", n=amount, account=account),
            statement("insert into journal (id, account, amount) values (:id, :account, :n)", id=id, account=account,
                      n=amount),
        ),
    )  # fmt: skip

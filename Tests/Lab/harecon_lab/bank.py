# SPDX-License-Identifier: Apache-2.0
"""The load: transfers between accounts, each of which leaves a trace that shows it when it is applied twice.

The sum of all balances is right also when a transfer is applied twice, or to none: what is looked at is each transfer,
and each account against what its transfers make of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harecon_lab.node import Node

ACCOUNTS = 60
INITIAL = 1_000_000


def schema(client: str) -> str:
    """Each client keeps books of its own, so that it alone answers for them."""
    return f"bank_{client}"


def making(bank: str) -> tuple[str, ...]:
    """SQL that makes a bank's books, or empties them.

    There is no key on the transfer's name: a second application must be possible, or it could not be seen.
    """
    return (
        f"create schema if not exists {bank}",
        f"create table if not exists {bank}.account (id integer primary key, balance bigint not null)",
        f"create table if not exists {bank}.movement"
        " (transfer text not null, account integer not null, amount bigint not null)",
        f"create index if not exists movement_transfer on {bank}.movement (transfer)",
        f"truncate {bank}.account, {bank}.movement",
        f"insert into {bank}.account select id, {INITIAL} from generate_series(0, {ACCOUNTS - 1}) as id",
    )


@dataclass(frozen=True)
class Transfer:
    name: str
    source: int
    target: int
    amount: int

    def statements(self, bank: str) -> list[dict[str, Any]]:
        """As the Data API takes them. The accounts in one order, so that no two transfers wait for each other."""
        moves = sorted([(self.source, -self.amount), (self.target, self.amount)])
        return [
            {
                "sql": f"update {bank}.account set balance = balance + :amount where id = :account",
                "parameters": [_long("amount", amount), _long("account", account)],
            }
            for account, amount in moves
        ] + [
            {
                "sql": f"insert into {bank}.movement values (:transfer, :account, :amount)",
                "parameters": [
                    {"name": "transfer", "value": {"stringValue": self.name}},
                    _long("account", account), _long("amount", amount),
                ],
            }
            for account, amount in moves
        ]  # fmt: skip


def transfers(run: str, writer: int, seed: int) -> Iterator[Transfer]:
    """Without an end, the same for the same seed."""
    chance, number = random.Random(f"{seed}-{run}-{writer}"), 0
    while True:
        source, target = chance.sample(range(ACCOUNTS), 2)
        yield Transfer(f"{run}-{writer}-{number}", source, target, chance.randint(1, 99))
        number += 1


def _long(name: str, value: int) -> dict[str, Any]:
    return {"name": name, "value": {"longValue": value}}


@dataclass(frozen=True)
class Books:
    """What one node holds."""

    balances: dict[int, int]
    # How often each transfer was applied.
    applied: Counter[str]
    moved: dict[int, int]


def books(node: Node, database: str, bank: str) -> Books:
    with node.connect(database) as connection:
        balances = dict(connection.execute(f"select id, balance from {bank}.account".encode()).fetchall())
        rows = connection.execute(f"select transfer, account, amount from {bank}.movement".encode()).fetchall()
    halves: Counter[str] = Counter()
    moved: Counter[int] = Counter()
    for name, account, amount in rows:
        halves[name] += 1
        moved[account] += amount
    return Books(balances, Counter({name: -(-count // 2) for name, count in halves.items()}), dict(moved))

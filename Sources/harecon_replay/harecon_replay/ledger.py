# SPDX-License-Identifier: Apache-2.0
"""The ledger: one row for each transaction that was applied, written by the transaction itself.

The replay worker of a stack writes the same table. What stands here is held equal to it by a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Ledger:
    """The statements about one ledger. Parameters are named `:name`, as in a transaction's own statements."""

    name: str = "harecon_ledger"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f'"{self.name}" is no name of a table')

    @property
    def making(self) -> tuple[str, ...]:
        """Each may be repeated; two that run at once may still be refused, one of them (23505, 42710, 42P07)."""
        return (
            f"create table if not exists {self.name} ("
            "id text primary key, body text not null, seen integer not null default 1,"
            " xid xid8 not null default pg_current_xact_id(),"
            " applied_at timestamptz not null default clock_timestamp())",
            f"create index if not exists {self.name}_applied_at on {self.name} (applied_at)",
        )

    @property
    def entering(self) -> str:
        """The first statement of each attempt; answers `seen`, the body's hash, and this attempt's own number.

        First, so that a repeat waits for an attempt that still runs somewhere. And `do update`, not `do nothing`: a
        commit that writes nothing waits for no standby, and would confirm what only a dying writer has.
        """
        return (
            f"insert into {self.name} (id, body) values (:id, :body)"
            f" on conflict (id) do update set seen = {self.name}.seen + 1 returning seen, body,"
            " pg_current_xact_id()::text as xid"
        )

    @property
    def settling(self) -> str:
        """What became of a commit: `seen` of the id's row, 0 without one, and the state of attempt `:xid`.

        `pg_xact_status` is `in progress`, `committed`, `aborted`, or null for one that is too old to be known. It
        refuses (22023) a number that was not given out yet: a writer that crashed may have forgotten that it gave it.
        """
        return (
            f"select coalesce((select seen from {self.name} where id = :id), 0) as seen,"
            " pg_xact_status(cast(:xid as xid8)) as status"
        )

    @property
    def pruning(self) -> str:
        """Forgets what is older than `:keep` seconds, a thousand at a time, so that no lock is held for long."""
        return (
            f"delete from {self.name} where id in (select id from {self.name}"
            " where applied_at < now() - make_interval(secs => :keep) order by applied_at limit 1000)"
        )

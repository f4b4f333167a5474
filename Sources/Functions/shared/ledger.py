# SPDX-License-Identifier: Apache-2.0
"""The ledger: one row for each transaction that was applied, written by the transaction itself.

A transaction that is tried again, because its outcome is not known, finds its own row and does nothing more. So a
commit whose answer was lost is told from one that never happened, and what is tried twice is applied once.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Ledger:
    """The statements about one ledger. Its name comes from the spec, and stands in them as it is."""

    name: str

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
        """The first statement of each transaction; `seen` is 1 for one that was never applied.

        First, so that a repeat waits for an attempt that still runs somewhere. And `do update`, not `do nothing`: a
        commit that writes nothing waits for no standby, and would confirm what only a dying writer has.
        """
        return (
            f"insert into {self.name} (id, body) values (:id, :body)"
            f" on conflict (id) do update set seen = {self.name}.seen + 1 returning seen, body"
        )

    @property
    def pruning(self) -> str:
        """Forgets what is older than `:keep` seconds, a thousand at a time, so that no lock is held for long."""
        return (
            f"delete from {self.name} where id in (select id from {self.name}"
            " where applied_at < now() - make_interval(secs => :keep) order by applied_at limit 1000)"
        )


def body_hash(text: str) -> str:
    """What the ledger remembers of a transaction's content: SHA-256, in hexadecimal, of the message as it was written.

    Of the text and not of what it means: two languages do not write the same number the same way.
    """
    return hashlib.sha256(text.encode()).hexdigest()

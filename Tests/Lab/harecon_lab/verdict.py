# SPDX-License-Identifier: Apache-2.0
"""What became of every transfer, on every node, against what the application was told."""

from __future__ import annotations

from dataclasses import dataclass

from harecon_lab.bank import ACCOUNTS, INITIAL
from harecon_lab.bank import Books, books
from harecon_lab.cluster import Cluster
from harecon_lab.journal import Record


@dataclass(frozen=True)
class Verdict:
    """Counts of transfers, but for the last, which counts accounts on all nodes.

    `lost` were acknowledged, or accepted by a buffer, and are not everywhere; `duplicated` were applied more than once.
    Told as failed, and not repeated: `refused` are those that nobody applied, `surprising` those that were.
    """

    begun: int
    acknowledged: int
    lost: int
    duplicated: int
    refused: int
    surprising: int
    wrong_accounts: int

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing twice, each account right. Errors that the application was told are not in it."""
        return self.lost == self.duplicated == self.wrong_accounts == 0


def judge(record: Record, pages: list[Books]) -> Verdict:
    """`pages` are the nodes'. A transfer that is in doubt may have been applied or not, but everywhere alike."""
    owed = set(record.acknowledged) | record.accepted
    first = pages[0]
    lost = {name for name in owed for page in pages if page.applied[name] == 0}
    duplicated = {name for page in pages for name, count in page.applied.items() if count > 1}
    failed = set(record.failed) - owed
    once = owed | set(first.applied)
    return Verdict(
        begun=len(record.begun),
        acknowledged=len(record.acknowledged),
        lost=len(lost),
        duplicated=len(duplicated),
        refused=sum(1 for name in failed if first.applied[name] == 0),
        surprising=sum(1 for name in failed if first.applied[name] > 0),
        wrong_accounts=_wrong(record, once, pages),
    )


def _wrong(record: Record, once: set[str], pages: list[Books]) -> int:
    """Accounts whose balance is not what it has to be when each of these transfers is applied exactly once."""
    expected = {account: INITIAL for account in range(ACCOUNTS)}
    for name in once:
        transfer = record.begun[name]
        expected[transfer.source] -= transfer.amount
        expected[transfer.target] += transfer.amount
    return sum(1 for page in pages for account, balance in expected.items() if page.balances.get(account) != balance)


def look(cluster: Cluster, database: str, bank: str, record: Record) -> Verdict:
    """All nodes must be up. The writers must have ended: what they still do would differ from node to node."""
    cluster.await_caught_up()
    return judge(record, [books(node, database, bank) for node in cluster.nodes.values()])

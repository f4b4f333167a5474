# SPDX-License-Identifier: Apache-2.0
"""A failover as an ordinary user sees it: python3 ordinary_user.py USER, which tells what came of it as JSON.

Started by root it becomes USER for good, when all modules are loaded: the interpreter and its packages may lie where
USER may not look. HOME and TMPDIR have to be USER's. It ends what it has started, also when it is told to end.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg  # noqa: E402

from harecon_lab import cluster as clusters  # noqa: E402
from harecon_lab.cluster import Cluster  # noqa: E402
from harecon_lab.installed import wait_for  # noqa: E402

ENOUGH = 200


def become(user: str) -> None:
    """For good: nothing of root is left to return to."""
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)


def write(cluster: Cluster, acknowledged: list[int]) -> threading.Thread:
    """Numbers from 0 on, each a transaction of its own, until the writer is gone."""

    def work() -> None:
        try:
            with cluster.writer.connect() as connection:
                number = 0
                while True:
                    connection.execute(b"insert into kept values (%s)", (number,))
                    acknowledged.append(number)
                    number += 1
        except psycopg.OperationalError:
            return

    writing = threading.Thread(target=work)
    writing.start()
    return writing


def fail_over() -> dict[str, object]:
    acknowledged: list[int] = []
    with clusters.running() as cluster:
        old = cluster.writer
        with old.connect() as connection:
            connection.execute(b"create table kept (n integer)")
        writing = write(cluster, acknowledged)
        wait_for(lambda: len(acknowledged) >= ENOUGH, "rows to be acknowledged")
        old.crash()
        writing.join()
        done = cluster.fail_over()
        cluster.rejoin(old.name)
        cluster.await_caught_up()
        found = {name: node.column("select n from kept order by n") for name, node in cluster.nodes.items()}
        owners = {os.stat(node.data).st_uid for node in cluster.nodes.values()}
    return {
        "users": sorted({*os.getresuid(), *owners}), "before": done.before, "after": done.after,
        "acknowledged": acknowledged, "found": found,
    }  # fmt: skip


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.geteuid() == 0:
        become(sys.argv[1])
    print(json.dumps(fail_over()))

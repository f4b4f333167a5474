# SPDX-License-Identifier: Apache-2.0
"""Measures what the ledger and the log cost, as ratios within one run, and writes the table of docs/replay.md.

The same transfers by the same connections: without anything, with the ledger's row, and through the whole client. They
alternate in short rounds, so that what else the machine does meets all of them alike. PostgreSQL calls fsync here. Once
its commits take what the disk takes, and once some milliseconds, as where storage is behind a network.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("Sources/harecon_replay", "Sources/Functions", "Tests/Functions", "Tests/Replay"):
    sys.path.insert(0, str(ROOT / folder))

import real_postgres  # noqa: E402
from bank import Bank, transfer  # noqa: E402
from harecon_lab.installed import Installation  # noqa: E402

from harecon_replay.buffer_file import FileBuffer  # noqa: E402
from harecon_replay.client import Client  # noqa: E402
from harecon_replay.outcome import Applied  # noqa: E402
from harecon_replay.settings import Settings  # noqa: E402
from harecon_replay.targets.postgres import PostgreSQL  # noqa: E402
from harecon_replay.transaction import body_hash  # noqa: E402

PAGE = ROOT / "docs/replay.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CLIENTS, ROUNDS, SECONDS = 8, 21, 0.7
DELAY_MS = 4

Work = Callable[[str, int], None]


def rate(work: Work, name: str) -> float:
    """Transactions in a second, by all clients together, each on an account of its own."""
    counts = [0] * CLIENTS
    end = time.monotonic() + SECONDS

    def run(client: int) -> None:
        while time.monotonic() < end:
            work(f"{name}-{client}-{counts[client]}", client)
            counts[client] += 1

    threads = [threading.Thread(target=run, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def measure(bank: Bank, folder: Path) -> list[tuple[str, float]]:
    """Each way, and its rate in relation to that without anything: the median of the rounds."""
    bare = PostgreSQL(bank.conninfo)
    bare.make(10)
    client = Client(FileBuffer(folder), PostgreSQL(bank.conninfo), settings=Settings(concurrency=CLIENTS))

    def attempt(id: str, account: int, ledger: bool) -> None:
        transaction = transfer(id, account)
        session = bare.begin(10)
        if ledger:
            session.enter(id, body_hash(id))
        for statement in transaction.statements:
            session.execute(statement)
        session.commit()

    def through(id: str, account: int) -> None:
        if client.submit(transfer(id, account)) != Applied(1):
            raise RuntimeError(f'"{id}" was not applied')

    ways: dict[str, Work] = {
        "the statements alone": lambda id, account: attempt(id, account, ledger=False),
        "with the ledger's row": lambda id, account: attempt(id, account, ledger=True),
        "with the ledger and the log": through,
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        for index, (way, work) in enumerate(ways.items()):
            found = rate(work, f"{number}-{index}")
            # The first round fills caches.
            rates[way] += [found] if number else []
    client.close()
    bare.close()
    base = rates["the statements alone"]
    return [
        (way, statistics.median(mine / theirs for mine, theirs in zip(found, base, strict=True)))
        for way, found in rates.items()
    ]


def fsync_ms() -> float:
    with tempfile.TemporaryFile() as file:

        def once() -> float:
            began = time.monotonic()
            file.write(b"x" * 300)
            file.flush()
            os.fsync(file.fileno())
            return time.monotonic() - began

        return statistics.median(once() for _ in range(200)) * 1000


def ratios(**settings: str) -> list[tuple[str, float]]:
    serving = real_postgres.serving(Installation.find(), fsync="on", log_statement="none", **settings)
    with serving as server, tempfile.TemporaryDirectory() as log:
        bank = Bank(server)
        found = measure(bank, Path(log))
        bank.connection.close()
    return found


def main() -> None:
    near, far = ratios(), ratios(commit_delay=str(DELAY_MS * 1000), commit_siblings="0")
    rows = [f"| {way} | {ratio:.2f} | {far[index][1]:.2f} |" for index, (way, ratio) in enumerate(near)]
    heads = [f"| Way | Rate, in relation | Where a commit takes {DELAY_MS} ms more |", "|---|---|---|"]
    what = (
        f"{os.cpu_count()} cores, {CLIENTS} clients on {CLIENTS} accounts, an fsync of {fsync_ms():.1f} ms; "
        f"medians of {ROUNDS} rounds."
    )
    table = f"{BEGIN}\n\n{what}\n\n" + "\n".join(heads + rows) + f"\n\n{END}"
    print(table)
    text = PAGE.read_text()
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL))


if __name__ == "__main__":
    main()

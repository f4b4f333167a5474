# SPDX-License-Identifier: Apache-2.0
"""What the kills came to, as text: for the terminal, and for docs/failover.md."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harecon_lab.scenario import How, Outcome
from harecon_lab.verdict import Verdict

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "failover.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

# Of specs/payments.yaml: the probe's interval, attempts, pause and timeout.
INTERVAL, ATTEMPTS, PAUSE, TIMEOUT = 10.0, 2, 1.0, 1.5


@dataclass(frozen=True)
class Prediction:
    """D = U(0, I) + (k - 1) * step + T', step = f + T': least, mean and most seconds."""

    least: float
    mean: float
    most: float


def predicted(how: How) -> Prediction:
    """T' is what a failed look costs: nothing when the connection is refused, the whole timeout when it hangs."""
    cost = TIMEOUT if how is How.HANG else 0.0
    fixed = (ATTEMPTS - 1) * (PAUSE + cost) + cost
    return Prediction(fixed, INTERVAL / 2 + fixed, INTERVAL + fixed)


def line(outcome: Outcome) -> str:
    detected = "-" if outcome.detected is None else f"{outcome.detected:.1f}"
    return (
        f"{outcome.kill}: detected {detected}, failover begun {outcome.started:.1f} by {outcome.by}, "
        f"promoted {outcome.promoted:.1f}, writes again {outcome.restored:.1f} s"
    )


def table(
    outcomes: Sequence[Outcome], verdicts: Mapping[str, Sequence[Verdict]], control_kills: Mapping[str, int]
) -> str:
    """Markdown: each kind of kill with least, mean and most; then what became of the transfers."""
    rows = [
        "| kill | kills | detected (s) | predicted (s) | failover begun (s) | writes again (s) |",
        "|---|---|---|---|---|---|",
    ]
    for name in sorted({str(outcome.kill) for outcome in outcomes}):
        same = [outcome for outcome in outcomes if str(outcome.kill) == name]
        # Where the service acts first nobody's detection is measured.
        detected = [o.detected for o in same if o.detected is not None and o.kill.alone_after is None]
        guess = predicted(same[0].kill.how) if detected else None
        rows.append(
            f"| {name} | {len(same)} | {_spread(detected)} | "
            + (f"{guess.least:.1f} / {guess.mean:.1f} / {guess.most:.1f}" if guess else "-")
            + f" | {_spread([o.started for o in same])} | {_spread([o.restored for o in same])} |"
        )
    rows += [
        "",
        "| client | kills | transfers | acknowledged | lost | applied twice | told as failed, not applied | told as "
        "failed, applied | wrong accounts |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for client, found in verdicts.items():
        kills = control_kills.get(client, len(outcomes))
        total = [sum(getattr(verdict, name) for verdict in found) for name in (
            "begun", "acknowledged", "lost", "duplicated", "refused", "surprising", "wrong_accounts")]  # fmt: skip
        rows.append(f"| {CLIENTS[client]} | {kills} | " + " | ".join(str(number) for number in total) + " |")
    return "\n".join(rows)


CLIENTS = {
    "buffered": "`harecon_replay`: file buffer and ledger",
    "naive": "naive retry, without a ledger",
    "none": "no retry",
}


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):.1f} / {statistics.fmean(values):.1f} / {max(values):.1f}" if values else "-"


def write(
    outcomes: Sequence[Outcome], verdicts: Mapping[str, Sequence[Verdict]], control_kills: Mapping[str, int], seed: int
) -> None:
    """Replaces what stands between the marks of the document."""
    text = DOCUMENT.read_text()
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    kills = f"seed {seed}, {len(outcomes)} kills"
    machine = f"Python {platform.python_version()}, PostgreSQL 15, {platform.system()}; {kills}."
    measured = f"{BEGIN}\n{machine} Least / mean / most.\n\n{table(outcomes, verdicts, control_kills)}\n{END}"
    DOCUMENT.write_text(head + measured + tail)

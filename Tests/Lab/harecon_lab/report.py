# SPDX-License-Identifier: Apache-2.0
"""What the kills came to, as text: for the terminal, and for docs/failover.md."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harecon_lab.scenario import How, Outcome
from harecon_lab.verdict import Verdict

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "failover.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

# Of specs/payments.yaml: the probe's interval, attempts, pause and timeout.
INTERVAL, ATTEMPTS, PAUSE, TIMEOUT = 10.0, 2, 1.0, 1.5
# Of the distribution of detection.
PARTS = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True)
class Prediction:
    """D = U(0, I) + (k - 1) * step + T', step = f + T': uniform between least and most seconds."""

    least: float
    most: float

    def quantile(self, part: float) -> float:
        return self.least + part * (self.most - self.least)


def predicted(how: How) -> Prediction:
    """T' is what a failed look costs: nothing when the connection is refused, the whole timeout when it hangs."""
    cost = TIMEOUT if how is How.HANG else 0.0
    fixed = (ATTEMPTS - 1) * (PAUSE + cost) + cost
    return Prediction(fixed, INTERVAL + fixed)


def line(outcome: Outcome) -> str:
    detected = "-" if outcome.detected is None else f"{outcome.detected:.1f}"
    return (
        f"{outcome.kill}: detected {detected}, failover begun {outcome.started:.1f} by {outcome.by}, "
        f"promoted {outcome.promoted:.1f}, writes again "
        + ", ".join(f"{client} {restored:.1f}" for client, restored in outcome.restored.items())
    )


def table(outcomes: Sequence[Outcome], verdicts: Mapping[str, Sequence[Verdict]]) -> str:
    """Markdown: each kind of kill; how detection is distributed; what became of each client's transfers."""
    return "\n".join([*_kills(outcomes), "", *_detection(outcomes), "", *_clients(outcomes, verdicts)])


def _kills(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield (
        "| kill | kills | detected (s) | failover begun (s) | promoted (s) | then until all write (s) | "
        "all write again (s) |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name in sorted({str(outcome.kill) for outcome in outcomes}):
        same = [outcome for outcome in outcomes if str(outcome.kill) == name]
        columns = (
            _detected(same), [o.started for o in same], [o.promoted for o in same],
            [o.last_restored - o.promoted for o in same], [o.last_restored for o in same],
        )  # fmt: skip
        yield f"| {name} | {len(same)} | " + " | ".join(_spread(column) for column in columns) + " |"


def _detected(outcomes: Sequence[Outcome]) -> list[float]:
    """Where the service may act first nobody's detection is measured."""
    return [o.detected for o in outcomes if o.detected is not None and (o.kill.alone_after is None or o.kill.held)]


def _detection(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "| the writer | detections | least | a tenth | half | nine tenths | most |"
    yield "|---|---|---|---|---|---|---|"
    for what, hows in (("is gone", (How.CRASH, How.STALL)), ("hangs", (How.HANG,))):
        times = sorted(_detected([outcome for outcome in outcomes if outcome.kill.how in hows]))
        if not times:
            continue
        yield f"| {what} | {len(times)} | " + " | ".join(f"{_quantile(times, part):.1f}" for part in PARTS) + " |"
        guess = predicted(hows[0])
        yield "| as predicted | | " + " | ".join(f"{guess.quantile(part):.1f}" for part in PARTS) + " |"


def _quantile(times: Sequence[float], part: float) -> float:
    """Of sorted times; between two of them in proportion."""
    place = part * (len(times) - 1)
    below = int(place)
    above = min(below + 1, len(times) - 1)
    return times[below] + (times[above] - times[below]) * (place - below)


def _clients(outcomes: Sequence[Outcome], verdicts: Mapping[str, Sequence[Verdict]]) -> Iterator[str]:
    yield (
        "| client | transfers | acknowledged | lost | applied twice | told as failed, not applied | told as failed, "
        "applied | wrong accounts | writes again (s) |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for client, found in verdicts.items():
        total = [sum(getattr(verdict, name) for verdict in found) for name in (
            "begun", "acknowledged", "lost", "duplicated", "refused", "surprising", "wrong_accounts")]  # fmt: skip
        again = _spread([outcome.restored[client] for outcome in outcomes])
        yield f"| {CLIENTS[client]} | " + " | ".join(str(number) for number in total) + f" | {again} |"


CLIENTS = {
    "buffered": "`harecon_replay`: file buffer and ledger, Data API",
    "socket": "`harecon_replay`: the same, by PostgreSQL's sockets",
    "queue": "`harecon_replay`: SQS and the stack's replay worker",
    "swift": "`ReplayClient`, in Swift: folder and ledger",
    "naive": "naive retry, without a ledger",
    "none": "no retry",
}


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):.1f} / {statistics.fmean(values):.1f} / {max(values):.1f}" if values else "-"


def write(outcomes: Sequence[Outcome], verdicts: Mapping[str, Sequence[Verdict]], seed: int) -> None:
    """Replaces what stands between the marks of the document."""
    text = DOCUMENT.read_text()
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    kills = f"seed {seed}, {len(outcomes)} kills"
    machine = f"Python {platform.python_version()}, PostgreSQL 15, {platform.system()}; {kills}."
    measured = f"{BEGIN}\n{machine} Least / mean / most.\n\n{table(outcomes, verdicts)}\n{END}"
    DOCUMENT.write_text(head + measured + tail)

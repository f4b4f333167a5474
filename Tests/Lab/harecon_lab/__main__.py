# SPDX-License-Identifier: Apache-2.0
"""python3 -m harecon_lab: fails a database over for a minute, or for long, and says what was lost.

    lab     one crash and one hang
    soak    many kills of all kinds; writes the tables of docs/failover.md

Applications with every client write side by side through the same kills. Those without a ledger have to show
duplicates and losses.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from harecon_lab import lab as labs
from harecon_lab import report
from harecon_lab.held import Held
from harecon_lab.installed import TooLate
from harecon_lab.lab import Lab
from harecon_lab.scenario import How, Kill, Outcome, strike
from harecon_lab.verdict import Verdict

# Nothing may be lost or applied twice by these.
PROTECTED = ("buffered", "socket", "queue", "swift")
# Theirs have to be seen, or the harness is blind.
CONTROLS = ("naive", "none")
# Kills that one application lives through, before the books are judged.
BATCH = 6
# When the service acts on what the coordinator may not: surely after it has refused.
LATE = 40.0
# As many failovers as the spec has for a day, and one more; and one right after another.
FULL_DAY = (
    Kill(How.CRASH),
    Kill(How.HANG, alone_after=LATE, held=Held.COOLDOWN),
    Kill(How.HANG, same_day=True),
    Kill(How.CRASH, same_day=True),
    Kill(How.CRASH, alone_after=LATE, held=Held.BUDGET),
)


@dataclass
class Findings:
    """What the kills came to. `blind` is why the harness would not have seen a fault."""

    outcomes: list[Outcome] = field(default_factory=list)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        found = list(self.problems)
        found += [f"objectives: {report.line(outcome)}" for outcome in self.outcomes if not outcome.keeps_objectives]
        found += [f"{outcome.kill}: {fault}" for outcome in self.outcomes for fault in outcome.faults]
        found += [
            f"{client}: {verdict}"
            for client in PROTECTED
            for verdict in self.verdicts.get(client, [])
            if not verdict.is_clean
        ]
        if not any(verdict.duplicated for verdict in self.verdicts.get("naive", [])):
            found.append("the harness is blind: a naive retry duplicated nothing")
        if not any(verdict.refused for verdict in self.verdicts.get("none", [])):
            found.append("the harness is blind: without a retry nothing was refused")
        return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harecon_lab")
    parser.add_argument("what", choices=["lab", "soak"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=54, help="of the soak")
    parser.add_argument("--minutes", type=float, default=60.0, help="after which the soak begins no further kill")
    return parser.parse_args()


def batch(lab: Lab, kills: list[Kill], seed: int, end: float, findings: Findings) -> None:
    """Applications through all of these kills, judged once at the end."""
    chance = random.Random(seed)
    load = lab.begin((*PROTECTED, *CONTROLS), seed)
    try:
        for kill in kills:
            if time.monotonic() > end:
                break
            outcome = strike(lab, load, kill, chance)
            findings.outcomes.append(outcome)
            print(report.line(outcome), flush=True)
        judged = load.end()
    finally:
        load.abort()
    for client, verdict in judged.items():
        findings.verdicts.setdefault(client, []).append(verdict)
        print(f"{client}: {verdict}", flush=True)


def plan(count: int, seed: int) -> list[Kill]:
    """All kinds in turn, in the order of chance; but what happens on one day stays together."""
    kinds = [
        Kill(How.CRASH), Kill(How.HANG), Kill(How.STALL, loses_answers=True), Kill(How.CRASH, kills_applications=True),
        Kill(How.CRASH, alone_after=2.0), Kill(How.HANG, alone_after=12.0), Kill(How.STALL, alone_after=4.0),
        Kill(How.HANG, alone_after=2.0, kills_applications=True), Kill(How.CRASH, alone_after=14.0),
    ]  # fmt: skip
    rare = count // 18
    days = [(kinds[number % len(kinds)],) for number in range(count - rare * (1 + len(FULL_DAY)))]
    days += [(Kill(How.CRASH, delay=35.0),), FULL_DAY] * rare
    random.Random(seed).shuffle(days)
    return [kill for day in days for kill in day]


def main() -> int:
    options = arguments()
    # Servers and functions are ended also when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    findings, begin = Findings(), time.monotonic()
    short = [Kill(How.CRASH, loses_answers=True), Kill(How.HANG)]
    kills = short if options.what == "lab" else plan(options.kills, options.seed)
    end = begin + options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="harecon-lab-") as folder, labs.running(Path(folder), "10s") as lab:
        try:
            for start in range(0, len(kills), BATCH):
                if time.monotonic() < end:
                    batch(lab, kills[start : start + BATCH], options.seed + start, end, findings)
        except (TooLate, RuntimeError, subprocess.TimeoutExpired) as error:
            # What was found until then is told all the same.
            findings.problems.append(f"{type(error).__name__}: {error}")
        findings.problems += lab.problems()
    print(report.table(findings.outcomes, findings.verdicts))
    if options.what == "soak":
        report.write(findings.outcomes, findings.verdicts, options.seed)
    for fault in findings.faults():
        print(f"FAULT: {fault}", file=sys.stderr)
    print(f"{time.monotonic() - begin:.0f} s")
    return 1 if findings.faults() else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Measures harecon and writes the tables of docs/benchmarks.md.

The plan is measured against a replay of recorded answers, so that the emulator's own time does not count; apply and
destroy change things and run against the sandbox itself, with what the emulator takes for a call told beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))
os.environ.setdefault("HARECON", str(ROOT / ".build/release/harecon"))

from harness import Account, Harecon, Sandbox, running  # noqa: E402

PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds and MiB as the kernel counted them."""

    wall: float
    cpu: float
    peak: float
    code: int


def measured(harecon: Harecon, *arguments: str, environment: dict[str, str] | None = None) -> Run:
    command = [str(os.environ["HARECON"]), *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=harecon.folder, env={**harecon.environment, **(environment or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def rounds(calls: Sequence[dict[str, Any]]) -> int:
    """The longest chain of calls each of which began after the one before it had ended."""
    ended: list[tuple[float, int]] = []
    deepest = 0
    for call in sorted(calls, key=lambda c: c["started"]):
        depth = 1 + max((d for end, d in ended if end <= call["started"]), default=0)
        ended.append((call["ended"], depth))
        deepest = max(deepest, depth)
    return deepest


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" for _ in head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def by_operation(calls: Sequence[dict[str, Any]]) -> str:
    counts = Counter(f"{c['service']} {without_ids(c['operation'])}" for c in calls)
    return table(["Operation", "Calls"], [*sorted(counts.items()), ("**all**", f"**{sum(counts.values())}**")])


def median(runs: Sequence[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)


class Replay:
    """The replayer, as one process."""

    def __init__(self, recording: Path, latency_ms: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harecon_sandbox.replay", "--recording", str(recording), "--latency-ms", str(latency_ms)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "Tests/Sandbox")},
        )
        assert self.process.stdout is not None
        self.endpoint: str = json.loads(self.process.stdout.readline())["endpoint"]

    def ask(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_sandbox/{path}", data=None if body is None else json.dumps(body).encode(),
            method="GET" if body is None else "POST",
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def start_up(harecon: Harecon, count: int) -> str:
    runs = [measured(harecon, "version") for _ in range(count + 1)][1:]
    floor = [measured_true() for _ in range(count + 1)][1:]
    return table(
        ["Command", "Wall, ms (median)", "CPU, ms", "Peak, MiB"],
        [
            ("`harecon version`", f"{median(runs, 'wall') * 1000:.1f}", f"{median(runs, 'cpu') * 1000:.1f}", f"{median(runs, 'peak'):.1f}"),
            ("`true`, for comparison", f"{statistics.median(floor) * 1000:.1f}", "", ""),
        ],
    )


def measured_true() -> float:
    start = time.perf_counter()
    subprocess.run(["/bin/true"], check=True)
    return time.perf_counter() - start


# The stack's name, what AWS makes up, and whole ARNs.
ID = re.compile(r"payments|%3A|^[0-9a-f]{8}-[0-9a-f-]{27}$|^EXT\w+$|^Z[0-9A-Z]+$")


def without_ids(operation: str) -> str:
    """A replayed call is known by its path where the protocol has one: those of one sort are one row."""
    return "/".join("{id}" if ID.search(part) else part for part in operation.split("/"))


def empty_plan(harecon: Harecon, account: Account, folder: Path, count: int) -> tuple[str, str]:
    recording = folder / "plan.recording"
    account.control("record", {"file": str(recording)})
    harecon.plan("-detailed-exitcode").expect(0)
    account.control("record", {})
    rows, operations = [], ""
    for latency in (0, 50):
        replay = Replay(recording, latency)
        try:
            arguments = ("plan", "-f", str(harecon.spec), "-detailed-exitcode")
            environment = {"AWS_ENDPOINT_URL": replay.endpoint}
            runs = []
            for _ in range(count + 1):
                replay.ask("reset", {})
                runs.append(measured(harecon, *arguments, environment=environment))
            calls = replay.ask("journal")["calls"]
            unknown = replay.ask("violations")["violations"]
            assert {run.code for run in runs} == {0} and not unknown, (runs, unknown)
        finally:
            replay.stop()
        deep = rounds(calls)
        aim = 1.3 * deep * latency / 1000 + 0.15
        rows.append((
            latency, len(calls), deep if latency else "", f"{median(runs[1:], 'wall'):.3f}", f"{aim:.3f}" if latency else "",
            f"{median(runs[1:], 'cpu'):.3f}", f"{median(runs[1:], 'peak'):.1f}",
        ))
        operations = by_operation(calls)
    head = ["Added, ms", "Calls", "Rounds", "Wall, s", "Aim, s", "CPU, s", "Peak, MiB"]
    return table(head, rows), operations


def changes(sandbox: Sandbox, folder: Path) -> str:
    rows = []
    for latency in (0, 50):
        account = sandbox.account()
        account.control("reset", {})
        account.control("clock", {"auto": True})
        account.control("settings", {"latency_ms": latency})
        (folder / f"changes-{latency}").mkdir()
        harecon = Harecon(folder / f"changes-{latency}", account)
        since = 0
        for name, arguments in (
            ("apply", ("apply", "-f", str(harecon.spec), "-auto-approve")),
            ("destroy", ("destroy", "-f", str(harecon.spec), "-confirm", "payments")),
        ):
            run = measured(harecon, *arguments)
            assert run.code == 0, (name, run)
            calls = [c for c in account.calls() if c["n"] > since]
            since = max(c["n"] for c in calls)
            served = statistics.mean(c["ended"] - c["started"] for c in calls) * 1000
            rows.append((
                name, latency, len(calls), rounds(calls) if latency else "", f"{run.wall:.2f}", f"{run.cpu:.2f}", f"{run.peak:.1f}", f"{served:.0f}",
            ))
    return table(["Command", "Added, ms", "Calls", "Rounds", "Wall, s", "CPU, s", "Peak, MiB", "A call took, ms"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--print", action="store_true", help="print the tables instead of writing the page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running() as sandbox:
        folder = Path(name)
        account = sandbox.account()
        account.control("reset", {})
        account.control("clock", {"auto": True})
        # A plan of a stack that has stood for a while: what the listing by tags does not know yet is asked for one by one.
        account.control("settings", {"tagging_lag": 0})
        harecon = Harecon(folder, account)
        harecon.apply().expect(0)
        plan, operations = empty_plan(harecon, account, folder, options.runs)
        text = "\n\n".join([
            f"{os.cpu_count()} cores, {platform.machine()}; medians of {options.runs} runs.",
            "### Start-up", start_up(harecon, 20),
            "### Empty plan of the reference stack, answers replayed", plan,
            "### Calls of an empty plan", operations,
            "### Apply from nothing, and destroy, against the sandbox", changes(sandbox, folder),
        ])
    if options.print:
        print(text)
        return
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}")
    print(text)


if __name__ == "__main__":
    main()

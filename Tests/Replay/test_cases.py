# SPDX-License-Identifier: Apache-2.0
"""The cases that drive the clients of all languages. README.md says what they mean."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from harecon_replay.attempt import Attempts
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.engine import Clock, Engine
from harecon_replay.jitter import Jitter
from harecon_replay.log_format import HEADER, CorruptLog, written
from harecon_replay.outcome import Applied, Full, Outcome, Refused
from harecon_replay.settings import Settings
from harecon_replay.transaction import Statement, Transaction
from replay_case import Item, ScriptedTarget, VirtualClock, check

CASES = json.loads(Path(__file__).with_name("cases.json").read_text())["cases"]

_SETTINGS = {
    "pauseCap": "pause_cap", "drainPerSecond": "drain_per_second", "maxEntries": "max_entries",
    "maxBytes": "max_bytes", "maxAge": "max_age", "maxParked": "max_parked", "retain": "retain",
    "ledgerKeep": "ledger_keep",
}


class Run:
    """A client whose time passes only when it has nothing to do, and which flies one transaction after another."""

    def __init__(self, case: Item, folder: Path) -> None:
        self.case = case
        self.clock = VirtualClock()
        settings = Settings(**{_SETTINGS[name]: value for name, value in case.get("settings", {}).items()})
        self.target = ScriptedTarget(
            list(case["script"]), self.clock, settings.retain > 0, log=folder / "log"
        )
        self.buffer = FileBuffer(folder)
        self.engine = Engine(
            Attempts(self.target, settings.attempt_seconds, settings.ledger_keep),
            self.buffer,
            settings,
            Jitter(settings.pause_base, settings.pause_cap, lambda: float(case.get("random", 0.5))),
            Clock(self.clock.moment, self.clock.unix),
        )
        self.waiting = list(enumerate(case["submit"]))
        self.outcomes: dict[int, str] = {}
        self.futures: dict[int, tuple[float, Future[Outcome]]] = {}

    def go(self) -> list[str]:
        until = self.case.get("until", float("inf"))
        while True:
            self._submit_due()
            self._look()
            if entry := self.engine.take():
                self.target.flying = entry.id
                self.engine.fly(entry)
                continue
            self._look()
            moments = [item.get("at", 0) for _, item in self.waiting] + [at for at, _ in self.futures.values()]
            if (flight := self.engine.next_moment()) is not None:
                moments.append(flight)
            if not moments or min(moments) > until:
                break
            assert min(moments) > self.clock.now, "time stands still"
            self.clock.now = min(moments)
        assert not self.target.script, "the script was not played to its end"
        return [self.outcomes[index] for index in range(len(self.case["submit"]))]

    def _submit_due(self) -> None:
        due = [pair for pair in self.waiting if pair[1].get("at", 0) <= self.clock.now]
        self.waiting = [pair for pair in self.waiting if pair not in due]
        for index, item in due:
            try:
                future = self._do(item)
            except Full:
                self.outcomes[index] = "full"
            except KeyError:
                self.outcomes[index] = "unknown"
            else:
                self.outcomes[index] = "discarded"
                if future is not None:
                    self.futures[index] = (self.clock.now + item.get("deadline", 30), future)

    def _do(self, item: Item) -> Future[Outcome] | None:
        if "resubmit" in item:
            return self.engine.resubmit(item["resubmit"])
        if "discard" in item:
            self.engine.discard(item["discard"])
            return None
        given = item.get("statements", [{"sql": "select 1"}])
        statements = tuple(Statement(one["sql"], tuple(one.get("parameters", []))) for one in given)
        return self.engine.accept(Transaction(item["id"], item.get("key", "k"), statements))

    def _look(self) -> None:
        """Who waits for an outcome hears of it, or has waited for long enough."""
        for index, (deadline, future) in list(self.futures.items()):
            if future.done() or deadline <= self.clock.now:
                self.outcomes[index] = _written(future.result()) if future.done() else "pending"
                del self.futures[index]


def _written(outcome: Outcome) -> str:
    match outcome:
        case Applied(seen):
            return f"applied {seen}"
        case Refused(cause):
            return f"refused {cause}"
        case _:
            raise AssertionError(outcome)


def _write_log(folder: Path, records: list[dict[str, Any]]) -> None:
    lines = [record["raw"].encode() if "raw" in record else written(record) for record in records]
    (folder / "log").write_bytes(b"".join([written(HEADER), *lines]))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Item, tmp_path: Path) -> None:
    check(case)
    expect = case["expect"]
    if "log" in case:
        _write_log(tmp_path, case["log"])
    if expect.get("opening") == "corrupt":
        with pytest.raises(CorruptLog, match='"[^"]+/log" is damaged at line 3, byte [0-9]+: '):
            FileBuffer(tmp_path)
        return
    run = Run(case, tmp_path)
    assert run.buffer.was_torn is (expect.get("opening") == "torn")
    assert run.go() == expect["outcomes"]
    run.buffer.close()
    again = FileBuffer(tmp_path)
    assert [stored.id for stored in again.waiting()] == expect["left"]
    assert {stored.id: stored.cause for stored in again.parked()} == expect["parked"]
    again.close()


def test_the_cases_have_names_of_their_own() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 40

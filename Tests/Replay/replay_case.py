# SPDX-License-Identifier: Apache-2.0
"""One case of cases.json: how it is read, its clock, and the target that answers by its script."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harecon_replay.ledger import Ledger
from harecon_replay.log_format import written
from harecon_replay.outcome import TargetError
from harecon_replay.targets import Entered, Settled
from harecon_replay.transaction import Statement

Item = Mapping[str, Any]

# Of the clock, at the beginning of each case.
UNIX = 1_000_000.0

_CASE = {"name", "why", "settings", "random", "log", "until", "submit", "script", "expect"}
_SUBMIT = {"id", "key", "statements", "at", "deadline", "resubmit", "discard"}
_SCRIPT = {"call", "id", "at", "sql", "xid", "answer", "error", "effect"}
_EXPECT = {"outcomes", "left", "parked", "opening"}
_ANSWERS = {"enter": {"seen", "xid", "body"}, "settle": {"seen", "status"}, "commit": {"warning"}}


def check(case: Item) -> None:
    """A field that this runner does not know fails the case: no client may skip what it does not understand."""
    _only(case, _CASE)
    _only(case["expect"], _EXPECT)
    for item in case["submit"]:
        _only(item, _SUBMIT)
    for item in case["script"]:
        _only(item, _SCRIPT)
        _only(item.get("answer") or {}, _ANSWERS.get(item["call"], set()))
        if isinstance(item.get("error"), dict):
            _only(item["error"], {"code", "status", "sqlstate", "message"})


def _only(item: Item, known: Set[str]) -> None:
    assert set(item) <= known, f"unknown: {sorted(set(item) - known)}"


@dataclass
class VirtualClock:
    now: float = 0.0

    def moment(self) -> float:
        return self.now

    def unix(self) -> float:
        return UNIX + self.now


@dataclass
class ScriptedTarget:
    """Answers what the script says, in its order, and keeps account of what that did to the database."""

    script: list[Item]
    clock: VirtualClock
    # A target that may lose what it confirmed.
    forgetful: bool
    ledger: Ledger = Ledger()
    # The buffer's.
    log: Path | None = None
    # Whose flight it is.
    flying: str = ""
    committed: set[str] = field(default_factory=set)

    def begin(self, seconds: float) -> ScriptedSession:
        self.asked("begin")
        return ScriptedSession(self)

    def make(self, seconds: float) -> None:
        self.asked("make")

    def settle(self, id: str, xid: str | None, seconds: float) -> Settled:
        item, answer = self.asked("settle")
        assert (item["id"], item["xid"]) == (id, xid)
        if answer["seen"] == 0 and self.forgetful:
            self.committed.discard(id)
        assert answer["seen"] or id not in self.committed, "the script contradicts itself"
        return Settled(answer["seen"], answer["status"])

    def close(self) -> None:
        pass

    def asked(self, call: str) -> tuple[Item, Item]:
        assert self.script, f'"{call}" of "{self.flying}" is asked, and the script is over'
        item = self.script.pop(0)
        assert (item["call"], item["id"]) == (call, self.flying)
        low, high = item.get("at", (0, float("inf")))
        assert low - 1e-6 <= self.clock.now <= high + 1e-6, f"{item} at {self.clock.now}"
        if call == "commit" and "error" in item and item.get("effect"):
            self.committed.add(self.flying)
        if "error" in item:
            raise _error(item["error"])
        return item, item.get("answer") or {}


@dataclass
class ScriptedSession:
    target: ScriptedTarget
    _seen: int = 0
    _xid: str = ""

    def enter(self, id: str, body: str) -> Entered:
        _, answer = self.target.asked("enter")
        self._seen, self._xid = answer["seen"], answer["xid"]
        assert self._seen > 1 or id not in self.target.committed, "it would be applied twice"
        return Entered(answer["seen"], answer.get("body", body), answer["xid"])

    def execute(self, statement: Statement) -> None:
        assert self._seen == 1
        item, _ = self.target.asked("statement")
        assert item.get("sql", statement.sql) == statement.sql

    def commit(self) -> str | None:
        if self._seen == 1 and self.target.log:
            doubt = written({"doubt": self.target.flying, "xid": self._xid})
            assert doubt in self.target.log.read_bytes(), "who dies now would not know what to ask for"
        _, answer = self.target.asked("commit")
        self.target.committed.add(self.target.flying)
        return answer.get("warning")

    def roll_back(self) -> None:
        self.target.asked("rollback")


def _error(error: Item | str) -> TargetError:
    if isinstance(error, str):
        assert error in ("lost", "cut")
        return TargetError(error)
    return TargetError(error.get("message", ""), code=error.get("code"), sqlstate=error.get("sqlstate"))

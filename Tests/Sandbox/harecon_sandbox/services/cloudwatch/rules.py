# SPDX-License-Identifier: Apache-2.0
"""The rules of composite alarms: `ALARM("a") AND (NOT OK(b) OR AT_LEAST(2, ALARM, (c, d)))`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from .state import ALARM, INSUFFICIENT, OK, alarm_name

MAX_CHILDREN, MAX_ELEMENTS = 100, 500
STATES = (ALARM, OK, INSUFFICIENT)
TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[(),])|(?P<word>[^\s(),"]+))')

StateOf = Callable[[str], str]


class RuleError(Exception):
    """What is wrong with a rule, in words."""


@dataclass(frozen=True)
class Constant:
    truth: bool


@dataclass(frozen=True)
class Is:
    """The alarm is in that state."""

    state: str
    alarm: str


@dataclass(frozen=True)
class AtLeast:
    """So many of the alarms, or so many in a hundred, are in that state, or are not."""

    count: float
    percent: bool
    negated: bool
    state: str
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    rule: Rule


@dataclass(frozen=True)
class Junction:
    """AND or OR of its parts."""

    all: bool
    rules: tuple[Rule, ...]


Rule = Constant | Is | AtLeast | Not | Junction


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self.elements = sum(token in ("(", ")") for token in self._tokens)

    def whole(self) -> Rule:
        rule = self._either()
        if self._peek() is not None:
            raise RuleError(f"unexpected {self._peek()}")
        return rule

    def _peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise RuleError("it ends too early")
        self._place += 1
        return token

    def _expect(self, *wanted: str) -> str:
        token = self._next()
        if token not in wanted:
            raise RuleError(f"{' or '.join(wanted)} is expected instead of {token}")
        return token

    def _either(self) -> Rule:
        return self._joined("OR", self._both, every=False)

    def _both(self) -> Rule:
        return self._joined("AND", self._one, every=True)

    def _joined(self, word: str, part: Callable[[], Rule], every: bool) -> Rule:
        parts = [part()]
        while self._peek() == word:
            self._next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(every, tuple(parts))

    def _one(self) -> Rule:
        token = self._next()
        if token == "NOT":
            return Not(self._one())
        if token == "(":
            rule = self._either()
            self._expect(")")
            return rule
        if token in ("TRUE", "FALSE"):
            self.elements += 1
            return Constant(token == "TRUE")
        if token == "AT_LEAST":
            return self._at_least()
        if token not in STATES:
            raise RuleError(f"unexpected {token}")
        self._expect("(")
        rule = Is(token, self._alarm())
        self._expect(")")
        return rule

    def _at_least(self) -> Rule:
        self._expect("(")
        count = re.fullmatch(r"(\d+)(%?)", self._next())
        if count is None:
            raise RuleError("AT_LEAST starts with a number or a percentage")
        self._expect(",")
        first = self._expect("NOT", *STATES)
        state = self._expect(*STATES) if first == "NOT" else first
        self._expect(",")
        self._expect("(")
        alarms = [self._alarm()]
        while self._expect(",", ")") == ",":
            alarms.append(self._alarm())
        self._expect(")")
        return AtLeast(float(count[1]), bool(count[2]), first == "NOT", state, tuple(alarms))

    def _alarm(self) -> str:
        token = self._next()
        if token in ("(", ")", ","):
            raise RuleError(f"the name of an alarm is expected instead of {token}")
        self.elements += 1
        plain = re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token
        return alarm_name(plain)


def _tokens(text: str) -> Iterator[str]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = TOKEN.match(text, place)
        if found is None:
            raise RuleError(f"it cannot be read at character {place}")
        place = found.end()
        yield found["text"] or found["mark"] or found["word"]


@lru_cache(maxsize=1024)
def parse(text: str) -> Rule:
    parser = _Parser(text)
    rule = parser.whole()
    if len(_named(rule)) > MAX_CHILDREN:
        raise RuleError(f"it names more than {MAX_CHILDREN} alarms")
    if parser.elements > MAX_ELEMENTS:
        raise RuleError(f"it has more than {MAX_ELEMENTS} elements")
    return rule


def references(text: str) -> set[str]:
    """The names of the alarms in a rule."""
    return _named(parse(text))


def _named(rule: Rule) -> set[str]:
    match rule:
        case Constant():
            return set()
        case Is():
            return {rule.alarm}
        case AtLeast():
            return set(rule.alarms)
        case Not():
            return _named(rule.rule)
        case Junction():
            return set().union(*(_named(part) for part in rule.rules))


def holds(rule: Rule, state: StateOf) -> bool:
    match rule:
        case Constant():
            return rule.truth
        case Is():
            return state(rule.alarm) == rule.state
        case AtLeast():
            count = sum((state(alarm) == rule.state) != rule.negated for alarm in rule.alarms)
            return count >= (math.ceil(len(rule.alarms) * rule.count / 100) if rule.percent else rule.count)
        case Not():
            return not holds(rule.rule, state)
        case Junction():
            return (all if rule.all else any)(holds(part, state) for part in rule.rules)

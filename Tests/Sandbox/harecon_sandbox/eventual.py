# SPDX-License-Identifier: Apache-2.0
"""Eventual consistency: what was just created stays unseen for a while."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import Clock, Params, Result

CREATE_VERBS = re.compile(r"(Create|Register|Allocate|Request|Run|Import)(?=[A-Z])")
PUT_VERBS = re.compile(r"Put(?=[A-Z])")
READ_VERBS = re.compile(r"(Describe|List|Get|Head)(?=[A-Z])")
IDENTITY = ("", "name", "id", "identifier", "arn", "url")
GENERATED = re.compile(r"arn:|[a-z]+-[0-9a-f]{8,}|(/hostedzone/)?Z[0-9A-Z]{12,}|[0-9a-f]{8}-[0-9a-f]{4}-")
"""Ids that the service has made up: they mean one thing wherever they stand, while a name depends on its member."""
KNOWN_EVERYWHERE = 15.0
"""Real seconds after which all of AWS knows what was made; what its references call eventual is over within a few."""


@dataclass(frozen=True)
class Newborn:
    """Something created, by its noun, and the simulated times from which its own service and the others see it."""

    noun: str
    service: str
    seen_from: float
    seen_elsewhere_from: float
    made: float
    """Real time, by the monotonic clock."""

    def unseen(self, service: str, clock: Clock) -> bool:
        """Whether `service` cannot see it yet; the clock is told when it will."""
        moment = self.seen_from if service == self.service else self.seen_elsewhere_from
        if clock.now() >= moment:
            return False
        clock.expect(moment)
        return True


@dataclass(frozen=True)
class Delay:
    """For how many seconds a creation stays unseen: by its own service, and by the others."""

    own: float
    elsewhere: float


class Unseen:
    """What exists in one account and is not seen yet."""

    def __init__(self) -> None:
        self._newborn: dict[str, dict[str, Newborn]] = {}

    def created(
        self, service: str, operation: str, params: Params, result: Result, now: float, delay: Delay
    ) -> None:
        """Notes what a create has made, by all names under which it may be looked for."""
        verb = CREATE_VERBS.match(operation)
        if verb is None:
            self._put(service, operation, params, result, now)
            return
        noun = _singular(operation[verb.end() :])
        newborn = Newborn(noun, service, now + delay.own, now + max(delay.own, delay.elsewhere), time.monotonic())
        for value in _made(noun, params, result):
            self._newborn.setdefault(_bare(value), {})[noun] = newborn

    def _put(self, service: str, operation: str, params: Params, result: Result, now: float) -> None:
        """What one operation both makes and changes is seen at once; only its first time makes it."""
        verb = PUT_VERBS.match(operation)
        if verb is None:
            return
        noun = _singular(operation[verb.end() :])
        for value in _made(noun, params, result):
            self._newborn.setdefault(_bare(value), {}).setdefault(
                noun, Newborn(noun, service, now, now, time.monotonic())
            )

    def missing(self, service: str, params: Params, clock: Clock) -> str | None:
        """An unseen identity to which the parameters refer, outside filters and tags."""
        if not self._newborn:
            return None
        for key, value in _strings(params, ""):
            for newborn in self._newborn.get(_bare(value), {}).values():
                if (GENERATED.match(value) or _names(newborn.noun, key)) and newborn.unseen(service, clock):
                    return value
        return None

    def is_established(self, params: Params) -> bool:
        """Whether the parameters refer to something made so long ago that no part of AWS denies it any more."""
        return any(
            (GENERATED.match(value) or _names(newborn.noun, key))
            and time.monotonic() - newborn.made > KNOWN_EVERYWHERE
            for key, value in _strings(params, "")
            for newborn in self._newborn.get(_bare(value), {}).values()
        )

    def filter(self, service: str, operation: str, result: Result, clock: Clock) -> Result:
        """The result of a listing without the items that are not seen yet."""
        verb = READ_VERBS.match(operation)
        if verb is None or not self._newborn:
            return result
        noun = _singular(operation[verb.end() :])
        for name, items in list(result.items()):
            if isinstance(items, list):
                result[name] = [item for item in items if not self._hidden(service, noun, item, clock)]
        return result

    def _hidden(self, service: str, noun: str, item: Any, clock: Clock) -> bool:
        if isinstance(item, str):
            names = [item]
        elif isinstance(item, dict):
            names = [*_identities(noun, item), *([item["ResourceARN"]] if "ResourceARN" in item else [])]
        else:
            return False
        return any(
            noun in (newborn.noun, "resource") and newborn.unseen(service, clock)
            for name in names
            for newborn in self._newborn.get(_bare(name), {}).values()
        )


def _bare(value: str) -> str:
    """Ids come with and without a path before them: "/hostedzone/Z1" and "Z1"."""
    return value if value.startswith("arn:") else value.rpartition("/")[2] or value


def _singular(noun: str) -> str:
    lower = noun.lower()
    if lower.endswith("ies"):
        return lower[:-3] + "y"
    if lower.endswith(("sses", "iases")):
        return lower[:-2]
    return lower if lower.endswith(("ss", "ias")) else lower.removesuffix("s")


def _names(noun: str, key: str) -> bool:
    """Whether a member of this name holds a name of the thing: VpcId of a vpc, not its DhcpOptionsId."""
    lower = key.lower()
    return bool(lower) and any((noun + suffix).endswith(lower) for suffix in IDENTITY)


def _made(noun: str, params: Params, result: Result) -> Iterator[str]:
    nested = [value for value in result.values() if isinstance(value, dict)]
    for holder in (params, result, *nested):
        yield from _identities(noun, holder)


def _identities(noun: str, holder: dict[str, Any]) -> Iterator[str]:
    return (value for key, value in holder.items() if isinstance(value, str) and _names(noun, key))


def _strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every string of the parameters with the name of its member; the items of VpcIds have the name VpcId."""
    match value:
        case str():
            yield key, value
        case dict():
            for name, item in value.items():
                if name.lower() not in ("filters", "filter", "tags", "tagspecifications"):
                    yield from _strings(item, name)
        case list():
            for item in value:
                yield from _strings(item, key.removesuffix("s"))

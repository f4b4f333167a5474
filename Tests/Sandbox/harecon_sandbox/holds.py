# SPDX-License-Identifier: Apache-2.0
"""Stops a client at an exact call: the call waits until it is released or its client is gone."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any, Protocol


class Waiter(Protocol):
    """The client of the held call, as something to wait for."""

    def wait(self, wake: socket.socket, seconds: float | None = None) -> bool: ...


@dataclass
class Hold:
    """A call still to be held, or held."""

    remaining: int
    any: bool
    after: bool
    # Operations that do not count: how often a client makes them is a matter of time.
    but: frozenset[str] = frozenset()
    wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)


class Holds:
    """The holds of one account."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[Hold] = []
        self._held: dict[int, tuple[Hold, dict[str, Any]]] = {}
        self._silent: set[socket.socket] = set()
        self._ended = False

    def add(self, n: int, any_call: bool = False, after: bool = False, but: frozenset[str] = frozenset()) -> None:
        """Holds the n-th mutating call from now, or the n-th of any kind, those operations not counted."""
        if n < 1:
            raise ValueError("n counts from 1")
        with self._condition:
            self._waiting.append(Hold(n, any_call, after, but))

    def claim(self, operation: str, read: bool, after: bool) -> Hold | None:
        """The hold that this call is the n-th of.

        Called once for each call before its effect, and again, with `after`, once it has had one: a call that is refused
        is none of those that are held after their effect.
        """
        with self._condition:
            counting = [hold for hold in self._waiting if hold.after == after and operation not in hold.but]
            for hold in counting:
                if hold.any or not read:
                    hold.remaining -= 1
            due = next((hold for hold in counting if hold.remaining == 0), None)
            if due is not None:
                self._waiting.remove(due)
            return due

    def keep(self, hold: Hold, n: int, what: dict[str, Any], client: Waiter) -> bool:
        """Holds call `n` until it is released (True) or its client is gone (False)."""
        with self._condition:
            self._held[n] = (hold, what)
            self._condition.notify_all()
        released = client.wait(hold.wake[0])
        with self._condition:
            self._held.pop(n, None)
        for end in hold.wake:
            end.close()
        return released

    def hang(self, client: Waiter, seconds: float | None = None) -> None:
        """Keeps a client without an answer until it goes, the account is released, or the time is over."""
        ours, theirs = socket.socketpair()
        with self._condition:
            self._silent.add(theirs)
            # The reset may have come between the call's entry in the journal and this.
            if self._ended:
                theirs.send(b".")
        client.wait(ours, seconds)
        with self._condition:
            self._silent.discard(theirs)
        ours.close()
        theirs.close()

    def held(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """The calls held now; waits up to `seconds` for the first."""
        with self._condition:
            self._condition.wait_for(lambda: self._held, seconds)
            return [{"n": n, "after": hold.after} | what for n, (hold, what) in sorted(self._held.items())]

    def end(self) -> None:
        """For a reset: releases everything, and what comes to its hang only now does not wait."""
        with self._condition:
            self._ended = True
        self.release()

    def release(self) -> int:
        """Lets everything that is held go on, drops holds still to come, and ends hangs; answers how many were held."""
        with self._condition:
            self._waiting.clear()
            for hold, _ in self._held.values():
                hold.wake[1].send(b".")
            for silent in self._silent:
                silent.send(b".")
            return len(self._held)

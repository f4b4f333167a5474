# SPDX-License-Identifier: Apache-2.0
"""Deadlines for sockets that a driver waits on for as long as it takes.

Whoever holds a socket here has a descriptor of its own for it, so that what is shut down is never another's.
"""

from __future__ import annotations

import os
import socket
import threading
import time


class Cutter:
    """One thread that shuts down what is late."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: dict[Cut, float] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="harecon-replay-deadlines", daemon=True)
        self._thread.start()

    def hold(self, descriptor: int) -> Cut:
        return Cut(self, socket.socket(fileno=os.dup(descriptor)))

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def set(self, cut: Cut, deadline: float | None) -> None:
        with self._changed:
            self._deadlines.pop(cut, None)
            if deadline is not None:
                sooner = deadline < min(self._deadlines.values(), default=float("inf"))
                self._deadlines[cut] = deadline
                if sooner:
                    self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for cut in [cut for cut, deadline in self._deadlines.items() if deadline <= now]:
                    del self._deadlines[cut]
                    cut.cut()
                nearest = min(self._deadlines.values(), default=None)
                self._changed.wait(None if nearest is None else max(0.0, nearest - time.monotonic()))


class Cut:
    """The deadline of one socket."""

    def __init__(self, cutter: Cutter, link: socket.socket) -> None:
        self._cutter, self._link = cutter, link
        self._was_cut = False

    def at(self, deadline: float) -> None:
        """A moment of `time.monotonic`."""
        self._cutter.set(self, deadline)

    def spare(self) -> bool:
        """Takes the deadline away; whether it was in time."""
        self._cutter.set(self, None)
        return not self._was_cut

    def release(self) -> None:
        self._cutter.set(self, None)
        self._link.close()

    def cut(self) -> None:
        """By the watching thread, which holds the lock: not released meanwhile."""
        self._was_cut = True
        try:
            self._link.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other side was faster.
            pass


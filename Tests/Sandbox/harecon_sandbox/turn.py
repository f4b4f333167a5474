# SPDX-License-Identifier: Apache-2.0
"""Who may work: one request at a time.

The interpreter runs one thread at a time in any case. Left to it, a hundred connections that all have work pass the
interpreter around every few milliseconds, so that the thread that accepts new ones gets it once in a round and clients
are turned away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Turn:
    """Held by the thread that works, passed on while it waits for something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        """Lets others work until the block ends; only for the thread whose turn it is."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

# SPDX-License-Identifier: Apache-2.0
"""An application's client: durable before the first attempt, applied exactly once, in the background if need be."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Self

from harecon_replay.attempt import Attempts
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.engine import Clock, Engine
from harecon_replay.jitter import Jitter
from harecon_replay.log_format import Stored
from harecon_replay.outcome import Outcome, Pending
from harecon_replay.settings import Settings
from harecon_replay.targets import Target
from harecon_replay.transaction import Transaction

log = logging.getLogger("harecon_replay")


class Client:
    """Owns its buffer and its target, and closes both. May be used by any number of threads.

    What an earlier process left in the buffer goes on as soon as the client is made. A process that is forked has no
    part in it: there it only raises BufferInUse. Settings that make no sense raise ValueError.
    """

    def __init__(self, buffer: FileBuffer, target: Target, *, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        settings.check()
        self._buffer, self._target = buffer, target
        self._clock = Clock()
        attempts = Attempts(target, settings.attempt_seconds, settings.ledger_keep)
        jitter = Jitter(settings.pause_base, settings.pause_cap)
        self._engine = Engine(attempts, buffer, settings, jitter, self._clock)
        self._closing = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"harecon-replay-{number}", daemon=True)
            for number in range(settings.concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, transaction: Transaction, timeout: float = 30.0) -> Outcome:
        """What became of it within `timeout` seconds; Pending when it goes on in the background.

        Returns only after it is durable, or was refused at the door. Full: nothing of it was taken. BufferBroken, or
        whatever interrupts the thread: it may have been taken, so submit it again under the same id, as soon as the
        buffer is open again. The same id and body again join the one that is under way.
        """
        try:
            return self.submit_nowait(transaction).result(timeout)
        except FutureTimeout:
            return Pending()

    def submit_nowait(self, transaction: Transaction) -> Future[Outcome]:
        """Returns when it is durable. The future tells the outcome; Pending when the client is closed before. It cannot
        be cancelled: what is in the buffer goes on."""
        self._assert_open()
        return self._engine.accept(transaction)

    def outcome(self, id: str) -> Outcome | None:
        """From the buffer, or else from the ledger; None when neither knows the id. Raises TargetError."""
        return self._engine.outcome(id)

    def parked(self) -> list[Stored]:
        """What was refused, and stays until somebody decides."""
        return self._engine.parked()

    def resubmit(self, id: str) -> Future[Outcome]:
        """A parked transaction once more, behind all others of its key. Raises KeyError, and as `submit` does."""
        self._assert_open()
        return self._engine.resubmit(id)

    def discard(self, id: str) -> None:
        """Forgets a parked transaction for good. Raises KeyError."""
        self._assert_open()
        self._engine.discard(id)

    def close(self) -> None:
        """Waits for what is in the air, for as long as an attempt may take. What waits stays in the buffer."""
        if not self._buffer.is_own:
            return
        with self._engine.changed:
            self._closing = True
            self._engine.changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._engine.abandon()
        self._buffer.close()
        self._target.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _assert_open(self) -> None:
        # Before any lock: a thread that the fork has not copied may have held it.
        self._buffer.assert_own()
        if self._closing:
            raise RuntimeError("the client is closed")

    def _serve(self) -> None:
        while True:
            with self._engine.changed:
                entry = None
                while not self._closing and (entry := self._engine.take()) is None:
                    moment = self._engine.next_moment()
                    self._engine.changed.wait(None if moment is None else max(0.0, moment - self._clock.moment()))
            if entry is None:
                return
            try:
                self._engine.fly(entry)
            except Exception:
                # Not foreseen, so nothing is known of the attempt; and a thread that ends would be missed by nobody.
                log.exception('the flight of "%s" ended in an error of its own', entry.id)
                self._engine.give_up(entry)

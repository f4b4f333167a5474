# SPDX-License-Identifier: Apache-2.0
"""Two who submit the same at the same time."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from harecon_replay.attempt import Attempts
from harecon_replay.buffer_file import BufferBroken, FileBuffer
from harecon_replay.engine import Clock, Engine
from harecon_replay.jitter import Jitter
from harecon_replay.outcome import Outcome
from harecon_replay.settings import Settings
from harecon_replay.transaction import Transaction, statement
from replay_case import ScriptedTarget, VirtualClock


def test_the_second_is_told_nothing_before_the_disk_has_it_nor_that_a_disk_has_it_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer, attempts = FileBuffer(tmp_path), Attempts(ScriptedTarget([], VirtualClock(), False), 10, 100)
    engine = Engine(attempts, buffer, Settings(), Jitter(), Clock())
    transaction = Transaction("a", "k", (statement("select 1"),))
    second: list[Future[Future[Outcome]]] = []

    with ThreadPoolExecutor(1) as pool:

        def failing(_: int) -> None:
            second.append(pool.submit(engine.accept, transaction))
            assert not wait(second, timeout=0.2).done
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with pytest.raises(BufferBroken, match="Input/output error"):
                engine.accept(transaction)
            with pytest.raises(BufferBroken, match="Input/output error"):
                second[0].result(30)
    buffer.close()

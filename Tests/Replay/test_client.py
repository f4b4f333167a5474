# SPDX-License-Identifier: Apache-2.0
"""What callers do to a client at awkward moments, and what it does not let them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bank import Bank, transfer
from harecon_replay.attempt import Attempts
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.client import Client
from harecon_replay.engine import Clock, Engine
from harecon_replay.jitter import Jitter
from harecon_replay.outcome import Applied, Pending
from harecon_replay.settings import Settings
from harecon_replay.targets.postgres import PostgreSQL


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0}, {"attempt_seconds": 0}, {"pause_base": 0}, {"drain_per_second": 0}, {"max_entries": 0},
        {"max_bytes": 0}, {"max_age": float("nan")}, {"max_parked": -1}, {"ledger_keep": 0}, {"retain": -1},
        {"pause_cap": 0.05}, {"ledger_keep": 345_600},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    """Before a thread is begun that would die of them, unseen."""
    (name,) = wrong
    buffer = FileBuffer(tmp_path)
    with pytest.raises(ValueError, match=f'"{name}" is '):
        Client(buffer, None, settings=replace(Settings(), **wrong))  # type: ignore[arg-type]
    buffer.close()


def test_a_future_cannot_be_cancelled_under_others_who_wait(bank: Bank, tmp_path: Path) -> None:
    with Client(FileBuffer(tmp_path), PostgreSQL(bank.conninfo)) as replay:
        with bank.locked(0):
            first, second = replay.submit_nowait(transfer("a")), replay.submit_nowait(transfer("a"))
            assert not first.cancel()
        assert second.result(30) == Applied(1)
        assert replay.submit(transfer("b")) == Applied(1)


def test_who_submits_while_the_client_is_being_closed_is_told_that_it_goes_on_another_time(tmp_path: Path) -> None:
    buffer, settings = FileBuffer(tmp_path), Settings()
    engine = Engine(Attempts(None, 1, 1), buffer, settings, Jitter(), Clock())  # type: ignore[arg-type]
    engine.abandon()
    assert engine.accept(transfer("a")).result(0) == Pending()
    assert [stored.id for stored in buffer.waiting()] == ["a"]
    buffer.close()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Whoever is started in the background may have been told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_what_was_submitted_by_a_thread_that_is_interrupted_goes_on(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line is in what others write: left alone it would be applied by whoever opens the buffer some day."""
    buffer = FileBuffer(tmp_path)
    writing, go_on, fsync = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        writing.set()
        assert go_on.wait(30)
        fsync(descriptor)

    def interrupt() -> None:
        while not buffer._next.records:
            threading.Event().wait(0.001)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with Client(buffer, PostgreSQL(bank.conninfo)) as replay:
        monkeypatch.setattr(os, "fsync", slow)
        other = threading.Thread(target=replay.submit, args=(transfer("a"),))
        other.start()
        assert writing.wait(30)
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            replay.submit(transfer("b"))
        go_on.set()
        other.join(30)
        while (outcome := replay.outcome("b")) == Pending():
            threading.Event().wait(0.001)
        assert outcome == Applied(1)
    assert (sorted(bank.journal()), buffer.waiting()) == (["a", "b"], [])


def test_a_ledger_that_nobody_has_made_knows_no_id(bank: Bank, tmp_path: Path) -> None:
    with Client(FileBuffer(tmp_path), PostgreSQL(bank.conninfo)) as replay:
        assert replay.outcome("a") is None

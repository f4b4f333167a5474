# SPDX-License-Identifier: Apache-2.0
"""The log when it is written anew."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harecon_replay import buffer_file
from harecon_replay.buffer_file import FileBuffer
from test_buffer_file import BODY, fails, filled, ids


def churned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FileBuffer, Callable[[], None]]:
    """A buffer that is about to be compacted, and what sets it off."""
    monkeypatch.setattr(buffer_file, "COMPACT_ABOVE_BYTES", 2000)
    buffer = filled(folder, "kept", "parked", "doubted")
    buffer.park("parked", "23505", 2)
    buffer.doubt("doubted", "12")

    def churn() -> None:
        for number in range(30):
            buffer.put(f"{number}", "k", 1, BODY)
            buffer.done(f"{number}")

    return buffer, churn


def test_a_log_is_compacted_when_most_of_it_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer, churn = churned(tmp_path, monkeypatch)
    for _ in range(20):
        churn()
    assert (tmp_path / "log").stat().st_size < 5000
    before = (buffer.waiting(), buffer.parked())
    buffer.close()
    again = FileBuffer(tmp_path)
    assert (again.waiting(), again.parked()) == before
    assert [stored.id for stored in again.waiting()] == ["kept", "doubted"]
    again.close()


@pytest.mark.parametrize("step", ["open", "pwrite", "fsync", "rename", "sync folder"])
def test_a_crash_at_any_step_of_a_compaction_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    buffer, churn = churned(tmp_path, monkeypatch)
    compact = buffer._compact

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    def compact_and_crash() -> None:
        if step == "sync folder":
            monkeypatch.setattr(buffer_file, "_sync_folder", crash)
        else:
            monkeypatch.setattr(os, step, crash)
        compact()

    monkeypatch.setattr(buffer, "_compact", compact_and_crash)
    with pytest.raises(Crash):
        churn()
    monkeypatch.undo()
    known = [stored.id for stored in buffer.waiting()]
    os.close(buffer._lock_file)
    again = FileBuffer(tmp_path)
    assert ids(again) == known
    assert ids(again)[:2] == ["kept", "doubted"]
    assert [stored.id for stored in again.parked()] == ["parked"]
    assert not (tmp_path / "log.new").exists()
    again.close()


def test_a_compaction_that_fails_leaves_the_old_log_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    buffer, churn = churned(tmp_path, monkeypatch)
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(os, "rename", fails)
        churn()
    assert "was not compacted" in caplog.text
    # Neither for each line that is written, nor for good.
    assert 1 <= len(caplog.records) <= 3
    assert not (tmp_path / "log.new").exists()
    size = buffer.path.stat().st_size
    churn()
    assert buffer.path.stat().st_size < size
    buffer.close()
    again = FileBuffer(tmp_path)
    assert ids(again) == ["kept", "doubted"]
    again.close()

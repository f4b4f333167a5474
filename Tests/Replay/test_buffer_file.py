# SPDX-License-Identifier: Apache-2.0
"""The log on the disk, at its worst moments."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from harecon_replay.buffer_file import BufferBroken, BufferInUse, FileBuffer, _locked, _unlock
from harecon_replay.log_format import HEADER, CorruptLog, written
from harecon_replay.outcome import Full
from harecon_replay.transaction import read

BODY = '{"id":"a","statements":[{"sql":"select 1","parameters":[]}]}'


def filled(folder: Path, *ids: str) -> FileBuffer:
    buffer = FileBuffer(folder)
    for id in ids:
        buffer.put(id, "k", 1.5, BODY)
    return buffer


def ids(buffer: FileBuffer) -> list[str]:
    return [stored.id for stored in buffer.waiting()]


def test_what_was_put_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    buffer = filled(tmp_path, "a", "b", "c", "d")
    buffer.doubt("b", "12")
    buffer.done("a")
    buffer.park("c", "23505", 2.5)
    buffer.close()
    again = FileBuffer(tmp_path)
    assert [(stored.id, stored.key, stored.at, stored.body, stored.xid) for stored in again.waiting()] == [
        ("b", "k", 1.5, BODY, "12"), ("d", "k", 1.5, BODY, None)
    ]  # fmt: skip
    assert [(stored.id, stored.cause, stored.parked_at) for stored in again.parked()] == [("c", "23505", 2.5)]
    assert not again.was_torn
    again.close()


def test_the_example_of_all_languages_is_read_and_written_alike(tmp_path: Path) -> None:
    example = Path(__file__).with_name("example.log").read_bytes()
    (tmp_path / "log").write_bytes(example)
    buffer = FileBuffer(tmp_path)
    (waiting,), (parked,) = buffer.waiting(), buffer.parked()
    assert (waiting.id, waiting.key, waiting.at, waiting.xid) == ("zahl-é", "k", 1000000.125, "7001")
    assert read(waiting.key, waiting.body).statements[0].parameters[0]["value"] == {"longValue": 5}
    assert (parked.id, parked.cause, parked.parked_at) == ("c", "23505", 1000003.5)
    buffer.close()
    again = FileBuffer(tmp_path / "own")
    again.put(waiting.id, waiting.key, waiting.at, waiting.body)
    assert again.path.read_bytes() == b"".join(example.splitlines(keepends=True)[:2])
    again.close()


def test_a_log_torn_at_any_byte_of_its_last_record_loses_that_one_alone(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b").close()
    whole = (tmp_path / "log").read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last + 1, len(whole)):
        (tmp_path / "log").write_bytes(whole[:cut])
        buffer = FileBuffer(tmp_path)
        assert (ids(buffer), buffer.was_torn) == (["a"], True)
        buffer.put("c", "k", 2, BODY)
        buffer.close()
        again = FileBuffer(tmp_path)
        assert (ids(again), again.was_torn) == (["a", "c"], False)
        again.close()


def test_a_log_torn_in_its_first_line_is_begun_anew(tmp_path: Path) -> None:
    for cut in range(len(written(HEADER))):
        (tmp_path / "log").write_bytes(written(HEADER)[:cut])
        buffer = filled(tmp_path, "a")
        assert ids(buffer) == ["a"]
        buffer.close()


@pytest.mark.parametrize("text", ["notes of mine", "notes\nof mine\n", "00000000 {}\n"])
def test_a_log_of_somebody_else_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "log").write_text(text)
    with pytest.raises(CorruptLog, match="no log of this client"):
        FileBuffer(tmp_path)
    assert (tmp_path / "log").read_text() == text


def test_any_false_byte_of_what_was_acknowledged_is_an_error_that_names_the_place(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b").close()
    whole = (tmp_path / "log").read_bytes()
    first = len(written(HEADER))
    last = whole.rindex(b"\n", 0, -1) + 1
    for place in range(first, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "log").write_bytes(damaged)
        line, start = (2, first) if place < last else (3, last)
        with pytest.raises(CorruptLog, match=rf"line {line}, byte {start}: .*truncate -s {start}"):
            FileBuffer(tmp_path)
        assert (tmp_path / "log").read_bytes() == damaged


def test_one_fsync_serves_all_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = FileBuffer(tmp_path)
    first, go_on, fsync = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        first.set()
        assert go_on.wait(30)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    threads = [threading.Thread(target=buffer.put, args=("first", "k", 1, BODY))]
    threads[0].start()
    assert first.wait(30)
    threads += [threading.Thread(target=buffer.put, args=(f"{number}", "k", 1, BODY)) for number in range(20)]
    for thread in threads[1:]:
        thread.start()
    while len(buffer._next.records) < 20:
        threading.Event().wait(0.001)
    assert ids(buffer) == []
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(ids(buffer)) == 21
    assert buffer.syncs == 2
    buffer.close()


def test_done_waits_for_no_disk(tmp_path: Path) -> None:
    buffer = filled(tmp_path, "a")
    before = buffer.syncs
    buffer.done("a")
    assert (buffer.syncs, ids(buffer)) == (before, [])
    buffer.close()


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    buffer = FileBuffer(tmp_path)
    with pytest.raises(BufferInUse, match="has an owner already"):
        FileBuffer(tmp_path)
    buffer.close()
    buffer.close()
    FileBuffer(tmp_path).close()


def test_an_owner_that_ends_is_none_also_while_a_process_that_it_starts_has_its_descriptors(tmp_path: Path) -> None:
    lock = _locked(tmp_path)
    copy = os.dup(lock)
    _unlock(lock)
    _unlock(_locked(tmp_path))
    os.close(copy)


def forked(what: Callable[[], object]) -> str:
    """What becomes of it in a process that is forked: the name of the error, or of none."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = "none"
        try:
            what()
        except BaseException as error:
            told = type(error).__name__
        finally:
            os.write(writing, told.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def test_a_forked_process_neither_writes_nor_unlocks(tmp_path: Path) -> None:
    """It has the descriptors, the lock and the size of the log at the fork: it would write over its parent's lines."""
    buffer = filled(tmp_path, "a")
    assert forked(lambda: buffer.put("child", "k", 1, BODY)) == "BufferInUse"
    assert forked(buffer.close) == "none"
    with pytest.raises(BufferInUse, match="has an owner already"):
        FileBuffer(tmp_path)
    buffer.put("b", "k", 1, BODY)
    buffer.close()
    again = FileBuffer(tmp_path)
    assert ids(again) == ["a", "b"]
    again.close()


# MARK: Disks that fail


def test_a_full_disk_takes_nothing_by_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the limit on a file's size: the write that passes it is cut in two by the kernel."""
    buffer = filled(tmp_path, "a")
    size = (tmp_path / "log").stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, limits[1]))
    try:
        with pytest.raises(Full, match="is full"):
            buffer.put("b", "k", 1, BODY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "log").stat().st_size == size
    buffer.put("c", "k", 1, BODY)
    buffer.close()
    again = FileBuffer(tmp_path)
    assert (ids(again), again.was_torn) == (["a", "c"], False)
    again.close()


def test_after_a_failed_fsync_nothing_more_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel has dropped a second fsync does not tell."""
    buffer = filled(tmp_path, "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(BufferBroken):
            buffer.put("b", "k", 1, BODY)
    with pytest.raises(BufferBroken, match="open the buffer again"):
        buffer.put("c", "k", 1, BODY)
    buffer.close()


def test_a_full_disk_that_only_an_fsync_tells_of_breaks_the_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines that it dropped may be older than the last write: to go on behind them would leave a hole."""
    buffer = filled(tmp_path, "a")
    buffer.done("a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _has_no_room)
        with pytest.raises(BufferBroken, match="No space left"):
            buffer.put("b", "k", 1, BODY)
    with pytest.raises(BufferBroken, match="open the buffer again"):
        buffer.put("c", "k", 1, BODY)
    buffer.close()


def test_a_folder_is_on_the_disk_before_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    FileBuffer(tmp_path / "a" / "b").close()
    assert synced == [f"{tmp_path}", f"{tmp_path}/a", f"{tmp_path}/a/b/log", f"{tmp_path}/a/b"]


def fails(*_: object) -> None:
    raise OSError(5, "Input/output error")


def _has_no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


# MARK: Kills

WRITER = """
import sys, threading
sys.path.insert(0, sys.argv[2])
from harecon_replay import buffer_file
buffer_file.COMPACT_ABOVE_BYTES = 4000
buffer = buffer_file.FileBuffer(sys.argv[1])
lock = threading.Lock()

def write(name):
    for number in range(10**9):
        id = f"{name}-{number}"
        buffer.put(id, name, number, '{}')
        with lock:
            print("put", id, flush=True)
        if number % 3:
            buffer.done(id)

for name in "abcd":
    threading.Thread(target=write, args=(name,)).start()
"""


@pytest.mark.parametrize("lines", [1, 37, 150, 400, 901])
def test_a_killed_writer_has_lost_nothing_that_it_acknowledged(tmp_path: Path, lines: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path, ROOT / "Sources/harecon_replay"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    told = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.readlines()
    process.wait(30)
    process.stdout.close()
    # The last line may be half of one.
    acknowledged = {line.split()[1] for line in told if line.endswith("\n")}
    buffer = FileBuffer(tmp_path)
    left = set(ids(buffer))
    kept = {id for id in acknowledged if int(id.split("-")[1]) % 3 == 0}
    assert len(kept) > 0
    assert kept <= left
    # Done without waiting for the disk: at most what each thread had just ended comes back.
    assert all(sum(id.startswith(name) and int(id.split("-")[1]) % 3 > 0 for id in left) <= 1 for name in "abcd")
    buffer.close()

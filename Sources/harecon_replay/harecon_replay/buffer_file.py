# SPDX-License-Identifier: Apache-2.0
"""The buffer on a disk that outlives the process: a log that is on the disk before anything is acknowledged.

All who wait for the disk share one `fsync`: the first of them writes for everybody who has come meanwhile.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harecon_replay.log_format import HEADER, Record, State, Stored, read, written
from harecon_replay.outcome import Full

log = logging.getLogger("harecon_replay")

COMPACT_ABOVE_BYTES = 1024 * 1024

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class BufferInUse(RuntimeError):
    """Another process, or another client of this one, has the folder. A process that was forked has nothing of it."""


class BufferBroken(RuntimeError):
    """The disk failed: what is on it is not known, so nothing more is taken until the buffer is opened again. What was
    being written may be there then, and goes on; under the same id it may be submitted once more in any case."""


@dataclass
class _Batch:
    """Lines that go to the disk together, and all that is told to who waits for them."""

    records: list[tuple[Record, bytes]] = field(default_factory=list)
    durable: bool = False
    finished: bool = False
    failure: Exception | None = None


class FileBuffer:
    """One owner for one folder, which is made if there is none. Used by several threads at a time."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._process = os.getpid()
        _make_folder(self.folder)
        self._lock_file = _locked(self.folder)
        # Held while something is written, by whoever writes for all.
        self._changed = threading.Condition()
        self._writing = False
        self._next = _Batch()
        self._broken = False
        # The log's size at which a compaction that failed is tried again.
        self._compact_at = 0
        # How often the disk was waited for.
        self.syncs = 0
        self.was_torn = False
        try:
            self._open()
        except BaseException:
            _unlock(self._lock_file)
            raise

    @property
    def path(self) -> Path:
        return self.folder / "log"

    def waiting(self) -> list[Stored]:
        """In the order in which they were put."""
        with self._changed:
            return list(self._state.waiting.values())

    def parked(self) -> list[Stored]:
        with self._changed:
            return list(self._state.parked.values())

    def put(self, id: str, key: str, at: float, body: str) -> None:
        """Returns when it is on the disk. Raises Full when the disk is: then nothing was taken; and BufferBroken.

        Put again it is waiting anew, also when it was parked.
        """
        self._append({"put": id, "key": key, "at": at, "body": body}, durable=True)

    def doubt(self, id: str, xid: str) -> None:
        self._append({"doubt": id, "xid": xid}, durable=True)

    def park(self, id: str, cause: str, at: float) -> None:
        self._append({"parked": id, "cause": cause, "at": at}, durable=True)

    def done(self, id: str) -> None:
        """Waits for nobody: a transaction that comes back because this was lost finds itself in the ledger.

        While another one writes it goes out with the next batch, which is before anything that is put after it.
        """
        self._append({"done": id}, durable=False)

    def discard(self, id: str) -> None:
        self._append({"done": id}, durable=True)

    @property
    def is_own(self) -> bool:
        """False in a process that was forked from the owner: both would write at the same place of one log, and the
        lock, which they share, would stop neither."""
        return os.getpid() == self._process

    def assert_own(self) -> None:
        """Raises BufferInUse where it is not."""
        if not self.is_own:
            raise BufferInUse(
                f'the buffer in "{self.folder}" is that of the process before the fork: open one after it'
            )

    def close(self) -> None:
        """May be called more than once. In a process that was forked from the owner it does nothing: to unlock the
        folder there would unlock the owner's."""
        if not self.is_own:
            return
        with self._changed:
            if self._log < 0:
                return
            self._await_writer()
            while self._next.records:
                self._lead(self._next)
                self._await_writer()
            os.close(self._log)
            self._log = -1
            _unlock(self._lock_file)

    # MARK: Opening

    def _open(self) -> None:
        # One that was never put in the log's place.
        (self.folder / "log.new").unlink(missing_ok=True)
        self._state, self._size = read(self.path) if self.path.exists() else (State(), 0)
        self._log = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.was_torn = os.fstat(self._log).st_size > self._size
        if self.was_torn:
            log.warning('"%s" ended in a record that was not finished: cut off at byte %d', self.path, self._size)
            os.ftruncate(self._log, self._size)
        if self._size == 0:
            self._size = _write_whole(self._log, written(HEADER), 0)
        os.fsync(self._log)
        _sync_folder(self.folder)
        self._lengths = {stored.id: _length(stored) for stored in self._state.stored()}
        self._live = sum(self._lengths.values())

    # MARK: Writing

    def _append(self, record: Record, durable: bool) -> None:
        self.assert_own()
        with self._changed:
            if self._log < 0:
                raise BufferBroken(f'the buffer in "{self.folder}" is closed')
            batch = self._next
            batch.records.append((record, written(record)))
            batch.durable = batch.durable or durable
            if self._writing and not durable:
                return
            while self._writing and not batch.finished:
                self._changed.wait()
            if not batch.finished:
                self._lead(batch)
            if batch.failure:
                raise batch.failure

    def _lead(self, batch: _Batch) -> None:
        """Writes a batch for all that are in it. Whoever comes meanwhile is in the next one."""
        self._writing, self._next = True, _Batch()
        batch.failure = BufferBroken(f'writing to "{self.folder}" was interrupted')
        self._changed.release()
        try:
            self._write(batch)
            batch.failure = None
        except OSError as error:
            batch.failure = BufferBroken(f'the disk of "{self.folder}" failed: {error.strerror}')
        except (Full, BufferBroken) as error:
            batch.failure = error
        finally:
            self._changed.acquire()
            if batch.failure is None:
                self._take(batch.records)
            self._broken = self._broken or isinstance(batch.failure, BufferBroken)
            batch.finished, self._writing = True, False
            self._changed.notify_all()

    def _write(self, batch: _Batch) -> None:
        if self._broken or self._log < 0:
            raise BufferBroken(f'the disk of "{self.folder}" failed before: open the buffer again')
        data = b"".join(line for _, line in batch.records)
        try:
            end = _write_whole(self._log, data, self._size)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # Cut where it was good.
            os.ftruncate(self._log, self._size)
            raise Full(f'the disk of "{self.folder}" is full: {error.strerror}') from error
        if batch.durable:
            self.syncs += 1
            # When this fails nothing is known any more, also when it is for want of room: pages that did not get there
            # may be dropped, those of earlier lines too.
            os.fsync(self._log)
        self._size = end

    def _take(self, records: Iterable[tuple[Record, bytes]]) -> None:
        for record, line in records:
            self._state.take(record)
            (id,) = (record[kind] for kind in ("put", "doubt", "done", "parked") if kind in record)
            before = self._lengths.pop(id, 0)
            if "done" not in record:
                self._lengths[id] = len(line) if "put" in record else before + len(line)
            self._live += self._lengths.get(id, 0) - before
        if self._size >= self._compact_at and self._size - self._live > max(COMPACT_ABOVE_BYTES, self._size // 2):
            self._compact()

    def _await_writer(self) -> None:
        while self._writing:
            self._changed.wait()

    # MARK: Compaction

    def _compact(self) -> None:
        """A log of what still counts takes the place of the old one, which stands until then.

        When that fails nothing is lost: the old one goes on, and it is tried again when that has grown by as much as
        makes it worth the while. The room on a full disk is for what is put.
        """
        fresh = self.folder / "log.new"
        self._compact_at = self._size + COMPACT_ABOVE_BYTES
        try:
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            log.warning('"%s" was not compacted: %s', self.path, error.strerror)
            return
        try:
            lines = [written(record) for stored in self._state.stored() for record in stored.records()]
            size = _write_whole(descriptor, b"".join([written(HEADER), *lines]), 0)
            os.fsync(descriptor)
            os.rename(fresh, self.path)
        except OSError as error:
            os.close(descriptor)
            fresh.unlink(missing_ok=True)
            log.warning('"%s" was not compacted: %s', self.path, error.strerror)
            return
        os.close(self._log)
        self._log, self._size, self._compact_at = descriptor, size, 0
        self._lengths = {stored.id: _length(stored) for stored in self._state.stored()}
        self._live = sum(self._lengths.values())
        try:
            _sync_folder(self.folder)
        except OSError as error:
            # Which of the two logs a crash would leave is not known.
            self._broken = True
            log.error('the disk of "%s" failed: %s', self.folder, error.strerror)


def _length(stored: Stored) -> int:
    return sum(len(written(record)) for record in stored.records())


def _write_whole(descriptor: int, data: bytes, offset: int) -> int:
    """Where what was written ends."""
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[count:], offset + count
    return offset


def _make_folder(folder: Path) -> None:
    """With those above it. A folder whose name is not on the disk is lost with all that is in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise BufferInUse(f'the buffer in "{folder}" has an owner already: give each client a folder') from error
        raise
    return descriptor


def _unlock(descriptor: int) -> None:
    """Unlocked before it is closed: a process that is being started elsewhere in this one has it for a moment more."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)

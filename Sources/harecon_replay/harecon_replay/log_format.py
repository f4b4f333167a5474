# SPDX-License-Identifier: Apache-2.0
"""The lines of a buffer's log, which the clients of all languages write and read alike.

A line is the CRC-32 of its text in eight hexadecimal digits, a space, the text, which is compact JSON, and a line feed.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

Record = dict[str, Any]

HEADER: Record = {"harecon": "replay-log", "version": 1}

_LINE = re.compile(rb"([0-9a-f]{8}) (.*)", re.DOTALL)
_SUM = re.compile(rb"([0-9a-f]{8}) ")


class CorruptLog(RuntimeError):
    """A record in the middle of a log is false: what is behind it was acknowledged, and is not guessed at."""


@dataclass(frozen=True)
class Stored:
    """A transaction as the log has it. `at` is when it was put, in Unix seconds; `xid` an attempt in doubt."""

    id: str
    key: str
    at: float
    body: str
    xid: str | None = None
    # Of a parked one.
    cause: str | None = None
    parked_at: float | None = None

    def records(self) -> list[Record]:
        """What a log has to say for this to be read from it."""
        records: list[Record] = [{"put": self.id, "key": self.key, "at": self.at, "body": self.body}]
        if self.xid is not None:
            records.append({"doubt": self.id, "xid": self.xid})
        if self.cause is not None:
            records.append({"parked": self.id, "cause": self.cause, "at": self.parked_at})
        return records


@dataclass
class State:
    """What a log comes to: who waits, in the order in which they were put, and who is parked."""

    waiting: dict[str, Stored] = field(default_factory=dict)
    parked: dict[str, Stored] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Raises KeyError, TypeError or ValueError for what is no record."""
        match record:
            case {"put": str(id), "key": str(key), "at": int() | float() as at, "body": str(body)}:
                self.parked.pop(id, None)
                self.waiting.pop(id, None)
                self.waiting[id] = Stored(id, key, at, body)
            case {"doubt": str(id), "xid": str(xid)}:
                if id in self.waiting:
                    self.waiting[id] = replace(self.waiting[id], xid=xid)
            case {"done": str(id)}:
                self.waiting.pop(id, None)
                self.parked.pop(id, None)
            case {"parked": str(id), "cause": str(cause), "at": int() | float() as at}:
                if id in self.waiting:
                    self.parked[id] = replace(self.waiting.pop(id), cause=cause, parked_at=at)
            case _:
                raise ValueError("not a record of a replay log")

    def stored(self) -> Iterable[Stored]:
        yield from self.parked.values()
        yield from self.waiting.values()


def written(record: Record) -> bytes:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def read(path: Path) -> tuple[State, int]:
    """What the log comes to, and how many of its bytes are good.

    What is behind them is one record at most, which was being written and never acknowledged. Raises CorruptLog.
    """
    data, state, offset, number = path.read_bytes(), State(), 0, 0
    while offset < len(data):
        number += 1
        end = data.find(b"\n", offset) + 1
        record = _record(data[offset : end - 1]) if end else None
        if (
            record is None
            and _is_torn(data[offset:])
            and (number > 1 or written(HEADER).startswith(data.rstrip(b"\0")))
        ):
            break
        if number == 1:
            if record != HEADER:
                raise CorruptLog(f'"{path}" is no log of this client, version 1: give the buffer a folder of its own')
        elif record is None or not _taken(state, record):
            raise CorruptLog(
                f'"{path}" is damaged at line {number}, byte {offset}: restore the file, or copy it away and cut it'
                f" there (`truncate -s {offset}`), and submit what stands behind once more under the same ids"
            )
        offset = end
    return state, offset


def _is_torn(tail: bytes) -> bool:
    """Whether that is one record that was being written when everything stopped, and so was never acknowledged.

    It has no line feed, or at least zeros where a part of it never got to the disk: one with all of its bytes was
    written whole, and is damaged. And what begins with a whole record is none, if anything but zeros stands behind
    that: it was acknowledged before the next one was begun, and its line feed is damaged.
    """
    feed = tail.find(b"\n")
    if 0 <= feed < len(tail) - 1 or (feed >= 0 and b"\0" not in tail):
        return False
    whole = _whole(tail)
    return whole == 0 or not tail[whole:].strip(b"\0")


def _whole(tail: bytes) -> int:
    """How many bytes the whole record has with which this begins, its line feed apart; 0 when it begins with none."""
    found = _SUM.match(tail)
    if not found:
        return 0
    expected, sum, offset = int(found[1], 16), 0, found.end()
    while brace := tail.find(b"}", offset) + 1:
        sum = zlib.crc32(memoryview(tail)[offset:brace], sum)
        if sum == expected:
            return brace
        offset = brace
    return 0


def _record(line: bytes) -> Record | None:
    found = _LINE.fullmatch(line)
    if not found or int(found[1], 16) != zlib.crc32(found[2]):
        return None
    try:
        record = json.loads(found[2])
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _taken(state: State, record: Record) -> bool:
    try:
        state.take(record)
    except ValueError:
        return False
    return True

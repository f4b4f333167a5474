# SPDX-License-Identifier: Apache-2.0
"""On a terminal: the block of what is under way is rewritten in place, fits the width, and questions can be answered."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness import HARECON, Account, Harecon, until

COLOR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[(\d*)([AJ])|\x1b\[[0-9;]*m|\r|\n|[^\x1b\r\n]+")


@dataclass
class Screen:
    """What a terminal shows, its scrollback too; understands just what harecon may send."""

    lines: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0
    rewrites: int = 0

    def feed(self, text: str) -> None:
        end = 0
        for match in CONTROL.finditer(text):
            assert match.start() == end, f"unknown control sequence at {text[end:end + 20]!r}"
            end = match.end()
            self._take(match)
        assert end == len(text), f"unknown control sequence at {text[end:end + 20]!r}"

    def _take(self, match: re.Match[str]) -> None:
        piece = match.group(0)
        if match.group(2) == "A":
            self.rewrites += 1
            self.row -= int(match.group(1) or 1)
            assert self.row >= 0, "the cursor left the screen"
        elif match.group(2) == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        elif piece == "\r":
            self.column = 0
        elif piece == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif not COLOR.fullmatch(piece):
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + piece + line[self.column + len(piece) :]
            self.column += len(piece)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Terminal:
    """The binary with a terminal for everything, as in a person's shell."""

    def __init__(self, harecon: Harecon, width: int, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        self.process = subprocess.Popen(
            [str(HARECON), *arguments], cwd=harecon.folder, stdin=theirs, stdout=theirs, stderr=theirs,
            env={**harecon.environment, "TERM": "xterm", **environment}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self._bytes = b""

    @property
    def sent(self) -> str:
        return self._bytes.decode(errors="ignore")

    def read_until(self, pattern: str | None, seconds: float = 120) -> None:
        """Until what was sent holds the pattern; without one until the program has ended."""
        deadline = time.monotonic() + seconds
        while pattern is None or pattern not in self.sent:
            assert time.monotonic() < deadline, f"{pattern!r} did not come:\n{self.sent[-2000:]}"
            if not select.select([self._ours], [], [], 1)[0]:
                continue
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # the other end is closed: the program has ended
                piece = b""
            if not piece:
                assert pattern is None, f"ended before {pattern!r} came:\n{self.sent[-2000:]}"
                return
            self._bytes += piece

    def type(self, line: str) -> None:
        os.write(self._ours, line.encode() + b"\n")

    def press_ctrl_c(self) -> None:
        os.write(self._ours, b"\x03")

    def end(self) -> int:
        self.read_until(None)
        return self.process.wait(timeout=30)

    def screen(self) -> Screen:
        screen = Screen()
        screen.feed(self.sent)
        return screen

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)
        os.close(self._ours)


@contextmanager
def terminal(harecon: Harecon, *arguments: str, width: int = 100, **environment: str) -> Iterator[Terminal]:
    opened = Terminal(harecon, width, arguments, environment)
    try:
        yield opened
    finally:
        opened.close()


def test_the_block_is_rewritten_in_place_within_the_width_and_gone_at_the_end(harecon: Harecon, account: Account) -> None:
    account.control("settings", {"latency_ms": 20})
    with terminal(harecon, "apply", "-f", str(harecon.spec), "-auto-approve", width=44) as shown:
        assert shown.end() == 0, shown.sent[-2000:]
        plain = COLOR.sub("", shown.sent)
        assert re.search(r"rds/cluster\.main: \S+", plain)
        drawn = re.findall(r"^  \S+: (?:creating|[a-z-]+) [\d.]+m?s.*$", plain, re.MULTILINE)
        assert drawn, "what is under way is shown with its time"
        assert all(len(line.rstrip("\r")) < 44 for line in drawn), "a line that wrapped could not be taken back"
        assert re.search(r"\d+ of \d+ done", plain)
        screen = shown.screen()
        assert screen.rewrites > 10
        assert not re.search(r"\d+ of \d+ done", screen.text), "nothing of the block is left"
        assert " creating " not in screen.text
        done = re.findall(r"^  (\S+): created in ", screen.text, re.MULTILINE)
        assert len(done) == len(set(done)) > 20, "each step's end is told once and stays"
        assert "Done: " in screen.text


def test_a_step_that_waits_to_be_tried_again_shows_that_time_and_no_other(harecon: Harecon, account: Account) -> None:
    account.control("faults", [{"service": "ec2", "operation": "CreateVpc", "kind": "503", "times": 40}])
    arguments = ("apply", "-f", str(harecon.spec), "-auto-approve", "-target", "ec2/vpc.main")
    with terminal(harecon, *arguments) as shown:
        shown.read_until(", again in ")
        shown.press_ctrl_c()
        assert shown.end() == 6, shown.sent[-2000:]
        resting = [line for line in COLOR.sub("", shown.sent).split("\r\n") if ", again in " in line]
        assert resting
        assert all(re.search(r"ec2/vpc\.main: [\w.]+, again in [\d.]+m?\d*s$", line) for line in resting), resting


def test_colour_is_there_on_a_terminal_and_not_with_no_color(harecon: Harecon) -> None:
    arguments = ("plan", "-f", str(harecon.spec))
    with terminal(harecon, *arguments) as coloured:
        assert coloured.end() == 0
        assert COLOR.search(coloured.sent)
    with terminal(harecon, *arguments, NO_COLOR="1") as plain:
        assert plain.end() == 0
        assert "\x1b" not in plain.sent
        assert plain.sent.replace("\r\n", "\n") == COLOR.sub("", coloured.sent).replace("\r\n", "\n")


def test_a_plan_fits_the_terminal(harecon: Harecon) -> None:
    with terminal(harecon, "plan", "-f", str(harecon.spec), width=160) as wide:
        assert wide.end() == 0
    with terminal(harecon, "plan", "-f", str(harecon.spec), width=80) as narrow:
        assert narrow.end() == 0
    assert len(narrow.screen().lines) > len(wide.screen().lines), "what is too long for one line takes several"


def test_only_yes_approves(harecon: Harecon, account: Account) -> None:
    arguments = ("apply", "-f", str(harecon.spec), "-target", "ec2/vpc.main")
    with terminal(harecon, *arguments) as refused:
        refused.read_until("goes ahead: ")
        refused.type("y")
        assert refused.end() == 3
        assert "nothing was changed" in refused.sent
    assert account.inventory() == [] or not any(r.get("tags", {}).get("harecon:stack") for r in account.inventory())
    with terminal(harecon, *arguments) as approved:
        approved.read_until("goes ahead: ")
        approved.type("yes")
        assert approved.end() == 0, approved.sent
    assert any(r.get("tags", {}).get("harecon:id") == "ec2/vpc.main" for r in account.inventory())


def test_a_stack_goes_when_its_name_is_typed(harecon: Harecon, account: Account) -> None:
    harecon.apply("-target", "ec2/vpc.main").expect(0)
    harecon.plan("-destroy", "-out", "down.plan").expect(0)
    with terminal(harecon, "destroy", "-f", str(harecon.spec)) as refused:
        refused.read_until("to go ahead: ")
        refused.type("yes")
        assert refused.end() == 4
    with terminal(harecon, "apply", "down.plan") as approved:
        approved.read_until("to go ahead: ")
        approved.type("payments")
        assert approved.end() == 0, approved.sent
    assert not any(r.get("tags", {}).get("harecon:stack") for r in account.inventory())


def test_nobody_is_asked_in_ci_even_on_a_terminal(harecon: Harecon) -> None:
    with terminal(harecon, "apply", "-f", str(harecon.spec), CI="true") as refused:
        assert refused.end() == 4
        assert "-auto-approve" in refused.sent


def test_ctrl_c_on_the_terminal_ends_the_run_and_leaves_a_tidy_screen(harecon: Harecon, account: Account) -> None:
    account.control("hold", {"n": 3})
    with terminal(harecon, "apply", "-f", str(harecon.spec), "-auto-approve", "-parallelism", "1") as stopped:
        stopped.read_until("0 of ")
        until("a call to be held", lambda: account.control("held").get("held"))
        stopped.read_until(" done")
        stopped.press_ctrl_c()
        stopped.read_until("once more to leave at once")
        account.control("release", {})
        assert stopped.end() == 6, stopped.sent[-1000:]
        assert "^C" in stopped.sent
        text = stopped.screen().text
        assert not re.search(r"\d+ of \d+ done", text)
        assert re.search("^stopping: ", text, re.MULTILINE)
        assert re.search("^Interrupted: .*; [1-9][0-9]* not started", text, re.MULTILINE)

# SPDX-License-Identifier: Apache-2.0
"""The lab's cluster without root's rights. Whoever is root has it run by somebody who has none."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

USER = "nobody"
SECONDS = 240.0


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of the user's own. Not below pytest's, which nobody but its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="harecon-home-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(folder, account.pw_uid, account.pw_gid)
    yield folder
    for pid in at_work(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def at_work(folder: Path) -> list[int]:
    """Processes that were told of this folder, or work in it, as all of a server's do."""
    found, name = [], os.fsencode(folder)
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if name in (entry / "cmdline").read_bytes() or name in os.fsencode(os.readlink(entry / "cwd")):
                found.append(int(entry.name))
        except OSError:
            # It has ended meanwhile, or is somebody else's.
            continue
    return found


def test_an_ordinary_user_fails_a_cluster_over_and_loses_nothing(home: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-B", Path(__file__).with_name("ordinary_user.py"), USER], cwd="/", env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        # It ends its servers then.
        process.terminate()
        raise
    finally:
        process.wait(30)
    assert process.returncode == 0, err
    told = json.loads(out.splitlines()[-1])
    expected = pwd.getpwnam(USER).pw_uid if os.geteuid() == 0 else os.geteuid()
    assert told["users"] == [expected] and expected != 0
    assert told["before"] != told["after"]
    acknowledged = told["acknowledged"]
    assert len(acknowledged) >= 200
    (rows,) = {tuple(rows) for rows in told["found"].values()}
    # The last one may be in doubt: written, and not acknowledged.
    assert list(rows) in (acknowledged, [*acknowledged, len(acknowledged)])
    assert at_work(home) == []
    assert list(home.iterdir()) == []

# SPDX-License-Identifier: Apache-2.0
"""The example of docs/replay.md does what it says, word for word but for where it writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bank import Bank
from conftest import ROOT
from real_postgres import Server


def test_the_example_pays_once(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = Bank(server)
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs/replay.md").read_text(), re.DOTALL)
    assert found
    example = found[1]
    for here, there in {
        '"/var/lib/payments/replay"': repr(str(tmp_path)),
        '"host=writer.payments.internal"': repr(bank.conninfo),
    }.items():
        assert here in example
        example = example.replace(here, there)
    for _ in range(2):
        exec(compile(example, "docs/replay.md", "exec"), {})
    assert capsys.readouterr().out == "paid\npaid\n"
    assert bank.run("select balance from account where id = 1") == [(975,)]
    bank.connection.close()

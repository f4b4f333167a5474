# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Account, Harecon, Sandbox, running


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running() as server:
        yield server


@pytest.fixture
def account(sandbox: Sandbox) -> Iterator[Account]:
    """An empty account; the test fails if any request in it broke a service's contract or its signature was wrong."""
    account = sandbox.account()
    account.control("reset", {})
    account.control("clock", {"auto": True})
    yield account
    violations = account.violations()
    account.control("reset", {})
    assert violations == [], violations


@pytest.fixture
def harecon(tmp_path: Path, account: Account) -> Harecon:
    return Harecon(tmp_path, account)

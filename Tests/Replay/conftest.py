# SPDX-License-Identifier: Apache-2.0
"""The package is imported from its sources, and the functions as Lambda imports them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

for folder in ("Sources/harecon_replay", "Sources/Functions", "Tests/Functions"):
    sys.path.insert(0, str(ROOT / folder))

# After the path is set.
from bank import Bank  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from real_postgres import Server, server  # noqa: E402, F401

# The same examples everywhere, however slow the machine: a test that fails on one of them fails for everybody.
settings.register_profile(
    "harecon", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("harecon")


@pytest.fixture
def bank(server: Server) -> Iterator[Bank]:  # noqa: F811
    bank = Bank(server)
    yield bank
    bank.connection.close()

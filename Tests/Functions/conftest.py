# SPDX-License-Identifier: Apache-2.0
"""The functions are imported as Lambda imports them: by their paths below Sources/Functions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Sources" / "Functions"))

from coordinator_stage import Stage  # noqa: E402 - after the path is set: it imports what the functions share
from real_postgres import server  # noqa: E402, F401 - and so does this

# The same examples everywhere, however slow the machine: a test that fails on one of them fails for everybody.
settings.register_profile(
    "harecon", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("harecon")


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the stack's metrics, as every function is told it."""
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")


@pytest.fixture
def stage() -> Stage:
    return Stage()

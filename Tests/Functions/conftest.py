# SPDX-License-Identifier: Apache-2.0
"""The functions are imported as Lambda imports them: by their paths below Sources/Functions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Sources" / "Functions"))

# After the path is set: they import what the functions share.
from audit_double import GROUP, FakeLogs  # noqa: E402
from coordinator_stage import Stage  # noqa: E402
from real_postgres import server  # noqa: E402, F401
from shared import audit  # noqa: E402

# The same examples everywhere, however slow the machine: a test that fails on one of them fails for everybody.
settings.register_profile(
    "harecon", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("harecon")


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the stack's metrics, as every function is told it."""
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> FakeLogs:
    """Where whatever is set up by its environment writes what it did."""
    monkeypatch.setenv("AUDIT_GROUP", GROUP)
    double = FakeLogs()
    monkeypatch.setattr(audit, "client", lambda service: {"logs": double}[service])
    return double


@pytest.fixture
def stage() -> Stage:
    return Stage()

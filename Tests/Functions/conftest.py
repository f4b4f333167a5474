# SPDX-License-Identifier: Apache-2.0
"""The functions are imported as Lambda imports them: by their paths below Sources/Functions."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Sources" / "Functions"))

from real_postgres import server  # noqa: E402, F401 - after the path is set: it imports what the functions share

# The same examples everywhere, however slow the machine: a test that fails on one of them fails for everybody.
settings.register_profile(
    "harecon", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("harecon")

# SPDX-License-Identifier: Apache-2.0
"""The package is imported from its sources, and the functions as Lambda imports them."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

for folder in ("Sources/harecon_replay", "Sources/Functions", "Tests/Functions"):
    sys.path.insert(0, str(ROOT / folder))

# SPDX-License-Identifier: Apache-2.0
"""Pauses that many clients do not take in step."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

# Uniform in [0, 1).
Random = Callable[[], float]


@dataclass(frozen=True)
class Jitter:
    """Decorrelated jitter: each pause lies between `base` and three times the one before, and never above `cap`.

    Seconds. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    base: float = 0.1
    cap: float = 2.0
    random: Random = random.random

    def next(self, previous: float | None) -> float:
        return min(self.cap, self.within(self.base, (previous or self.base) * 3))

    def within(self, low: float, high: float) -> float:
        return low + self.random() * (high - low)

# SPDX-License-Identifier: Apache-2.0
"""Plug-ins, one module per AWS service; each registers its operations and hooks when it is imported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def load() -> Iterator[ModuleType]:
    """Imports every module of this folder, in the order of their names."""
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        yield importlib.import_module(f"{__name__}.{info.name}")

# SPDX-License-Identifier: Apache-2.0
"""The lab's own parts, tried without the stack's code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB), str(LAB.parent / "Sandbox")]

from harecon_lab import cluster as clusters  # noqa: E402
from harecon_lab.cluster import Cluster  # noqa: E402


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    with clusters.running() as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Iterator[Cluster]:
    """A whole one at the begin of each test: starting one takes longer than mending it."""
    shared_cluster.heal()
    yield shared_cluster

# SPDX-License-Identifier: Apache-2.0
"""Real databases behind a cluster's members, for who runs some: then roles follow from them and not from the clock."""

from __future__ import annotations

from typing import Any, Protocol

from .state import Cluster


class Databases(Protocol):
    """The servers of one cluster, each by the name of its member."""

    def address(self, member: str) -> tuple[str, int] | None:
        """Host and port; None for a member without a server."""

    def fail_over(self, target: str | None) -> None:
        """Begins to promote, and returns at once: the engine's lock is held.

        The cluster is `failing-over` from now on, until whoever does it gives it another timeline.
        """


#: By the cluster's ARN.
DATABASES: dict[str, Databases] = {}


def endpoint(cluster: Cluster, member: str) -> dict[str, Any]:
    """What of an instance's endpoint is not as the clock alone would have it."""
    real = DATABASES.get(cluster.arn)
    address = real.address(member) if real else None
    return {"Address": address[0], "Port": address[1]} if address else {}


def cluster_endpoint(cluster: Cluster) -> dict[str, Any]:
    """The writer's."""
    found = endpoint(cluster, cluster.writer) if cluster.writer else {}
    return {"Endpoint": found["Address"], "Port": found["Port"]} if found else {}

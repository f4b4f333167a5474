# SPDX-License-Identifier: Apache-2.0
"""Which readers go down the promotion tiers and which come back: decided from what was seen, asking nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Aurora promotes who is here only when nobody else is left.
LAST_TIER = 15

# Looks in a row, a minute apart. Down quickly and back slowly, or a reader at the limit would go to and fro.
HIGH_LOOKS = 2
LOW_LOOKS = 5


@dataclass(frozen=True)
class Limits:
    """Seconds. From `high` on a reader is too far behind, below `low` it is near again; in between nothing changes."""

    low: float
    high: float


@dataclass(frozen=True)
class Memory:
    """What is known of a member from earlier looks. `moved` says that its tier is the guard's doing."""

    high: int = 0
    low: int = 0
    moved: bool = False

    def after(self, lag: float | None, limits: Limits) -> Memory:
        """With one more look. A lag that nobody knows says nothing, and breaks a row."""
        if lag is None:
            return replace(self, high=0, low=0)
        if lag >= limits.high:
            return replace(self, high=self.high + 1, low=0)
        return replace(self, high=0, low=self.low + 1 if lag < limits.low else 0)


@dataclass(frozen=True)
class Seen:
    """A member in this look. The writer lags behind nobody."""

    id: str
    tier: int
    is_writer: bool
    lag: float | None
    memory: Memory


@dataclass(frozen=True)
class Move:
    """A member's way to a tier."""

    id: str
    tier: int
    is_down: bool


def moves(members: list[Seen], tiers: dict[str, int]) -> list[Move]:
    """The moves that are due, with `tiers` as the spec has them.

    One reader always stays where the spec has it: were all of them last, all of them would be equal, and the new writer
    whichever. A tier that neither the spec nor the guard gave is left to the reconciliation.
    """
    back = [
        Move(member.id, tiers[member.id], is_down=False)
        for member in members
        if member.id in tiers and member.memory.moved and member.tier == LAST_TIER and _is_near(member)
    ]
    returning = {move.id for move in back}
    staying = [
        member for member in members if not member.is_writer and (member.tier != LAST_TIER or member.id in returning)
    ]
    far = sorted(
        (member for member in staying if _is_far(member) and member.tier == tiers.get(member.id)),
        key=lambda member: (-(member.lag or 0), member.id),
    )
    down = [Move(member.id, LAST_TIER, is_down=True) for member in far[: max(0, len(staying) - 1)]]
    return back + down


def _is_far(member: Seen) -> bool:
    return member.memory.high >= HIGH_LOOKS and not member.is_writer


def _is_near(member: Seen) -> bool:
    return member.is_writer or member.memory.low >= LOW_LOOKS

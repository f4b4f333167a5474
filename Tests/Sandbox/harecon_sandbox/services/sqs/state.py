# SPDX-License-Identifier: Apache-2.0
"""Queues as SQS keeps them: a map of texts, changes that take time to be seen, names that stay taken for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Timeline
from harecon_sandbox.services.common import Tags, arn

SERVICE = "sqs"
#: Simulated seconds until a change of attributes shows; setting `sqs_propagation`.  AWS: "up to 60 seconds".
PROPAGATION = 20.0
#: Simulated seconds for which a deleted queue still answers; setting `sqs_deletion`.  AWS: "up to 60 seconds".
DELETION = 10.0
#: "When you delete a queue, you must wait at least 60 seconds before creating a queue with the same name."
NAME_LOCKED = 60.0


@dataclass
class Message:
    """One message; times are simulated seconds."""

    id: str
    body: str
    sent: float
    visible_from: float
    sequence: int
    attributes: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    deduplication: str | None = None
    receives: int = 0
    first_received: float | None = None
    #: The receipt handle of the last receive; earlier ones are stale.
    handle: str | None = None
    #: The ARN of the queue that it was moved from.
    source: str | None = None


@dataclass
class Queue:
    name: str
    arn: str
    url: str
    created: float
    modified: float
    settings: dict[str, str]
    tags: Tags = field(default_factory=dict)
    #: Accepted and not shown yet: when it shows, and what it is.
    changes: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    #: Deduplication id, with its group where that is the scope, → when it was sent, and as what.
    recent: dict[tuple[str | None, str], tuple[float, Message]] = field(default_factory=dict)
    purged: float | None = None
    dying: Timeline | None = None

    @property
    def is_fifo(self) -> bool:
        return self.name.endswith(".fifo")

    def number(self, name: str) -> int:
        return int(self.settings[name])

    def flag(self, name: str) -> bool:
        return self.settings.get(name) == "true"


@dataclass
class Queues:
    """The queues of one account and region, by name."""

    live: dict[str, Queue] = field(default_factory=dict)
    #: Name → when it was deleted.
    deleted: dict[str, float] = field(default_factory=dict)
    sequence: int = 18_849_496_460_467_696_128


def queues(ctx: Context) -> Queues:
    """With all that has come about by now."""
    kept = ctx.keep("sqs", Queues)
    for queue in list(kept.live.values()):
        if queue.dying is not None and queue.dying.gone():
            del kept.live[queue.name]
        else:
            _settle(ctx, queue)
    return kept


def _settle(ctx: Context, queue: Queue) -> None:
    now = ctx.clock.now()
    while queue.changes and queue.changes[0][0] <= now:
        apply(queue, queue.changes.pop(0)[1])
    if queue.changes:
        ctx.clock.expect(queue.changes[0][0])


def apply(queue: Queue, change: dict[str, str]) -> None:
    """An empty value takes an attribute away."""
    for name, value in change.items():
        if value:
            queue.settings[name] = value
        else:
            queue.settings.pop(name, None)


def wanted(queue: Queue) -> dict[str, str]:
    """The attributes as they will be when all changes show."""
    latest = dict(queue.settings)
    for _, change in queue.changes:
        for name, value in change.items():
            latest[name] = value
    return {name: value for name, value in latest.items() if value}


def missing() -> AWSError:
    return AWSError("QueueDoesNotExist", "The specified queue does not exist.", 400)


def require(ctx: Context, url: str) -> Queue:
    """The queue of a URL: only its path counts, as with AWS's legacy and dual-stack hosts."""
    account, _, name = url.rstrip("/").rpartition("/")
    queue = queues(ctx).live.get(name)
    if queue is None or account.rpartition("/")[2] != ctx.account:
        raise missing()
    return queue


def find(ctx: Context, queue_arn: str) -> Queue | None:
    """The queue of an ARN, in its region; None when there is none, or it is another account's."""
    parts = queue_arn.split(":")
    if len(parts) != 6 or parts[2] != "sqs" or parts[4] != ctx.account:
        return None
    there = ctx if parts[3] == ctx.region else _in_region(ctx, parts[3])
    return queues(there).live.get(parts[5])


def _in_region(ctx: Context, region: str) -> Context:
    return Context(
        ctx.account, region, ctx.service, ctx.operation, ctx.clock, ctx.store, ctx.settings, ctx.runner,
        ctx.request_id, ctx.access_key,
    )  # fmt: skip


def queue_arn(ctx: Context, name: str) -> str:
    return arn(ctx, SERVICE, name)


def queue_url(ctx: Context, name: str) -> str:
    suffix = "amazonaws.com.cn" if ctx.partition == "aws-cn" else "amazonaws.com"
    return f"https://sqs.{ctx.region}.{suffix}/{ctx.account}/{name}"

# SPDX-License-Identifier: Apache-2.0
"""The emulator's own queues, as shells for the services that it keeps: they find a queue here and send to it."""

from __future__ import annotations

from typing import Any

from moto.sqs.models import Message as MotoMessage
from moto.sqs.models import Queue as MotoQueue

from harecon_sandbox.kit import Context

from . import messages
from .state import SERVICE, Queue


class Shell(MotoQueue):
    """What is put into it goes into the queue that it stands for."""

    def stand_for(self, ctx: Context, queue: Queue) -> None:
        self._place, self._queue = ctx, queue

    def add_message(self, message: MotoMessage) -> None:
        messages.put(
            self._place,
            self._queue,
            messages.Draft(message.body, message.message_attributes, message.group_id, message.deduplication_id),
        )


def build(ctx: Context, queue: Queue) -> None:
    more: dict[str, Any] = {"FifoQueue": "true"} if queue.is_fifo else {}
    shell = Shell(queue.name, ctx.region, ctx.account, **more)
    shell.stand_for(ctx, queue)
    ctx.moto(SERVICE).queues[queue.name] = shell


def tear_down(ctx: Context, queue: Queue) -> None:
    ctx.moto(SERVICE).queues.pop(queue.name, None)

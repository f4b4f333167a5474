# SPDX-License-Identifier: Apache-2.0
"""Messages: sent once, received until they are deleted, hidden meanwhile, and moved away when that never happens.

Time is the account's clock.  A receive that may wait does not: it answers what is there, and with an automatic clock it
first moves to the next message that becomes visible within its wait.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import kms

from . import digests, state
from .state import SERVICE, Message, Queue

#: Seconds within which FIFO queues take a message once.
DEDUPLICATION = 300.0
LONGEST_VISIBILITY = 43_200
WRONG_TYPE = "The request include parameter that is not valid for this queue type."


@dataclass
class Draft:
    """A message as it is sent."""

    body: str
    attributes: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    deduplication: str | None = None
    delay: int | None = None
    system: dict[str, Any] = field(default_factory=dict)


def put(ctx: Context, queue: Queue, draft: Draft) -> Message:
    """Takes a message in; of one that a FIFO queue has taken before, the first."""
    _check_draft(queue, draft)
    kms.require_usable(ctx, queue.settings.get("KmsMasterKeyId"), SERVICE, "Kms")
    now = ctx.clock.now()
    deduplication = draft.deduplication
    if queue.is_fifo and deduplication is None:
        deduplication = hashlib.sha256(draft.body.encode()).hexdigest()
    mark = (draft.group if queue.settings.get("DeduplicationScope") == "messageGroup" else None, deduplication or "")
    if queue.is_fifo and mark in queue.recent and now < queue.recent[mark][0] + DEDUPLICATION:
        return queue.recent[mark][1]
    kept = state.queues(ctx)
    kept.sequence += 1
    delay = queue.number("DelaySeconds") if draft.delay is None else draft.delay
    message = Message(
        str(uuid.uuid4()), draft.body, now, now + delay, kept.sequence, draft.attributes, draft.system, draft.group,
        deduplication,
    )  # fmt: skip
    queue.messages.append(message)
    if queue.is_fifo:
        queue.recent[mark] = (now, message)
    return message


def _check_draft(queue: Queue, draft: Draft) -> None:
    if len(draft.body.encode()) > queue.number("MaximumMessageSize"):
        limit = queue.settings["MaximumMessageSize"]
        reason = f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        raise AWSError("InvalidParameterValue", reason)
    if not draft.body:
        raise AWSError("MissingParameter", "The request must contain the parameter MessageBody.")
    if not queue.is_fifo:
        if draft.deduplication is not None:
            raise _not_for("MessageDeduplicationId", WRONG_TYPE)
        return
    if draft.group is None:
        raise AWSError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    if draft.delay is not None:
        raise _not_for("DelaySeconds", WRONG_TYPE)
    if draft.deduplication is None and not queue.flag("ContentBasedDeduplication"):
        choice = "either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        raise AWSError("InvalidParameterValue", f"The queue should {choice}")


def _not_for(name: str, reason: str) -> AWSError:
    return AWSError("InvalidParameterValue", f"Value for parameter {name} is invalid. Reason: {reason}")


def _draft(params: Params) -> Draft:
    return Draft(
        params["MessageBody"], params.get("MessageAttributes") or {}, params.get("MessageGroupId"),
        params.get("MessageDeduplicationId"), params.get("DelaySeconds"), params.get("MessageSystemAttributes") or {},
    )  # fmt: skip


@operation(SERVICE, "SendMessage")
def send(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    return _sent(queue, put(ctx, queue, _draft(params)))


def _sent(queue: Queue, message: Message) -> Result:
    answer = {"MessageId": message.id, "MD5OfMessageBody": digests.of_body(message.body)}
    if message.attributes:
        answer["MD5OfMessageAttributes"] = digests.of_attributes(message.attributes)
    if queue.is_fifo:
        answer["SequenceNumber"] = str(message.sequence)
    return answer


# Receiving ---------------------------------------------------------------------------------------------------------


@operation(SERVICE, "ReceiveMessage")
def receive(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    kms.require_usable(ctx, queue.settings.get("KmsMasterKeyId"), SERVICE, "Kms")
    most = params.get("MaxNumberOfMessages", 1)
    wait = params.get("WaitTimeSeconds", queue.number("ReceiveMessageWaitTimeSeconds"))
    hidden = params.get("VisibilityTimeout", queue.number("VisibilityTimeout"))
    for name, value, low, high in (
        ("MaxNumberOfMessages", most, 1, 10),
        ("WaitTimeSeconds", wait, 0, 20),
        ("VisibilityTimeout", hidden, 0, LONGEST_VISIBILITY),
    ):
        if not low <= value <= high:
            reason = f"Must be between {low} and {high}, if provided."
            raise AWSError("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")
    found = _take(ctx, queue, most, hidden) or _take_later(ctx, queue, most, hidden, wait)
    shapes = [_shape(ctx, queue, message, params) for message in found]
    return {"Messages": shapes} if shapes else {}


def _take_later(ctx: Context, queue: Queue, most: int, hidden: int, wait: int) -> list[Message]:
    now = ctx.clock.now()
    upcoming = [m.visible_from for m in queue.messages if now < m.visible_from <= now + wait]
    if not upcoming:
        return []
    ctx.clock.forget_expected()
    ctx.clock.expect(min(upcoming))
    ctx.clock.settle()
    return _take(ctx, queue, most, hidden)


def _take(ctx: Context, queue: Queue, most: int, hidden: int) -> list[Message]:
    """The next messages; each group of a FIFO queue waits for those of its messages that are out."""
    now = ctx.clock.now()
    _expire(queue, now)
    taken: list[Message] = []
    busy = {m.group for m in queue.messages if m.visible_from > now} if queue.is_fifo else set()
    for message in list(queue.messages):
        if len(taken) == most:
            break
        if message.visible_from > now or (queue.is_fifo and message.group in busy):
            continue
        if _move_away(ctx, queue, message):
            continue
        message.receives += 1
        message.first_received = message.first_received or now
        message.visible_from = now + hidden
        message.handle = base64.b64encode(secrets.token_bytes(48)).decode()
        taken.append(message)
    return taken


def _expire(queue: Queue, now: float) -> None:
    """A message that was moved to a dead-letter queue has kept the time at which it was first sent."""
    limit = now - queue.number("MessageRetentionPeriod")
    queue.messages = [message for message in queue.messages if message.sent > limit]


def _move_away(ctx: Context, queue: Queue, message: Message) -> bool:
    """Moves a message that was received as often as it may be to the dead-letter queue."""
    policy = json.loads(queue.settings.get("RedrivePolicy", "{}"))
    if not policy or message.receives < policy["maxReceiveCount"]:
        return False
    target = state.find(ctx, policy["deadLetterTargetArn"])
    if target is None:
        return False
    queue.messages.remove(message)
    message.source, message.handle, message.visible_from = queue.arn, None, ctx.clock.now()
    if not target.is_fifo:
        # A standard queue starts the receive count anew; the time it was sent stays.
        message.receives = 0
    target.messages.append(message)
    return True


def _shape(ctx: Context, queue: Queue, message: Message, params: Params) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": digests.of_body(message.body),
        "Body": message.body,
    }
    asked = {*(params.get("MessageSystemAttributeNames") or ()), *(params.get("AttributeNames") or ())}
    system = {name: text for name, text in _system(ctx, queue, message).items() if "All" in asked or name in asked}
    if system:
        shape["Attributes"] = system
    wanted = params.get("MessageAttributeNames") or ()
    chosen = {name: value for name, value in message.attributes.items() if _named(name, wanted)}
    if chosen:
        shape |= {"MessageAttributes": chosen, "MD5OfMessageAttributes": digests.of_attributes(chosen)}
    return shape


def _named(name: str, wanted: list[str]) -> bool:
    return any(one in ("All", ".*", name) or (one.endswith(".*") and name.startswith(one[:-2])) for one in wanted)


def _system(ctx: Context, queue: Queue, message: Message) -> dict[str, str]:
    known = {
        "SenderId": f"AIDA{ctx.account}",
        "SentTimestamp": str(int(message.sent * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int((message.first_received or message.sent) * 1000)),
    }
    if queue.is_fifo:
        known |= {
            "SequenceNumber": str(message.sequence),
            "MessageGroupId": message.group or "",
            "MessageDeduplicationId": message.deduplication or "",
        }
    if message.source is not None:
        known["DeadLetterQueueSourceArn"] = message.source
    return known


# After receiving ---------------------------------------------------------------------------------------------------


def _held(queue: Queue, handle: str) -> Message | None:
    return next((message for message in queue.messages if message.handle == handle), None)


def _check_handle(handle: str) -> None:
    try:
        known = len(base64.b64decode(handle, validate=True)) == 48
    except ValueError:
        known = False
    if not known:
        raise AWSError("ReceiptHandleIsInvalid", f"The input receipt handle is invalid: {handle}")


@operation(SERVICE, "DeleteMessage")
def delete(ctx: Context, params: Params) -> Result:
    """A handle of an earlier receive deletes nothing, and is no error; a FIFO queue refuses one that has run out."""
    queue = state.require(ctx, params["QueueUrl"])
    _delete(ctx, queue, params["ReceiptHandle"])
    return {}


def _delete(ctx: Context, queue: Queue, handle: str) -> None:
    _check_handle(handle)
    message = _held(queue, handle)
    if message is None:
        return
    if queue.is_fifo and message.visible_from <= ctx.clock.now():
        reason = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        raise AWSError("InvalidParameterValue", reason)
    queue.messages.remove(message)


@operation(SERVICE, "ChangeMessageVisibility")
def change_visibility(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    _hide(ctx, queue, params["ReceiptHandle"], params["VisibilityTimeout"])
    return {}


def _hide(ctx: Context, queue: Queue, handle: str, seconds: int) -> None:
    _check_handle(handle)
    if not 0 <= seconds <= LONGEST_VISIBILITY:
        reason = f"VisibilityTimeout must be an integer between 0 and {LONGEST_VISIBILITY}"
        message = f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: {reason}."
        raise AWSError("InvalidParameterValue", message)
    found = _held(queue, handle)
    now = ctx.clock.now()
    if found is None or found.visible_from <= now:
        reason = "Message does not exist or is not available for visibility timeout change."
        message = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}"
        raise AWSError("MessageNotInflight" if found is not None else "InvalidParameterValue", message)
    found.visible_from = now + seconds


@operation(SERVICE, "PurgeQueue")
def purge(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    now = ctx.clock.now()
    if queue.purged is not None and now < queue.purged + 60:
        message = f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
        raise AWSError("PurgeQueueInProgress", message)
    queue.purged = now
    queue.messages.clear()
    return {}


# Batches -----------------------------------------------------------------------------------------------------------


def _batch(params: Params, carry_out: Callable[[dict[str, Any]], dict[str, Any]]) -> Result:
    """Each entry for itself; those that fail are in the answer."""
    entries = params["Entries"]
    if not entries:
        raise AWSError("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > 10:
        raise AWSError("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
    if len({entry["Id"] for entry in entries}) != len(entries):
        raise AWSError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **carry_out(entry)})
        except AWSError as error:
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
    return {"Successful": done, "Failed": failed}


@operation(SERVICE, "SendMessageBatch")
def send_batch(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    return _batch(params, lambda entry: _sent(queue, put(ctx, queue, _draft(entry))))


@operation(SERVICE, "DeleteMessageBatch")
def delete_batch(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        _delete(ctx, queue, entry["ReceiptHandle"])
        return {}

    return _batch(params, one)


@operation(SERVICE, "ChangeMessageVisibilityBatch")
def change_visibility_batch(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        _hide(ctx, queue, entry["ReceiptHandle"], entry.get("VisibilityTimeout", 0))
        return {}

    return _batch(params, one)

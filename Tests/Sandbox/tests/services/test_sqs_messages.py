# SPDX-License-Identifier: Apache-2.0
"""Messages: hidden while they are out, in the order of their group, taken once, moved away when nobody manages them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused


@pytest.fixture
def frozen(aws: Any) -> Any:
    """The account with a clock that only the test moves."""
    aws.control("clock", {"freeze": True})
    return aws


@pytest.fixture
def sqs(frozen: Any) -> Any:
    return frozen.client("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    return sqs.create_queue(QueueName="replay")["QueueUrl"]


@pytest.fixture
def fifo(sqs: Any) -> str:
    return sqs.create_queue(QueueName="replay.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]


def receive(sqs: Any, url: str, most: int = 10, **more: Any) -> list[dict[str, Any]]:
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, **more).get("Messages", [])


def bodies(found: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in found]


def put(sqs: Any, url: str, body: str, group: str, mark: str = "") -> dict[str, Any]:
    return sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=mark or body
    )  # fmt: skip


def test_message_is_hidden_until_its_time_or_deleted(sqs: Any, queue: str, frozen: Any) -> None:
    sent = sqs.send_message(
        QueueUrl=queue, MessageBody="a", MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}}
    )
    (first,) = receive(sqs, queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
    assert (first["MessageId"], first["MD5OfBody"]) == (sent["MessageId"], sent["MD5OfMessageBody"])
    assert first["MessageAttributes"]["kind"]["StringValue"] == "x"
    assert first["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    frozen.advance(29)
    assert receive(sqs, queue) == []
    frozen.advance(1)
    (second,) = receive(sqs, queue, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    # The handle of an earlier receive deletes nothing.
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    frozen.advance(30)
    (third,) = receive(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])
    frozen.advance(30)
    assert receive(sqs, queue) == []


def test_visibility_is_changed_while_it_is_out(sqs: Any, queue: str, frozen: Any) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    (message,) = receive(sqs, queue)
    handle = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=100)
    frozen.advance(99)
    assert receive(sqs, queue) == []
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    with refused("AWS.SimpleQueueService.MessageNotInflight"):
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=10)
    assert bodies(receive(sqs, queue)) == ["a"]
    with refused("ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle="made up")


def test_delayed_message_comes_later(sqs: Any, queue: str, frozen: Any) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a", DelaySeconds=60)
    seen = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (seen["ApproximateNumberOfMessages"], seen["ApproximateNumberOfMessagesDelayed"]) == ("0", "1")
    assert receive(sqs, queue) == []
    frozen.advance(60)
    assert bodies(receive(sqs, queue)) == ["a"]
    seen = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert seen["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_waiting_receive_moves_an_automatic_clock(aws: Any) -> None:
    aws.control("clock", {"auto": True})
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="replay")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=15)
    assert receive(sqs, url, WaitTimeSeconds=5) == []
    assert bodies(receive(sqs, url, WaitTimeSeconds=20)) == ["a"]


def test_group_waits_for_its_first(sqs: Any, fifo: str, frozen: Any) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        put(sqs, fifo, body, group)
    out = receive(sqs, fifo, 1)
    assert bodies(out) == ["a1"]
    # The rest of its group waits; the other group does not.
    assert bodies(receive(sqs, fifo)) == ["b1"]
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=out[0]["ReceiptHandle"])
    assert bodies(receive(sqs, fifo)) == ["a2"]
    frozen.advance(30)
    assert bodies(receive(sqs, fifo)) == ["a2", "b1"]


def test_expired_handle_of_a_fifo_queue_deletes_nothing(sqs: Any, fifo: str, frozen: Any) -> None:
    put(sqs, fifo, "a", "a")
    (message,) = receive(sqs, fifo)
    frozen.advance(30)
    with refused("InvalidParameterValue", "expired"):
        sqs.delete_message(QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])


def test_what_was_sent_before_is_taken_once(sqs: Any, fifo: str, frozen: Any) -> None:
    first = put(sqs, fifo, "a", "a", "mark")
    frozen.advance(299)
    again = put(sqs, fifo, "changed", "a", "mark")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    frozen.advance(1)
    put(sqs, fifo, "later", "a", "mark")
    assert bodies(receive(sqs, fifo)) == ["a", "later"]


def test_fifo_wants_group_and_mark(sqs: Any, fifo: str, frozen: Any) -> None:
    with refused("MissingParameter", "MessageGroupId"):
        sqs.send_message(QueueUrl=fifo, MessageBody="a")
    with refused("InvalidParameterValue", "ContentBasedDeduplication"):
        sqs.send_message(QueueUrl=fifo, MessageBody="a", MessageGroupId="a")
    frozen.settings(sqs_propagation=0)
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"ContentBasedDeduplication": "true"})
    for _ in range(2):
        sqs.send_message(QueueUrl=fifo, MessageBody="a", MessageGroupId="a")
    assert bodies(receive(sqs, fifo)) == ["a"]
    with refused("InvalidParameterValue", "DelaySeconds"):
        sqs.send_message(QueueUrl=fifo, MessageBody="b", MessageGroupId="a", DelaySeconds=5)


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_dead_letters_are_moved_after_the_last_receive(sqs: Any, frozen: Any, suffix: str) -> None:
    more = {"FifoQueue": "true"} if suffix else {}
    dead = sqs.create_queue(QueueName="dead" + suffix, Attributes=more)["QueueUrl"]
    target = f"arn:aws:sqs:us-east-1:{frozen.account}:dead{suffix}"
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName="work" + suffix, Attributes={**more, "RedrivePolicy": policy})["QueueUrl"]
    group = {"MessageGroupId": "a", "MessageDeduplicationId": "a"} if suffix else {}
    sqs.send_message(QueueUrl=url, MessageBody="a", **group)
    for _ in range(2):
        assert bodies(receive(sqs, url)) == ["a"]
        assert receive(sqs, dead) == []
        frozen.advance(30)
    assert receive(sqs, url) == []
    (moved,) = receive(sqs, dead, MessageSystemAttributeNames=["All"])
    assert moved["Body"] == "a"
    assert moved["Attributes"]["DeadLetterQueueSourceArn"] == f"arn:aws:sqs:us-east-1:{frozen.account}:work{suffix}"
    frozen.advance(30)
    assert receive(sqs, url) == []


def test_messages_expire_by_the_time_they_were_sent(sqs: Any, frozen: Any) -> None:
    url = sqs.create_queue(QueueName="short", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    frozen.advance(60)
    assert receive(sqs, url) == []


def test_purge_once_a_minute(sqs: Any, queue: str, frozen: Any) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    sqs.purge_queue(QueueUrl=queue)
    assert receive(sqs, queue) == []
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress"):
        sqs.purge_queue(QueueUrl=queue)
    frozen.advance(60)
    sqs.purge_queue(QueueUrl=queue)


def test_batch_tells_of_each_entry(sqs: Any, fifo: str) -> None:
    entries = [
        {"Id": "good", "MessageBody": "a", "MessageGroupId": "a", "MessageDeduplicationId": "1"},
        {"Id": "bad", "MessageBody": "b", "MessageGroupId": "a"},
    ]
    answer = sqs.send_message_batch(QueueUrl=fifo, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("bad", "InvalidParameterValue")]
    with refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"):
        sqs.send_message_batch(QueueUrl=fifo, Entries=[entries[0], entries[0]])
    (message,) = receive(sqs, fifo)
    gone = sqs.delete_message_batch(QueueUrl=fifo, Entries=[{"Id": "x", "ReceiptHandle": message["ReceiptHandle"]}])
    assert [one["Id"] for one in gone["Successful"]] == ["x"]


def test_queue_without_its_key_takes_nothing(sqs: Any, frozen: Any) -> None:
    kms = frozen.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    url = sqs.create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    kms.disable_key(KeyId=key)
    with refused("KMS.DisabledException"):
        sqs.send_message(QueueUrl=url, MessageBody="b")
    with refused("KMS.DisabledException"):
        receive(sqs, url)

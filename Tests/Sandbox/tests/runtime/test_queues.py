# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

from .conftest import Live, allow

READS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
FAILS_BAD = """
def handle(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""


def mapping(live: Live, source: str, arn: str, **settings: Any) -> None:
    live.function("worker", source, allow(READS, arn), Timeout=20)
    live.client("lambda").create_event_source_mapping(
        FunctionName="worker", EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"], **settings
    )
    live.advance(15)


def send(live: Live, queue: str, body: str, **more: str) -> None:
    sqs = live.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=body, **more)


def test_what_a_function_has_not_done_comes_again_and_is_put_aside_in_the_end(live: Live) -> None:
    dead = live.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    mapping(live, FAILS_BAD, live.queue("q", VisibilityTimeout="30", RedrivePolicy=redrive))
    send(live, "q", "good")
    send(live, "q", "bad")
    bodies = [sorted(r["body"] for r in _records(run)) for run in _received(live)]
    assert sorted(sum(bodies, [])) == ["bad", "good"]
    live.advance(31)
    assert [[r["body"] for r in _records(run)] for run in _received(live)][-1] == ["bad"]
    count = len(live.runs())
    live.advance(31)
    live.settle()
    assert len(live.runs()) == count, "it was received as often as it may be"
    assert [message["Body"] for message in live.messages("dead")] == ["bad"]


def test_groups_of_a_fifo_queue_are_given_in_order(live: Live) -> None:
    arn = live.queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="60")
    mapping(live, FAILS_BAD, arn, BatchSize=1)
    for body in ("bad", "second"):
        send(live, "q.fifo", body, MessageGroupId="a")
    send(live, "q.fifo", "other", MessageGroupId="b")
    assert sorted(r["body"] for run in _received(live) for r in _records(run)) == ["bad", "other"]
    live.advance(61)
    assert [r["body"] for run in _received(live) for r in _records(run)][-1] == "bad", "nothing overtakes in a group"


def test_a_role_without_the_right_is_given_nothing(live: Live) -> None:
    arn = live.queue("q", VisibilityTimeout="30")
    mapping(live, FAILS_BAD, arn)
    less = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:GetQueueAttributes")]})
    live.client("iam").put_role_policy(RoleName="worker-role", PolicyName="work", PolicyDocument=less)
    send(live, "q", "good")
    assert live.runs() == []


def test_a_topic_reaches_a_function_that_lets_it_in(live: Live) -> None:
    function = live.function("f", "def handle(event, context): return event['Records'][0]['Sns']['Message']")
    sns = live.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sns.publish(TopicArn=topic, Message="unheard")
    assert live.runs() == []
    live.client("lambda").add_permission(
        FunctionName="f", StatementId="t", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com",
        SourceArn=topic,
    )  # fmt: skip
    sns.publish(TopicArn=topic, Message="heard")
    (run,) = live.runs()
    assert run["answer"] == '"heard"'


def _received(live: Live) -> list[dict[str, Any]]:
    return live.runs("worker")


def _records(run: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(run["event"])["Records"])

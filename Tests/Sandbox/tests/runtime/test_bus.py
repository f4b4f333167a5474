# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Live

ECHO = "def handle(event, context):\n    return event"
LETS_EVENTS = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}


def rule(live: Live, target: str, pattern: dict[str, Any], **settings: Any) -> str:
    events = live.client("events")
    arn = events.put_rule(Name="r", EventPattern=json.dumps(pattern))["RuleArn"]
    answer = events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": target, **settings}])
    assert answer["FailedEntryCount"] == 0
    return str(arn)


def permit(live: Live, function: str, rule_arn: str) -> None:
    live.client("lambda").add_permission(
        FunctionName=function, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=rule_arn,
    )  # fmt: skip


def put(live: Live, **detail: Any) -> None:
    entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail), "Resources": ["arn:aws:x:::y"]}
    assert live.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_an_event_that_a_rule_matches_reaches_its_function(live: Live) -> None:
    target = live.function("f", ECHO)
    permit(live, "f", rule(live, target, {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}))
    put(live, total=5)
    put(live, total=15)
    (run,) = live.runs("f")
    seen = json.loads(run["answer"])
    assert (seen["detail"], seen["detail-type"], seen["account"]) == ({"total": 15}, "Order", live.account)
    assert seen["resources"] == ["arn:aws:x:::y"] and seen["region"] == "us-east-1" and seen["version"] == "0"


def test_a_function_that_does_not_let_the_rule_in_has_its_event_put_aside(live: Live) -> None:
    target = live.function("f", ECHO)
    dead = live.queue("dead", LETS_EVENTS)
    arn = rule(live, target, {"source": ["shop"]}, DeadLetterConfig={"Arn": dead})
    permit(live, "f", arn + "-of-another-name")
    put(live, n=1)
    (message,) = live.messages("dead")
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert said["RULE_ARN"] == arn and said["TARGET_ARN"] == target and said["ERROR_CODE"] == "AccessDeniedException"
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert live.runs() == []


def test_a_dead_letter_queue_without_the_policy_loses_the_event(live: Live) -> None:
    dead = live.queue("dead")
    rule(live, live.function("f", ECHO), {"source": ["shop"]}, DeadLetterConfig={"Arn": dead})
    put(live)
    assert live.messages("dead") == []
    assert [found["outcome"] for found in live.control("deliveries")["deliveries"]] == ["lost"]


def test_a_target_that_is_throttled_is_tried_again_for_as_long_as_it_may(live: Live) -> None:
    target = live.queue("q", LETS_EVENTS)
    rule(live, target, {"source": ["shop"]}, RetryPolicy={"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60})
    live.faults({"service": "sqs", "operation": "SendMessage", "kind": "throttle", "times": 5})
    put(live)
    live.advance(2)
    live.settle()
    live.advance(4)
    live.settle()
    (found,) = live.control("deliveries")["deliveries"]
    assert (found["attempts"], found["outcome"]) == (3, "lost")
    put(live)
    live.advance(2)
    live.settle()
    live.advance(4)
    live.settle()
    assert len(live.messages("q")) == 1, "the third attempt met no fault"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Input": '{"a":1}'}, '{"a":1}'),
        ({"InputPath": "$.detail.who"}, '"ann"'),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"w": "$.detail.who", "n": "$.detail.n[1]"},
                    "InputTemplate": '{"who":<w>,"n":<n>,"t":"<w> has <n>","none":<x>}',
                }
            },
            '{"who":"ann","n":2,"t":"ann has 2","none":<x>}',
        ),
    ],
)
def test_a_target_gets_what_it_asks_for(live: Live, given: dict[str, Any], text: str) -> None:
    rule(live, live.queue("q", LETS_EVENTS), {"source": ["shop"]}, **given)
    put(live, who="ann", n=[1, 2])
    assert [message["Body"] for message in live.messages("q")] == [text]


def test_entries_fail_by_themselves(live: Live) -> None:
    good = {"Source": "shop", "DetailType": "d", "Detail": "{}"}
    answer = live.client("events").put_events(
        Entries=[good, {**good, "Detail": "{"}, {**good, "Source": "aws.rds"}, {"Source": "shop"}]
    )
    assert answer["FailedEntryCount"] == 3
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"]

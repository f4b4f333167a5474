# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.events import Event, Kind, read

CLUSTER = {
    "version": "0",
    "id": "844e2571-85d4-695f-b930-0153b71dcb42",
    "detail-type": "RDS DB Cluster Event",
    "source": "aws.rds",
    "time": "2024-05-06T23:08:24Z",
    "resources": ["arn:aws:rds:us-east-1:111122223333:cluster:demo"],
    "detail": {
        "EventCategories": ["failover"],
        "SourceType": "CLUSTER",
        "SourceArn": "arn:aws:rds:us-east-1:111122223333:cluster:demo",
        "Date": "2024-05-06T23:08:24.252Z",
        "Message": "Completed failover to DB instance: demo-2",
        "SourceIdentifier": "rds:demo",
        "EventID": "RDS-EVENT-0071",
    },
}

ALARM = {
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "time": "2024-05-06T23:08:24Z",
    "resources": ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:payments-writer-down"],
    "detail": {"alarmName": "payments-writer-down", "state": {"value": "ALARM"}},
}


def experiment(status: str) -> dict[str, Any]:
    return {
        "source": "aws.fis",
        "detail-type": "FIS Experiment State Change",
        "time": "2024-05-06T23:08:24Z",
        "detail": {
            "experiment-id": "EXP1",
            "experiment-template-id": "EXT1",
            "new-state": {"status": status, "reason": ""},
            "old-state": {"status": "initiating", "reason": ""},
        },
    }


AT = 1715036904.0


def test_what_rds_and_alarms_say_is_a_hint() -> None:
    assert read(CLUSTER) == Event(Kind.HINT, "RDS-EVENT-0071: Completed failover to DB instance: demo-2", AT)
    assert read(ALARM) == Event(Kind.HINT, "alarm payments-writer-down: ALARM", AT)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("running", Kind.DRILL_BEGINS),
        ("completed", Kind.DRILL_ENDS),
        ("stopped", Kind.DRILL_ENDS),
        ("failed", Kind.DRILL_ENDS),
        ("cancelled", Kind.DRILL_ENDS),
        ("pending", Kind.UNKNOWN),
    ],
)
def test_experiments_begin_and_end(status: str, kind: Kind) -> None:
    event = read(experiment(status))
    assert event.kind is kind
    if kind is not Kind.UNKNOWN:
        assert (event.experiment, event.template, event.status, event.at) == ("EXP1", "EXT1", status, AT)


def test_the_probe_says_since_when_and_who_answers() -> None:
    event = {"source": "harecon.probe", "writer": "down", "at": 20, "since": 10, "members": {"b": True, "a": False}}
    assert read(event) == Event(Kind.DOWN, "probe: down", 20.0, 10.0, (("a", False), ("b", True)))
    assert read({**event, "writer": "up"}).kind is Kind.UP


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"source": "aws.ec2"},
        {"source": "aws.rds"},
        {"source": "aws.rds", "detail": {"EventID": "RDS-EVENT-0071"}, "time": "yesterday"},
        {"source": "aws.cloudwatch", "detail": {"alarmName": "x", "state": "ALARM"}},
        {"source": "aws.fis", "detail": {"new-state": None}},
        {"source": "harecon.probe", "writer": "sideways", "at": 1, "since": 1},
        {"source": "harecon.probe", "writer": "down", "at": "soon", "since": 1},
        {"source": "harecon.probe", "writer": "down", "at": 1, "since": 1, "members": []},
    ],
)
def test_what_cannot_be_understood_is_unknown(event: dict[str, Any]) -> None:
    assert read(event).kind is Kind.UNKNOWN
    assert read(event).what


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["source", "detail", "time", "writer", "at", "since", "members"]),
        JSON | st.sampled_from(["aws.rds", "aws.fis", "harecon.probe", "aws.cloudwatch", "down"]),
    )
)
def test_no_event_is_raised_at(event: dict[str, Any]) -> None:
    assert read(event).kind in Kind

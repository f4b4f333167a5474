# SPDX-License-Identifier: Apache-2.0
"""Whom the alarms call, and when: nobody for a stack that is being made, somebody for what falls silent or never speaks."""

from __future__ import annotations

from typing import Any

from harness import Account, Harecon

NO_WRITER = {"payments-writer-down", "payments-engine-down", "payments-endpoint-down", "payments-no-writer"}
MINUTE = 60


def test_a_new_stack_pages_nobody_and_a_probe_that_stops_does(harecon: Harecon, account: Account) -> None:
    made(harecon, account)
    advance(account, 5 * MINUTE)
    assert risen(account) == set(), "nothing has had the time to speak"

    speaks(account, 3 * MINUTE)
    assert states(account) == dict.fromkeys(NO_WRITER, "OK")
    assert risen(account) == set()
    harecon.must_be_converged()

    told = len(calls_to_critical(account))
    silent = 0
    while "payments-no-writer" not in risen(account):
        speaks(account, 10, but="WriterProbe")
        silent += 10
        assert silent <= MINUTE, "the probe's silence pages within a minute"
    assert len(calls_to_critical(account)) == told + 1
    assert states(account)["payments-engine-down"] == "OK"


def test_a_probe_that_never_speaks_pages_when_the_warm_up_is_over(harecon: Harecon, account: Account) -> None:
    made(harecon, account)
    # The alarms are up to a minute older than that.
    advance(account, 28 * MINUTE)
    assert risen(account) == set()
    advance(account, 3 * MINUTE)
    assert risen(account) >= NO_WRITER
    harecon.must_be_converged()


def made(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    account.control("clock", {"auto": False, "freeze": True})
    account.control("settings", {"aws_metrics": True})
    now = account.control("clock")["now"]
    advance(account, MINUTE - now % MINUTE)


def speaks(account: Account, seconds: int, but: str = "") -> None:
    """Everything that looks at the writer finds it well for so long; `but` says nothing."""
    (check,) = account.edit("route53", "ListHealthChecks")["HealthChecks"]
    for _ in range(seconds // 10):
        _say(account, check["Id"], but)
        advance(account, 10)


def _say(account: Account, check: str, but: str) -> None:
    writer = {"DBClusterIdentifier": "payments", "Role": "WRITER"}
    for namespace, metric, value, dimensions in (
        ("harecon/payments", "WriterProbe", 1.0, {}),
        ("AWS/RDS", "EngineUptime", 600.0, writer),
        ("AWS/Route53", "HealthCheckStatus", 1.0, {"HealthCheckId": check}),
    ):
        if metric != but:
            put(account, namespace, metric, value, dimensions)


def put(account: Account, namespace: str, metric: str, value: float, dimensions: dict[str, str]) -> None:
    datum = {
        "MetricName": metric, "Value": value, "StorageResolution": 1 if namespace.startswith("harecon/") else 60,
        "Dimensions": [{"Name": name, "Value": of} for name, of in dimensions.items()],
    }  # fmt: skip
    account.edit("cloudwatch", "PutMetricData", Namespace=namespace, MetricData=[datum])


def advance(account: Account, seconds: float) -> None:
    account.control("clock", {"advance": seconds})


def states(account: Account) -> dict[str, str]:
    types = ["MetricAlarm", "CompositeAlarm"]
    found = account.client("cloudwatch").describe_alarms(AlarmNames=sorted(NO_WRITER), AlarmTypes=types)
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found["MetricAlarms"] + found["CompositeAlarms"]}


def risen(account: Account) -> set[str]:
    """The alarms of the stack that have ever been in ALARM."""
    return {line["AlarmName"] for line in history(account, "StateUpdate") if line["HistorySummary"].endswith(" to ALARM")}


def calls_to_critical(account: Account) -> list[str]:
    lines = [line["HistorySummary"] for line in history(account, "Action")]
    return [line for line in lines if line.startswith("Successfully") and line.endswith(":payments-critical")]


def history(account: Account, kind: str) -> list[dict[str, Any]]:
    pages = account.client("cloudwatch").get_paginator("describe_alarm_history")
    types = ["MetricAlarm", "CompositeAlarm"]
    return [line for page in pages.paginate(HistoryItemType=kind, AlarmTypes=types) for line in page["AlarmHistoryItems"]]

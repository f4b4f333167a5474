# SPDX-License-Identifier: Apache-2.0
"""What harecon does is written to the stack's audit log, as AWS's own client reads it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from harness import TRAIL, Account, Harecon

GROUP = "/harecon/payments/audit"


def runs(account: Account) -> list[list[dict[str, Any]]]:
    """The lines of each run in order, the oldest run first."""
    logs = account.client("logs")
    streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="harecon/")["logStreams"]
    found = []
    for stream in streams:
        place = {"logGroupName": GROUP, "logStreamName": stream["logStreamName"]}
        events = logs.get_log_events(**place, startFromHead=True, limit=10_000)["events"]
        lines = [json.loads(event["message"]) for event in events]
        for line, event in zip(lines, events, strict=True):
            assert int(datetime.fromisoformat(line["at"]).timestamp() * 1000) == event["timestamp"]
            assert list(line)[:3] == ["at", "function", "what"], "as the lines of functions begin"
            assert line["function"] == "harecon" and stream["logStreamName"] == f"harecon/{line['run']}"
        lines.sort(key=lambda line: line["line"])
        assert [line["line"] for line in lines] == list(range(1, len(lines) + 1)), "none is lost, none is there twice"
        found.append(lines)
    return sorted(found, key=lambda lines: datetime.fromisoformat(lines[0]["at"]))


def forget(account: Account) -> None:
    logs = account.client("logs")
    for stream in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]:
        logs.delete_log_stream(logGroupName=GROUP, logStreamName=stream["logStreamName"])


def test_an_apply_a_repair_and_a_destroy_say_who_did_what_and_what_came_of_it(
    harecon: Harecon, account: Account
) -> None:
    applied = harecon.apply("-o", "json").expect(0).json
    assert applied["notes"] == []
    (lines,) = runs(account)
    began, *actions, ended = lines
    assert (began["what"], began["command"], began["stack"]) == ("began", "apply", "payments")
    assert began["caller"] == account.client("sts").get_caller_identity()["Arn"]
    assert began["version"] == harecon("version").out.split()[1]
    assert began["planDigest"] == applied["digest"] and len(began["specDigest"]) == 64
    assert began["counts"]["create"] == began["steps"] == len(applied["done"])
    assert {line["step"] for line in actions} == set(applied["done"])
    assert {line["what"] for line in actions} == {"created"}
    assert (ended["what"], ended["outcome"], ended["exitCode"]) == ("ended", "done", 0)

    forget(account)
    account.edit("lambda", "UpdateFunctionConfiguration", FunctionName="payments-health", Timeout=9)
    (check,) = [c for c in account.client("route53").list_health_checks()["HealthChecks"]
                if c["HealthCheckConfig"]["Type"] == "HTTPS_STR_MATCH"]
    account.edit("route53", "UpdateHealthCheck", HealthCheckId=check["Id"], ResourcePath="/planted-path")
    harecon("reconcile", "-f", str(harecon.spec), "-mode", "repair-safe").expect(0)
    ((began, *repairs, ended),) = runs(account)
    assert (began["command"], began["steps"], ended["done"]) == ("reconcile", 2, 2)
    assert {line["what"] for line in repairs} == {"updated"}
    changed = {line["step"]: line["changed"] for line in repairs}
    assert changed["update lambda/function.health"] == {"timeout": {"old": 9, "new": 3}}
    (secret,) = [change for step, change in changed.items() if step.startswith("update route53/health-check")]
    assert secret == {"path": {"old": {"secret": True}, "new": {"secret": True}}}
    told = json.dumps(runs(account))
    assert "planted-path" not in told and check["HealthCheckConfig"]["ResourcePath"] not in told

    since = len(account.calls())
    harecon.apply().expect(0)
    assert not [c for c in account.calls()[since:] if c["operation"] in TRAIL], "nothing was done"

    forget(account)
    kept = harecon.destroy("-keep-data", "-o", "json").expect(0).json
    assert kept["notes"] == []
    (lines,) = runs(account)
    assert (lines[0]["command"], lines[-1]["outcome"]) == ("destroy", "done")
    assert {line["step"] for line in lines[1:-1]} == set(kept["done"])


def test_a_destroy_that_takes_the_log_says_that_it_did(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    destroyed = harecon.destroy("-o", "json").expect(0)
    (note,) = destroyed.json["notes"]
    assert (note["rule"], note["severity"]) == ("audit.gone", "note")
    assert GROUP in destroyed.err and "-keep-data" in destroyed.err
    assert not [r for r in account.inventory() if r["id"] == GROUP]


def test_a_trail_that_cannot_be_written_fails_nothing_and_is_told(harecon: Harecon, account: Account) -> None:
    fault = {"service": "logs", "operation": "PutLogEvents", "kind": "denied", "times": 1000}
    account.control("faults", [fault])
    applied = harecon.apply("-o", "json").expect(0)
    (note,) = applied.json["notes"]
    assert (note["rule"], note["severity"]) == ("audit.unwritten", "warning")
    assert "AccessDenied" in note["message"] and GROUP in note["message"] and note["message"] in applied.err
    assert "logs:PutLogEvents" in note["hint"]
    account.control("faults", [])
    harecon.must_be_converged()

# SPDX-License-Identifier: Apache-2.0
"""What the account lacks is said before anything is written; what cannot be asked is a note."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from harness import Account, Harecon

READING = ("Describe", "Get", "List")
QUESTIONS = {
    "DescribeOrderableDBInstanceOptions": "rds",
    "DescribeAccountAttributes": "rds",
    "DescribeVpcEndpointServices": "ec2",
    "GetAccountSettings": "lambda",
    "GetAccountSummary": "iam",
    "GetServiceQuota": "service-quotas",
    "GetSafetyLever": "fis",
}
ACTIONS = {f"{service.replace('-', '')}:{name}" for name, service in QUESTIONS.items()}


def wrote(account: Account) -> list[str]:
    return [c["operation"] for c in account.calls() if not c["operation"].startswith(READING)]


def notes(harecon: Harecon) -> list[dict[str, Any]]:
    found = harecon.plan("-o", "json").expect(0).json["notes"]
    return [note for note in found if note["rule"].startswith("preflight.")]


@pytest.mark.parametrize(
    ("settings", "rule", "words"),
    [
        ({"retired_versions": ["15.10"]}, "preflight.orderable", ["15.10", "15.12", "cluster.version"]),
        ({"class_zones": {"db.serverless": ["us-east-1a", "us-east-1b"]}}, "preflight.orderable",
         ["rds/instance.c", "us-east-1c", "us-east-1a, us-east-1b"]),
        ({"endpoint_zones": {"kms": []}}, "preflight.endpoint-service",
         ["com.amazonaws.us-east-1.kms", "network.endpoints"]),
        ({"endpoint_zones": {"sts": ["us-east-1a"]}}, "preflight.endpoint-service", ['"us-east-1b", "us-east-1c"']),
        ({"lambda_concurrency": 110}, "preflight.concurrency", ["110", "L-B99A9384", "--desired-value"]),
        ({"lambda_concurrency": 10}, "preflight.concurrency", ["run 10 at once", "nothing be reserved", "L-B99A9384"]),
        ({"quotas": {"vpc/L-F678F1CE": 1}}, "preflight.quota", ["VPCs", "--quota-code L-F678F1CE --desired-value 2"]),
        ({"quotas": {"rds/L-7B6409FD": 2}}, "preflight.quota", ["2 DB instances", "3 more", "L-7B6409FD"]),
        ({"quotas": {"iam/L-FE177D64": 3}}, "preflight.quota", ["IAM roles", "L-FE177D64"]),
    ],
)  # fmt: skip
def test_what_the_account_lacks_is_refused_before_anything_is_written(
    harecon: Harecon, account: Account, settings: dict[str, Any], rule: str, words: list[str]
) -> None:
    account.control("settings", settings)
    planned = harecon.plan("-o", "json").expect(3)
    errors = [d for d in planned.json["diagnostics"] if d["severity"] == "error"]
    assert errors and {d["rule"] for d in errors} == {rule}
    text = str(errors)
    assert all(word in text for word in words), text
    refused = harecon.apply().expect(3)
    assert all(d["hint"] in refused.err for d in errors[-1:])
    assert wrote(account) == []


def test_a_region_that_is_full_of_log_policies_is_refused(harecon: Harecon, account: Account) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Sid": "Theirs", "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"},
        "Action": ["logs:PutLogEvents"], "Resource": f"arn:aws:logs:us-east-1:{account.id}:*"}]})
    for n in range(10):
        account.edit("logs", "PutResourcePolicy", policyName=f"theirs-{n}", policyDocument=document)
    refused = harecon.apply().expect(3)
    assert "10 resource policies" in refused.err and wrote(account) == []
    account.edit("logs", "DeleteResourcePolicy", policyName="theirs-0")
    assert notes(harecon) == []


def test_an_account_that_has_everything_is_not_spoken_of(harecon: Harecon, account: Account) -> None:
    assert notes(harecon) == []
    assert {c["operation"] for c in account.calls()} >= QUESTIONS.keys()
    harecon.apply().expect(0)
    since = len(account.calls())
    assert notes(harecon) == []
    # What is there needs no room.
    asked = {c["operation"] for c in account.calls()[since:]} & QUESTIONS.keys()
    assert asked == {"GetSafetyLever"}


def test_who_may_not_ask_is_told_so_and_can_work(harecon: Harecon, account: Account) -> None:
    denied = [{"service": s, "operation": o, "kind": "denied", "times": 100} for o, s in QUESTIONS.items()]
    account.control("faults", denied)
    found = notes(harecon)
    assert {(note["severity"], note["rule"]) for note in found} == {("note", "preflight.unanswered")}
    assert {action for action in ACTIONS if any(f'"{action}"' in note["message"] for note in found)} == ACTIONS
    assert "servicequotas:GetServiceQuota" in harecon.plan().expect(0).out
    harecon.apply().expect(0)
    # Nothing is made any more, so that only what drills wait for is of interest.
    assert [("fis:GetSafetyLever" in note["message"]) for note in notes(harecon)] == [True]


def test_a_service_that_does_not_answer_stops_nobody(harecon: Harecon, account: Account) -> None:
    account.control("faults", [{"service": "service-quotas", "operation": "*", "kind": "503", "times": 100}])
    (note,) = notes(harecon)
    assert "another VPC" in note["message"] and note["severity"] == "note"


def test_a_pulled_safety_lever_is_a_warning_and_stops_nothing(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    account.edit("fis", "UpdateSafetyLeverState", id="default", state={"status": "engaged", "reason": "audit week"})
    (warning,) = notes(harecon)
    assert warning["severity"] == "warning" and "audit week" in warning["message"]
    harecon.must_be_converged()
    assert "audit week" in harecon.plan().expect(0).out
    assert "audit week" in harecon.apply().expect(0).err
    assert harecon("reconcile", "-f", str(harecon.spec)).expect(0).err.count("audit week") == 1
    seen = harecon("reconcile", "-f", str(harecon.spec), "-o", "json").expect(0)
    assert warning in seen.json["plan"]["notes"] and "audit week" in seen.err


def test_a_loop_tells_a_note_when_it_becomes_true_and_not_at_every_pass(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    process = harecon.start("reconcile", "-f", str(harecon.spec), "-every", "1s")
    assert process.stdout is not None

    def passes(count: int) -> None:
        for _ in range(count):
            assert "nothing to do" in process.stdout.readline()

    try:
        passes(1)
        for reason in ("audit week", "audit month"):
            account.edit("fis", "UpdateSafetyLeverState", id="default", state={"status": "engaged", "reason": reason})
            # One may have looked before: of the others, the first tells.
            passes(3)
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (err.count("audit week"), err.count("audit month")) == (1, 1), err


def test_what_is_there_is_not_asked_for_again(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    full = {"vpc/L-F678F1CE": 2, "rds/L-952B80B8": 1, "rds/L-7B6409FD": 3, "iam/L-FE177D64": 1}
    account.control("settings", {"quotas": full, "lambda_concurrency": 130, "retired_versions": ["15.10"]})
    assert notes(harecon) == []
    account.edit("rds", "DeleteDBInstance", DBInstanceIdentifier="payments-c", SkipFinalSnapshot=True)
    (warning,) = notes(harecon)
    assert warning["severity"] == "warning" and "15.10" in warning["message"]
    harecon.apply().expect(0)


def test_a_version_that_may_be_later_is_the_next_that_is_offered(harecon: Harecon, account: Account) -> None:
    harecon.edit_spec('{exact: "15.10"}', '{atLeast: "15.10"}')
    account.control("settings", {"retired_versions": ["15.10", "15.12"]})
    (note,) = notes(harecon)
    assert note["severity"] == "note" and "15.13" in note["message"]
    harecon.apply().expect(0)
    (cluster,) = account.client("rds").describe_db_clusters()["DBClusters"]
    assert cluster["EngineVersion"] == "15.13"


def test_the_loop_asks_too(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    account.control("settings", {"quotas": {"rds/L-7B6409FD": 2}})
    # It counts until it is gone, which it must not be between two questions.
    account.control("clock", {"auto": False})
    account.edit("rds", "DeleteDBInstance", DBInstanceIdentifier="payments-c", SkipFinalSnapshot=True)
    before = len(account.calls())
    refused = harecon("reconcile", "-f", str(harecon.spec), "-mode", "repair").expect(3)
    assert "DB instances" in refused.err
    assert [c["operation"] for c in account.calls()[before:] if not c["operation"].startswith(READING)] == []


def test_taking_a_stack_down_needs_nothing_of_the_account(harecon: Harecon, account: Account) -> None:
    harecon.plan("-destroy").expect(0)
    assert {c["operation"] for c in account.calls()}.isdisjoint(QUESTIONS)


def test_more_rules_than_every_account_has_are_asked_for(harecon: Harecon, account: Account) -> None:
    clients = "".join(f"    - {{cidr: 10.{100 + n}.0.0/16, description: client {n}}}\n" for n in range(60))
    harecon.edit_spec("  clients:", "  clients:\n" + clients.rstrip("\n"))
    refused = harecon.plan().expect(3)
    assert "ec2/security-group-rules.database" in refused.err and "L-0EA8095F" in refused.err
    account.control("settings", {"quotas": {"vpc/L-0EA8095F": 200}})
    assert notes(harecon) == []

# SPDX-License-Identifier: Apache-2.0
"""The control interface: journal, isolation, reset, edits, holds, and clear refusals."""

from __future__ import annotations

import threading
import time
import urllib.error
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from conftest import Aws


def test_the_journal_tells_what_was_called_and_what_came_of_it(aws: Aws) -> None:
    kms = aws.client("kms")
    request_id = kms.create_key(Description="d")["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="none")
    made, failed = aws.calls()
    assert made | {"started": 0, "ended": 0, "connection": 0} == {
        "n": 1, "service": "kms", "operation": "CreateKey", "params": {"Description": "d"}, "status": 200, "code": None,
        "request_id": request_id, "connection": 0, "started": 0, "ended": 0, "fault": None, "effect": True,
        "region": "us-east-1", "access_key": aws.access_key, "principal": "",
    }  # fmt: skip
    assert made["started"] <= made["ended"] <= failed["started"]
    assert made["connection"] == failed["connection"]
    assert (failed["code"], failed["status"], failed["effect"]) == ("NotFoundException", 400, False)
    assert aws.calls(since=1) == [failed]


def test_bytes_and_times_of_parameters_are_shown_as_text(aws: Aws) -> None:
    with pytest.raises(ClientError):
        aws.client("kms").encrypt(KeyId="none", Plaintext=b"\xff")
    assert aws.calls()[0]["params"] == {"KeyId": "none", "Plaintext": "/w=="}


def test_a_connection_is_kept_for_many_calls(aws: Aws) -> None:
    kms = aws.client("kms")
    for _ in range(20):
        kms.list_keys()
    assert len({call["connection"] for call in aws.calls()}) == 1


def test_accounts_do_not_see_each_other(aws: Aws, other: Aws) -> None:
    aws.client("kms").create_key()
    aws.faults({"kind": "denied", "times": 5})
    aws.settings(page=1)
    assert other.client("kms").list_keys()["Keys"] == []
    assert [call["operation"] for call in other.calls()] == ["ListKeys"]
    assert "page" not in other.control("settings")


def test_a_reset_empties_one_account(aws: Aws, other: Aws) -> None:
    for account in (aws, other):
        account.client("logs").create_log_group(logGroupName="g")
        account.client("s3").create_bucket(Bucket=f"bucket-{account.account}")
        account.client("iam").create_user(UserName="u")
        account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    aws.faults({"kind": "denied", "times": 5})
    aws.reset()
    assert aws.calls() == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert [vpc["IsDefault"] for vpc in aws.client("ec2").describe_vpcs()["Vpcs"]] == [True]
    aws.client("s3").create_bucket(Bucket=f"bucket-{aws.account}")
    assert len(other.client("logs").describe_log_groups()["logGroups"]) == 1
    assert len(other.client("s3").list_buckets()["Buckets"]) == 1


def test_a_reset_takes_milliseconds(aws: Aws) -> None:
    spent = []
    for _ in range(5):
        aws.edit("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")
        started = time.monotonic()
        aws.reset()
        spent.append(time.monotonic() - started)
    assert min(spent) < 0.05


def test_an_edit_leaves_no_trace_and_fears_no_fault(aws: Aws) -> None:
    aws.faults({"kind": "denied", "times": 1})
    aws.edit("logs", "CreateLogGroup", logGroupName="g")
    assert aws.calls() == []
    with pytest.raises(ClientError):
        aws.client("logs").describe_log_groups()
    assert len(aws.client("logs").describe_log_groups()["logGroups"]) == 1


def test_an_edit_happens_where_the_account_uses_the_service(aws: Aws) -> None:
    logs = aws.client("logs", "eu-west-1")
    logs.describe_log_groups()
    aws.client("iam").list_roles()
    aws.edit("logs", "CreateLogGroup", logGroupName="g")
    assert len(logs.describe_log_groups()["logGroups"]) == 1
    body = {"service": "logs", "operation": "CreateLogGroup", "params": {"logGroupName": "g"}, "region": "us-west-2"}
    aws.control("edit", body)
    assert len(aws.client("logs", "us-west-2").describe_log_groups()["logGroups"]) == 1


def test_an_edit_that_the_service_refuses_says_so(aws: Aws) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.edit("logs", "DeleteLogGroup", logGroupName="none")
    assert caught.value.code == 409
    assert b"ResourceNotFoundException" in caught.value.read()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("edit", {"service": "lgos", "operation": "CreateLogGroup"}, 400),
        ("edit", {"service": "logs", "operation": "CreateGroup"}, 400),
        ("clock", {"advnce": 1}, 400),
        ("clock", {"advance": -1}, 400),
        ("settings", {"page": "many"}, 400),
        ("hold", {"n": 0}, 400),
        ("faults", {"kind": "500"}, 400),
        ("nothing", {}, 404),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused_clearly(aws: Aws, path: str, body: Any, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.control(path, body)
    assert caught.value.code == status
    assert len(caught.value.read()) > 20


class Caller(threading.Thread):
    """A call in a thread of its own."""

    def __init__(self, call: Any, **params: Any) -> None:
        super().__init__()
        self._call = call
        self._params = params
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self._call(**self._params)
        except (ConnectionClosedError, ReadTimeoutError) as error:
            self.outcome = error

    def finish(self) -> Any:
        self.join(timeout=10)
        assert not self.is_alive()
        return self.outcome


def test_the_third_mutating_call_is_held_before_its_effect_and_goes_on_when_released(aws: Aws) -> None:
    aws.control("hold", {"n": 3})
    kms = aws.client("kms")
    kms.create_key()
    kms.list_keys()
    kms.create_key()
    caller = Caller(aws.client("kms", read_timeout=60).create_key)
    (held,) = aws.control("held?wait=10")["held"]
    assert (held["operation"], held["n"], held["after"]) == ("CreateKey", 4, False)
    assert len(kms.list_keys()["Keys"]) == 2
    assert aws.calls()[3]["ended"] is None
    assert aws.control("release", {}) == {"released": 1}
    assert caller.finish()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(kms.list_keys()["Keys"]) == 3
    assert aws.control("held")["held"] == []


def test_a_call_held_after_its_effect_has_it_even_when_the_client_dies(aws: Aws) -> None:
    aws.control("hold", {"n": 1, "after": True})
    with pytest.raises(ReadTimeoutError):
        aws.client("kms", read_timeout=0.3).create_key()
    assert len(aws.client("kms").list_keys()["Keys"]) == 1
    assert aws.calls()[0]["effect"] is True


def test_a_refused_call_is_none_of_those_that_are_held_after_their_effect(aws: Aws) -> None:
    aws.control("hold", {"n": 1, "after": True})
    kms = aws.client("kms")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.disable_key(KeyId="11111111-2222-3333-4444-555555555555")
    caller = Caller(aws.client("kms", read_timeout=60).create_key)
    (held,) = aws.control("held?wait=10")["held"]
    assert (held["operation"], held["n"], held["after"]) == ("CreateKey", 2, True)
    aws.control("release", {})
    assert caller.finish()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_call_held_before_its_effect_never_has_it_when_the_client_dies(aws: Aws) -> None:
    aws.control("hold", {"n": 1})
    with pytest.raises(ReadTimeoutError):
        aws.client("kms", read_timeout=0.3).create_key()
    # The server notices the closed connection by itself; the list of held calls then is empty again.
    while aws.control("held")["held"]:
        pass
    aws.control("release", {})
    assert aws.client("kms").list_keys()["Keys"] == []
    assert aws.calls()[0]["effect"] is False


def test_reads_can_be_held_as_well(aws: Aws) -> None:
    aws.control("hold", {"n": 1, "any": True})
    caller = Caller(aws.client("kms", read_timeout=60).list_keys)
    assert aws.control("held?wait=10")["held"][0]["operation"] == "ListKeys"
    aws.control("release", {})
    assert caller.finish()["Keys"] == []


def test_a_hold_counts_no_operation_that_it_is_to_leave_out(aws: Aws) -> None:
    aws.control("hold", {"n": 1, "any": True, "but": ["ListKeys"]})
    kms = aws.client("kms", read_timeout=60)
    assert kms.list_keys()["Keys"] == []
    caller = Caller(kms.create_key)
    assert aws.control("held?wait=10")["held"][0]["operation"] == "CreateKey"
    aws.control("release", {})
    caller.finish()


def test_a_hold_in_one_account_does_not_stop_another(aws: Aws, other: Aws) -> None:
    aws.control("hold", {"n": 1})
    caller = Caller(aws.client("kms", read_timeout=60).create_key)
    aws.control("held?wait=10")
    assert other.client("kms").create_key()["KeyMetadata"]["Enabled"]
    aws.control("release", {})
    caller.finish()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_reset_ends_what_is_held_and_nothing_of_it_lives_on(aws: Aws, after: bool) -> None:
    aws.control("hold", {"n": 1, "after": after})
    caller = Caller(aws.client("kms", read_timeout=60).create_key)
    aws.control("held?wait=10")
    aws.reset()
    caller.finish()
    assert aws.client("kms").list_keys()["Keys"] == []
    assert [call["operation"] for call in aws.calls()] == ["ListKeys"]


def test_many_connections_change_one_account_without_losing_a_change(aws: Aws) -> None:
    aws.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.advance(60)  # until then the table takes no items
    clients = [aws.client("dynamodb") for _ in range(8)]

    def add(client: Any) -> None:
        for _ in range(10):
            client.update_item(
                TableName="table",
                Key={"k": {"S": "x"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    threads = [threading.Thread(target=add, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    item = aws.client("dynamodb").get_item(TableName="table", Key={"k": {"S": "x"}}, ConsistentRead=True)["Item"]
    assert item["n"] == {"N": "80"}

# SPDX-License-Identifier: Apache-2.0
"""Without credentials, with a wrong account, region or endpoint, with a denied call: one clear sentence, exit 9 or 1."""

from __future__ import annotations

import pytest
from harness import Account, Harecon


def test_no_credentials(harecon: Harecon) -> None:
    environment = {k: v for k, v in harecon.environment.items() if not k.startswith("AWS_ACCESS") and "SECRET" not in k}
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    process = harecon.start("plan", "-f", str(harecon.spec), environment=environment)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 9
    assert "no AWS credentials found" in err and "AWS_PROFILE" in err


def test_another_account_is_refused_before_anything_is_written(harecon: Harecon, account: Account) -> None:
    harecon.edit_spec(account.id, "999999999999")
    refused = harecon.apply().expect(9)
    assert account.id in refused.err and "999999999999" in refused.err


def test_nobody_listens(harecon: Harecon) -> None:
    refused = harecon.plan(AWS_ENDPOINT_URL="http://127.0.0.1:9").expect(1)
    assert "127.0.0.1:9" in refused.err


@pytest.mark.parametrize("url", ["localhost:5000", "::", "http://", "ftp://aws", "http://aws.example"])
def test_an_endpoint_that_is_none_is_a_wrong_input(harecon: Harecon, url: str) -> None:
    refused = harecon.plan(AWS_ENDPOINT_URL=url).expect(4)
    assert f'"{url}"' in refused.err and "AWS_ENDPOINT_URL" in refused.err


@pytest.mark.parametrize("url", ["https://me:hunter2@aws:x", "http://me:hunter2@aws.example", "me:hunter2@aws"])
def test_a_password_in_an_endpoint_is_not_shown(harecon: Harecon, url: str) -> None:
    refused = harecon.plan(AWS_ENDPOINT_URL=url).expect(4)
    assert "hunter2" not in refused.err and "@aws" in refused.err


@pytest.mark.parametrize("kind", ["denied", "expired"])
def test_a_denied_call_names_the_operation_the_code_and_the_request(harecon: Harecon, account: Account, kind: str) -> None:
    account.control("faults", [{"service": "rds", "operation": "DescribeDBClusters", "kind": kind, "times": 100}])
    refused = harecon.plan().expect(9)
    assert "DescribeDBClusters" in refused.err
    assert "AccessDenied" in refused.err or "ExpiredToken" in refused.err
    assert "request" in refused.err


def test_a_wrong_spec_is_shown_with_its_place(harecon: Harecon, account: Account) -> None:
    harecon.edit_spec("capacity:", "capasity:")
    refused = harecon.plan().expect(4)
    assert "capasity" in refused.err and 'did you mean "capacity"' in refused.err and "stack.yaml:" in refused.err
    assert account.calls() == []


def test_a_wrong_command_line(harecon: Harecon) -> None:
    assert "-frobnicate" in harecon.plan("-frobnicate").expect(4).err
    assert "apply" in harecon("aply").expect(4).err
    harecon("apply", "no-such.plan").expect(4)


def test_nobody_is_asked_without_a_terminal(harecon: Harecon) -> None:
    refused = harecon("apply", "-f", str(harecon.spec)).expect(4)
    assert "-auto-approve" in refused.err

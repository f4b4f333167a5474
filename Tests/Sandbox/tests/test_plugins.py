# SPDX-License-Identifier: Apache-2.0
"""Plug-ins add, replace and change operations, keep state per account, and see simulated time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Aws

from harecon_sandbox.engine import Engine, UnknownOperations
from harecon_sandbox.kit import AWSError, Clock, Context, Params, Registry, Result, Timeline
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.server import Server

NUMBERS = itertools.count(300_000_000_000)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def plugin() -> ModuleType:
    return ModuleType("harecon_sandbox.services.kms")


@pytest.fixture
def own(registry: Registry, plugin: ModuleType) -> Iterator[Aws]:
    """An account of a server that has only the hooks of the test."""
    server = Server(Sandbox(engine=Engine(registry, [plugin])).handle)
    server.start()
    account = Aws(server.endpoint, str(next(NUMBERS)))
    yield account
    assert account.violations() == []
    server.stop()


def test_a_missing_operation_is_added(registry: Registry, own: Aws) -> None:
    arn = "arn:aws:rds:us-east-1:1:cluster:x"
    registry.add_operation(
        "rds",
        ["EnableHttpEndpoint"],
        lambda ctx, params: {"ResourceArn": params["ResourceArn"], "HttpEndpointEnabled": True},
    )
    result = own.client("rds").enable_http_endpoint(ResourceArn=arn)
    assert (result["ResourceArn"], result["HttpEndpointEnabled"]) == (arn, True)


def test_an_operation_that_nobody_has_is_named_and_not_retried_as_html(own: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        own.client("fis").list_experiments()
    assert caught.value.response["Error"] == {
        "Code": "NotImplemented",
        "Message": "the sandbox does not implement fis.ListExperiments",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_replacement_can_build_on_what_it_replaces(registry: Registry, own: Aws) -> None:
    def create(ctx: Context, params: Params) -> Result:
        result = ctx.emulate("kms", "CreateKey", params)
        ctx.call("kms", "CreateAlias", {"AliasName": "alias/made", "TargetKeyId": result["KeyMetadata"]["KeyId"]})
        return result

    registry.add_operation("kms", ["CreateKey"], create)
    kms = own.client("kms")
    kms.create_key()
    assert "alias/made" in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    assert [call["operation"] for call in own.calls()] == ["CreateKey", "ListAliases"]


def test_a_hook_before_refuses_or_changes_what_comes(registry: Registry, own: Aws) -> None:
    def check(ctx: Context, params: Params) -> None:
        if params.get("Description") == "bad":
            raise AWSError("TagException", "no bad keys")
        params["Description"] = params["Description"].upper()

    registry.add_before("kms", ["CreateKey"], check)
    kms = own.client("kms")
    assert kms.create_key(Description="good")["KeyMetadata"]["Description"] == "GOOD"
    with pytest.raises(kms.exceptions.TagException):
        kms.create_key(Description="bad")
    assert own.calls()[0]["params"] == {"Description": "good"}


def test_a_hook_after_sees_the_whole_list_and_its_answer_is_paged(registry: Registry, own: Aws) -> None:
    seen: list[int] = []

    def add(ctx: Context, params: Params, result: Result) -> Result:
        seen.append(len(result["Keys"]))
        return result | {"Keys": [*result["Keys"], {"KeyId": "added"}]}

    registry.add_after("kms", ["ListKeys"], add)
    kms = own.client("kms")
    for _ in range(3):
        kms.create_key()
    own.settings(page=2)
    pages = list(kms.get_paginator("list_keys").paginate())
    assert [len(page["Keys"]) for page in pages] == [2, 2]
    assert seen == [3, 3]


def test_the_status_of_a_modelled_error_comes_from_the_model(registry: Registry, own: Aws) -> None:
    def refuse(ctx: Context, params: Params) -> Result:
        raise AWSError("DBClusterNotFoundFault", "gone")

    registry.add_operation("rds", ["DescribeDBClusters"], refuse)
    with pytest.raises(ClientError) as caught:
        own.client("rds").describe_db_clusters()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_crash_of_a_plug_in_is_a_500_and_a_violation(
    registry: Registry, own: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(ctx: Context, params: Params) -> Result:
        return {"Keys": [params["nothing"]]}

    registry.add_operation("kms", ["ListKeys"], crash)
    with pytest.raises(ClientError, match="KeyError"):
        own.client("kms").list_keys()
    (violation,) = own.violations()
    assert violation["kind"] == "crash"
    assert "KeyError" in capsys.readouterr().err
    own.reset()


def test_a_misspelt_registration_is_found_at_the_start(registry: Registry) -> None:
    registry.add_operation("rds", ["EnableHtpEndpoint"], lambda ctx, params: {})
    with pytest.raises(UnknownOperations, match="EnableHtpEndpoint"):
        Engine(registry, [])


def test_an_operation_can_be_registered_once() -> None:
    registry = Registry()
    registry.add_operation("rds", ["EnableHttpEndpoint"], lambda ctx, params: {})
    with pytest.raises(ValueError, match="twice"):
        registry.add_operation("rds", ["EnableHttpEndpoint"], lambda ctx, params: {})


def test_kept_objects_belong_to_an_account_and_a_region_until_a_reset(registry: Registry, own: Aws) -> None:
    def count(ctx: Context, params: Params) -> Result:
        calls: list[str] = ctx.keep("calls", list)
        calls.append("x")
        return {"Keys": [], "NextMarker": None, "Truncated": len(calls) > 1}

    registry.add_operation("kms", ["ListKeys"], count)
    first, second = own.client("kms"), own.client("kms", "eu-west-1")
    assert [first.list_keys()["Truncated"], second.list_keys()["Truncated"]] == [False, False]


def test_an_inventory_is_gathered_from_all_regions_that_were_used(plugin: ModuleType, own: Aws) -> None:
    def inventory(ctx: Context) -> list[dict[str, Any]]:
        keys = ctx.call("kms", "ListKeys", {})["Keys"]
        return [{"kind": "kms-key", "id": key["KeyArn"], "name": "", "tags": {}, "status": "Enabled"} for key in keys]

    plugin.inventory = inventory  # type: ignore[attr-defined]
    own.client("kms").create_key()
    own.client("kms", "eu-west-1").create_key()
    assert sorted(item["region"] for item in own.inventory()) == ["eu-west-1", "us-east-1"]


def make_slow(registry: Registry) -> None:
    """Keys that are made for 100 seconds and deleted for 50."""

    def create(ctx: Context, params: Params, result: Result) -> Result:
        steps = [("Creating", 60), ("Updating", 40), ("Enabled", None)]
        ctx.store[result["KeyMetadata"]["KeyId"]] = Timeline(ctx.clock, steps)
        return result

    def describe(ctx: Context, params: Params, result: Result) -> Result:
        timeline: Timeline = ctx.store[params["KeyId"]]
        if timeline.gone():
            raise AWSError("NotFoundException", "gone")
        result["KeyMetadata"]["KeyState"] = timeline.status()
        return result

    def delete(ctx: Context, params: Params) -> Result:
        ctx.store[params["KeyId"]] = Timeline(ctx.clock, [("PendingDeletion", 50), (Timeline.GONE, None)])
        return {"KeyId": params["KeyId"]}

    registry.add_after("kms", ["CreateKey"], create)
    registry.add_after("kms", ["DescribeKey"], describe)
    registry.add_operation("kms", ["ScheduleKeyDeletion"], delete)


def state(aws: Aws, key: str) -> str:
    try:
        return str(aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_statuses_follow_the_clock_that_a_test_turns(registry: Registry, own: Aws) -> None:
    make_slow(registry)
    own.control("clock", {"freeze": True})
    key = own.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert [state(own, key), state(own, key)] == ["Creating", "Creating"]
    own.advance(59.5)
    assert state(own, key) == "Creating"
    own.advance(1)
    assert state(own, key) == "Updating"
    own.advance(40)
    assert state(own, key) == "Enabled"
    own.client("kms").schedule_key_deletion(KeyId=key)
    assert state(own, key) == "PendingDeletion"
    own.advance(50)
    assert state(own, key) == "NotFoundException"


def test_an_auto_clock_shows_each_status_once(registry: Registry, own: Aws) -> None:
    make_slow(registry)
    own.control("clock", {"auto": True})
    key = own.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert [state(own, key) for _ in range(4)] == ["Creating", "Updating", "Enabled", "Enabled"]
    own.client("kms").schedule_key_deletion(KeyId=key)
    assert [state(own, key) for _ in range(2)] == ["PendingDeletion", "NotFoundException"]


def test_an_auto_clock_is_not_moved_by_writes(registry: Registry, own: Aws) -> None:
    make_slow(registry)
    own.control("clock", {"auto": True, "freeze": True})
    before = own.control("clock")["now"]
    own.client("kms").create_key()
    assert own.control("clock")["now"] == before


def test_a_scaled_clock_runs_faster(own: Aws) -> None:
    own.control("clock", {"scale": 1000})
    first = own.control("clock")["now"]
    while own.control("clock")["now"] < first + 5:
        pass


def test_a_clock_never_goes_back() -> None:
    clock = Clock()
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="back"):
        clock.scale(-1)


def test_a_status_that_lasts_for_ever_is_the_last() -> None:
    with pytest.raises(ValueError, match="'a' lasts for ever"):
        Timeline(Clock(), [("a", None), ("b", None)])


def test_a_timeline_knows_when_it_settles() -> None:
    clock = Clock()
    clock.freeze()
    timeline = Timeline(clock, [("a", 10), ("b", 5), ("c", None)])
    assert (timeline.status(), timeline.settled(), timeline.ends()) == ("a", False, clock.now() + 15)
    clock.advance(15)
    assert (timeline.status(), timeline.settled()) == ("c", True)

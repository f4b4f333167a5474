# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused

GROUP = "/harecon/payments/audit"
COUNTED = {"metricName": "Refusals", "metricNamespace": "harecon", "metricValue": "1"}


@pytest.fixture
def logs(aws: Any) -> Any:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    return logs


def put(logs: Any, name: str = "payments-refusals", pattern: str = "ERROR", group: str = GROUP, **more: Any) -> None:
    logs.put_metric_filter(
        logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[{**COUNTED, **more}]
    )


def policy(action: str = "logs:PutLogEvents", **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": action,
                 "Resource": "*", **more}  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_filter_is_counted_and_goes_with_its_group(logs: Any) -> None:
    put(logs, dimensions={"Function": "$.function"}, unit="Count")
    (found,) = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert found["metricTransformations"] == [{**COUNTED, "dimensions": {"Function": "$.function"}, "unit": "Count"}]
    assert found["applyOnTransformedLogs"] is False
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    put(logs, pattern="WARN")
    (found,) = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert found["filterPattern"] == "WARN"
    logs.delete_log_group(logGroupName=GROUP)
    logs.create_log_group(logGroupName=GROUP)
    assert logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"] == []


def test_filter_that_makes_no_sense_is_refused(logs: Any) -> None:
    with refused("InvalidParameterException", "pattern"):
        put(logs, pattern="{ $.a = ")
    with refused("InvalidParameterException", "mutually exclusive"):
        put(logs, dimensions={"a": "$.a"}, defaultValue=0.0)
    with refused("InvalidParameterException", "dimensions"):
        put(logs, dimensions={name: f"$.{name}" for name in "abcd"})
    with refused("ResourceNotFoundException"):
        put(logs, group="/none")
    with refused("ResourceNotFoundException"):
        logs.delete_metric_filter(logGroupName=GROUP, filterName="none")


def test_filters_are_found_by_prefix_only_with_their_group(logs: Any) -> None:
    put(logs, "a-1")
    put(logs, "b-1", metricName="Other")

    def names(**given: Any) -> list[str]:
        return [f["filterName"] for f in logs.describe_metric_filters(**given)["metricFilters"]]

    assert names(logGroupName=GROUP, filterNamePrefix="a-") == ["a-1"]
    assert names(filterNamePrefix="a-") == ["a-1", "b-1"]
    assert names(metricName="Other", metricNamespace="harecon") == ["b-1"]
    with refused("InvalidParameterException", "together"):
        names(metricName="Other")


def test_policy_is_for_services_that_write(logs: Any) -> None:
    logs.put_resource_policy(policyName="payments-events", policyDocument=policy(Sid="Trust"))
    (found,) = logs.describe_resource_policies()["resourcePolicies"]
    assert found["policyName"] == "payments-events"
    assert json.loads(found["policyDocument"]) == json.loads(policy(Sid="Trust"))
    for wrong in ("no json", policy("logs:DeleteLogGroup"), policy(Principal="*"), policy(Sid="not plain")):
        with refused("InvalidParameterException"):
            logs.put_resource_policy(policyName="payments-events", policyDocument=wrong)
    logs.delete_resource_policy(policyName="payments-events")
    with refused("ResourceNotFoundException"):
        logs.delete_resource_policy(policyName="payments-events")


def test_account_has_at_most_ten_policies(logs: Any) -> None:
    for i in range(10):
        logs.put_resource_policy(policyName=f"p{i}", policyDocument=policy())
    logs.put_resource_policy(policyName="p0", policyDocument=policy())
    with refused("LimitExceededException"):
        logs.put_resource_policy(policyName="p10", policyDocument=policy())

# SPDX-License-Identifier: Apache-2.0
"""Rules: a put replaces all but the tags, and only a rule without targets can be deleted."""

from __future__ import annotations

import re

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import check_tags, tag_list, tags_from

from . import patterns
from .state import DEFAULT_BUS, SERVICE, Rule, bus_name, find_rule, invalid, rule_arn, state_of

RULES_PER_BUS = 300
RATE = re.compile(r"rate\((?:1 (?:minute|hour|day)|(?!0*1 )0*[1-9]\d* (?:minutes|hours|days))\)")
CRON = re.compile(r"cron\((?P<fields>\S+(?: \S+){5})\)")


def check_schedule(expression: str) -> bool:
    """Whether it is a rate, or a cron of six fields of which one of the two that name days is `?`."""
    if RATE.fullmatch(expression):
        return True
    cron = CRON.fullmatch(expression)
    if cron is None:
        return False
    fields = cron["fields"].split(" ")
    return (fields[2] == "?") != (fields[4] == "?")


@operation(SERVICE, "PutRule")
def put_rule(ctx: Context, params: Params) -> Result:
    bus, name = bus_name(ctx, params.get("EventBusName")), params["Name"]
    pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
    if not pattern and not schedule:
        raise invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        patterns.parse(pattern)
    if schedule:
        if bus != DEFAULT_BUS:
            raise invalid("ScheduleExpression is supported only on the default event bus.")
        if not check_schedule(schedule):
            raise invalid("Parameter ScheduleExpression is not valid.")
    state = state_of(ctx)
    rule = state.rules.get((bus, name))
    if rule is None:
        if sum(rule.bus == bus for rule in state.rules.values()) >= RULES_PER_BUS:
            raise AWSError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        tags = tags_from(params.get("Tags"))
        check_tags(tags, {}, invalid)
        rule = state.rules[bus, name] = Rule(name, bus, rule_arn(ctx, bus, name), ctx.account, tags=tags)
    rule.pattern, rule.schedule = pattern, schedule
    rule.state = params.get("State", "ENABLED")
    rule.description, rule.role = params.get("Description") or None, params.get("RoleArn")
    return {"RuleArn": rule.arn}


@operation(SERVICE, "DescribeRule")
def describe_rule(ctx: Context, params: Params) -> Result:
    rule = find_rule(ctx, params["Name"], params.get("EventBusName"))
    return {**rule.shape(), "CreatedBy": rule.account}


@operation(SERVICE, "ListRules")
def list_rules(ctx: Context, params: Params) -> Result:
    bus, prefix = bus_name(ctx, params.get("EventBusName")), params.get("NamePrefix", "")
    rules = sorted((rule for rule in state_of(ctx).rules.values() if rule.bus == bus), key=lambda rule: rule.name)
    return {"Rules": [rule.shape() for rule in rules if rule.name.startswith(prefix)]}


@operation(SERVICE, "EnableRule", "DisableRule")
def switch_rule(ctx: Context, params: Params) -> Result:
    rule = find_rule(ctx, params["Name"], params.get("EventBusName"))
    rule.state = "ENABLED" if ctx.operation == "EnableRule" else "DISABLED"
    return {}


@operation(SERVICE, "DeleteRule")
def delete_rule(ctx: Context, params: Params) -> Result:
    rule = find_rule(ctx, params["Name"], params.get("EventBusName"))
    if rule.targets:
        raise invalid("Rule can't be deleted since it has targets.")
    del state_of(ctx).rules[rule.bus, rule.name]
    return {}


# Tags --------------------------------------------------------------------------------------------------------------


def _tagged(ctx: Context, arn: str) -> Rule:
    rule = next((rule for rule in state_of(ctx).rules.values() if rule.arn == arn), None)
    if rule is None:
        raise AWSError("ResourceNotFoundException", f"Resource {arn} does not exist.")
    return rule


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    if ":event-bus/" in params["ResourceARN"]:
        return ctx.emulate(SERVICE, ctx.operation, params)
    rule = _tagged(ctx, params["ResourceARN"])
    new = tags_from(params["Tags"])
    check_tags(new, rule.tags, invalid)
    rule.tags.update(new)
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    if ":event-bus/" in params["ResourceARN"]:
        return ctx.emulate(SERVICE, ctx.operation, params)
    rule = _tagged(ctx, params["ResourceARN"])
    for key in params["TagKeys"]:
        rule.tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    if ":event-bus/" in params["ResourceARN"]:
        return ctx.emulate(SERVICE, ctx.operation, params)
    return {"Tags": tag_list(_tagged(ctx, params["ResourceARN"]).tags)}

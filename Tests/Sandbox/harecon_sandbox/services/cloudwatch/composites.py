# SPDX-License-Identifier: Apache-2.0
"""PutCompositeAlarm, and the states of composite alarms, which follow those of their children at once."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation
from harecon_sandbox.services.common import tags_from

from . import rules
from .metric_alarms import check_actions
from .state import (
    ALARM,
    COMPOSITE,
    OK,
    SERVICE,
    Alarm,
    Transition,
    alarm_name,
    find_alarm,
    invalid,
    move,
    on_transition,
    save,
    state_of,
)

PERIODS = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


@operation(SERVICE, "PutCompositeAlarm")
def put_composite_alarm(ctx: Context, params: Params) -> Result:
    config = {key: value for key, value in params.items() if key != "Tags"}
    check_actions(ctx, config)
    _check_rule(ctx, config)
    _check_suppressor(ctx, config)
    alarm, _ = save(ctx, COMPOSITE, config, tags_from(params.get("Tags")))
    evaluate_composite(ctx, alarm, ctx.clock.now())
    return {}


def _check_rule(ctx: Context, config: dict[str, Any]) -> None:
    try:
        named = rules.references(config["AlarmRule"])
    except rules.RuleError as error:
        raise invalid(f"Invalid AlarmRule: {error}") from None
    missing = sorted(name for name in named if find_alarm(ctx, name) is None)
    if missing:
        names = ", ".join(missing)
        raise invalid(f"Could not save the composite alarm as alarms [{names}] in the alarm rule do not exist")


def _check_suppressor(ctx: Context, config: dict[str, Any]) -> None:
    """The suppressor and its two periods are given together or not at all."""
    given = [member for member in ("ActionsSuppressor", *PERIODS) if member in config]
    if given and len(given) < 3:
        raise invalid(f"ActionsSuppressor, {' and '.join(PERIODS)} must be specified together")
    if not given:
        return
    suppressor = find_alarm(ctx, config["ActionsSuppressor"])
    if suppressor is None or suppressor.name == config["AlarmName"]:
        raise invalid(f"The actions suppressor {config['ActionsSuppressor']} does not exist or is the alarm itself")
    if any(config[period] < 0 for period in PERIODS):
        raise invalid("The periods of an actions suppressor must not be negative")


def evaluate_composite(ctx: Context, alarm: Alarm, at: float) -> None:
    def state(name: str) -> str:
        child = find_alarm(ctx, name)
        return child.value if child is not None else ""

    truth = rules.holds(rules.parse(alarm.config["AlarmRule"]), state)
    reason = f"alarm rule {alarm.config['AlarmRule']} is {'TRUE' if truth else 'FALSE'}"
    move(ctx, alarm, ALARM if truth else OK, reason[:1023], "", at, suppressed=_is_suppressed(ctx, alarm, at))


def _is_suppressed(ctx: Context, alarm: Alarm, at: float) -> bool:
    """While the suppressor is in ALARM and for the extension period after; the wait period is not waited for."""
    suppressor = find_alarm(ctx, alarm.config.get("ActionsSuppressor", ""))
    if suppressor is None:
        return False
    ended = suppressor.transitioned + alarm.config["ActionsSuppressorExtensionPeriod"]
    fell = suppressor.value == OK and suppressor.transitioned > suppressor.created
    return suppressor.value == ALARM or (fell and at < ended)


@on_transition
def follow_children(ctx: Context, transition: Transition) -> None:
    """A cycle of composite alarms is no longer evaluated; ours ends because a state that stays tells nobody."""
    child = transition.alarm.name
    for _, alarm in sorted(state_of(ctx).alarms.items()):
        if alarm.kind == COMPOSITE and child in rules.references(alarm.config["AlarmRule"]):
            evaluate_composite(ctx, alarm, transition.at)

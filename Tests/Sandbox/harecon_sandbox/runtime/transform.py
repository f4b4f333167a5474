# SPDX-License-Identifier: Apache-2.0
"""What a rule's target is given of an event: all of it, a part, a constant, or a template with parts filled in."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError

STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")
PLACE = re.compile(r"<([A-Za-z0-9_.-]+)>")
NOTHING = object()


def payload(target: dict[str, Any], event: dict[str, Any], rule_arn: str, rule_name: str, now: str) -> str:
    """The text that the target gets."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = look_up(target["InputPath"], event)
        return _json(None if found is NOTHING else found)
    if "InputTransformer" in target:
        own = {
            "aws.events.rule-arn": rule_arn, "aws.events.rule-name": rule_name,
            "aws.events.event.ingestion-time": now, "aws.events.event": event,
            "aws.events.event.json": json.dumps(event),
        }  # fmt: skip
        return fill(target["InputTransformer"], event, own)
    return _json(event)


def look_up(path: str, event: Any) -> Any:
    """The part of the event at `$.detail.state['value'][0]`; NOTHING when there is none."""
    if path == "$":
        return event
    steps, position, found = path.removeprefix("$"), 0, event
    while position < len(steps):
        step = STEP.match(steps, position)
        if step is None or not path.startswith("$"):
            raise AWSError("NotImplemented", f"the sandbox's runtime does not know the path {path!r}", 501)
        position = step.end()
        if step[2] is not None:
            found = found[int(step[2])] if isinstance(found, list) and int(step[2]) < len(found) else NOTHING
        else:
            found = found.get(step[1] or step[3], NOTHING) if isinstance(found, dict) else NOTHING
        if found is NOTHING:
            return NOTHING
    return found


def fill(transformer: dict[str, Any], event: dict[str, Any], own: dict[str, Any]) -> str:
    """Within quotes a text is put in as it is, and anything else as JSON; outside of them everything as JSON."""
    values = {name: look_up(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()} | own
    template = transformer["InputTemplate"]

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        found = values[match[1]]
        quoted = template[: match.start()].replace('\\"', "").count('"') % 2 == 1
        if found is NOTHING:
            return "" if quoted else "null"
        if quoted:
            return json.dumps(found)[1:-1] if isinstance(found, str) else json.dumps(_json(found))[1:-1]
        return _json(found)

    return PLACE.sub(value, template)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

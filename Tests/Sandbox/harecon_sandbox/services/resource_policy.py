# SPDX-License-Identifier: Apache-2.0
"""Whether the policy of a queue, topic, function, ... lets a service in."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.services import iam
from harecon_sandbox.services.common import wildcard_match

#: Conditions are judged on these keys; others are believed.
KNOWN_KEYS = {
    key.lower(): key for key in ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOwner", "aws:SecureTransport")
}
#: What holds for every call of a service of AWS.
ALWAYS = {"aws:SecureTransport": "true"}


def service_allowed(
    text: str | None, service: str, action: str, resource: str, context: dict[str, str]
) -> bool:
    """Whether a policy lets a service (`events.amazonaws.com`) act on a resource; a denial goes before all."""
    document = iam.load_document(text) if text else None
    if document is None:
        return False
    fitting = [s for s in iam.statements(document) if _fits(s, service, action, resource, context)]
    return bool(fitting) and all(s.get("Effect") == "Allow" for s in fitting)


def _fits(statement: dict[str, Any], service: str, action: str, resource: str, context: dict[str, str]) -> bool:
    everybody = statement.get("Principal") == "*" or "*" in iam.principals(statement, "AWS")
    patterns = [pattern.lower() for pattern in iam.as_list(statement.get("Action"))]
    return (
        (everybody or service in iam.principals(statement, "Service"))
        and wildcard_match(action.lower(), patterns)
        and wildcard_match(resource, iam.as_list(statement.get("Resource", "*")))
        and all(_holds(operator, keys, context) for operator, keys in (statement.get("Condition") or {}).items())
    )


def _holds(operator: str, keys: dict[str, Any], context: dict[str, str]) -> bool:
    for name, values in keys.items():
        key = KNOWN_KEYS.get(name.lower())
        if key is None:
            continue
        actual, wanted = {**ALWAYS, **context}.get(key, ""), iam.as_list(values)
        kind = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
        matches = actual in wanted if kind in ("StringEquals", "StringNotEquals") else wildcard_match(actual, wanted)
        if matches == kind.endswith(("NotEquals", "NotLike")):
            return False
    return True

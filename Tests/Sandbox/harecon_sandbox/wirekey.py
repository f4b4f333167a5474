# SPDX-License-Identifier: Apache-2.0
"""What makes two requests the same question: service, region, operation and canonical parameters.

Shared by the recorder and the replayer, which must not load moto; so it works on the wire, without models.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
ONCE = frozenset({"CallerReference", "ClientRequestToken", "ClientToken", "clientToken", "CreatorRequestId"})
"""Members that a client makes up anew for each call; they are no part of the question."""


@dataclass(frozen=True)
class Question:
    """A request without what differs from call to call."""

    service: str
    region: str
    operation: str
    params: str


def question(method: str, target: str, headers: dict[str, str], body: bytes) -> Question:
    """`headers` have lower-case names."""
    found = CREDENTIAL.search(headers.get("authorization", ""))
    region, service = found.groups() if found else ("", "")
    path, _, raw_query = target.partition("?")
    query = parse_qsl(raw_query, keep_blank_values=True)
    amz_target = headers.get("x-amz-target")
    if amz_target is not None:
        return Question(service, region, amz_target.rpartition(".")[2], _canonical_json(body))
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = query + parse_qsl(body.decode("latin-1"), keep_blank_values=True)
        action = next((value for name, value in form if name == "Action"), "")
        rest = sorted((name, value) for name, value in form if name not in ("Action", "Version") and name not in ONCE)
        return Question(service, region, action, json.dumps(rest))
    kept = sorted((name, value) for name, value in query if name not in ONCE)
    text = _canonical_json(body) if body[:1] in (b"{", b"[") else body.decode("latin-1")
    return Question(service, region, f"{method} {path}", json.dumps([kept, text]))


def _canonical_json(body: bytes) -> str:
    try:
        value: Any = json.loads(body or b"{}")
    except ValueError:
        return body.decode("latin-1")
    if isinstance(value, dict):
        value = {name: item for name, item in value.items() if name not in ONCE}
    return json.dumps(value, sort_keys=True)

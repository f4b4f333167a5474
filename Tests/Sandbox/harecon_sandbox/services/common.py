# SPDX-License-Identifier: Apache-2.0
"""Words that the service plug-ins share: names of resources, tags, filters, identifiers."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from harecon_sandbox.kit import AWSError, Context

Tags = dict[str, str]


def arn(ctx: Context, service: str, resource: str, *, region: str | None = None) -> str:
    """The resource's ARN; `region=""` for what is global."""
    place = ctx.region if region is None else region
    return f"arn:{ctx.partition}:{service}:{place}:{ctx.account}:{resource}"


def hex_id(prefix: str) -> str:
    """An identifier as EC2 gives them, such as vpc-0123456789abcdef0."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def resource_token(length: int = 26) -> str:
    """The random part of an RDS resource id."""
    return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(length))


def account_token(ctx: Context) -> str:
    """The part of RDS endpoints that is the same for all of an account and region."""
    digest = hashlib.sha256(f"{ctx.account}/{ctx.region}".encode()).hexdigest()
    return "c" + "".join("abcdefghijklmnopqrstuvwxyz234567"[int(digest[i : i + 2], 16) % 32] for i in range(0, 22, 2))


def tags_from(items: Iterable[Mapping[str, str]] | None) -> Tags:
    """A list of Key/Value as a dictionary; RDS, EC2 and IAM write tags so."""
    return {item["Key"]: item.get("Value", "") for item in items or ()}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def check_tags(tags: Tags, current: Tags, refuse: Callable[[str], AWSError], limit: int = 50) -> None:
    """Refuses reserved, repeated-in-case-only, too long and too many tags, by the rules that all services share."""
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise refuse(f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise refuse(f"Tag key must be 1 to 128 characters and its value at most 256: {key}")
    if len({**current, **tags}) > limit:
        raise refuse(f"A resource can have at most {limit} tags")


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """An EC2 filter value: `*` and `?` are wildcards, a backslash takes their meaning away."""
    out = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            position += 1
            out.append(re.escape(text[position]))
        elif char in "*?":
            out.append(".*" if char == "*" else ".")
        else:
            out.append(re.escape(char))
        position += 1
    return re.compile("".join(out), re.DOTALL)


def wildcard_match(text: str, patterns: Iterable[str]) -> bool:
    return any(_pattern(pattern).fullmatch(text) for pattern in patterns)


def text_of(value: Any) -> str:
    """A value as a filter sees it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def collect(item: Any, path: str) -> list[str]:
    """The texts at a dotted path; lists on the way are walked through."""
    found = [item]
    for step in path.split("."):
        following: list[Any] = []
        for value in found:
            inner = value.get(step) if isinstance(value, dict) else None
            if isinstance(inner, list):
                following.extend(inner)
            elif inner is not None:
                following.append(inner)
        found = following
    return [text_of(value) for value in found]

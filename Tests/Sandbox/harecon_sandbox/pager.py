# SPDX-License-Identifier: Apache-2.0
"""Pagination as AWS does it: opaque tokens, a page size that the server may make smaller, for every paginated list.

The emulator's own paging is undone first (`complete`), so that hooks see whole lists; then the page that the client
asked for is cut out (`cut`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from harecon_sandbox import models
from harecon_sandbox.kit import AWSError, Params, Result

Run = Callable[[Params], Result]

DEFAULT_SIZE = 100
DEFAULT_SIZES = {"ec2": 1000, "kms": 50, "lambda": 50, "logs": 50, "fis": 100, "s3": 1000}
SIZE_RANGES = {"rds": (20, 100)}
"""Ranges that the API reference states and the model does not."""

OPEN_TOKENS = frozenset({("dynamodb", "Query"), ("dynamodb", "Scan")})
"""Their token is the key of the last item, which clients may read and make up."""

BAD_TOKEN_CODES = {
    "ec2": "InvalidNextToken",
    "iam": "ValidationError",
    "rds": "InvalidParameterValue",
    "route53": "InvalidInput",
}
"""Codes for a token that is not ours, where the model has none for it."""

MAX_DRAIN = 10_000


class Tokens:
    """The tokens given out for one account; what they mean is only known here, as with AWS."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, int]] = {}

    def issue(self, question: str, offset: int) -> str:
        # Route 53's marker has room for 64 characters, the least of all.
        token = secrets.token_urlsafe(24)
        self._places[token] = (question, offset)
        return token

    def offset(self, token: str, question: str) -> int | None:
        """Where the page of a token begins; None when the token is not one of this question."""
        place = self._places.get(token)
        return place[1] if place is not None and place[0] == question else None


@dataclass(frozen=True)
class Paging:
    """How one operation is paged. `results` are the paths of its lists, which are paged as if they were one."""

    input_token: str
    output_token: str
    limit: str | None
    more: str | None
    results: tuple[str, ...]


@cache
def paging(service: str, operation: str) -> Paging | None:
    """None for an operation without opaque tokens."""
    entry = models.paginators(service).get(operation)
    if entry is None or not isinstance(entry["input_token"], str) or (service, operation) in OPEN_TOKENS:
        return None
    output = entry["output_token"]
    results = entry["result_key"] if isinstance(entry["result_key"], list) else [entry["result_key"]]
    if not isinstance(output, str) or not output.replace(".", "").isalnum():
        return None
    if not all(path.replace(".", "").isalnum() for path in results):
        return None
    return Paging(entry["input_token"], output, entry.get("limit_key"), entry.get("more_results"), tuple(results))


def complete(service: str, operation: str, params: Params, run: Run) -> Result:
    """The whole list, however the emulator pages it."""
    if (service, operation) == ("route53", "ListResourceRecordSets"):
        return _all_records(params, run)
    how = paging(service, operation)
    if how is None:
        return run(params)
    asked = {key: value for key, value in params.items() if key not in (how.input_token, how.limit)}
    result = run(asked)
    page = result
    for _ in range(MAX_DRAIN):
        token = _get(page, how.output_token)
        if not token:
            _set(result, how.output_token, None)
            return result
        page = run(asked | {how.input_token: token})
        for path in how.results:
            items = _get(result, path)
            if isinstance(items, list):
                items.extend(_get(page, path) or [])
    raise RuntimeError(f"{service}.{operation} never ends")


def cut(
    service: str, operation: str, params: Params, result: Result, tokens: Tokens, settings: dict[str, Any]
) -> Result:
    """The page that the client has asked for. Setting `page` makes pages smaller; `empty_pages` puts an empty page
    with a token before each page, as services do that filter after reading."""
    if (service, operation) == ("route53", "ListResourceRecordSets"):
        return _page_of_records(params, result, settings)
    how = paging(service, operation)
    if how is None:
        return result
    lists = [(path, _get(result, path)) for path in how.results]
    if not all(items is None or isinstance(items, list) for _, items in lists):
        return result
    size = _size(service, how, params, settings)
    question = _question(operation, how, params)
    token = params.get(how.input_token)
    offset = 0
    if token:
        found = tokens.offset(token, question)
        if found is None:
            raise _bad_token(service, operation, how.input_token)
        offset = found
    total = sum(len(items or []) for _, items in lists)
    # An odd offset says that the empty page before this one has been given.
    step, given = divmod(offset, 2)
    blank = bool(settings.get("empty_pages")) and not given and step < total
    end = step if blank else step + size
    following = offset + 1 if blank else end * 2
    more = blank or end < total
    start = 0
    for path, items in lists:
        if items is not None:
            _set(result, path, items[max(0, step - start) : max(0, end - start)])
            start += len(items)
    _set(result, how.output_token, tokens.issue(question, following) if more else _last_token(service))
    _mark(service, operation, how, params, result, size, more)
    return result


def shrink(service: str, operation: str, params: Params, settings: dict[str, Any]) -> Params:
    """For lists without opaque tokens, which the emulator pages itself: the parameters with a forced page size."""
    entry = models.paginators(service).get(operation)
    page = settings.get("page")
    if not page or entry is None or paging(service, operation) or not entry.get("limit_key"):
        return params
    limit = entry["limit_key"]
    return params | {limit: min(int(page), int(params.get(limit, page)))}


def _size(service: str, how: Paging, params: Params, settings: dict[str, Any]) -> int:
    asked = params.get(how.limit) if how.limit else None
    size = int(asked) if asked is not None else DEFAULT_SIZES.get(service, DEFAULT_SIZE)
    if asked is not None and service in SIZE_RANGES:
        low, high = SIZE_RANGES[service]
        if not low <= size <= high:
            message = f"Invalid value {size} for {how.limit}. Must be between {low} and {high}"
            raise AWSError("InvalidParameterValue", message, 400)
    forced = int(settings.get("page") or 0)
    return max(1, min(size, forced) if forced else size)


def _question(operation: str, how: Paging, params: Params) -> str:
    rest = {key: value for key, value in params.items() if key not in (how.input_token, how.limit)}
    text = json.dumps([operation, rest], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _mark(service: str, operation: str, how: Paging, params: Params, result: Result, size: int, more: bool) -> None:
    if how.more is not None:
        _set(result, how.more, more)
    output = models.members(models.operation_model(service, operation).output_shape)
    if service == "route53" and how.limit in output:
        result[how.limit] = str(size)


def _last_token(service: str) -> str | None:
    # The tagging API ends with an empty token where the others leave it out.
    return "" if service == "resourcegroupstaggingapi" else None


def _bad_token(service: str, operation: str, member: str) -> AWSError:
    for shape in models.operation_model(service, operation).error_shapes:
        if any(word in shape.name for word in ("Token", "Marker", "Pagination")):
            return AWSError(shape.metadata.get("error", {}).get("code", shape.name), f"{member} is not valid")
    return AWSError(BAD_TOKEN_CODES.get(service, "InvalidParameterException"), f"{member} is not valid", 400)


def _get(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _set(value: dict[str, Any], path: str, content: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        value = value.setdefault(parent, {})
    if content is None:
        value.pop(name, None)
    else:
        value[name] = content


# Route 53's record sets are paged by name, type and identifier in the open.

RECORD_TOKENS = (
    ("StartRecordName", "NextRecordName", "Name"),
    ("StartRecordType", "NextRecordType", "Type"),
    ("StartRecordIdentifier", "NextRecordIdentifier", "SetIdentifier"),
)


def _all_records(params: Params, run: Run) -> Result:
    asked: Params = {"HostedZoneId": params["HostedZoneId"]}
    result = run(asked)
    page = result
    for _ in range(MAX_DRAIN):
        if not page.get("IsTruncated"):
            return result
        page = run(asked | {start: page[following] for start, following, _ in RECORD_TOKENS if following in page})
        result["ResourceRecordSets"].extend(page["ResourceRecordSets"])
    raise RuntimeError("route53.ListResourceRecordSets never ends")


def _record_place(name: str, kind: str, identifier: str) -> tuple[list[str], str, str]:
    """Route 53 sorts by the labels of the name from the right, then type, then identifier."""
    return name.lower().rstrip(".").split(".")[::-1], kind, identifier


def _page_of_records(params: Params, result: Result, settings: dict[str, Any]) -> Result:
    if "StartRecordType" in params and "StartRecordName" not in params:
        raise AWSError("InvalidInput", "StartRecordType needs StartRecordName", 400)
    records = sorted(
        result["ResourceRecordSets"],
        key=lambda record: _record_place(record["Name"], record["Type"], record.get("SetIdentifier", "")),
    )
    if "StartRecordName" in params:
        start = _record_place(
            params["StartRecordName"], params.get("StartRecordType", ""), params.get("StartRecordIdentifier", "")
        )
        records = [
            record
            for record in records
            if _record_place(record["Name"], record["Type"], record.get("SetIdentifier", "")) >= start
        ]
    forced = int(settings.get("page") or 0)
    size = int(params.get("MaxItems") or 300)
    size = max(1, min(size, 300, forced or size))
    answer = {"ResourceRecordSets": records[:size], "IsTruncated": len(records) > size, "MaxItems": str(size)}
    if len(records) > size:
        answer |= {token: records[size][key] for _, token, key in RECORD_TOKENS if key in records[size]}
    return answer

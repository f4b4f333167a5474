# SPDX-License-Identifier: Apache-2.0
"""Whether a request is what the service model says, byte for meaning.

The parsed parameters are validated, serialised again by botocore, and compared with what came. Whatever the model does
not know, or is written in another way than the protocol says, is in that difference, so no parser has to be strict.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode
from xml.etree import ElementTree

import botocore.serialize
from botocore.exceptions import ParamValidationError
from botocore.model import Shape
from botocore.validate import ParamValidator

from harecon_sandbox.emulator import fast_timestamp
from harecon_sandbox.http11 import Request
from harecon_sandbox.kit import Params
from harecon_sandbox.routing import Route

ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
UNMODELLED_HEADERS = frozenset(
    {
        "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-security-token",
        "x-amz-target", "x-amz-trailer", "x-amz-user-agent", "x-amzn-query-mode", "x-amzn-trace-id",
    }
)  # fmt: skip
VALIDATOR = ParamValidator()


def check(route: Route, request: Request, params: Params) -> list[str]:
    """What is wrong with the request; empty when it keeps the contract."""
    model = route.model
    findings = list(_values(model.input_shape, params, ""))
    if model.input_shape is not None:
        report = VALIDATOR.validate(params, model.input_shape)
        if report.has_errors():
            # Serialising what is incomplete or of the wrong type would only fail in a less clear way.
            return findings + report.generate_report().splitlines()
    try:
        expected = _serializer(route.protocol).serialize_to_request(params, model)
    except (ParamValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        return [*findings, f"cannot be written again: {error}"]
    return findings + list(_differences(route, request, expected))


@cache
def _serializer(protocol: str) -> Any:
    return botocore.serialize.create_serializer(protocol, include_validation=False)


# Values: what botocore's validator leaves to the service.


def _values(shape: Shape | None, value: Any, where: str) -> Iterator[str]:
    if shape is None or value is None:
        return
    match shape.type_name:
        case "structure" if isinstance(value, dict) and not getattr(shape, "is_document_type", False):
            for name, member in value.items():
                if name in shape.members:
                    yield from _values(shape.members[name], member, f"{where}.{name}" if where else name)
        case "list" if isinstance(value, list):
            yield from _limit(shape, len(value), where, "items")
            for index, member in enumerate(value):
                yield from _values(shape.member, member, f"{where}[{index}]")
        case "map" if isinstance(value, dict):
            yield from _limit(shape, len(value), where, "entries")
            for key, member in value.items():
                yield from _values(shape.key, key, f"{where} key {key!r}")
                yield from _values(shape.value, member, f"{where}[{key!r}]")
        case "string" if isinstance(value, str):
            yield from _limit(shape, len(value), where, "characters")
            yield from _text(shape, value, where)
        case "blob" if isinstance(value, bytes):
            yield from _limit(shape, len(value), where, "bytes")
        case "integer" | "long" | "float" | "double" if isinstance(value, (int, float)):
            yield from _limit(shape, value, where, "")


#: Members of which the service takes longer values than its model says: the Data API's model has 100 characters for
#: `secretArn`, and the ARNs of the secrets that RDS makes for master users, which the Data API takes, have more.
LONGER = {"secretArn": 2048}


def _limit(shape: Shape, size: float, where: str, unit: str) -> Iterator[str]:
    maximum = LONGER.get(where, shape.metadata.get("max"))
    if maximum is not None and size > float(maximum):
        yield f"{where}: {size} {unit} is over the maximum of {maximum}".replace("  ", " ")


def _text(shape: Shape, value: str, where: str) -> Iterator[str]:
    choices = getattr(shape, "enum", None)
    if choices and value not in choices:
        yield f"{where}: {value!r} is none of {', '.join(choices)}"
    pattern = _pattern(shape.metadata.get("pattern"))
    if pattern is not None and not pattern.fullmatch(value):
        yield f"{where}: {value!r} does not match {pattern.pattern}"


@cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        # Java's classes, as in \p{Alnum}, are not Python's; such a pattern is left to the operation.
        return None


# Wire: what came against what botocore writes.


def _differences(route: Route, request: Request, expected: dict[str, Any]) -> Iterator[str]:
    if request.method != expected["method"]:
        yield f"method {request.method}, expected {expected['method']}"
    yield from _path(request, expected)
    yield from _query(request, expected)
    yield from _headers(route, request, expected)
    yield from _checksum(route, request)
    match route.protocol:
        case "query" | "ec2":
            yield from _form(request, expected)
        case "json":
            yield from _content_type(request, expected["headers"]["Content-Type"])
            yield from _json(request, expected)
        case "rest-json":
            yield from _rest_body(route, request, expected, "application/json", _json)
        case "rest-xml":
            yield from _rest_body(route, request, expected, None, _xml)


def _path(request: Request, expected: dict[str, Any]) -> Iterator[str]:
    path = expected["url_path"].partition("?")[0]
    if [unquote(part) for part in request.raw_path.split("/")] != [unquote(part) for part in path.split("/")]:
        yield f"path {request.raw_path}, expected {path}"


def _query(request: Request, expected: dict[str, Any]) -> Iterator[str]:
    wanted = parse_qsl(expected["url_path"].partition("?")[2], keep_blank_values=True)
    arguments = expected["query_string"] or {}
    if isinstance(arguments, str):
        wanted += parse_qsl(arguments, keep_blank_values=True)
    else:
        wanted += parse_qsl(urlencode(arguments, doseq=True), keep_blank_values=True)
    yield from _pairs("query", request.query, wanted)


def _pairs(where: str, came: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> Iterator[str]:
    extra = Counter(came) - Counter(wanted)
    lacking = Counter(wanted) - Counter(came)
    for key, value in list(extra.elements()):
        twin = next((other for other in lacking if other[0] == key and _same_text(value, other[1])), None)
        if twin is not None and lacking[twin] > 0:
            lacking[twin] -= 1
            extra[key, value] -= 1
    for key, value in extra.elements():
        yield f"{where}: {key}={value!r} is not what the model writes"
    for key, value in lacking.elements():
        yield f"{where}: {key}={value!r} is missing"


def _same_text(came: str, wanted: str) -> bool:
    """Whether two texts are the same floating-point number or instant; botocore writes both in one of many forms."""
    if ISO_TIME.fullmatch(came) and ISO_TIME.fullmatch(wanted):
        return fast_timestamp(came) == fast_timestamp(wanted)
    if not any(mark in wanted for mark in ".eE"):
        return False
    try:
        return float(came) == float(wanted)
    except ValueError:
        return False


def _headers(route: Route, request: Request, expected: dict[str, Any]) -> Iterator[str]:
    came = dict(request.headers)
    wanted = {name.lower(): str(value) for name, value in expected["headers"].items()}
    for name, value in wanted.items():
        if name in ("content-type", "x-amzn-query-mode"):
            continue
        if name not in came:
            yield f"header {name} is missing"
        elif came[name] != value and not _same_text(came[name], value):
            yield f"header {name}: {came[name]!r}, expected {value!r}"
    for name in came:
        known = name in UNMODELLED_HEADERS or name in wanted or name.startswith("x-amz-checksum-")
        if name.startswith("x-amz") and not known:
            yield f"header {name} is not in the model"
    names = [name for name, _ in request.headers if name.startswith("x-amz") or name == "content-type"]
    yield from (f"header {name} comes {count} times" for name, count in Counter(names).items() if count > 1)


def _checksum(route: Route, request: Request) -> Iterator[str]:
    """Operations whose body AWS takes only with a checksum; those that are not SHA-256 are believed."""
    came = {name for name, _ in request.headers if name == "content-md5" or name.startswith("x-amz-checksum-")}
    if (route.model.http_checksum or {}).get("requestChecksumRequired") and not came:
        yield "the body has no checksum: Content-MD5 or x-amz-checksum-... is missing"
    right = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    if request.header("x-amz-checksum-sha256") not in (None, right):
        yield "header x-amz-checksum-sha256 is not that of the body"


def _content_type(request: Request, wanted: str) -> Iterator[str]:
    if request.content_type != wanted.partition(";")[0].strip().lower():
        yield f"Content-Type {request.header('content-type')!r}, expected {wanted!r}"


def _form(request: Request, expected: dict[str, Any]) -> Iterator[str]:
    yield from _content_type(request, "application/x-www-form-urlencoded")
    try:
        came = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        yield f"the body is no form: {error}"
        return
    wanted = parse_qsl(urlencode(expected["body"]), keep_blank_values=True)
    yield from _pairs("form", came, wanted)


def _rest_body(
    route: Route, request: Request, expected: dict[str, Any], content_type: str | None, compare: Any
) -> Iterator[str]:
    wanted = _bytes(expected["body"])
    shape = route.model.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None and shape is not None and shape.members[payload].type_name in ("blob", "string"):
        if request.body != wanted:
            yield "the body is not the payload"
        return
    if wanted in (b"", b"{}") and request.body in (b"", b"{}"):
        return
    if content_type is not None:
        yield from _content_type(request, content_type)
    yield from compare(request, expected)


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _json(request: Request, expected: dict[str, Any]) -> Iterator[str]:
    try:
        came = json.loads(request.body or b"null", object_pairs_hook=_unique)
    except ValueError as error:
        yield f"the body is no JSON: {error}"
        return
    yield from _tree(came, json.loads(_bytes(expected["body"]) or b"null"), "body")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"the key {twice[0]!r} comes twice")
    return dict(pairs)


def _tree(came: Any, wanted: Any, where: str) -> Iterator[str]:
    if isinstance(came, dict) and isinstance(wanted, dict):
        for key in came.keys() - wanted.keys():
            yield f"{where}.{key}: {came[key]!r} is not what the model writes"
        for key in wanted.keys() - came.keys():
            yield f"{where}.{key} is missing"
        for key in came.keys() & wanted.keys():
            yield from _tree(came[key], wanted[key], f"{where}.{key}")
    elif isinstance(came, list) and isinstance(wanted, list):
        if len(came) != len(wanted):
            yield f"{where}: {len(came)} items, expected {len(wanted)}"
        for index, (left, right) in enumerate(zip(came, wanted, strict=False)):
            yield from _tree(left, right, f"{where}[{index}]")
    elif type(came) is not type(wanted) and not (isinstance(wanted, float) and type(came) is int):
        yield f"{where}: {came!r} is written as another type than the model's ({wanted!r})"
    elif came != wanted:
        yield f"{where}: {came!r}, expected {wanted!r}"


def _xml(request: Request, expected: dict[str, Any]) -> Iterator[str]:
    try:
        came = ElementTree.fromstring(request.body)
    except ElementTree.ParseError as error:
        yield f"the body is no XML: {error}"
        return
    wanted = _bytes(expected["body"])
    if not wanted:
        yield f"a body <{came.tag}> where none belongs"
        return
    yield from _element(came, ElementTree.fromstring(wanted), "body")


def _element(came: ElementTree.Element, wanted: ElementTree.Element, where: str) -> Iterator[str]:
    if came.tag != wanted.tag:
        yield f"{where}: element {came.tag}, expected {wanted.tag}"
        return
    here = f"{where}/{came.tag.rpartition('}')[2]}"
    if came.attrib != wanted.attrib:
        yield f"{here}: attributes {came.attrib}, expected {wanted.attrib}"
    left, right = (came.text or ""), (wanted.text or "")
    if len(came) == 0 and len(wanted) == 0:
        if left != right and not _same_text(left, right):
            yield f"{here}: {left!r}, expected {right!r}"
    elif left.strip() or any((child.tail or "").strip() for child in came):
        yield f"{here}: text between elements"
    for tag in {child.tag for child in [*came, *wanted]}:
        ours, theirs = came.findall(tag), wanted.findall(tag)
        if len(ours) != len(theirs):
            yield f"{here}/{tag.rpartition('}')[2]}: {len(ours)} elements, expected {len(theirs)}"
        for one, other in zip(ours, theirs, strict=False):
            yield from _element(one, other, here)

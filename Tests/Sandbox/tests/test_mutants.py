# SPDX-License-Identifier: Apache-2.0
"""Every slip of some twenty classes, at every place of every request of the corpus, is found by the contract check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import wire
from corpus import WRITES
from wire import Sketch

from harecon_sandbox import contract, protocols
from harecon_sandbox.http11 import Request
from harecon_sandbox.protocols import Unreadable
from harecon_sandbox.routing import Unroutable, route

SCOPE = (
    "AWS4-HMAC-SHA256 Credential=AKIA111122223333/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
)
Mutant = tuple[str, Sketch]


def findings(sketch: Sketch) -> list[str]:
    """What the sandbox has against a request."""
    scope = wire.SESSION.get_service_model(sketch.service).signing_name
    headers = [(name.lower(), value) for name, value in sketch.headers.items()]
    request = Request(sketch.method, sketch.target, [*headers, ("authorization", SCOPE.format(scope))], sketch.body)
    try:
        found = route(request)
        return contract.check(found, request, protocols.parse(found, request))
    except (Unroutable, Unreadable) as error:
        return [str(error)]


def recased(name: str) -> str:
    return name[0].swapcase() + name[1:]


def common(sketch: Sketch) -> Iterator[Mutant]:
    for method in ("PATCH", "HEAD"):
        yield f"method {method}", replace(sketch, method=method)
    path, mark, query = sketch.target.partition("?")
    if sketch.service != "s3":
        # The key of an object may have any length.
        yield "longer path", replace(sketch, target=f"{path.rstrip('/')}/x{mark}{query}")
    yield "query of its own", replace(sketch, target=f"{sketch.target}{'&' if mark else '?'}unknown=1")
    yield "header of AWS's that it does not know", sketch.with_header("x-amz-unknown", "1")
    if "Content-Type" in sketch.headers and sketch.body:
        yield "wrong content type", sketch.with_header("Content-Type", "text/plain")
    if "X-Amz-Target" in sketch.headers:
        prefix, _, operation = sketch.headers["X-Amz-Target"].rpartition(".")
        yield "wrong target prefix", sketch.with_header("X-Amz-Target", f"{prefix}x.{operation}")
        yield "wrong target", sketch.with_header("X-Amz-Target", f"{prefix}.{operation}x")


def of_form(sketch: Sketch) -> Iterator[Mutant]:
    pairs = parse_qsl(sketch.body.decode(), keep_blank_values=True)

    def with_pair(index: int, *instead: tuple[str, str]) -> Sketch:
        return replace(sketch, body=urlencode([*pairs[:index], *instead, *pairs[index + 1 :]]).encode())

    for index, (name, value) in enumerate(pairs):
        yield f"{name} misspelt", with_pair(index, (name[:-1] + "_", value))
        yield f"{name} in other case", with_pair(index, (recased(name), value))
        yield f"{name} twice", with_pair(index, (name, value), (name, value))
        if value in ("true", "false"):
            yield f"{name} as Python writes it", with_pair(index, (name, value.capitalize()))
            yield f"{name} as a number", with_pair(index, (name, "1"))
        if re.fullmatch(r"\d+", value) and not name.endswith("ParameterValue"):
            yield f"{name} with a word after it", with_pair(index, (name, value + "x"))
        if ".1" in name:
            yield f"{name} from zero", with_pair(index, (name.replace(".1", ".0", 1), value))
            yield f"{name} with .member", with_pair(index, (name.replace(".1", ".member.member.1", 1), value))
            yield f"{name} unwrapped", with_pair(index, (name.replace(".1", "", 1), value))
        if name == "Version":
            yield "another version", with_pair(index, (name, "2000-01-01"))
    yield "member of its own", replace(sketch, body=sketch.body + b"&Unknown=1")


MAPS = {"Variables", "BackupVaultTags", "Key", "ExpressionAttributeValues", "Attributes", "Tags"}


def of_json(sketch: Sketch) -> Iterator[Mutant]:
    tree = json.loads(sketch.body)
    for what, changed in changes(tree, ""):
        yield what, replace(sketch, body=json.dumps(changed).encode())
    if not tree or sketch.service == "lambda":
        return
    yield "member of its own", replace(sketch, body=json.dumps(tree | {"Unknown": 1}).encode())


def changes(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """The value with one slip in it, in all ways."""
    match value:
        case dict():
            in_map = where.rpartition(".")[2] in MAPS
            for key, item in value.items():
                rest = {name: other for name, other in value.items() if name != key}
                if not in_map:
                    yield f"{where}.{key} misspelt", rest | {key + "_": item}
                    yield f"{where}.{key} in other case", rest | {recased(key): item}
                    yield f"{where}.{key} null", rest | {key: None}
                for what, changed in changes(item, f"{where}.{key}"):
                    yield what, rest | {key: changed}
        case list():
            yield f"{where} unwrapped", value[0] if value else {}
            for index, item in enumerate(value):
                for what, changed in changes(item, f"{where}[{index}]"):
                    yield what, [*value[:index], changed, *value[index + 1 :]]
        case bool():
            yield f"{where} as text", str(value).lower()
        case int() | float():
            yield f"{where} as text", str(value)
        case str():
            yield f"{where} wrapped", [value]
            yield f"{where} as a structure", {"S": value}


def of_xml(sketch: Sketch) -> Iterator[Mutant]:
    text = sketch.body.decode()
    for tag in sorted(set(re.findall(r"</(\w+)>", text))):
        yield f"{tag} misspelt", xml(sketch, re.sub(rf"(</?){tag}\b", rf"\g<1>{tag}x", text))
        yield f"{tag} in other case", xml(sketch, re.sub(rf"(</?){tag}\b", rf"\g<1>{recased(tag)}", text))
        yield f"{tag} unwrapped", xml(sketch, re.sub(rf"</?{tag}\b[^>]*>", "", text))
    yield "namespace lost", xml(sketch, re.sub(r' xmlns="[^"]*"', "", text))
    yield "another namespace", xml(sketch, re.sub(r' xmlns="[^"]*"', ' xmlns="urn:x"', text))
    first = text.index(">") + 1
    yield "element of its own", xml(sketch, text[:first] + "<Unknown>1</Unknown>" + text[first:])
    yield "text between elements", xml(sketch, text[:first] + "x" + text[first:])


def xml(sketch: Sketch, text: str) -> Sketch:
    return replace(sketch, body=text.encode())


def mutants(sketch: Sketch) -> Iterator[Mutant]:
    yield from common(sketch)
    if sketch.body.startswith(b"Action="):
        yield from of_form(sketch)
    elif sketch.body.startswith(b"{"):
        yield from of_json(sketch)
    elif sketch.body.startswith(b"<"):
        yield from of_xml(sketch)


@pytest.mark.parametrize(
    ("service", "operation", "params"), WRITES, ids=lambda item: item if isinstance(item, str) else ""
)
def test_no_mutant_keeps_the_contract(service: str, operation: str, params: dict[str, Any]) -> None:
    original = wire.sketch(service, operation, **params)
    assert findings(original) == []
    survivors = [what for what, mutant in mutants(original) if mutant != original and not findings(mutant)]
    assert survivors == []


def test_the_mutants_are_many() -> None:
    count = sum(1 for service, operation, params in WRITES for _ in mutants(wire.sketch(service, operation, **params)))
    assert count > 700

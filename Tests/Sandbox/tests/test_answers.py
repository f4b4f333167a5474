# SPDX-License-Identifier: Apache-2.0
"""What the sandbox writes, botocore reads back: every member of every result and every error of the services in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import pytest
from botocore.model import Shape

from harecon_sandbox import models
from harecon_sandbox.answers import answer, refuse
from harecon_sandbox.emulator import fast_timestamp
from harecon_sandbox.http11 import Response
from harecon_sandbox.kit import AWSError
from harecon_sandbox.routing import Route

SERVICES = {
    "ec2": "ec2", "rds": "query", "kms": "json", "iam": "query", "route53": "rest-xml", "logs": "json", "sts": "query",
    "resourcegroupstaggingapi": "json", "lambda": "rest-json", "scheduler": "rest-json", "dynamodb": "json",
}  # fmt: skip
TEXTS = ["plain", "a & b <c> \"d\" 'e'", "é 漢 🙂", " padded ", "two\nlines", "carriage\rreturn", "/a/b"]
DEPTH = 5


def sample(shape: Shape, seed: int, depth: int = 0) -> Any:
    """A value with every member of a shape; below DEPTH only scalars, as shapes may contain themselves."""
    match shape.type_name:
        case "structure":
            return {
                name: sample(member, seed + index, depth + 1)
                for index, (name, member) in enumerate(shape.members.items())
                if fits(member, depth) and not (getattr(shape, "is_tagged_union", False) and index)
            }
        case "list":
            items = [sample(shape.member, seed + index, depth + 1) for index in range(2)]
            return [item for item in items if item != {}]
        case "map":
            return {f"key-{index}": sample(shape.value, seed + index, depth + 1) for index in range(2)}
        case "string":
            return shape.enum[seed % len(shape.enum)] if shape.enum else TEXTS[seed % len(TEXTS)]
        case "integer" | "long":
            return seed
        case "float" | "double":
            return seed + 0.5
        case "boolean":
            return seed % 2 == 0
        case "timestamp":
            return datetime(2026, 1, 2, 3, 4, seed % 60, tzinfo=UTC)
        case "blob":
            return bytes([0, seed % 256, 255])
    raise AssertionError(f"no sample of type {shape.type_name}")


def fits(shape: Shape, depth: int) -> bool:
    if getattr(shape, "is_document_type", False) or shape.metadata.get("eventstream"):
        return False
    if shape.type_name in ("structure", "list", "map"):
        inner = {"list": lambda: shape.member, "map": lambda: shape.value}.get(shape.type_name, lambda: None)()
        return depth < DEPTH and (inner is None or fits(inner, depth + 1))
    return True


def in_headers(shape: Shape) -> bool:
    """Whether a result has members that HTTP headers carry, where not every text can stand."""
    return any("location" in member.serialization for member in shape.members.values())


def operations(service: str) -> Iterator[str]:
    for name in models.service_model(service).operation_names:
        model = models.operation_model(service, name)
        shape = model.output_shape
        if shape is None or in_headers(shape) or "payload" in shape.serialization or model.has_event_stream_output:
            continue
        yield name


def read(service: str, protocol: str, operation: str, response: Response) -> dict[str, Any]:
    factory = botocore.parsers.ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=fast_timestamp)
    parsed: dict[str, Any] = factory.create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": response.body,
            "context": {"operation_name": operation},
        },
        models.operation_model(service, operation).output_shape,
    )
    return parsed


@pytest.mark.parametrize("service", SERVICES)
def test_every_member_of_every_result_is_read_back(service: str) -> None:
    names = list(operations(service))
    assert len(names) > 2
    for seed, name in enumerate(names):
        value = sample(models.operation_model(service, name).output_shape, seed)
        response = answer(Route(service, name, SERVICES[service], "us-east-1", None, {}), value, "id-1")
        parsed = read(service, SERVICES[service], name, response)
        metadata = parsed.pop("ResponseMetadata")
        assert parsed == value, name
        assert metadata["HTTPHeaders"]["x-amzn-requestid"] == "id-1"


@pytest.mark.parametrize("service", SERVICES)
def test_empty_lists_and_absent_members_stay_what_they_are(service: str) -> None:
    for name in operations(service):
        shape = models.operation_model(service, name).output_shape
        lists = {
            member: []
            for member, inner in shape.members.items()
            if inner.type_name == "list" and not inner.serialization.get("flattened")
        }
        response = answer(Route(service, name, SERVICES[service], "us-east-1", None, {}), lists, "id-1")
        parsed = read(service, SERVICES[service], name, response)
        del parsed["ResponseMetadata"]
        assert parsed == lists, name


@pytest.mark.parametrize("service", SERVICES)
def test_every_modelled_error_is_read_back_with_its_status(service: str) -> None:
    model = models.service_model(service)
    operation = model.operation_names[0]
    for shape in model.error_shapes:
        details = shape.metadata.get("error", {})
        code = details.get("code", shape.name)
        response = refuse(service, SERVICES[service], AWSError(code, "a & <b> é"), "id-2")
        parsed = read(service, SERVICES[service], operation, response)
        assert parsed["Error"]["Message"] == "a & <b> é"
        assert parsed["Error"]["Code"] == (code if "json" not in SERVICES[service] else shape.name)
        assert response.status == details.get("httpStatusCode", 400)
        assert "id-2" in {parsed["ResponseMetadata"].get("RequestId"), response.headers.get("x-amzn-RequestId")}

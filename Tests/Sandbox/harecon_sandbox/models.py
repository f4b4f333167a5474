# SPDX-License-Identifier: Apache-2.0
"""The botocore service models: what the services are, and how a request finds its operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from botocore.loaders import Loader, create_loader
from botocore.model import Shape
from botocore.regions import EndpointResolver
from moto.core.model import OperationModel, ServiceModel

SIGNING_NAMES = {
    "tagging": "resourcegroupstaggingapi", "monitoring": "cloudwatch", "servicequotas": "service-quotas",
}  # fmt: skip
"""Names in a credential scope that are not botocore's name of the service."""

ADDITIONS = Path(__file__).resolve().parents[2] / "Models"
"""What AWS has and the pinned models have not yet, in botocore's own form for such."""

READ_PREFIXES = (
    "BatchGet", "Check", "Decrypt", "Describe", "Encrypt", "Estimate", "Filter", "Generate", "Get", "Head", "List",
    "Lookup", "Poll", "Preview", "Query", "Receive", "Scan", "Search", "Select", "Simulate", "StartQuery", "Test",
    "Validate", "Verify", "AssumeRole",
)  # fmt: skip


def is_read(operation: str) -> bool:
    """Whether an operation changes nothing that a tool for infrastructure cares about."""
    return operation.startswith(READ_PREFIXES)


@cache
def loader() -> Loader:
    return create_loader(str(ADDITIONS))


@cache
def service_names() -> frozenset[str]:
    return frozenset(loader().list_available_services("service-2"))


@cache
def service_model(service: str) -> ServiceModel:
    """The model as botocore ships it, with the additions, in moto's classes, which moto's serialisers need."""
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    """Raises botocore's OperationNotFoundError for a name that the service does not have."""
    return service_model(service).operation_model(operation)


@cache
def paginators(service: str) -> dict[str, dict[str, Any]]:
    """The paginator of each operation that has one."""
    if service in _with_paginators():
        found: dict[str, dict[str, Any]] = loader().load_service_model(service, "paginators-1")["pagination"]
        return found
    return {}


@cache
def _with_paginators() -> frozenset[str]:
    return frozenset(loader().list_available_services("paginators-1"))


def service_of_scope(name: str) -> str | None:
    """botocore's name for the service of a credential scope."""
    service = SIGNING_NAMES.get(name, name)
    return service if service in service_names() else None


@cache
def _endpoints() -> dict[str, Any]:
    found: dict[str, Any] = loader().load_data("endpoints")
    return found


@cache
def _resolver() -> EndpointResolver:
    return EndpointResolver(_endpoints())


@cache
def global_regions(service: str) -> frozenset[str]:
    """The regions, one a partition, for which requests to a global service are signed; empty for a regional service."""
    regions = set()
    for partition in _endpoints()["partitions"]:
        entry = partition["services"].get(service_model(service).endpoint_prefix, {})
        if not entry.get("isRegionalized", True):
            regions.add(entry["endpoints"][entry["partitionEndpoint"]]["credentialScope"]["region"])
    return frozenset(regions)


@cache
def hostname(service: str, region: str) -> str:
    """The host that a client of this region calls, without scheme."""
    prefix = service_model(service).endpoint_prefix
    endpoint = _resolver().construct_endpoint(prefix, region)
    return str(endpoint["hostname"]) if endpoint else f"{prefix}.{region}.amazonaws.com"


@cache
def error_shape(service: str, code: str) -> Shape | None:
    """The modelled error of a code, which may be the shape's name or the code on the wire."""
    for shape in service_model(service).error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            found: Shape = shape
            return found
    return None


def error_status(service: str, code: str) -> int | None:
    """The HTTP status that the model gives to an error code; None when the model says nothing."""
    shape = error_shape(service, code)
    status = shape.metadata.get("error", {}).get("httpStatusCode") if shape is not None else None
    return int(status) if status is not None else None


def members(shape: Shape | None) -> dict[str, Shape]:
    """The members of a structure; nothing for no shape."""
    return dict(shape.members) if shape is not None else {}


def blob_payload(shape: Shape | None) -> str | None:
    """The member that is the raw body of the message, when there is one."""
    if shape is None or "payload" not in shape.serialization:
        return None
    name = str(shape.serialization["payload"])
    return name if shape.members[name].type_name == "blob" else None


@dataclass(frozen=True)
class Template:
    """The method and URI of one REST operation, to be matched with what came."""

    operation: str
    method: str
    path: re.Pattern[str]
    literals: int
    query: tuple[tuple[str, str | None], ...]
    required_query: frozenset[str] = field(default_factory=frozenset)
    required_headers: frozenset[str] = field(default_factory=frozenset)
    deprecated: bool = False
    """Its successor has the same method and URI, as with S3's lifecycles."""

    def match(
        self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]
    ) -> tuple[tuple[int, int, int, bool], dict[str, str]] | None:
        """How specific the match is, and the labels of the path as they came; None when it does not match."""
        if method != self.method:
            return None
        found = self.path.fullmatch(path)
        if found is None:
            return None
        for key, value in self.query:
            if key not in query or (value is not None and value not in query[key]):
                return None
        if not self.required_query <= query.keys() or not self.required_headers <= headers.keys():
            return None
        labels = {name.replace("__dash__", "-"): text for name, text in found.groupdict().items()}
        required = len(self.required_query) + len(self.required_headers)
        return (len(self.query), required, self.literals, not self.deprecated), labels


@cache
def templates(service: str) -> tuple[Template, ...]:
    return tuple(_templates(service))


def _templates(service: str) -> Iterator[Template]:
    model = service_model(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri, _, query = operation.http["requestUri"].partition("?")
        required = set(operation.input_shape.required_members) if operation.input_shape is not None else set()
        places: dict[str, set[str]] = {"querystring": set(), "header": set()}
        for member, shape in members(operation.input_shape).items():
            place = shape.serialization.get("location")
            if member in required and place in places:
                places[place].add(shape.serialization.get("name", member))
        yield Template(
            operation=name,
            method=operation.http["method"],
            path=_path_pattern(uri),
            literals=len(re.sub(r"{[^}]*}", "", uri)),
            query=tuple((key, value or None) for key, value in parse_qsl(query, keep_blank_values=True)),
            required_query=frozenset(places["querystring"]),
            required_headers=frozenset(header.lower() for header in places["header"]),
            deprecated=bool(operation.deprecated),
        )


def _path_pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"({[^}]*})", uri)
    pattern = ""
    for part in parts:
        if not part.startswith("{"):
            pattern += re.escape(part)
            continue
        name = part[1:-1].removesuffix("+").replace("-", "__dash__")
        pattern += f"(?P<{name}>{'.+' if part.endswith('+}') else '[^/]+'})"
    # Which form the model has is for the contract check to say; here both forms find their operation.
    return re.compile(pattern.removesuffix("/") + "/?")


def find_rest(
    service: str, method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    """The operation of a REST request, with the labels of its path still percent-encoded."""
    arguments: dict[str, list[str]] = {}
    for key, value in query:
        arguments.setdefault(key, []).append(value)
    best: tuple[tuple[int, int, int, bool], str, dict[str, str]] | None = None
    for template in templates(service):
        found = template.match(method, path, arguments, headers)
        if found is not None and (best is None or found[0] > best[0]):
            best = (found[0], template.operation, found[1])
    return (best[1], best[2]) if best else None

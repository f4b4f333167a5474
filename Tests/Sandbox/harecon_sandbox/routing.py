# SPDX-License-Identifier: Apache-2.0
"""Finds out which operation of which service a request is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel

from harecon_sandbox import models
from harecon_sandbox.http11 import Request

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request")
RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
UNSIGNED_SERVICES = ("sts", "sso", "sso-oidc")
"""Services with operations that need no signature; a request without one is looked for here."""

DEFAULT_REGION = "us-east-1"


class Unroutable(Exception):
    """No operation can be found; `code` is what the client is told."""

    def __init__(self, code: str, message: str, status: int = 400, protocol: str = "query") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.protocol = protocol


@dataclass(frozen=True)
class Scope:
    """The credential scope of a signed request."""

    access_key: str
    date: str
    region: str
    service: str


@dataclass(frozen=True)
class Route:
    """Where a request goes. `labels` are the URI labels of a REST operation, percent-encoded as they came."""

    service: str
    operation: str
    protocol: str
    region: str
    scope: Scope | None
    labels: dict[str, str]

    @property
    def model(self) -> OperationModel:
        return models.operation_model(self.service, self.operation)

    @property
    def read(self) -> bool:
        return models.is_read(self.operation)


def scope_of(request: Request) -> Scope | None:
    """The scope of the Authorization header, None when there is none to read."""
    found = CREDENTIAL.search(request.header("authorization") or "")
    return Scope(*found.groups()) if found else None


def route(request: Request) -> Route:
    scope = scope_of(request)
    if scope is None:
        return _unsigned(request)
    service = models.service_of_scope(scope.service)
    if service is None:
        raise Unroutable("UnknownService", f'no service signs as "{scope.service}"')
    name, protocol, labels = _operation(service, request)
    return Route(service, name, protocol, scope.region, scope, labels)


def _unsigned(request: Request) -> Route:
    for service in UNSIGNED_SERVICES:
        try:
            name, protocol, labels = _operation(service, request)
        except Unroutable:
            continue
        if models.operation_model(service, name).auth_type == "none":
            return Route(service, name, protocol, DEFAULT_REGION, None, labels)
    raise Unroutable("MissingAuthenticationToken", "the request is not signed", 403)


def _operation(service: str, request: Request) -> tuple[str, str, dict[str, str]]:
    metadata: dict[str, Any] = models.service_model(service).metadata
    protocols = metadata.get("protocols") or [metadata["protocol"]]
    rpc = RPC_PATH.fullmatch(request.path)
    if rpc and "smithy-rpc-v2-cbor" in protocols:
        return _known(service, rpc.group(2), "smithy-rpc-v2-cbor"), "smithy-rpc-v2-cbor", {}
    target = request.header("x-amz-target")
    if target is not None and "json" in protocols:
        return _known(service, target.rpartition(".")[2], "json"), "json", {}
    for protocol in ("ec2", "query"):
        if protocol in protocols:
            return _known(service, _action(service, protocol, request), protocol), protocol, {}
    for protocol in ("rest-json", "rest-xml"):
        if protocol in protocols:
            name, labels = _rest(service, protocol, request)
            return name, protocol, labels
    raise Unroutable("UnknownOperationException", f"{service} got a request without X-Amz-Target", protocol="json")


def _known(service: str, operation: str, protocol: str) -> str:
    try:
        models.operation_model(service, operation)
    except OperationNotFoundError:
        code = "UnknownOperationException" if protocol == "json" else "InvalidAction"
        raise Unroutable(code, f'{service} has no operation "{operation}"', protocol=protocol) from None
    return operation


def _action(service: str, protocol: str, request: Request) -> str:
    form = parse_qsl(request.body.decode("latin-1"), keep_blank_values=True) + request.query
    action = next((value for key, value in form if key == "Action"), None)
    if action is None:
        raise Unroutable("MissingAction", f"{service} got a request without Action", protocol=protocol)
    return action


def _rest(service: str, protocol: str, request: Request) -> tuple[str, dict[str, str]]:
    found = models.find_rest(service, request.method, request.raw_path, request.query, dict(request.headers))
    if found is None:
        message = f"{service} has no operation at {request.method} {request.raw_path}"
        raise Unroutable("UnknownOperationException", message, 404, protocol)
    return found

# SPDX-License-Identifier: Apache-2.0
"""Requests made by hand: serialised and signed by botocore, changed on the way, sent as they are."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import botocore.serialize
import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SESSION = botocore.session.get_session()


@dataclass(frozen=True)
class Sketch:
    """A request that is not signed yet."""

    service: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_header(self, name: str, value: str | None) -> Sketch:
        headers = {key: old for key, old in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=headers if value is None else headers | {name: value})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str:
        """The error code, wherever the protocol has it."""
        if "x-amzn-errortype" in self.headers:
            return self.headers["x-amzn-errortype"]
        if self.body.startswith(b"{"):
            return str(json.loads(self.body).get("__type", "")).rpartition("#")[2]
        found = re.search(r"<Code>([^<]*)</Code>", self.text)
        return found.group(1) if found else ""


def sketch(service: str, operation: str, **params: Any) -> Sketch:
    """The request that botocore writes for an operation."""
    model = SESSION.get_service_model(service)
    protocol = "json" if service == "cloudwatch" else model.metadata["protocol"]
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(params, model.operation_model(operation))
    query = made["query_string"]
    target = made["url_path"]
    if query:
        target += ("&" if "?" in target else "?") + (query if isinstance(query, str) else urlencode(query, doseq=True))
    body = made["body"]
    data = urlencode(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    headers = {name: str(value) for name, value in made["headers"].items()}
    if (model.operation_model(operation).http_checksum or {}).get("requestChecksumRequired"):
        headers["Content-MD5"] = base64.b64encode(hashlib.md5(data).digest()).decode()
    return Sketch(service, made["method"], target, headers, data)


def signed(
    request: Sketch,
    endpoint: str,
    access_key: str,
    secret: str,
    *,
    token: str | None = None,
    region: str = "us-east-1",
    scope: str | None = None,
) -> Sketch:
    name = scope or SESSION.get_service_model(request.service).signing_name
    signer_type = S3SigV4Auth if request.service == "s3" else SigV4Auth
    copy = AWSRequest(
        method=request.method, url=endpoint + request.target, data=request.body, headers=dict(request.headers)
    )
    signer_type(Credentials(access_key, secret, token), name, region).add_auth(copy)
    headers = {key: value.decode() if isinstance(value, bytes) else value for key, value in copy.headers.items()}
    return replace(request, headers=headers)


def send(request: Sketch, endpoint: str, timeout: float = 10.0) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=timeout)
    try:
        connection.request(request.method, request.target, body=request.body, headers=request.headers)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()

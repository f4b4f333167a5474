# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on the socket: what is malformed, kept alive, chunked, pipelined; and never an HTML page."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import wire
from conftest import Aws


@pytest.fixture
def line(endpoint: str) -> Iterator[socket.socket]:
    address = urlsplit(endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=10) as sock:
        yield sock


def exchange(sock: socket.socket, data: bytes) -> bytes:
    """Sends, and reads until the server closes."""
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)
    received = b""
    while chunk := sock.recv(65536):
        received += chunk
    return received


def raw(request: wire.Sketch, *extra: str, body: bytes | None = None) -> bytes:
    headers = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join([f"{request.method} {request.target} HTTP/1.1", *headers, *extra])
    return head.encode() + b"\r\n\r\n" + (request.body if body is None else body)


def signed(aws: Aws, service: str, operation: str) -> wire.Sketch:
    request = wire.signed(wire.sketch(service, operation), aws.endpoint, aws.access_key, aws.secret)
    return request.with_header("Host", urlsplit(aws.endpoint).netloc).with_header("Content-Length", None)


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"POST / HTTP/1.1\r\nno header\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
    ],
)
def test_what_is_no_http_is_answered_400_and_closed(line: socket.socket, garbage: bytes) -> None:
    answer = exchange(line, garbage)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Connection: close" in answer


def test_a_closed_connection_without_a_request_is_no_error(line: socket.socket) -> None:
    assert exchange(line, b"") == b""


def test_two_requests_may_come_at_once(aws: Aws, line: socket.socket) -> None:
    request = signed(aws, "kms", "ListKeys")
    one = raw(request, f"Content-Length: {len(request.body)}")
    last = raw(request, f"Content-Length: {len(request.body)}", "Connection: close")
    answer = exchange(line, one + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"Connection: keep-alive") == 1


def test_a_chunked_body_is_read(aws: Aws, line: socket.socket) -> None:
    request = signed(aws, "rds", "DescribeDBClusters")
    half = len(request.body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (request.body[:half], request.body[half:]))
    answer = exchange(line, raw(request, "Transfer-Encoding: chunked", "Connection: close", body=chunks + b"0\r\n\r\n"))
    assert b"DescribeDBClustersResponse" in answer


def test_a_client_that_expects_to_be_told_to_continue_is_told(aws: Aws, line: socket.socket) -> None:
    request = signed(aws, "rds", "DescribeDBClusters")
    extra = (f"Content-Length: {len(request.body)}", "Expect: 100-continue", "Connection: close")
    line.sendall(raw(request, *extra, body=b""))
    assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert b"DescribeDBClustersResponse" in exchange(line, request.body)


CONTENT_TYPES = {
    ("rds", "DescribeDBClusters"): "text/xml",
    ("ec2", "DescribeVpcs"): "text/xml;charset=UTF-8",
    ("kms", "ListKeys"): "application/x-amz-json-1.1",
    ("dynamodb", "ListTables"): "application/x-amz-json-1.0",
    ("route53", "ListHostedZones"): "text/xml",
    ("lambda", "ListFunctions"): "application/json",
}


@pytest.mark.parametrize(("service", "operation"), CONTENT_TYPES)
@pytest.mark.parametrize("fault", [None, "denied"], ids=["result", "error"])
def test_results_and_errors_have_the_content_type_and_request_id_of_the_protocol(
    aws: Aws, service: str, operation: str, fault: str | None
) -> None:
    if fault:
        aws.faults({"kind": fault})
    request = wire.signed(wire.sketch(service, operation), aws.endpoint, aws.access_key, aws.secret)
    answer = wire.send(request, aws.endpoint)
    assert answer.headers["content-type"] == CONTENT_TYPES[service, operation]
    (call,) = aws.calls()
    assert answer.headers["x-amzn-requestid"] == call["request_id"]
    if service in ("rds", "ec2") or (answer.body.startswith(b"<") and fault):
        assert call["request_id"] in answer.text


@pytest.mark.parametrize(
    ("service", "operation", "namespace"),
    [
        ("rds", "DescribeDBClusters", "http://rds.amazonaws.com/doc/2014-10-31/"),
        ("ec2", "DescribeVpcs", "http://ec2.amazonaws.com/doc/2016-11-15"),
        ("route53", "ListHostedZones", "https://route53.amazonaws.com/doc/2013-04-01/"),
        ("s3", "ListBuckets", "http://s3.amazonaws.com/doc/2006-03-01/"),
    ],
)
def test_xml_answers_are_in_the_namespace_of_the_service(
    aws: Aws, service: str, operation: str, namespace: str
) -> None:
    request = wire.signed(wire.sketch(service, operation), aws.endpoint, aws.access_key, aws.secret)
    root = ElementTree.fromstring(wire.send(request, aws.endpoint).body)
    assert root.tag.startswith(f"{{{namespace}}}")


def test_an_operation_without_output_answers_an_empty_body_in_json(aws: Aws) -> None:
    key = aws.edit("kms", "CreateKey")["KeyMetadata"]["KeyId"]
    request = wire.sketch("kms", "EnableKeyRotation", KeyId=key)
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("service", "change", "code"),
    [
        ("rds", {"body": b"Action=DescribeEverything&Version=2014-10-31"}, "InvalidAction"),
        ("rds", {"body": b"Version=2014-10-31"}, "MissingAction"),
        ("lambda", {"target": "/2015-03-31/nothing"}, "UnknownOperationException"),
    ],
)
def test_an_unknown_operation_is_an_error_of_the_protocol(
    aws: Aws, service: str, change: dict[str, object], code: str
) -> None:
    operation = {"rds": "DescribeDBClusters", "lambda": "ListFunctions"}[service]
    request = replace(wire.sketch(service, operation), **change)  # type: ignore[arg-type]
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert answer.code == code
    (violation,) = aws.violations()
    assert violation["kind"] == "route"
    aws.reset()


def test_an_unknown_target_is_an_error_in_json(aws: Aws) -> None:
    request = wire.sketch("kms", "ListKeys").with_header("X-Amz-Target", "TrentService.ListLocks")
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret), aws.endpoint)
    assert json.loads(answer.body)["__type"] == "UnknownOperationException"
    aws.reset()


def test_an_unknown_service_is_an_error(aws: Aws) -> None:
    request = wire.sketch("rds", "DescribeDBClusters")
    answer = wire.send(wire.signed(request, aws.endpoint, aws.access_key, aws.secret, scope="rdz"), aws.endpoint)
    assert answer.code == "UnknownService"
    aws.reset()

# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as the sandbox speaks it: requests kept byte for byte, because signatures are computed over them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_LINE = 64 * 1024
MAX_HEADERS = 200
MAX_BODY = 64 * 1024 * 1024


class BadRequest(Exception):
    """What came is not HTTP/1.1; the connection cannot go on."""


@dataclass
class Request:
    """One request. `target` is the raw request target; header names are lower case, in order of arrival."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    connection: int = 0

    def header(self, name: str) -> str | None:
        """The value of a header; several of one name are joined by a comma, as HTTP defines it."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None

    @property
    def raw_path(self) -> str:
        return urlsplit(self.target).path or "/" if self.target.startswith("http") else self.target.partition("?")[0]

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    @property
    def raw_query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.raw_query, keep_blank_values=True)

    def argument(self, name: str) -> str | None:
        return next((value for key, value in self.query if key == name), None)

    @property
    def content_type(self) -> str:
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def keep_alive(self) -> bool:
        return "close" not in (self.header("connection") or "").lower()


@dataclass
class Response:
    """One answer; length, connection, date and server headers are added when it is written."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @staticmethod
    def of_json(value: Any, status: int = 200) -> Response:
        return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode() + b"\n")

    def encode(self, keep_alive: bool, now: float | None = None, head: bool = False) -> bytes:
        """The bytes on the wire. `now` is the server's time for the Date header."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}", f"Date: {formatdate(now, usegmt=True)}", "Server: harecon-sandbox"]
        has_body = self.status not in (204, 304)
        names = {name.lower() for name in self.headers}
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if has_body and "content-length" not in names:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
        content = self.body if has_body and not head else b""
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + content


def read_request(stream: BinaryIO, connection: int, expects_continue: Any = None) -> Request | None:
    """The next request of a connection, or None when the client has closed it between requests.

    `expects_continue` is called before the body is read if the client waits for "100 Continue".
    """
    line = _line(stream)
    if line == "":
        return None
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(f"not an HTTP/1.1 request line: {line[:100]!r}")
    headers: list[tuple[str, str]] = []
    while text := _line(stream):
        name, colon, value = text.partition(":")
        if not colon or name != name.strip() or not name:
            raise BadRequest(f"not a header: {text[:100]!r}")
        headers.append((name.lower(), value.strip()))
        if len(headers) > MAX_HEADERS:
            raise BadRequest("too many headers")
    request = Request(parts[0], parts[1], headers, connection=connection)
    if (request.header("expect") or "").lower() == "100-continue" and expects_continue:
        expects_continue()
    request.body = _body(stream, request)
    return request


def _line(stream: BinaryIO) -> str:
    raw = stream.readline(MAX_LINE + 1)
    if len(raw) > MAX_LINE:
        raise BadRequest("a line is too long")
    if raw and not raw.endswith(b"\n"):
        raise BadRequest("the connection ended within a line")
    return raw.rstrip(b"\r\n").decode("latin-1")


def _body(stream: BinaryIO, request: Request) -> bytes:
    if "chunked" in (request.header("transfer-encoding") or "").lower():
        return _chunks(stream)
    length = request.header("content-length")
    if length is None:
        return b""
    if not length.isdigit() or int(length) > MAX_BODY:
        raise BadRequest(f"content-length {length!r}")
    body = stream.read(int(length))
    if len(body) < int(length):
        raise BadRequest("the connection ended within the body")
    return body


def _chunks(stream: BinaryIO) -> bytes:
    body = bytearray()
    while True:
        size_line = _line(stream).partition(";")[0].strip()
        try:
            size = int(size_line, 16)
        except ValueError:
            raise BadRequest(f"chunk size {size_line!r}") from None
        if len(body) + size > MAX_BODY:
            raise BadRequest("the body is too long")
        if size == 0:
            while _line(stream):
                pass
            return bytes(body)
        chunk = stream.read(size)
        if len(chunk) < size:
            raise BadRequest("the connection ended within a chunk")
        body += chunk
        _line(stream)
